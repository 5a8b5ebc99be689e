#include "rules/attachments.h"

bool attachment_is_link(const struct attachment_settings *settings,
                        bool is_text, size_t decoded_octets)
{
    if (is_text)
        return false;
    return decoded_octets > settings->link_above ||
           (settings->at_limit && decoded_octets == settings->link_above);
}

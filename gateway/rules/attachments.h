/* attachments - which parts of a directly delivered message become secure
 * download links (ATTACH-1, ATTACH-2). Pure. */
#ifndef RULES_ATTACHMENTS_H
#define RULES_ATTACHMENTS_H

#include <stdbool.h>
#include <stddef.h>

struct attachment_settings {
    size_t link_above; /* attachment_link_above: decoded octets; 10 000 000 */
    bool at_limit;     /* attachment_link_at_limit: exactly that many already;
                          default no */
};

/* attachment_is_link - of one part by itself. is_text: it is read in the
 * message (mail/parts.h: any kind but ATTACHMENT) and so never counts. */
bool attachment_is_link(const struct attachment_settings *settings,
                        bool is_text, size_t decoded_octets);

#endif

/* link_notice - what a reader is told of attachments that became secure
 * download links, in English and Dutch (ATTACH-1, ATTACH-3). */
#ifndef MAIL_LINK_NOTICE_H
#define MAIL_LINK_NOTICE_H

#include "base/alloc.h"

struct link_told {
    const char *name; /* UTF-8, without control characters */
    size_t octets;    /* decoded */
    const char *url;
};

/* UTF-8 with LF, beginning with an empty line and ending with a line end. */
const char *link_notice_text(struct arena *arena, const struct link_told *links,
                             size_t count);
const char *link_notice_html(struct arena *arena, const struct link_told *links,
                             size_t count);

#endif

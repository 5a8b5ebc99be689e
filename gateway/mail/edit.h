/* edit - changes to octets that are large and somebody else's: what goes and
 * what comes at which offset. Everything else stays octet for octet. */
#ifndef MAIL_EDIT_H
#define MAIL_EDIT_H

#include "base/slice.h"

struct mail_edit {
    size_t at;
    size_t remove;
    struct slice insert; /* in the place of what is removed */
};

/* In the order of their offsets, none within another. */
struct mail_edits {
    struct mail_edit *edits;
    size_t count;
    /* In the place of all Content-* fields and MIME-Version of the message's
     * own header; NULL: these stay. */
    const char *content_fields;
};

#endif

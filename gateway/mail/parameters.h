/* parameters - those of a MIME field: quoted, commented, continued, in another
 * charset (RFC 2045 5.1, RFC 2231), and as broken programs write them. */
#ifndef MAIL_PARAMETERS_H
#define MAIL_PARAMETERS_H

#include "mail/content.h"

struct parameter {
    const char *name; /* lower case */
    struct slice value;
};

struct parameters {
    const char *first; /* before the first ';', lower case, no comment */
    struct parameter all[CONTENT_PARAMETERS_MAX];
    size_t count;
};

void parameters_read(struct arena *arena, struct slice value,
                     struct parameters *out);
/* parameters_plain - as it stands; NULL: absent. */
const char *parameters_plain(struct arena *arena, const struct parameters *p,
                             const char *name);
/* parameters_text - a text that may be continued and in another charset, as
 * UTF-8; "": absent. */
const char *parameters_text(struct arena *arena, const struct parameters *p,
                            const char *name);

#endif

/* taglist - "name=value; name=value", as DKIM and DMARC records are written
 * (RFC 6376 3.2). Pure; slices point into the text. */
#ifndef ADDRESS_TAGLIST_H
#define ADDRESS_TAGLIST_H

#include "base/slice.h"

enum { TAGS_MAX = 32 }; /* more than any record has; such a list is none */

struct tag {
    struct slice name; /* case counts */
    struct slice value;
};

struct taglist {
    struct tag tags[TAGS_MAX];
    size_t count;
};

/* taglist_parse - false: no tag list, or a name twice. A final semicolon is
 * accepted, blanks around names and values are taken off. */
bool taglist_parse(struct slice text, struct taglist *out);
bool taglist_find(const struct taglist *list, const char *name,
                  struct slice *value_out);

#endif

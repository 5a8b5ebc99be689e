/* form - what a browser sends: fields of application/x-www-form-urlencoded and
 * multipart/form-data (RFC 7578), and the two kinds of text in a request's
 * head that are read here. Pure; slices point into the body or the arena. */
#ifndef PORTAL_FORM_H
#define PORTAL_FORM_H

#include "base/alloc.h"
#include "base/slice.h"
#include "base/status.h"

enum { FORM_FIELDS_MAX = 64 };

struct form_field {
    const char *name;
    struct slice value;
    const char *file; /* a file's name, UTF-8, without path; NULL: no file */
    const char *type; /* of a file, as it says */
};

struct form {
    const struct form_field *fields;
    size_t count;
};

/* form_parse - errors: ST_INVAL: another type, or broken; ST_PERM: more than
 * FORM_FIELDS_MAX fields */
enum status form_parse(struct arena *arena, const char *content_type,
                       struct slice body, struct form *out) MUST_USE;

/* form_text - the first of that name; "" where absent. */
const char *form_text(struct arena *arena, const struct form *form,
                      const char *name);

/* form_query - one value of a query; NULL: absent. */
const char *form_query(struct arena *arena, const char *query,
                       const char *name);

/* form_cookie - of a Cookie field (RFC 6265 4.2); NULL: absent. */
const char *form_cookie(struct arena *arena, const char *header,
                        const char *name);

#endif

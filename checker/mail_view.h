/* mail_view - reads a message as a witness would: header fields with their
 * octets, body, MIME parts, addresses. The checker's own reader; it changes
 * nothing and forgives what a reader must forgive. */
#ifndef CHECKER_MAIL_VIEW_H
#define CHECKER_MAIL_VIEW_H

#include "base/alloc.h"
#include "verdict/verdict.h"

struct mail_field {
    struct slice name;
    struct slice value; /* behind the colon, folds included, without the end */
    struct slice whole; /* with its line ends */
};

struct mail_view {
    struct slice octets, head, body;
    struct mail_field *fields;
    size_t count;
};

struct mail_view mail_view(struct arena *arena, struct slice octets);

/* The n-th field (from 0) of a name, in any case; NULL when there is none. */
const struct mail_field *mail_field(const struct mail_view *mail,
                                    const char *name, size_t n);
size_t mail_field_count(const struct mail_view *mail, const char *name);
/* The first field's value, unfolded and trimmed; "" when absent. */
const char *mail_value(struct arena *arena, const struct mail_view *mail,
                       const char *name);
/* The same with encoded words (RFC 2047) decoded, as UTF-8; CHARSET_UNTOLD
 * where it cannot be told what a reader sees. */
const char *mail_decoded_value(struct arena *arena,
                               const struct mail_view *mail, const char *name);

/* mail_addresses - the addr-specs of an address list (RFC 5322 3.4), quoted
 * names, comments and groups passed over. */
void mail_addresses(struct arena *arena, const char *value, struct texts *out);

/* -- MIME ----------------------------------------------------------------- */
/* "multipart/report", lower case; "text/plain" when absent. */
const char *mail_type(struct arena *arena, const struct mail_view *mail);
/* A parameter of Content-Type; "" when absent. */
const char *mail_type_parameter(struct arena *arena,
                                const struct mail_view *mail, const char *name);
/* The parts of a multipart, in order; 0 when it is none. */
size_t mail_parts(struct arena *arena, const struct mail_view *mail,
                  struct mail_view **out);
/* The body with its Content-Transfer-Encoding undone. */
struct slice mail_decoded(struct arena *arena, const struct mail_view *part);

#endif

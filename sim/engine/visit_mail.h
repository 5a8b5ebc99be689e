/* visit_mail - what a guest finds in his inbox: links and codes. */
#ifndef ENGINE_VISIT_MAIL_H
#define ENGINE_VISIT_MAIL_H

#include "base/alloc.h"

struct json_t;

/* The text of a message with quoted-printable and base64 parts undone, header
 * fields included. */
const char *visit_mail_text(struct arena *arena, struct slice content);
/* The first text/plain part alone. */
const char *visit_mail_plain(struct arena *arena, struct slice content);
/* visit_mail_link - the n-th (from 1) path "/m/TOKEN" or "/d/TOKEN/N" behind
 * `prefix` ("/m/", "/d/") in a text; NULL: there are not so many. */
const char *visit_mail_link(struct arena *arena, const char *text,
                            const char *prefix, unsigned n);
/* visit_mail_code - the only run of six digits; NULL: there is none, or more
 * than one. */
const char *visit_mail_code(struct arena *arena, const char *text);
/* The value of a header field, trimmed; "" when absent. */
const char *visit_mail_field(struct arena *arena, struct slice content,
                             const char *name);

#endif

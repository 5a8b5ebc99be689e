/* dkim_verify - does a DKIM-Signature still hold? RFC 6376 6.1, for what the
 * gateway must know of the signatures that a message brings (MAIL-1). */
#ifndef MAIL_DKIM_VERIFY_H
#define MAIL_DKIM_VERIFY_H

#include "mail/dkim.h"
#include "mail/message.h"

/* A signature; slices point into the field. */
struct dkim_signature {
    const struct mail_field *field;
    const char *domain;   /* d=, lower case */
    const char *selector; /* s= */
};

bool dkim_field_is(const struct mail_field *field);

/* dkim_signature_parse - false: it names no domain or selector. */
bool dkim_signature_parse(struct arena *arena, const struct mail_field *field,
                          struct dkim_signature *out);

/* dkim_verify - NULL: it verifies with one of the TXT records; else what is
 * wrong with it, in words. */
const char *dkim_verify(struct arena *arena, const struct mail_message *message,
                        const struct dkim_signature *signature,
                        const struct slice *texts, size_t count, int64_t now_s);

#endif

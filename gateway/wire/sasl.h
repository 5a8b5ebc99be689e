/* sasl - the mechanisms that submission offers: PLAIN (RFC 4616) and the
 * responses of LOGIN. Pure. */
#ifndef WIRE_SASL_H
#define WIRE_SASL_H

#include "base/alloc.h"
#include "base/secret.h"

struct sasl_plain {
    struct slice authzid; /* may be empty */
    struct slice user;
    struct secret secret; /* owner: caller, secret_release */
};

/* sasl_plain_parse - message = [authzid] NUL authcid NUL passwd, in base64.
 * ST_PROTO: no base64, or not of this form. On ST_OK alone secret holds
 * something. */
enum status sasl_plain_parse(struct arena *arena, struct slice base64,
                             struct sasl_plain *out, struct err *err) MUST_USE;

/* sasl_text_parse - one response of LOGIN: base64 of a text that is not empty
 * and has no NUL. On ST_OK alone out holds something. */
enum status sasl_text_parse(struct arena *arena, struct slice base64,
                            struct secret *out, struct err *err) MUST_USE;

#endif

/* message - a message as raw octets: its header fields and where the body
 * starts. Nothing is normalised: what is not edited leaves as it came (MAIL-1).
 *
 * Lines end in CRLF. Here nothing is refused and nothing limited: what is no
 * message was refused at submission (address/header.h). */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/slice.h"
#include "base/status.h"

struct mail_field {
    struct slice raw;  /* the whole field with its last CRLF */
    struct slice name; /* empty: a line that is no field (kept as it is) */
    struct slice body; /* behind the colon, folded as it came, no last CRLF */
};

struct mail_message {
    const struct mail_field *fields;
    size_t field_count;
    struct slice body; /* behind the empty line */
};

/* Slices point into octets. */
struct mail_message mail_parse(struct arena *arena, struct slice octets);
/* mail_take_field - one field off the front of a header; false: there is none
 * more, and octets begin with the empty line or are at their end. For messages
 * of anybody, whose fields nobody has counted: nothing is allocated. */
bool mail_take_field(struct slice *octets, struct mail_field *out);
/* mail_body - what stands behind the empty line. */
struct slice mail_body(struct slice octets);

/* mail_find - the first field of that name (any ASCII case), or NULL. */
const struct mail_field *mail_find(const struct mail_message *message,
                                   const char *name);
/* mail_value - unfolded and trimmed, NUL-terminated; "" where absent. Of more
 * than MAIL_VALUE_MAX octets the rest is cut off. */
enum { MAIL_VALUE_MAX = 1 << 20 };
const char *mail_value(struct arena *arena, const struct mail_message *message,
                       const char *name);
/* mail_value_in - the same of a message that is not parsed. */
const char *mail_value_in(struct arena *arena, struct slice octets,
                          const char *name);
/* mail_is_kept - false: never leaves the gateway, whoever it goes to: zivver-*,
 * Bcc, Return-Path and a foreign X-Zivver-Transport (MAIL-1, RIGHT-5). */
bool mail_is_kept(const struct mail_field *field);
/* The same of raw octets. */
bool mail_is_kept_field(struct slice raw);

/* mail_date - RFC 5322 3.3, in UTC; of the years 1970 to 9999 (a database may
 * say anything), else the nearest. */
char *mail_date(struct arena *arena, int64_t wall_s);

/* X-Zivver-Transport (CONN-9). */
enum mail_transport {
    MAIL_TRANSPORT_DIRECT,
    MAIL_TRANSPORT_NTA7516,
    MAIL_TRANSPORT_IDD,
    MAIL_TRANSPORT_NOTIFICATION,
    MAIL_TRANSPORT_DSN,
    MAIL_TRANSPORT_COUNT
};
const char *mail_transport_name(enum mail_transport transport);

#endif

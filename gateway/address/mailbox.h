/* mailbox - one mail address, as SMTP commands and header fields write it.
 *
 * A mailbox is kept by its meaning: the local part without quoting, the domain
 * as lower-case A-labels. What two spellings mean is compared, never how they
 * are spelled. */
#ifndef ADDRESS_MAILBOX_H
#define ADDRESS_MAILBOX_H

#include "base/alloc.h"

/* RFC 5321 4.5.3.1.3: a path has 256 octets, its angle brackets included. */
enum { MAILBOX_BYTES_MAX = 254 };

struct mailbox {
    struct slice local;  /* unquoted; empty together with domain: "<>" */
    struct slice domain; /* lower-case A-labels, or a literal with brackets */
    bool is_literal;     /* the domain is an address literal */
    bool is_utf8;        /* as written it needs SMTPUTF8 (RFC 6531) */
};

/* mailbox_take_path - cut "<...>" off the front of a MAIL or RCPT argument.
 *
 * in      text: starts with "<"; a source route is stripped (CONN-7)
 * out     text: what follows ">"; out: the mailbox, or the null path
 * owner   the texts are in the arena
 * errors  ST_PROTO: no path of RFC 5321 4.1.2; text is unchanged then
 */
enum status mailbox_take_path(struct arena *arena, struct slice *text,
                              struct mailbox *out, struct err *err) MUST_USE;

/* mailbox_take - cut one Mailbox of RFC 5321 4.1.2, without angle brackets, off
 * the front; text is unchanged where there is none (ST_PROTO). */
enum status mailbox_take(struct arena *arena, struct slice *text,
                         struct mailbox *out, struct err *err) MUST_USE;

/* mailbox_parse - the whole text is one Mailbox: addresses in a configuration
 * or in a control field. */
enum status mailbox_parse(struct arena *arena, struct slice text,
                          struct mailbox *out, struct err *err) MUST_USE;

/* The null reverse-path. */
bool mailbox_is_null(const struct mailbox *mailbox);

/* ASCII case is ignored in both parts (AUTH-6). */
bool mailbox_eq(const struct mailbox *a, const struct mailbox *b);

/* mailbox_format - local@domain, quoted where it must be, without angle
 * brackets; "" for the null path. */
char *mailbox_format(struct arena *arena, const struct mailbox *mailbox);

/* Whether the address as mailbox_format writes it fits into a path; every
 * parser here refuses one that does not. */
bool mailbox_fits_path(const struct mailbox *mailbox);

/* mailbox_show - the same as a reply or a log line may show it: what is not
 * printable ASCII becomes a question mark. */
char *mailbox_show(struct arena *arena, const struct mailbox *mailbox);

/* mailbox_key - the same with ASCII letters in lower case: equal texts exactly
 * where mailbox_eq says so. For look-ups and unique columns. */
char *mailbox_key(struct arena *arena, const struct mailbox *mailbox);

/* domain_to_ascii - lower-case A-labels (IDNA2008, non-transitional) of a host
 * or domain name; ST_INVAL where it is none. */
enum status domain_to_ascii(struct arena *arena, struct slice text,
                            struct slice *out, struct err *err) MUST_USE;

#endif

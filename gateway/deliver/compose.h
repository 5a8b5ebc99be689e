/* compose - what an attempt sends: the sender's message, a notification of it,
 * or a status notification, with its envelope. Pure, and not for the loop: a
 * large message takes its time (CONN-11). */
#ifndef DELIVER_COMPOSE_H
#define DELIVER_COMPOSE_H

#include "deliver/attempt.h"
#include "deliver/sender_dns.h"

struct mail_scan;

struct compose_wish {
    const struct deliver_settings *settings;
    const struct store_item *item;
    int64_t now_ms;
    const struct decision *decision;        /* CHOSEN; unused for a DSN */
    const char *idd_uuid;                   /* with decision->idd */
    const struct sender_dns_answer *sender; /* of the From domain */
    const struct mail_scan *scan; /* of the content; NULL: not needed */
    const char *spool; /* folder for what is large; NULL: memory alone */
};

/* compose_needs_scan - whether a mail of that delivery may have links. */
bool compose_needs_scan(const struct deliver_settings *settings,
                        const struct store_item *item, enum delivery delivery);

/* Texts in the arena or the item. errors: ST_TEMP: no room for a large mail.
 * MAIL-1, MAIL-2, MAIL-3, ATTACH-1. */
enum status compose(struct arena *arena, const struct compose_wish *wish,
                    struct transport_mail *out, struct err *err) MUST_USE;

#endif

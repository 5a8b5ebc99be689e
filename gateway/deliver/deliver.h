/* deliver - the queue runner: takes what is due, lets the rules decide, sends
 * it, and writes down what came of it.
 *
 * Each recipient is an attempt and a transaction of his own (MAIL-1, ORDER-4).
 * Everything runs on one loop. What is recorded is journalled after it is
 * durable (KEEP-2). */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include <stdint.h>

#include "deliver/directory.h"
#include "dns/resolver.h"
#include "rules/dmarc.h"
#include "rules/attachments.h"
#include "store/store.h"

struct loop;
struct dkim_ring;
struct deliver;
struct policies;
struct scans;
struct transport;
struct workers;

/* TRANSPORT-8: what one destination may have in hand, of all places (see
 * store_settings). */
enum { DELIVER_SHARE_FIRST = 64, DELIVER_SHARE_MOST = 128 };

struct deliver_settings {
    const char *host_name;   /* the gateway's: notifications, DSNs */
    const char *return_host; /* where bounces go (MAIL-2); NULL: host_name */
    enum dmarc_discovery discovery; /* dmarc_discovery: rfc7489 */
    const struct dkim_ring *keys;   /* NULL: nothing is signed */
    const char *from;               /* of notifications: "no-reply@host" */
    const char *portal; /* "https://portal.host", without final slash */
    struct attachment_settings attachments; /* ATTACH-2 */
    bool generic_subject;      /* notification_subject: generic; default no */
    const char *nta_header;    /* "Name: value" (NTA-7); NULL: none */
    bool dane_satisfies;       /* dane_satisfies_certificate_validation; yes */
    bool idd_requires_account; /* default yes */
    int64_t unknown_host_wait_ms;  /* default 4 h */
    int64_t queue_lifetime_ms;     /* default 5 d */
    bool delay_notice_default;     /* DSN-2, where NOTIFY is absent; no */
    int64_t delay_notice_after_ms; /* default 4 h */
    int64_t retry_first_ms;        /* default 5 min; doubles up to */
    int64_t retry_longest_ms;      /* default 4 h */
    uint64_t random_seed;          /* order of equal MX; 0: random */
};

/* Must outlive the runner; settings and directory too. */
struct deliver_world {
    struct loop *loop;
    const struct resolver *resolver;
    struct transport *transport; /* deliver/transport.h */
    struct policies *policies;   /* MTA-STS; NULL: none is asked for */
    struct workers *workers;     /* NULL: everything is done on the loop */
    struct scans *scans;         /* deliver_create makes them */
    struct store *store;
    const char *spool; /* folder for what is large; NULL: memory alone */
    const struct directory *directory;
    /* For the journal; id NULL: it is not kept in the store. */
    void (*journal)(void *ctx, const struct store_event *event);
    void *ctx;
};

/* deliver_create - takes the transport's on_closed for itself. Nothing is
 * taken up before the first poke. owner: caller */
struct deliver *deliver_create(const struct deliver_settings *settings,
                               const struct deliver_world *world);

/* deliver_poke - take up all that is due by the wall clock now, and journal
 * `settled` when nothing is open any more, even if nothing was due. */
void deliver_poke(struct deliver *deliver);

/* deliver_new_message - a message was accepted: call it where `accepted` is
 * journalled, so that no `settled` comes between the two. */
void deliver_new_message(struct deliver *deliver, const char *message_id);

/* deliver_destroy - orderly stop: open attempts are abandoned and stay in the
 * queue. Records under way are finished by the store; their journal lines, if
 * not yet written, come again after the next start. Not from within a callback
 * of this room; before the store is closed. */
void deliver_destroy(struct deliver **deliver);

#endif

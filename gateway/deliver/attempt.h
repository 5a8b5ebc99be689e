/* attempt - one try to bring one recipient's message, or one status
 * notification, to its server: decide, reach, send (ORDER-6).
 *
 * It touches neither store nor journal: what it decided and what came of it is
 * told to its owner. */
#ifndef DELIVER_ATTEMPT_H
#define DELIVER_ATTEMPT_H

#include "deliver/deliver.h"
#include "deliver/reach.h"
#include "rules/decide.h"
#include "store/hand.h"

/* What an attempt came to. Texts live as long as the attempt. */
struct attempt_report {
    enum method method;     /* a DSN's is METHOD_NONE */
    enum delivery delivery; /* a DSN that was sent: NOTIFICATION */
    bool idd;
    const char *host; /* that answered last; NULL: none */
    bool is_measured; /* DIRECT: level counts */
    enum level level;
    const char *tls;      /* "1.3"; "": plain, or nothing was sent */
    const char *status;   /* FAILED, DEFERRED: enhanced code; NULL: none */
    const char *reply;    /* the server's last reply line; NULL: none */
    enum why why;         /* DEFERRED */
    bool until_host_wait; /* DEFERRED: see struct decision */
    bool takes_notify;    /* the server reports what was asked of it */
    unsigned links; /* secure download links in what was sent (ATTACH-1) */
    /* For the explanation; NULL for a DSN. */
    const struct decision *decision;
    const struct reached *const *reached; /* by minimum; NULL: not asked */
    const struct reached *nta_reached;    /* next hops; NULL: not asked */
    const struct hosts *hosts;            /* NULL: not asked */
};

struct attempt_hooks {
    /* Once in each attempt of a recipient, before anything is sent. */
    void (*on_decided)(void *ctx, const struct attempt_report *report);
    /* The last call; the attempt may be destroyed in it. */
    void (*on_done)(void *ctx, const struct attempt_report *report);
    void *ctx;
    struct hand_hold hold; /* its steps are those of what is in hand there */
};

struct attempt;

/* attempt_start - hooks are called later; item, settings and world must
 * outlive the attempt. now_ms: the wall clock. */
struct attempt *attempt_start(const struct deliver_settings *settings,
                              const struct deliver_world *world,
                              const struct store_item *item, int64_t now_ms,
                              const struct attempt_hooks *hooks);
/* Whatever is open is given up; no hook is called any more. */
void attempt_destroy(struct attempt **attempt);

/* How long a look-up that it needs is open, in ms; 0: none is. */
int64_t attempt_looks_up_ms(const struct attempt *attempt);
/* attempt_give_up - that look-up counts as failed: others need the place
 * (TRANSPORT-8). Hooks are called from within. */
void attempt_give_up(struct attempt *attempt);

/* attempt_gather - what is known of a recipient before anything is asked. */
void attempt_gather(const struct deliver_settings *settings,
                    const struct directory *directory,
                    const struct store_item *item, int64_t now_ms,
                    struct facts *facts);

/* ... of its shared verifications (SHARED-2). */
void attempt_gather_shares(const struct directory *directory,
                           const struct store_item *item, struct facts *facts);
/* Whether its destination was heard of in time: what it may have in hand. */
enum store_heard attempt_heard(const struct attempt_report *report,
                               int64_t took_ms);
/* What a server said, for the journal and the DSN. */
void attempt_take_reply(struct arena *arena, struct attempt_report *report,
                        const struct transport_reply *reply);
/* DSN-3: what became of hosts that gave nothing (NULL: not asked): their reply,
 * or that DANE barred them. */
void attempt_take_reason(struct arena *arena, struct attempt_report *report,
                         const struct reached *reached);
/* The author that what leaves is signed for. CONV-4: a reply of a guest comes
 * from the gateway itself. */
const char *attempt_from(const struct deliver_settings *settings,
                         const struct store_message *message);
const char *attempt_domain(const char *address);
enum destination attempt_destination(enum hosts_kind kind);
/* The seed for the order of equal hosts: the setting's, or a random one. */
uint64_t attempt_seed(const struct deliver_settings *settings);

/* The minimum that a method of the explanation asked of the server, if it
 * asks one at all. */
bool attempt_minimum_of(enum method method, enum policy policy,
                        bool dane_satisfies, enum minimum *out);

#endif

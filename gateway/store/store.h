/* store - what must survive a crash: accepted messages, their recipients, the
 * status notifications under way, and the journal lines not yet written.
 *
 * ONE thread owns the database; another one brings large content to the disk
 * before. Requests are queued from the event loop; all that wait are committed
 * in one transaction, one sync for all of them; each answer is posted back and
 * runs on the loop. So no function here blocks, none
 * but store_open and store_close touches the disk on the caller's thread, and
 * every callback comes later, never from inside the call.
 *
 * What a request takes is copied, but for the message of store_accept, which
 * must live until its callback ran. KEEP-1, KEEP-2, KEEP-3. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"

struct blob;
struct hand;
struct store;

/* Runs fn(arg) once on the loop, soon; may be called from any thread. */
typedef void store_post_fn(void *loop, void (*fn)(void *arg), void *arg);
/* On the thread of the store: the journal as it stands is on the disk. */
typedef enum status store_sync_fn(void *ctx, struct err *err);

struct store_settings {
    const char *directory;    /* created when missing */
    int64_t keep_finished_ms; /* a message with nothing to come is removed so
                                 long after its last outcome; 0: never */
    int64_t longest_wait_ms;  /* nothing is put off longer: what seems to be was
                                 so by a clock that went back; 0: no bound */
    size_t share_first; /* of one destination, in hand at once: at first, */
    size_t share_most;  /* and once it is heard of; 0: no bound */
    store_post_fn *post;
    void *loop;          /* the first argument of post */
    store_sync_fn *sync; /* of the journal; NULL: not needed */
    void *sync_ctx;
    /* Whether something (a journal, by its path) tells of accepted messages:
     * then no database is begun. NULL: nothing does */
    bool (*has_past)(const char *past);
    const char *past;
};

/* How a request that failed is answered on the wire (KEEP-3). */
enum store_fault {
    STORE_FAULT_NONE,
    STORE_FAULT_FULL, /* no room: 452 4.3.1 */
    STORE_FAULT_IO,   /* anything else: 451 4.3.0 */
};

/* NOTIFY of RFC 3461 4.1, as bits; 0: the parameter was absent. */
enum store_notify {
    STORE_NOTIFY_NEVER = 1,
    STORE_NOTIFY_SUCCESS = 2,
    STORE_NOTIFY_FAILURE = 4,
    STORE_NOTIFY_DELAY = 8,
};

/* One accepted message, as it was completed at acceptance. */
struct store_message {
    const char *id;      /* the gateway's own, unique; letters and digits */
    int64_t n;           /* of an item: its number in the store */
    const char *kind;    /* "mail", or "reply" from the portal (CONV-4);
                          * NULL: mail */
    int64_t accepted_ms; /* wall clock */
    const char *organization;  /* name of the sender's organization */
    const char *sender;        /* address in From */
    const char *reverse_path;  /* "" is the null reverse-path */
    const char *envid;         /* ENVID decoded; NULL: absent */
    bool ret_full;             /* RET=FULL was asked (treated as HDRS) */
    bool direct_delivery;      /* zivver-direct-delivery is present */
    bool email_permitted;      /* ...-verification: email-verification */
    struct slice content;      /* whole, CRLF, with the control fields. Of an
                                * item: where it is large it is read from the
                                * spool as it is looked at (base/mapped.h) */
    const char *content_fault; /* of an item: the content is not there, and
                                * why; NULL: it is */
};

/* One recipient of it. */
struct store_recipient {
    const char *address;
    const char *conversation; /* its id, a UUID */
    unsigned notify;          /* enum store_notify */
    unsigned reported; /* SUCCESS, FAILURE, DELAY: the sender was told so */
    const char *orcpt; /* ORCPT decoded, "rfc822;a@b"; NULL: absent */
    const char *right; /* "none", "sms", "access-code" */
    const char *right_value; /* secret: never logged, journalled or sent; read
                                again: what right_value_show says */
    const char *return_path; /* outgoing reverse-path, his alone (MAIL-2) */
    const char *link_token;  /* of the notification's link; NULL when read after
                                the outcome */
    const char *mail_id;     /* left part of its Message-ID */
};

/* A status notification, complete. Always sent with a null reverse-path. */
struct store_dsn {
    const char *to;         /* the original message's reverse-path */
    const char *recipients; /* those it tells of, separated by a space */
    const char *action;     /* "failed", "delayed", "relayed" ... */
    unsigned reports;       /* enum store_notify: what it tells, once alone */
    struct slice content;
    int64_t made_ms; /* filled by the store */
    /* A mail of the portal: its action is "code" or "forgotten". */
    const char *conversation; /* of an item; NULL: a status notification */
    int64_t until_ms;         /* not tried after it */
};

/* A journal line that must be written even after a crash: one JSON object
 * without line end, with its own "id". */
struct store_event {
    const char *id; /* NULL: no event */
    const char *line;
};

enum store_kind { STORE_KIND_RECIPIENT, STORE_KIND_DSN };

/* Whether the process died at work on it (KEEP-4). */
enum store_guard {
    STORE_GUARD_NONE,
    STORE_GUARD_SUSPECT, /* it may have been the cause: taken up alone */
    STORE_GUARD_ASIDE    /* it was, too often: not processed at all */
};

/* Something to work on. Texts live as long as the item. */
struct store_item {
    enum store_kind kind;
    enum store_guard guard;
    int64_t id;         /* unique within its kind */
    unsigned attempts;  /* made before */
    int64_t created_ms; /* accepted, or when the DSN was made */
    const char *method; /* decided last (ORDER-6); "none" before that */
    const struct store_message *message;     /* of the DSN too; there without
                                              * content */
    const struct store_recipient *recipient; /* STORE_KIND_RECIPIENT */
    const struct store_dsn *dsn;             /* STORE_KIND_DSN */
    void *batch;                             /* private */
    void *destination;                       /* private; NULL: not claimed */
};

/* What is due. An item stays claimed by this process, and is not handed out
 * again, until store_record finished or deferred it. */
struct store_due {
    enum status status;              /* ST_OK, or ST_TEMP: try again later */
    struct store_item *const *items; /* release each with store_item_release */
    size_t count;
    bool more;       /* the limit cut it off: ask again. What waits for its
                      * destination's share does not count */
    bool unseen;     /* not all that is due was looked at: ask again */
    bool is_alone;   /* one suspect: nothing else is taken up beside it */
    int64_t next_ms; /* when to ask again: an unclaimed item falls due, or
                      * there is something to purge; -1: never */
};

/* Answer to a request that changes something. */
struct store_answer {
    enum status status; /* ST_OK: durable; ST_TEMP: nothing happened */
    enum store_fault fault;
    struct err err;
};

typedef void store_done_fn(void *ctx, const struct store_answer *answer);
typedef void store_due_fn(void *ctx, const struct store_due *due);
typedef void store_event_fn(void *ctx, const struct store_event *event);

/* store_open - open or create the database and start the thread.
 *
 * errors  ST_TEMP: directory or database unusable (says why)
 */
enum status store_open(const struct store_settings *settings,
                       struct store **store_out, struct err *err) MUST_USE;
/* store_spool - the folder for blobs of this process, on the disk of the
 * messages (base/blob.h); lives as long as the store. */
const char *store_spool(const struct store *store);

/* store_hand - what is in hand of this process; NULL: nobody writes it down. */
struct hand *store_hand(const struct store *store);

/* store_drain - wait until everything queued so far is done and its answers are
 * posted: an orderly stop lets the loop run them, then closes. */
void store_drain(struct store *store);
/* Finishes what is queued, ends the thread; callbacks not yet run by the loop
 * must be let run (or the loop never turned again) by the caller. */
void store_close(struct store **store);

/* store_unwritten - hand over, now and on this thread, every journal line that
 * a crash kept from being written (KEEP-2). Before the first request only. */
enum status store_unwritten(struct store *store, store_event_fn *each,
                            void *ctx, struct err *err) MUST_USE;
/* store_event_written - the line is whole in the journal; it is forgotten
 * soon, once the journal was synced. The id is copied. */
void store_event_written(struct store *store, const char *event_id);

struct store_accept {
    const struct store_message *message;
    const struct store_recipient *recipients;
    size_t recipient_count;
    struct blob *content;     /* of the message, where it is a file: kept in the
                                 spool. NULL: it goes into the database */
    struct store_event event; /* accepted */
};

/* store_accept - make the message durable; 250 only after ST_OK (KEEP-1). The
 * recipients are due at once. */
void store_accept(struct store *store, const struct store_accept *accept,
                  store_done_fn *done, void *ctx);

/* store_due - claim what is due at now_ms: each destination in its turn, what
 * it has in the order of time, and no more than its share (TRANSPORT-8). */
void store_due(struct store *store, int64_t now_ms, size_t limit,
               store_due_fn *done, void *ctx);
/* ... of destinations that have nothing in hand. With the limit 0 it says
 * whether there is one. */
void store_due_idle(struct store *store, int64_t now_ms, size_t limit,
                    store_due_fn *done, void *ctx);
void store_item_release(struct store_item *item);

/* store_find - the recipient whose return path has this local part (BOUNCE-1),
 * whatever became of him; not claimed. Whether there is one costs no content:
 * strangers ask (CONN-10). */
struct store_found {
    enum status status;      /* ST_NONE: nobody has; ST_TEMP: try again later */
    struct store_item *item; /* ST_OK: store_item_release */
};
typedef void store_found_fn(void *ctx, const struct store_found *found);
struct store_question {
    struct slice local_part;
    bool with_content; /* of the item's message; else it is empty */
};
void store_find(struct store *store, const struct store_question *question,
                store_found_fn *done, void *ctx);

/* What an attempt says of its destination: how much it may have in hand. */
enum store_heard {
    STORE_HEARD_UNKNOWN,
    STORE_HEARD,
    STORE_HEARD_NOTHING, /* not in time */
};

enum store_change {
    STORE_CHANGE_DECIDED,  /* remember the method, and the event's line as
                            * the latest decision; stays claimed */
    STORE_CHANGE_DEFERRED, /* due again at until_ms; counts an attempt */
    STORE_CHANGE_FINISHED, /* its outcome is final */
    STORE_CHANGE_BOUNCED,  /* of an item that store_find gave, in whatever state
                            */
};

struct store_record {
    const struct store_item *item;
    enum store_change change;
    const char *method;     /* NULL: as before */
    int64_t until_ms;       /* DEFERRED */
    enum store_heard heard; /* DEFERRED, FINISHED */
    const char *delivery;   /* FINISHED: direct, notification, failed */
    unsigned links; /* FINISHED, direct: secure download links in the copy */
    struct store_event event;    /* journal it after ST_OK; once it is
                                  * written, store_event_written */
    const struct store_dsn *dsn; /* made in the same transaction, due at once,
                                  * unless the recipient was reported so
                                  * before; NULL: none */
};

/* store_record - done may be NULL. After ST_TEMP the item is as it was and
 * still claimed: record again. */
void store_record(struct store *store, const struct store_record *record,
                  store_done_fn *done, void *ctx);

const char *store_fault_name(enum store_fault fault);

#endif

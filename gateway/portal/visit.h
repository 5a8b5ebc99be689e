/* visit - one request from its arrival to its answer, and what every answer has
 * in common. Inside portal only.
 *
 * A visit has an arena, which holds everything that belongs to it. It ends with
 * visit_answer, or with the portal; an answer of the store that comes after
 * that finds `portal` NULL. */
#ifndef PORTAL_VISIT_H
#define PORTAL_VISIT_H

#include "base/blob.h"
#include "net/http.h"
#include "net/web.h"
#include "net/workers.h"
#include "portal/form.h"
#include "portal/login_guard.h"
#include "portal/portal.h"
#include "portal/text.h"
#include "store/hand.h"

enum { VISIT_TOKEN_BYTES = 65, VISIT_FIELDS_MAX = 20 };

#define VISIT_COOKIE "__Host-portal"

/* How a link is opened. */
enum proof {
    PROOF_NONE, /* not at all: it is no link of a notification */
    PROOF_ACCOUNT,
    PROOF_SMS,
    PROOF_ACCESS_CODE,
    PROOF_EMAIL,
    PROOF_COUNT
};
const char *proof_name(enum proof proof);

enum visit_kind {
    VISIT_MESSAGE,    /* /m/TOKEN */
    VISIT_ATTACHMENT, /* /d/TOKEN/N */
    VISIT_STYLE,
    VISIT_API,
    VISIT_NOWHERE
};

/* What an answer is, and so which policy goes with it. */
enum answer_kind {
    ANSWER_PAGE,
    ANSWER_FRAME, /* an HTML part of a message */
    ANSWER_FILE,
    ANSWER_DATA, /* JSON */
    ANSWER_STYLE
};

struct visit {
    struct visit *next, *previous;
    struct portal *portal; /* NULL: it is gone */
    const struct portal_settings *settings;
    const struct portal_world *world;
    struct web_exchange *exchange;
    struct web_request request;
    const char *client; /* net_client_key */
    struct arena *arena;
    struct portal_limits limits; /* the store may outlive the portal */
    int64_t now_ms;
    /* Where to. */
    enum visit_kind kind;
    const char *path;     /* "/m/TOKEN", "/d/TOKEN/N": of its forms */
    const char *token;    /* 64 digits, or any text */
    const char *action;   /* behind it: "", "login", "html", .. */
    unsigned long number; /* of a part */
    bool has_number;
    /* Who. */
    const char *cookie; /* the session's token; a new one where none came */
    bool has_cookie;    /* it came */
    bool sets_cookie;
    char session[PORTAL_HASH_BYTES];
    char csrf[VISIT_TOKEN_BYTES];
    enum language language;
    bool sets_language;
    struct form form;
    bool has_form; /* a POST with its right csrf */
    /* What, as far as it is needed after the link's own callback. */
    struct portal_link link;  /* texts copied, without content */
    struct hand_work in_hand; /* while it is made (KEEP-4) */
    enum proof proof;
    const char *secret; /* the number or access code that counts; NULL: none */
    /* Under way. */
    struct http_fetch *fetch;
    void *check;
    struct loop_timer *pause; /* before a check */
    struct portal_try try_in;
    struct portal_account account;
    struct portal_code code;
    struct store_dsn mail;
    struct portal_look look;
    struct portal_opened opened;
    struct portal_share share;
    struct portal_tell tell;
    struct portal_conversation conversation;
    bool waits;                /* for the store */
    struct work *work;         /* of a thread, which has the visit */
    struct blob *blob;         /* of a reply; goes with the visit */
    struct download *download; /* of a file; the same */
    size_t download_octets;
    bool is_missing, is_unreadable; /* the part that was asked for */
    struct slice ready;             /* the body, until `opened` is durable */
    enum answer_kind ready_kind;
    const char *ready_type;
    const struct web_field *ready_extra;
    void *extra; /* of one kind of visit alone */
};

struct visit *visit_create(struct portal *portal, struct web_exchange *exchange,
                           const struct web_request *request);
/* The visit and what it waits for are forgotten. */
void visit_destroy(struct visit *visit);
/* visit_wait - a store's answer is expected; visit_is_over - it came. True: the
 * visit is over, and now freed. */
void visit_wait(struct visit *visit);
bool visit_is_over(struct visit *visit);

/* visit_account - visit->account is that of the address, its texts copied;
 * false: there is none that can log in. */
bool visit_account(struct visit *visit, const char *address);

/* visit_credential - what a login of visit->account is checked with, hashed; a
 * session is as good as when it was made only while this is the same. */
const char *visit_credential(struct visit *visit);
/* visit_is_current - the account is still there, and nothing of its login was
 * changed since the session of this credential began; NULL: no such session. */
bool visit_is_current(struct visit *visit, const char *address,
                      const char *credential);

/* One hash of a token for the store, by its use ("web", "api"). */
void visit_hash(const char *use, const char *token,
                char out[PORTAL_HASH_BYTES]);
/* visit_renew - another token for the cookie; its hash is returned. is_marked:
 * visit_is_marked tells it from one that was not verified, without a look-up.
 */
const char *visit_renew(struct visit *visit, bool is_marked);
bool visit_is_marked(const struct portal_settings *settings,
                     const char *cookie);

/* visit_fields - the header fields that every answer of that kind has. */
size_t visit_fields(enum answer_kind kind, const char *type,
                    struct web_field *fields);

/* body: copied when it is sent; a file's is visit->download instead. extra:
 * further fields, NULL-named at the end; NULL: none. */
void visit_answer(struct visit *visit, int status, enum answer_kind kind,
                  const char *type, struct slice body,
                  const struct web_field *extra);
void visit_page(struct visit *visit, int status, struct slice html);
/* visit_redirect - 303 to a path of ours. */
void visit_redirect(struct visit *visit, const char *path);

/* Pages without anything of their own. */
void visit_unknown(struct visit *visit);
void visit_locked(struct visit *visit);
void visit_expired(struct visit *visit);
void visit_fault(struct visit *visit, int status);
/* KEEP-4: of a message whose pages are set aside. */
void visit_aside(struct visit *visit);

/* portal_is_busy - so many passwords are being checked that submitters, who
 * share the thread, would wait for guests; or so many for this client alone
 * that others would. */
bool portal_is_busy(const struct visit *visit);
struct login_guard *portal_guard(const struct portal *portal);

/* The portal's own list. */
void portal_join(struct portal *portal, struct visit *visit);
void portal_leave_list(struct visit *visit);

#endif

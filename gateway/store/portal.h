/* portal - what the guest portal keeps: how a link stands, codes, sessions,
 * verifications earned, and the mails that it wants sent.
 *
 * Every call is one step of a transaction of the store's thread: what it finds
 * and what it changes belong together, whoever else asks at the same time. What
 * a call takes must live until its callback ran; what it answers lives no
 * longer than the callback. PORTAL-2, PORTAL-3, SHARED-1. */
#ifndef STORE_PORTAL_H
#define STORE_PORTAL_H

#include "base/alloc.h"
#include "store/store.h"

enum portal_result {
    PORTAL_OK,
    PORTAL_NONE,     /* no such link or session; nothing to do */
    PORTAL_WRONG,    /* a wrong try, counted */
    PORTAL_LOCKED,   /* too many of them for now */
    PORTAL_VOID,     /* too many of them in all */
    PORTAL_TOO_MANY, /* codes */
    PORTAL_FAULT,    /* of the disk: nothing happened */
};

enum { PORTAL_HASH_BYTES = 65, PORTAL_KEY_BYTES = 32 };

/* PORTAL-2, see struct config_settings. */
struct portal_limits {
    unsigned tries, void_tries, codes;
    int64_t lock_ms, window_ms;
};

/* A link, and how the client that asks stands to it. */
struct portal_link {
    int64_t recipient; /* for the other calls */
    struct store_message message;
    enum store_guard guard; /* of its pages; with the content alone */
    const char *address, *conversation;
    const char *method, *delivery;   /* delivery NULL: not final yet */
    const char *right, *right_value; /* as portal_share.value */
    bool is_void;
    int64_t locked_until_ms;
    const char *code_kind;  /* a code was sent and is good: "sms", "email" */
    const char *granted;    /* how this session verified itself; NULL: not */
    bool is_account;        /* this session is the recipient's account */
    const char *credential; /* portal_try's, of this session; NULL: none */
    int64_t replies;        /* of the guest, see portal_look */
    /* Recipients of the message in the same conversation, himself included. */
    const char *const *participants;
    size_t participant_count;
};

struct portal_answer {
    enum portal_result result;
    const struct portal_link *links; /* look: one; conversation: each */
    size_t count;
};

typedef void portal_done_fn(void *ctx, const struct portal_answer *answer);

/* store_portal_look - the link of a token; NONE: there is none. The content is
 * loaded for a session that is verified for it alone. */
struct portal_look {
    const char *token;   /* 64 digits */
    const char *session; /* hash; "": none */
    bool with_content;
    int64_t replies_since_ms; /* with the content, count them; 0: not */
    int64_t now_ms;
};
void store_portal_look(struct store *store, const struct portal_look *look,
                       portal_done_fn *done, void *ctx);

/* store_portal_code - a new code; the earlier one is void. The mail, if any, is
 * due at once. OK, LOCKED, VOID, TOO_MANY. */
struct portal_code {
    int64_t recipient;
    const char *kind; /* "sms", "email" */
    const char *code; /* secret */
    int64_t now_ms, until_ms;
    const struct portal_limits *limits;
    const struct store_dsn *mail; /* NULL: none */
};
void store_portal_code(struct store *store, const struct portal_code *code,
                       portal_done_fn *done, void *ctx);

/* store_portal_try - a verification. OK: the session new_session is verified
 * for the link; it continues the session old_session, if that one lives. */
struct portal_try {
    int64_t recipient;
    const char *method;   /* "account", "sms", "access-code", "email" */
    const char *given;    /* sms, email: against the code; access-code: against
                             expected. All comparisons take constant time */
    const char *expected; /* NULL: nothing is right */
    bool is_right;        /* account: password and TOTP are */
    const char *account;  /* his address */
    /* What his login was checked with, hashed: a session stands and falls with
     * it. */
    const char *credential;
    int64_t totp_step;                     /* good once (RFC 6238 5.2) */
    const char *old_session, *new_session; /* hashes */
    int64_t now_ms, session_until_ms;
    const struct portal_limits *limits;
};
void store_portal_try(struct store *store, const struct portal_try *try_in,
                      portal_done_fn *done, void *ctx);

/* store_portal_login - of an account without a link (PORTAL-5). OK, WRONG; how
 * often it may be tried is not counted here (portal/login_guard). */
void store_portal_login(struct store *store, const struct portal_try *login,
                        portal_done_fn *done, void *ctx);

/* What the organization earns when a message is opened (SHARED-1). */
struct portal_share {
    const char *organization;
    const char *recipient; /* as the directory compares it */
    const char *kind;      /* "sms", "access-code" */
    const char *value; /* secret; read again: a phone number, or an access code
                          as vault_is_code takes it */
    int64_t opened_ms;
};

/* store_portal_opened - the page is about to be served. OK: for the first time
 * in this session, the event is stored; NONE: not for the first time. */
struct portal_opened {
    int64_t recipient;
    const char *session; /* hash */
    const char *method;  /* of an account session that has no grant yet */
    bool attachment;     /* counted apart from the message itself */
    int64_t now_ms, session_until_ms;
    struct store_event event;
    const struct portal_share *share; /* NULL: none */
};
void store_portal_opened(struct store *store,
                         const struct portal_opened *opened,
                         portal_done_fn *done, void *ctx);

/* store_portal_tell - a mail to the sender, at most one in a window. OK, NONE:
 * he was told already. */
struct portal_tell {
    int64_t recipient;
    int64_t now_ms, window_ms;
    const struct store_dsn *mail;
};
void store_portal_tell(struct store *store, const struct portal_tell *tell,
                       portal_done_fn *done, void *ctx);

/* store_portal_conversation - what the account of the session takes part in, as
 * recipient by his account or as sender, oldest first. NONE: nothing. WRONG: no
 * such session. */
struct portal_conversation {
    const char *session; /* hash */
    const char *id;      /* of the conversation; NULL: see message */
    const char *message; /* the message of that id instead */
    int64_t now_ms;
};
void store_portal_conversation(struct store *store,
                               const struct portal_conversation *conversation,
                               portal_done_fn *done, void *ctx);

/* store_portal_leave - the session ends. */
void store_portal_leave(struct store *store, const char *session,
                        portal_done_fn *done, void *ctx);

/* store_portal_start - now and on this thread, before the first request: every
 * share earned, and the secret that CSRF tokens are made with. */
typedef void portal_share_fn(void *ctx, const struct portal_share *share);
enum status store_portal_start(struct store *store, portal_share_fn *each,
                               void *ctx, unsigned char key[PORTAL_KEY_BYTES],
                               struct err *err) MUST_USE;

#endif

/* portal - the guest portal: pages behind the links of notifications and of
 * large attachments, and the interface for mail clients. README.md says what a
 * client may rely on. PORTAL-1 to PORTAL-5, CONV-4, ATTACH-3. */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include "base/alloc.h"
#include "base/secret.h"
#include "net/loop.h"
#include "net/tls.h"
#include "store/portal.h"

struct portal;
struct workers;

/* The service that sends text messages. */
struct portal_sms {
    const char *address; /* NULL: none; the rest is unused then */
    uint16_t port;
    const char *host, *path;
    struct tls_client *tls;   /* NULL: plain */
    const char *token;        /* secret; NULL: none */
    const char *bind_address; /* NULL: the system's choice */
};

struct portal_settings {
    const char *address;
    uint16_t port;
    struct tls_server *tls;
    const char *base;      /* "https://portal.host", no final slash */
    const char *from;      /* no-reply address of mails and replies */
    const char *host_name; /* the gateway's */
    struct portal_sms sms;
    struct portal_limits limits;
    int64_t code_sms_ms, code_email_ms; /* how long a code is good */
    int64_t session_ms;
    int64_t notice_ms; /* a notice is tried so long */
    size_t reply_bytes;
    int64_t replies_per_hour;            /* of one guest */
    unsigned char key[PORTAL_KEY_BYTES]; /* of CSRF tokens */
};

/* An account that may log in. */
struct portal_account {
    const char *address; /* as the configuration has it */
    const char *password_hash, *totp;
};

/* What the portal asks of the application. Texts stay the application's. */
struct portal_world {
    struct loop *loop;
    struct store *store;
    void *ctx;
    /* For the journal; id NULL: it is not kept in the store. */
    void (*journal)(void *ctx, const struct store_event *event);
    /* Something in the queue is due. */
    void (*on_mail)(void *ctx);
    /* The organization has earned it, durably. */
    void (*on_share)(void *ctx, const struct portal_share *share);
    /* false: no active account with password and TOTP */
    bool (*account)(void *ctx, const char *address, struct portal_account *out);
    /* The most recently opened value that counts; NULL: none. */
    const char *(*share)(void *ctx, const char *organization,
                         const char *recipient, const char *kind);
    /* What two spellings of one address have in common. */
    const char *(*address_key)(struct arena *arena, const char *address);
    /* Is the password right? NULL hash: answers no, at the same cost. on_done
     * comes later, unless the check is cancelled. */
    void *(*check)(void *ctx, const char *user, const struct secret *password,
                   const char *hash, void (*on_done)(void *visit, bool right),
                   void *visit);
    void (*cancel)(void *check);
    struct workers *workers; /* make pages; NULL: made on the loop */
};

/* portal_create - listens; settings and world are copied, their texts live on.
 *
 * errors  ST_TEMP: the address cannot be listened at */
enum status portal_create(const struct portal_settings *settings,
                          const struct portal_world *world, struct portal **out,
                          struct err *err) MUST_USE;
uint16_t portal_port(const struct portal *portal);
/* portal_stop - no new connection; portal_open_count says how many requests
 * still wait for their answer. */
void portal_stop(struct portal *portal);
size_t portal_open_count(const struct portal *portal);
/* After the store was drained: its answers find nobody. */
void portal_destroy(struct portal **portal);

#endif

/* service - an SMTP listener and its sessions: octets go between a connection
 * and its session, and what a session wants done goes to the owner, who knows
 * what is served here. */
#ifndef APP_SERVICE_H
#define APP_SERVICE_H

#include "app/config.h"
#include "app/patience.h"
#include "net/conn.h"
#include "session/server.h"

struct service;

/* One client; the owner's own client begins with it, and c is its. It is gone
 * after `gone`, which may happen within service_resume. */
struct service_client {
    struct service *service;
    struct service_client *next, **back; /* list of all */
    struct conn *conn;
    struct server_session *session;
    struct server_settings settings;
    bool waiting; /* for an answer to a want, or for TLS */
    bool pumping; /* what is answered now is taken up by the one who asked */
    bool eof;     /* the client will send no more */
    struct patience patience;
    char ip[64];
    char client[64]; /* whose limits it shares: net_client_key */
};

struct service_owner {
    size_t client_bytes; /* of the owner's client */
    /* AUTH, MAIL, RCPT, STORE, as far as they can come: service_wait, or
     * service_resume at once. */
    void (*want[SERVER_WANT_COUNT])(struct service_client *c,
                                    const struct server_want *want);
    void (*refused)(const struct service_client *c, enum server_stage stage,
                    const char *reply);
    /* The handshake failed; NULL: nobody asks. */
    void (*no_handshake)(const struct service_client *c,
                         const struct tls_facts *tls);
    /* Something of his is under way that gets its reply even at a stop. */
    bool (*is_busy)(const struct service_client *c);
    /* He leaves: what is under way for him finds nobody. */
    void (*gone)(struct service_client *c);
};

struct service_settings {
    const char *area; /* of its lines in the log */
    struct loop *loop;
    struct tls_server *tls;
    const struct config_endpoint *listen;
    const struct config_settings *limits; /* idle, sessions (CONN-6) */
    struct server_settings session; /* but for what limits and service fill */
    const struct service_owner *owner;
    void *ctx; /* service_ctx */
};

/* service_create - listens; what the settings point to outlives it. errors:
 * ST_TEMP with the address. */
enum status service_create(const struct service_settings *settings,
                           struct service **out, struct err *err) MUST_USE;
void *service_ctx(const struct service_client *c);
uint16_t service_port(const struct service *service);
size_t service_count(const struct service *service);

/* service_wait - the reply to the want comes later; no deadline meanwhile. */
void service_wait(struct service_client *c);
/* service_resume - the reply to the want, and on with what was pipelined behind
 * it; from `want`, or after service_wait. */
void service_resume(struct service_client *c, const struct reply *reply);

/* service_stop - no new connections; every session is told 421 and closed, a
 * busy one after its reply. */
void service_stop(struct service *service);
/* Cuts what is left. */
void service_destroy(struct service **service);

#endif

/* bounces - the return-path listener (BOUNCE-1): SMTP from anybody, with or
 * without TLS, for live return paths alone. Nothing is relayed: what comes in
 * is read for what it reports, and dropped. */
#ifndef APP_BOUNCES_H
#define APP_BOUNCES_H

#include "app/config.h"
#include "app/directory.h"
#include "app/journal.h"
#include "app/service.h"
#include "deliver/deliver.h"
#include "store/store.h"

struct bounces;

/* Must outlive it. */
struct bounces_world {
    struct loop *loop;
    struct tls_server *tls;
    const struct config *config;
    const struct organizations *organizations;
    struct journal *journal;
    struct store *store;
    const struct deliver_settings *settings;
    /* A mail was taken: a status notification may be due. */
    void (*on_taken)(void *ctx);
    void *ctx;
};

/* bounces_create - listens. errors: ST_TEMP with the address. */
enum status bounces_create(const struct bounces_world *world,
                           struct bounces **out, struct err *err) MUST_USE;

/* Its sessions; a question to the store makes a client busy. */
struct service *bounces_service(const struct bounces *bounces);

/* Cuts what is left. What the store still answers finds nobody; what it
 * recorded is journalled at the next start. */
void bounces_destroy(struct bounces **bounces);

#endif

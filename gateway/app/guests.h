/* guests - the guest portal as the application runs it: its settings, its
 * accounts and passwords, and what is earned in it. */
#ifndef APP_GUESTS_H
#define APP_GUESTS_H

#include "app/auth.h"
#include "app/directory.h"
#include "app/journal.h"
#include "net/loop.h"

struct guests;

/* Must outlive it. */
struct workers;

struct guests_world {
    const struct config *config;
    struct loop *loop;
    struct workers *workers; /* make pages */
    struct store *store;
    struct organizations *organizations;
    struct auth *auth;
    struct journal *journal;
    struct tls_server *tls;     /* of the portal; NULL: none */
    void (*on_mail)(void *ctx); /* something in the queue is due */
    void *ctx;
};

/* guests_create - before the store's first request; takes up what was earned
 * before. Listens, where the configuration has a portal.
 *
 * errors  ST_INVAL, ST_TEMP */
enum status guests_create(const struct guests_world *world, struct guests **out,
                          struct err *err) MUST_USE;
/* guests_reload - the portal's certificate, anew. errors: as it was */
enum status guests_reload(struct guests *guests, struct err *err) MUST_USE;
/* guests_stop - no new visitor; guests_count: those not yet answered. */
void guests_stop(struct guests *guests);
size_t guests_count(const struct guests *guests);
/* Before auth and store go. */
void guests_destroy(struct guests **guests);

#endif

/* auth_queue - whose password is hashed next (AUTH-2). Clients have their turns
 * one after another, whatever each of them has waiting; two of three turns are
 * for clients that have had none lately. So a flood from some addresses costs
 * an honest first login about two hashes of waiting besides its own. Pure: time
 * is the caller's, and so is a lock. */
#ifndef APP_AUTH_QUEUE_H
#define APP_AUTH_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct auth_queue;
struct auth_client;

/* One hash that waits; part of what the caller keeps of it. */
struct auth_turn {
    struct auth_turn *next;
    struct auth_client *client; /* NULL: it does not wait */
};

enum { AUTH_QUEUE_CLIENT_MOST = 16 }; /* hashes of one client that wait */

struct auth_queue *auth_queue_create(void);
/* What still waits is the caller's. */
void auth_queue_destroy(struct auth_queue **queue);

/* auth_queue_put - client: whose limits it shares (net_client_key). */
void auth_queue_put(struct auth_queue *queue, struct auth_turn *turn,
                    const char *client, int64_t now_ms);
/* auth_queue_take - NULL: nobody waits. Its time is that of the latest put, for
 * no thread but the loop asks a clock. */
struct auth_turn *auth_queue_take(struct auth_queue *queue);
/* It waits no more. */
void auth_queue_remove(struct auth_queue *queue, struct auth_turn *turn);
unsigned auth_queue_waiting(const struct auth_queue *queue, const char *client);

#endif

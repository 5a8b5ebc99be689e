/* Two rings of clients, each with what it has waiting. That a client had its
 * turn lately is remembered in a table of fixed size under a keyed hash, so
 * that it cannot be forgotten on purpose. */
#include "app/auth_queue.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"

enum { ROWS = 1024, KEY_BYTES = 32, LATELY_MS = 60000, TURNS = 3 };

struct auth_client {
    struct auth_client *next, *previous;
    struct auth_turn *first, **last;
    unsigned waiting;
    char *key;
};

struct row {
    uint64_t digest; /* of a client */
    int64_t served_ms;
};

struct auth_queue {
    struct auth_client fresh, known; /* list heads */
    unsigned turns;
    int64_t now_ms; /* of the latest put */
    unsigned char key[KEY_BYTES];
    struct row rows[ROWS];
};

static void init_list(struct auth_client *head)
{
    head->next = head->previous = head;
}

struct auth_queue *auth_queue_create(void)
{
    struct auth_queue *queue = xcalloc(1, sizeof *queue);
    init_list(&queue->fresh);
    init_list(&queue->known);
    random_bytes(queue->key, sizeof queue->key);
    return queue;
}

static void client_free(struct auth_client *client)
{
    client->previous->next = client->next;
    client->next->previous = client->previous;
    free(client->key);
    free(client);
}

static void free_list(struct auth_client *head)
{
    while (head->next != head)
        client_free(head->next);
}

void auth_queue_destroy(struct auth_queue **queue)
{
    if (*queue) {
        free_list(&(*queue)->fresh);
        free_list(&(*queue)->known);
    }
    free(*queue);
    *queue = NULL;
}

static void link_last(struct auth_client *head, struct auth_client *client)
{
    client->previous = head->previous;
    client->next = head;
    head->previous->next = client;
    head->previous = client;
}

/* --- who had a turn lately ------------------------------------------------ */

static struct row *row_of(struct auth_queue *queue, const char *client,
                          uint64_t *digest_out)
{
    unsigned char digest[KEY_BYTES];
    if (!HMAC(EVP_sha256(), queue->key, sizeof queue->key,
              (const unsigned char *)client, strlen(client), digest, NULL))
        BUG("HMAC");
    memcpy(digest_out, digest, sizeof *digest_out);
    return &queue->rows[(digest[8] | digest[9] << 8) % ROWS];
}

static bool was_served(struct auth_queue *queue, const char *client)
{
    uint64_t digest;
    const struct row *row = row_of(queue, client, &digest);
    return row->digest == digest && row->served_ms &&
           queue->now_ms - row->served_ms < LATELY_MS;
}

static void note_served(struct auth_queue *queue, const char *client)
{
    uint64_t digest;
    struct row *row = row_of(queue, client, &digest);
    *row = (struct row){digest, queue->now_ms};
}

/* --- the queue ------------------------------------------------------------ */

static struct auth_client *find_in(const struct auth_client *head,
                                   const char *key)
{
    for (struct auth_client *c = head->next; c != head; c = c->next)
        if (strcmp(c->key, key) == 0)
            return c;
    return NULL;
}

static struct auth_client *find(const struct auth_queue *queue, const char *key)
{
    struct auth_client *client = find_in(&queue->fresh, key);
    return client ? client : find_in(&queue->known, key);
}

static struct auth_client *client_of(struct auth_queue *queue, const char *key)
{
    struct auth_client *client = find(queue, key);
    if (client)
        return client;
    client = xcalloc(1, sizeof *client);
    client->key = xstrdup(key);
    client->last = &client->first;
    link_last(was_served(queue, key) ? &queue->known : &queue->fresh, client);
    return client;
}

void auth_queue_put(struct auth_queue *queue, struct auth_turn *turn,
                    const char *client, int64_t now_ms)
{
    queue->now_ms = now_ms;
    turn->client = client_of(queue, client);
    turn->next = NULL;
    *turn->client->last = turn;
    turn->client->last = &turn->next;
    turn->client->waiting++;
}

void auth_queue_remove(struct auth_queue *queue, struct auth_turn *turn)
{
    struct auth_client *client = turn->client;
    (void)queue;
    struct auth_turn **at = &client->first;
    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    if (!*at)
        client->last = at;
    turn->client = NULL;
    if (--client->waiting == 0)
        client_free(client);
}

struct auth_turn *auth_queue_take(struct auth_queue *queue)
{
    struct auth_client *fresh = queue->fresh.next, *known = queue->known.next;
    bool is_fresh = fresh != &queue->fresh;
    bool is_known = known != &queue->known;
    if (!is_fresh && !is_known)
        return NULL;
    if (is_fresh && is_known)
        is_fresh = ++queue->turns % TURNS != 0;
    struct auth_client *client = is_fresh ? fresh : known;
    struct auth_turn *turn = client->first;
    note_served(queue, client->key);
    /* Behind all others with what it has besides. */
    client->previous->next = client->next;
    client->next->previous = client->previous;
    link_last(&queue->known, client);
    auth_queue_remove(queue, turn);
    return turn;
}

unsigned auth_queue_waiting(const struct auth_queue *queue, const char *client)
{
    const struct auth_client *found = find(queue, client);
    return found ? found->waiting : 0;
}

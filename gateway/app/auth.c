/* A hash is what waits and is computed; requests wait for it until its answer
 * runs on the loop. All but the queue, under the lock, is the loop's alone. */
#include "app/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "app/auth_queue.h"
#include "app/password.h"
#include "base/clock.h"
#include "base/random.h"

enum { DIGEST_BYTES = 32, REMEMBERED = 1024, REMEMBER_MS = 600000 };

struct hash {
    struct auth_turn turn; /* the first */
    struct hash *next;     /* of all that are not answered */
    struct auth *auth;
    struct secret password;
    char *text; /* of the credential, or the dummy */
    bool known; /* the user is known */
    bool right;
    unsigned char digest[DIGEST_BYTES];
    struct auth_request *requests, **last;
};

struct auth_request {
    struct auth_request *next;
    struct auth *auth;
    struct hash *hash;  /* NULL: it is remembered */
    auth_done_fn *done; /* NULL: cancelled */
    void *ctx;
};

struct success {
    unsigned char digest[DIGEST_BYTES];
    int64_t until_ms; /* monotonic; 0: free */
};

struct auth {
    struct auth_settings settings;
    unsigned char key[DIGEST_BYTES];
    struct success successes[REMEMBERED];
    struct hash *hashes;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Under the lock: */
    struct auth_queue *queue;
    uint64_t hash_count;
    bool stop;
};

/* One slot a digest: where two meet, the later one stays. */
static struct success *slot(struct auth *auth, const unsigned char *digest)
{
    return &auth->successes[(digest[0] | digest[1] << 8) % REMEMBERED];
}

/* HMAC over user, password and the hash that they were right for: a changed
 * credential is not remembered. */
static void make_digest(const struct auth *auth, const struct auth_question *q,
                        unsigned char *digest)
{
    struct slice password = secret_slice(q->password);
    struct slice hash = slice_of(q->hash);
    size_t n = q->user.n + password.n + hash.n + 2;
    char *text = xcalloc(1, n + 1);
    memcpy(text, q->user.n ? q->user.p : "", q->user.n);
    memcpy(text + q->user.n + 1, password.n ? password.p : "", password.n);
    memcpy(text + q->user.n + password.n + 2, hash.n ? hash.p : "", hash.n);
    if (!HMAC(EVP_sha256(), auth->key, sizeof auth->key,
              (const unsigned char *)text, n, digest, NULL))
        BUG("HMAC");
    OPENSSL_cleanse(text, n);
    free(text);
}

static void hash_free(struct hash *hash)
{
    for (struct auth_request *r = hash->requests, *next; r; r = next) {
        next = r->next;
        free(r);
    }
    secret_release(&hash->password);
    free(hash->text);
    free(hash);
}

static void forget(struct hash *hash)
{
    struct hash **at = &hash->auth->hashes;
    while (*at != hash)
        at = &(*at)->next;
    *at = hash->next;
}

/* On the loop: for all who wait for it. */
static void answer(void *arg)
{
    struct hash *hash = arg;
    forget(hash);
    if (hash->right) {
        struct success *s = slot(hash->auth, hash->digest);
        memcpy(s->digest, hash->digest, sizeof s->digest);
        s->until_ms = clock_mono_ms() + REMEMBER_MS;
    }
    for (struct auth_request *r = hash->requests; r; r = r->next)
        if (r->done)
            r->done(r->ctx, hash->right);
    hash_free(hash);
}

static void answer_remembered(void *arg)
{
    struct auth_request *r = arg;
    if (r->done)
        r->done(r->ctx, true);
    free(r);
}

static void compute(struct hash *hash)
{
    struct arena *arena = arena_create();
    struct password_hash parsed;
    if (password_hash_parse(arena, hash->text, &parsed) != ST_OK)
        BUG("a hash that the configuration did not refuse");
    bool same = password_is(&parsed, &hash->password);
    hash->right = same && hash->known;
    arena_destroy(&arena);
}

static void *run(void *arg)
{
    struct auth *auth = arg;
    for (;;) {
        struct auth_turn *turn = NULL;
        pthread_mutex_lock(&auth->lock);
        while (!auth->stop && !(turn = auth_queue_take(auth->queue)))
            pthread_cond_wait(&auth->wake, &auth->lock);
        auth->hash_count += turn != NULL;
        pthread_mutex_unlock(&auth->lock);
        if (!turn)
            return NULL;
        compute((struct hash *)turn);
        auth->settings.post(auth->settings.loop, answer, turn);
    }
}

struct auth *auth_create(const struct auth_settings *settings)
{
    struct auth *auth = xcalloc(1, sizeof *auth);
    auth->settings = *settings;
    auth->queue = auth_queue_create();
    random_bytes(auth->key, sizeof auth->key);
    pthread_mutex_init(&auth->lock, NULL);
    pthread_cond_init(&auth->wake, NULL);
    return auth;
}

void auth_destroy(struct auth **auth_in)
{
    struct auth *auth = *auth_in;
    if (!auth)
        return;
    pthread_mutex_lock(&auth->lock);
    auth->stop = true;
    pthread_mutex_unlock(&auth->lock);
    pthread_cond_signal(&auth->wake);
    if (auth->started)
        pthread_join(auth->thread, NULL);
    auth_queue_destroy(&auth->queue);
    for (struct hash *hash = auth->hashes, *next; hash; hash = next) {
        next = hash->next;
        hash_free(hash);
    }
    pthread_cond_destroy(&auth->wake);
    pthread_mutex_destroy(&auth->lock);
    OPENSSL_cleanse(auth, sizeof *auth);
    free(auth);
    *auth_in = NULL;
}

static void start(struct auth *auth)
{
    if (auth->started)
        return;
    if (pthread_create(&auth->thread, NULL, run, auth) != 0)
        BUG("no thread for password hashes");
    auth->started = true;
}

static struct hash *find_hash(const struct auth *auth,
                              const unsigned char *digest)
{
    for (struct hash *hash = auth->hashes; hash; hash = hash->next)
        if (CRYPTO_memcmp(hash->digest, digest, sizeof hash->digest) == 0)
            return hash;
    return NULL;
}

/* The same is asked already: it waits for whoever is sooner served. */
static void join(struct hash *hash, const char *client)
{
    struct auth *auth = hash->auth;
    pthread_mutex_lock(&auth->lock);
    if (hash->turn.client && auth_queue_waiting(auth->queue, client) == 0) {
        auth_queue_remove(auth->queue, &hash->turn);
        auth_queue_put(auth->queue, &hash->turn, client, clock_mono_ms());
    }
    pthread_mutex_unlock(&auth->lock);
}

static struct hash *begin(struct auth *auth, const struct auth_question *q,
                          const unsigned char *digest)
{
    pthread_mutex_lock(&auth->lock);
    bool is_too_much =
        !q->is_bounded &&
        auth_queue_waiting(auth->queue, q->client) >= AUTH_QUEUE_CLIENT_MOST;
    pthread_mutex_unlock(&auth->lock);
    if (is_too_much)
        return NULL;
    struct hash *hash = xcalloc(1, sizeof *hash);
    hash->auth = auth;
    hash->known = q->hash != NULL;
    hash->text = xstrdup(q->hash ? q->hash : auth->settings.dummy_hash);
    hash->last = &hash->requests;
    memcpy(hash->digest, digest, sizeof hash->digest);
    secret_init(&hash->password, secret_slice(q->password));
    hash->next = auth->hashes;
    auth->hashes = hash;
    start(auth);
    pthread_mutex_lock(&auth->lock);
    auth_queue_put(auth->queue, &hash->turn, q->client, clock_mono_ms());
    pthread_mutex_unlock(&auth->lock);
    pthread_cond_signal(&auth->wake);
    return hash;
}

static bool is_remembered(struct auth *auth, const struct auth_question *q,
                          const unsigned char *digest)
{
    const struct success *s = slot(auth, digest);
    return q->hash && s->until_ms > clock_mono_ms() &&
           CRYPTO_memcmp(s->digest, digest, sizeof s->digest) == 0;
}

struct auth_request *auth_check(struct auth *auth,
                                const struct auth_question *q,
                                auth_done_fn *done, void *ctx)
{
    unsigned char digest[DIGEST_BYTES];
    make_digest(auth, q, digest);
    bool remembered = is_remembered(auth, q, digest);
    struct hash *hash = remembered ? NULL : find_hash(auth, digest);
    if (hash)
        join(hash, q->client);
    else if (!remembered && !(hash = begin(auth, q, digest)))
        return NULL;
    struct auth_request *r = xcalloc(1, sizeof *r);
    *r = (struct auth_request){
        .auth = auth, .hash = hash, .done = done, .ctx = ctx};
    if (remembered) {
        auth->settings.post(auth->settings.loop, answer_remembered, r);
        return r;
    }
    *hash->last = r;
    hash->last = &r->next;
    return r;
}

/* Nobody waits for it, and it has not begun. */
static void drop_if_idle(struct hash *hash)
{
    struct auth *auth = hash->auth;
    for (const struct auth_request *r = hash->requests; r; r = r->next)
        if (r->done)
            return;
    pthread_mutex_lock(&auth->lock);
    bool waits = hash->turn.client != NULL;
    if (waits)
        auth_queue_remove(auth->queue, &hash->turn);
    pthread_mutex_unlock(&auth->lock);
    if (!waits)
        return;
    forget(hash);
    hash_free(hash);
}

void auth_cancel(struct auth_request **request)
{
    struct auth_request *r = *request;
    *request = NULL;
    if (!r)
        return;
    r->done = NULL;
    if (r->hash)
        drop_if_idle(r->hash);
}

uint64_t auth_hash_count(struct auth *auth)
{
    pthread_mutex_lock(&auth->lock);
    uint64_t count = auth->hash_count;
    pthread_mutex_unlock(&auth->lock);
    return count;
}

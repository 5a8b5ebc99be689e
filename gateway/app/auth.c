#include "app/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "app/password.h"
#include "base/clock.h"
#include "base/random.h"

enum { DIGEST_BYTES = 32, REMEMBERED = 1024, REMEMBER_MS = 600000 };

struct auth_request {
    struct auth_request *next;
    struct auth *auth;
    struct secret user, password;
    char *hash;
    bool known;      /* the user is known */
    bool remembered; /* found in the cache: no hash is needed */
    unsigned char digest[DIGEST_BYTES];
    bool right;
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
    struct success successes[REMEMBERED]; /* on the loop alone */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Under the lock: */
    struct auth_request *first, **last;
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
static void make_digest(struct auth *auth, struct auth_request *r)
{
    struct secret all;
    size_t hash = strlen(r->hash), n = r->user.n + r->password.n + hash + 2;
    char *text = xcalloc(1, n + 1);
    memcpy(text, secret_slice(&r->user).p, r->user.n);
    memcpy(text + r->user.n + 1, secret_slice(&r->password).p, r->password.n);
    memcpy(text + r->user.n + r->password.n + 2, r->hash, hash);
    secret_init(&all, (struct slice){text, n});
    OPENSSL_cleanse(text, n);
    free(text);
    if (!HMAC(EVP_sha256(), auth->key, sizeof auth->key,
              (const unsigned char *)all.p, all.n, r->digest, NULL))
        BUG("HMAC");
    secret_release(&all);
}

static void request_free(struct auth_request *r)
{
    secret_release(&r->user);
    secret_release(&r->password);
    free(r->hash);
    free(r);
}

/* On the loop. */
static void answer(void *arg)
{
    struct auth_request *r = arg;
    if (r->right && !r->remembered) {
        struct success *s = slot(r->auth, r->digest);
        memcpy(s->digest, r->digest, sizeof s->digest);
        s->until_ms = clock_mono_ms() + REMEMBER_MS;
    }
    if (r->done)
        r->done(r->ctx, r->right);
    request_free(r);
}

static void compute(struct auth *auth, struct auth_request *r)
{
    struct arena *arena = arena_create();
    struct password_hash hash;
    const char *text = r->known ? r->hash : auth->settings.dummy_hash;
    if (password_hash_parse(arena, text, &hash) != ST_OK)
        BUG("a hash that the configuration did not refuse");
    bool same = password_is(&hash, &r->password);
    r->right = same && r->known;
    arena_destroy(&arena);
    pthread_mutex_lock(&auth->lock);
    auth->hash_count++;
    pthread_mutex_unlock(&auth->lock);
}

static void *run(void *arg)
{
    struct auth *auth = arg;
    for (;;) {
        pthread_mutex_lock(&auth->lock);
        while (!auth->first && !auth->stop)
            pthread_cond_wait(&auth->wake, &auth->lock);
        struct auth_request *r = auth->stop ? NULL : auth->first;
        if (r) {
            auth->first = r->next;
            if (!auth->first)
                auth->last = &auth->first;
        }
        pthread_mutex_unlock(&auth->lock);
        if (!r)
            return NULL;
        compute(auth, r);
        auth->settings.post(auth->settings.loop, answer, r);
    }
}

struct auth *auth_create(const struct auth_settings *settings)
{
    struct auth *auth = xcalloc(1, sizeof *auth);
    auth->settings = *settings;
    auth->last = &auth->first;
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
    for (struct auth_request *r = auth->first, *next; r; r = next) {
        next = r->next;
        request_free(r);
    }
    pthread_cond_destroy(&auth->wake);
    pthread_mutex_destroy(&auth->lock);
    OPENSSL_cleanse(auth, sizeof *auth);
    free(auth);
    *auth_in = NULL;
}

static void enqueue(struct auth *auth, struct auth_request *r)
{
    if (!auth->started) {
        if (pthread_create(&auth->thread, NULL, run, auth) != 0)
            BUG("no thread for password hashes");
        auth->started = true;
    }
    pthread_mutex_lock(&auth->lock);
    *auth->last = r;
    auth->last = &r->next;
    pthread_mutex_unlock(&auth->lock);
    pthread_cond_signal(&auth->wake);
}

struct auth_request *auth_check(struct auth *auth, struct slice user,
                                const struct secret *password, const char *hash,
                                auth_done_fn *done, void *ctx)
{
    struct auth_request *r = xcalloc(1, sizeof *r);
    r->auth = auth;
    r->done = done;
    r->ctx = ctx;
    r->known = hash != NULL;
    r->hash = xstrdup(hash ? hash : "");
    secret_init(&r->user, user);
    secret_init(&r->password, secret_slice(password));
    make_digest(auth, r);
    const struct success *s = slot(auth, r->digest);
    if (r->known && s->until_ms > clock_mono_ms() &&
        CRYPTO_memcmp(s->digest, r->digest, sizeof s->digest) == 0) {
        r->remembered = r->right = true;
        auth->settings.post(auth->settings.loop, answer, r);
    } else {
        enqueue(auth, r);
    }
    return r;
}

void auth_cancel(struct auth_request **request)
{
    if (*request)
        (*request)->done = NULL;
    *request = NULL;
}

uint64_t auth_hash_count(struct auth *auth)
{
    pthread_mutex_lock(&auth->lock);
    uint64_t count = auth->hash_count;
    pthread_mutex_unlock(&auth->lock);
    return count;
}

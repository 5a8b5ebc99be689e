#include "base/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"

void secret_init(struct secret *secret, struct slice text)
{
    secret->p = xmalloc(text.n + 1);
    if (text.n)
        memcpy(secret->p, text.p, text.n);
    secret->p[text.n] = '\0';
    secret->n = text.n;
}

void secret_release(struct secret *secret)
{
    if (secret->p)
        OPENSSL_cleanse(secret->p, secret->n);
    free(secret->p);
    *secret = (struct secret){0};
}

struct slice secret_slice(const struct secret *secret)
{
    return (struct slice){secret->p ? secret->p : "", secret->n};
}

bool secret_eq(const struct secret *secret, struct slice text)
{
    return secret->n == text.n &&
           (text.n == 0 || CRYPTO_memcmp(secret->p, text.p, text.n) == 0);
}

void secret_heap_open(size_t bytes)
{
    enum { LEAST = 1 << 16, PIECE = 32 };
    size_t size = LEAST;
    while (size < bytes)
        size *= 2;
    int made = CRYPTO_secure_malloc_init(size, PIECE);
    if (made == 0)
        log_warn("base", "no heap apart for keys", "bytes=%zu", size);
    else if (made != 1)
        log_debug("base", "the heap for keys is not locked", "bytes=%zu", size);
}

/* test_fuzz - for fuzz targets (<file>_fuzz.c): their entry, what they ask of
 * the code, and how they split their input.
 *
 * A target is a libFuzzer target, so AFL++ takes it as well. Without a fuzzer
 * base/fuzz_replay.c is its main program and replays its corpus. */
#ifndef BASE_TEST_FUZZ_H
#define BASE_TEST_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever comes in. */
#define FUZZ_MUST(what)                                                        \
    ((what) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #what))

static inline void fuzz_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, what);
    abort();
}

/* What a stranger wrote is no news here. */
__attribute__((constructor)) static inline void fuzz_is_quiet(void)
{
    log_set_level(LOG_LEVEL_ERROR);
}

static inline struct slice fuzz_input(const uint8_t *data, size_t size)
{
    return (struct slice){size ? (const char *)data : "", size};
}

/* The next octet; 0 at the end. */
static inline unsigned char fuzz_octet(struct slice *in)
{
    if (!in->n)
        return 0;
    unsigned char c = (unsigned char)*in->p++;
    in->n--;
    return c;
}

/* At most n octets off the front. */
static inline struct slice fuzz_take(struct slice *in, size_t n)
{
    struct slice s = {in->p, n < in->n ? n : in->n};
    *in = (struct slice){in->p + s.n, in->n - s.n};
    return s;
}

/* A run of splits that depends on the input alone. */
static inline struct prng fuzz_prng(struct slice in)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < in.n; i++)
        hash = (hash ^ (unsigned char)in.p[i]) * 1099511628211u;
    return (struct prng){hash};
}

/* How many octets of n to feed next: few, and more of many. */
static inline size_t fuzz_step(struct prng *prng, size_t n)
{
    size_t most = 8 + n / 32;
    return 1 + prng_below(prng, n < most ? n : most);
}

/* As SMTP brings content: CRLF alone ends a line, and the last one. */
static inline struct slice fuzz_crlf(struct arena *arena, struct slice in)
{
    char *out = (char *)arena_alloc(arena, 2 * in.n + 2), *to = out;
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] == '\n' && i > 0 && in.p[i - 1] == '\r')
            continue;
        bool is_end = in.p[i] == '\n' || in.p[i] == '\r';
        *to++ = is_end ? '\r' : in.p[i];
        if (is_end)
            *to++ = '\n';
    }
    if (to > out && to[-1] != '\n') {
        *to++ = '\r';
        *to++ = '\n';
    }
    return (struct slice){out, (size_t)(to - out)};
}

static inline bool fuzz_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (!a.n || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool fuzz_same(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static inline bool fuzz_has(struct slice s, char c)
{
    return s.n && memchr(s.p, c, s.n);
}

/* part lies in whole; an empty one may lie anywhere. */
static inline bool fuzz_is_in(struct slice part, struct slice whole)
{
    return !part.n || (part.p >= whole.p && part.n <= whole.n &&
                       (size_t)(part.p - whole.p) <= whole.n - part.n);
}

/* Octets of the well-formed UTF-8 character at the front (RFC 3629 4); 0:
 * none. */
static inline size_t fuzz_utf8_bytes(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (!s.n || p[0] < 0x80)
        return s.n != 0;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || s.n < n)
        return 0;
    unsigned low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static inline bool fuzz_is_utf8(struct slice s)
{
    while (s.n) {
        size_t n = fuzz_utf8_bytes(s);
        if (!n)
            return false;
        fuzz_take(&s, n);
    }
    return true;
}

#endif

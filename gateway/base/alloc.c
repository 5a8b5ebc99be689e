#include "base/alloc.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* AddressSanitizer sees a step past the end of an allocation that stands alone.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(EACH_ALONE)
enum { BLOCK_BYTES = 1, BLOCK_ALIGN = 1 };
#else
enum { BLOCK_BYTES = 4096, BLOCK_ALIGN = alignof(max_align_t) };
#endif

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) char data[];
};

struct farewell {
    struct farewell *next;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct block *blocks; /* newest first */
    struct farewell *farewells;
    bool is_secret;
};

static void *checked(void *p)
{
    if (!p) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t n)
{
    return checked(malloc(n ? n : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t n)
{
    return checked(realloc(old, n ? n : 1));
}

char *xstrdup(const char *s)
{
    return checked(strdup(s));
}

char *xasprintf(const char *fmt, ...)
{
    char *text;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    return checked(text);
}

struct arena *arena_create(void)
{
    return xcalloc(1, sizeof(struct arena));
}

void arena_destroy(struct arena **arena)
{
    if (!*arena)
        return;
    for (struct farewell *f = (*arena)->farewells; f; f = f->next)
        f->fn(f->arg);
    for (struct block *b = (*arena)->blocks, *next; b; b = next) {
        next = b->next;
        if ((*arena)->is_secret)
            explicit_bzero(b->data, b->used);
        free(b);
    }
    free(*arena);
    *arena = NULL;
}

void arena_set_secret(struct arena *arena)
{
    arena->is_secret = true;
}

void arena_on_destroy(struct arena *arena, void (*fn)(void *arg), void *arg)
{
    struct farewell *farewell = ARENA_NEW(arena, struct farewell);
    *farewell = (struct farewell){arena->farewells, fn, arg};
    arena->farewells = farewell;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    if (n > SIZE_MAX / 2)
        BUG("%zu octets", n);
    n = (n + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
    if (n == 0)
        n = BLOCK_ALIGN;
    struct block *b = arena->blocks;
    if (!b || b->size - b->used < n) {
        size_t size = n > BLOCK_BYTES ? n : BLOCK_BYTES;
        b = xcalloc(1, sizeof *b + size);
        b->size = size;
        b->next = arena->blocks;
        arena->blocks = b;
    }
    void *p = b->data + b->used;
    b->used += n;
    return p;
}

char *arena_text(struct arena *arena, struct slice s)
{
    char *p = arena_alloc(arena, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return arena_text(arena, slice_of(s));
}

struct slice arena_slice(struct arena *arena, struct slice s)
{
    return (struct slice){arena_text(arena, s), s.n};
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("format %s", fmt);
    char *p = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

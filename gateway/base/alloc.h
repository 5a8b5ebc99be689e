/* alloc - heap allocation that aborts instead of failing, and arenas.
 *
 * An arena is one transaction's, one scenario's or one request's memory: all of
 * it goes at once. Nothing in it is freed alone. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

#include "base/slice.h"
#include "base/status.h"

void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));
void *xrealloc(void *old, size_t n) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2)
    __attribute__((returns_nonnull));

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena **arena);
/* arena_set_secret - passwords and codes lie in it: it is wiped when it goes.
 */
void arena_set_secret(struct arena *arena);

/* Calls fn(arg) when the arena goes, the latest first, its memory still there.
 */
void arena_on_destroy(struct arena *arena, void (*fn)(void *arg), void *arg);

/* Zeroed, aligned for any type; never NULL. */
void *arena_alloc(struct arena *arena, size_t n)
    __attribute__((returns_nonnull));
/* NUL-terminated copies; a slice's own NUL octets are kept. */
char *arena_strdup(struct arena *arena, const char *s);
char *arena_text(struct arena *arena, struct slice s);
struct slice arena_slice(struct arena *arena, struct slice s);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif

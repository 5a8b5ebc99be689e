/* test_arena - for tests: an arena for each. */
#ifndef BASE_TEST_ARENA_H
#define BASE_TEST_ARENA_H

#include "base/alloc.h"

static struct arena *arena;

static inline int setup(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

#endif

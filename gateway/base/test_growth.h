/* test_growth - for tests: what a call costs, counted and not timed: the octets
 * that it allocates, and the instructions that it takes.
 *
 * Instructions are counted by the processor's trap flag, one signal each, so
 * that inputs must be small; where there is none (another processor, a sandbox,
 * a sanitizer's build) allocations alone are looked at. One test program
 * includes this file once. */
#ifndef BASE_TEST_GROWTH_H
#define BASE_TEST_GROWTH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define GROWTH_IS_COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GROWTH_IS_COUNTED 0
#endif
#endif
#ifndef GROWTH_IS_COUNTED
#define GROWTH_IS_COUNTED 1
#endif

static volatile size_t growth_octets, growth_steps;

/* --- allocations ---------------------------------------------------------- */

#if GROWTH_IS_COUNTED && defined(__GLIBC__)
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *old, size_t n);

void *malloc(size_t n)
{
    growth_octets += n;
    return __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    growth_octets += count * n;
    return __libc_calloc(count, n);
}

void *realloc(void *old, size_t n)
{
    growth_octets += n;
    return __libc_realloc(old, n);
}
#endif

/* --- instructions --------------------------------------------------------- */

#if GROWTH_IS_COUNTED && defined(__x86_64__)
static void growth_on_trap(int number)
{
    (void)number;
    growth_steps++;
}

/* Below the stack pointer the compiler may have put something. */
static inline void growth_count(bool on)
{
    struct sigaction action = {.sa_handler = on ? growth_on_trap : SIG_DFL};
    if (on) {
        sigaction(SIGTRAP, &action, NULL);
        __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\t"
                         "orq $0x100, (%%rsp)\n\tpopfq\n\t"
                         "lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
    } else {
        __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\t"
                         "andq $~0x100, (%%rsp)\n\tpopfq\n\t"
                         "lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
        sigaction(SIGTRAP, &action, NULL);
    }
}
#else
static inline void growth_count(bool on)
{
    (void)on;
}
#endif

struct growth {
    size_t octets; /* allocated, whatever was freed again */
    size_t steps;  /* 0: not counted here */
};

static inline struct growth growth_of(void (*run)(void *ctx), void *ctx,
                                      bool counts_steps)
{
    growth_octets = growth_steps = 0;
    if (counts_steps)
        growth_count(true);
    run(ctx);
    if (counts_steps)
        growth_count(false);
    return (struct growth){growth_octets, growth_steps};
}

#endif

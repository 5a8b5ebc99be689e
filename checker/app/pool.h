/* pool - worker processes that take one case at a time.
 *
 * The parent hands an index to whoever is idle and gets one line back, so that
 * all workers stay busy whatever a case costs. A worker that dies costs its
 * case alone, and is replaced. Workers are forks: they share what the parent
 * had loaded. */
#ifndef KIT_POOL_H
#define KIT_POOL_H

#include <signal.h>

#include "base/slice.h"
#include "base/status.h"

struct pool_calls {
    /* In the worker, once; what it returns is given to work. */
    void *(*on_start)(unsigned worker, void *ctx);
    /* In the worker: one line without line end; owner: the pool (free). */
    char *(*work)(void *worker, size_t index, void *ctx);
    void (*on_stop)(void *worker, void *ctx); /* may be NULL */
    /* In the parent, as results come; false: hand out no more. */
    bool (*on_line)(size_t index, struct slice line, void *ctx);
    /* In the parent: the worker that had this case died; how: "killed by
     * signal 11 (Segmentation fault)". Like on_line otherwise. */
    bool (*on_death)(size_t index, const char *how, void *ctx);
    void *ctx;
};

/* pool_run - work on each of order[0..count) with `workers` processes.
 *
 * in      limit_ms: a case that takes longer costs its worker the life;
 *         stop: no more is handed out once it is true (may be NULL)
 * errors  ST_TEMP: no process or socket could be made */
enum status pool_run(const size_t *order, size_t count, unsigned workers,
                     unsigned limit_ms, const volatile sig_atomic_t *stop,
                     const struct pool_calls *calls, struct err *err) MUST_USE;

#endif

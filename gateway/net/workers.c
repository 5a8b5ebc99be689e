#include "net/workers.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"

/* No work goes deep. A sanitizer takes several times as much. */
#ifdef __SANITIZE_ADDRESS__
enum { STACK_BYTES = 8 << 20 };
#else
enum { STACK_BYTES = 512 << 10 };
#endif

enum lane { LANE_SMALL, LANE_LARGE, LANE_COUNT };

enum work_state { WORK_WAITS, WORK_RUNS, WORK_IS_DONE };

struct work {
    struct work *next;
    struct workers *workers;
    struct work_order order;
    enum lane lane;
    enum work_state state; /* under the lock */
    struct work **slot;    /* NULL: cancelled. On the loop alone */
};

struct queue {
    struct work *first, **last;
};

struct line {
    struct workers *workers;
    struct queue waiting;
    size_t waiting_count, busy_count;
    pthread_cond_t wake;
    pthread_t threads[WORKERS_THREADS];
    size_t thread_count;
};

struct workers {
    struct loop *loop;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* a thread is ready, or its work is done */
    struct line lines[LANE_COUNT];
    struct queue done; /* not yet told */
    size_t ready_count;
    bool stop;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_put(struct queue *queue, struct work *work)
{
    work->next = NULL;
    *queue->last = work;
    queue->last = &work->next;
}

static struct work *queue_take(struct queue *queue)
{
    struct work *work = queue->first;
    queue->first = work->next;
    if (!queue->first)
        queue->last = &queue->first;
    return work;
}

static void queue_remove(struct queue *queue, struct work *work)
{
    struct work **at = &queue->first;
    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    if (!work->next)
        queue->last = at;
}

/* --- on the loop -----------------------------------------------------------
 */

static void tell(struct work *work)
{
    struct work_order order = work->order;
    struct work **slot = work->slot;
    free(work);
    if (!slot)
        return;
    *slot = NULL;
    order.done(order.ctx);
}

/* One at a time: done may cancel another one that stands behind it. */
static void on_done(void *ctx)
{
    struct workers *workers = ctx;
    pthread_mutex_lock(&workers->lock);
    struct work *work = workers->done.first ? queue_take(&workers->done) : NULL;
    pthread_mutex_unlock(&workers->lock);
    if (work)
        tell(work);
}

/* --- on a thread -----------------------------------------------------------
 */

/* OpenSSL's generators ask for the time whenever they give something, to be
 * seeded anew now and then; here the count of what they gave decides alone (RSA
 * takes from a thread's own for each 32nd signature). The primary one, from
 * which the others are seeded, goes first: what it makes up for after a fork is
 * passed on to them here, and not in the middle of work. */
static void use_no_clock(void)
{
    EVP_RAND_CTX *all[] = {RAND_get0_primary(NULL), RAND_get0_private(NULL),
                           RAND_get0_public(NULL)};
    time_t never = 0;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_time_t(
                               OSSL_DRBG_PARAM_RESEED_TIME_INTERVAL, &never),
                           OSSL_PARAM_construct_end()};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        unsigned char octet;
        if (!all[i] || EVP_RAND_CTX_set_params(all[i], params) != 1 ||
            EVP_RAND_generate(all[i], &octet, 1, 0, 0, NULL, 0) != 1)
            BUG("no random generator for a thread");
    }
}

/* The loop waits meanwhile: the generator asks for the time as it begins. */
static void say_ready(struct workers *workers)
{
    use_no_clock();
    pthread_mutex_lock(&workers->lock);
    workers->ready_count++;
    pthread_cond_broadcast(&workers->moved);
    pthread_mutex_unlock(&workers->lock);
}

/* NULL: the end. Holds the lock. */
static struct work *take_next(struct line *line)
{
    while (!line->waiting.first && !line->workers->stop)
        pthread_cond_wait(&line->wake, &line->workers->lock);
    if (line->workers->stop)
        return NULL;
    struct work *work = queue_take(&line->waiting);
    line->waiting_count--;
    line->busy_count++;
    work->state = WORK_RUNS;
    return work;
}

static void *run(void *ctx)
{
    struct line *line = ctx;
    struct workers *workers = line->workers;
    struct work *work;
    say_ready(workers);
    pthread_mutex_lock(&workers->lock);
    while ((work = take_next(line))) {
        pthread_mutex_unlock(&workers->lock);
        work->order.run(work->order.ctx);
        pthread_mutex_lock(&workers->lock);
        line->busy_count--;
        work->state = WORK_IS_DONE;
        queue_put(&workers->done, work);
        pthread_cond_broadcast(&workers->moved);
        loop_post(workers->loop, on_done, workers);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* Signals are the loop's. */
static void start_thread(struct line *line)
{
    struct workers *workers = line->workers;
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* base/mapped.h: it comes to whoever reads */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    size_t ready = workers->ready_count;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (pthread_create(&line->threads[line->thread_count], &attributes, run,
                       line))
        BUG("no thread for work");
    pthread_attr_destroy(&attributes);
    line->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (workers->ready_count == ready)
        pthread_cond_wait(&workers->moved, &workers->lock);
}

/* --- the interface ---------------------------------------------------------
 */

struct workers *workers_create(struct loop *loop)
{
    struct workers *workers = xcalloc(1, sizeof *workers);
    workers->loop = loop;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->moved, NULL);
    queue_init(&workers->done);
    for (size_t i = 0; i < LANE_COUNT; i++) {
        workers->lines[i].workers = workers;
        queue_init(&workers->lines[i].waiting);
        pthread_cond_init(&workers->lines[i].wake, NULL);
    }
    return workers;
}

static void end_line(struct line *line)
{
    for (size_t i = 0; i < line->thread_count; i++)
        pthread_join(line->threads[i], NULL);
    pthread_cond_destroy(&line->wake);
    while (line->waiting.first)
        free(queue_take(&line->waiting));
}

void workers_destroy(struct workers **workers_inout)
{
    struct workers *workers = *workers_inout;
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->stop = true;
    for (size_t i = 0; i < LANE_COUNT; i++)
        pthread_cond_broadcast(&workers->lines[i].wake);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < LANE_COUNT; i++)
        end_line(&workers->lines[i]);
    while (workers->done.first)
        free(queue_take(&workers->done));
    pthread_cond_destroy(&workers->moved);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
    *workers_inout = NULL;
}

void workers_put(struct workers *workers, const struct work_order *order,
                 struct work **slot)
{
    *slot = NULL;
    if (!workers) {
        order->run(order->ctx);
        order->done(order->ctx);
        return;
    }
    struct work *work = xcalloc(1, sizeof *work);
    enum lane lane =
        order->octets > WORKERS_SMALL_BYTES ? LANE_LARGE : LANE_SMALL;
    struct line *line = &workers->lines[lane];
    *work = (struct work){
        .workers = workers, .order = *order, .lane = lane, .slot = slot};
    *slot = work;
    pthread_mutex_lock(&workers->lock);
    queue_put(&line->waiting, work);
    line->waiting_count++;
    if (line->thread_count < WORKERS_THREADS &&
        line->waiting_count + line->busy_count > line->thread_count)
        start_thread(line);
    pthread_cond_signal(&line->wake);
    pthread_mutex_unlock(&workers->lock);
}

void work_cancel(struct work **slot)
{
    struct work *work = *slot;
    if (!work)
        return;
    *slot = NULL;
    struct workers *workers = work->workers;
    struct line *line = &workers->lines[work->lane];
    pthread_mutex_lock(&workers->lock);
    bool is_waiting = work->state == WORK_WAITS;
    if (is_waiting) {
        queue_remove(&line->waiting, work);
        line->waiting_count--;
    }
    while (!is_waiting && work->state == WORK_RUNS)
        pthread_cond_wait(&workers->moved, &workers->lock);
    work->slot = NULL; /* its turn on the loop comes all the same */
    pthread_mutex_unlock(&workers->lock);
    if (is_waiting)
        free(work);
}

size_t workers_count(struct workers *workers)
{
    size_t count = 0;
    pthread_mutex_lock(&workers->lock);
    for (size_t i = 0; i < LANE_COUNT; i++)
        count += workers->lines[i].waiting_count + workers->lines[i].busy_count;
    pthread_mutex_unlock(&workers->lock);
    return count;
}

/* The threads and their queues. What is put into them stands in requests.c,
 * what a turn does to the database in turn.c. */
#include "store/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/call.h"
#include "store/spool.h"
#include "store/turn.h"

enum {
    LAZY_MS = 50, /* how long a line may stay that is written */
    KEEPER_STACK_BYTES = 256 << 10
};

struct queue {
    struct request *first, **last;
};

struct store {
    struct db *db;
    store_post_fn *post;
    void *loop;
    pthread_t thread, keeper;
    bool started;
    store_sync_fn *sync;
    void *sync_ctx;
    pthread_mutex_t lock;
    pthread_cond_t wake, idle, keep;
    /* Under the lock: */
    struct queue large;  /* content that is not on the disk yet (keeper) */
    struct queue urgent; /* somebody waits for it */
    struct queue lazy;   /* written lines: a sync of the journal goes before */
    struct timespec lazy_at; /* when it is taken */
    bool hurry;              /* it is taken now */
    bool busy;               /* a turn is being worked at */
    bool keeping;            /* the keeper writes to the disk */
    bool stop, keeper_stop;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_put(struct queue *queue, struct request *request)
{
    *queue->last = request;
    queue->last = &request->next;
}

static struct request *queue_take(struct queue *queue)
{
    struct request *request = queue->first;
    if (!request)
        return NULL;
    queue->first = request->next;
    if (!queue->first)
        queue_init(queue);
    request->next = NULL;
    return request;
}

static void queue_move(struct queue *to, struct queue *from)
{
    if (!from->first)
        return;
    *to->last = from->first;
    to->last = from->last;
    queue_init(from);
}

/* On the loop: the answers of one turn, in the order of the requests. */
static void run_answers(void *arg)
{
    for (struct request *r = arg, *next; r; r = next) {
        next = r->next;
        if (r->kind == REQUEST_DUE)
            r->due_done(r->ctx, &r->due);
        else if (r->kind == REQUEST_FIND)
            r->found_done(r->ctx, &r->found);
        else if (r->kind == REQUEST_CALL)
            r->in.call.answer(r->in.call.self, &r->answer);
        else if (r->done)
            r->done(r->ctx, &r->answer);
        struct arena *arena = r->arena;
        arena_destroy(&arena);
    }
}

static struct timespec lazy_time(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += LAZY_MS * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_nsec -= 1000000000L;
        at.tv_sec++;
    }
    return at;
}

static bool lazy_is_due(const struct store *store)
{
    struct timespec now;
    if (!store->lazy.first || store->hurry || store->stop)
        return store->lazy.first;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > store->lazy_at.tv_sec ||
           (now.tv_sec == store->lazy_at.tv_sec &&
            now.tv_nsec >= store->lazy_at.tv_nsec);
}

/* Waits for work; returns what waited, NULL at the end. */
static struct request *take_turn(struct store *store)
{
    struct queue turn;
    queue_init(&turn);
    pthread_mutex_lock(&store->lock);
    store->busy = false;
    if (!store->urgent.first && !store->lazy.first) {
        store->hurry = false;
        pthread_cond_broadcast(&store->idle);
    }
    while (!store->urgent.first && !lazy_is_due(store) && !store->stop) {
        if (store->lazy.first)
            pthread_cond_clockwait(&store->wake, &store->lock, CLOCK_MONOTONIC,
                                   &store->lazy_at);
        else
            pthread_cond_wait(&store->wake, &store->lock);
    }
    queue_move(&turn, &store->urgent);
    if (lazy_is_due(store))
        queue_move(&turn, &store->lazy);
    store->busy = turn.first != NULL;
    pthread_mutex_unlock(&store->lock);
    return turn.first;
}

static void *run(void *arg)
{
    struct store *store = arg;
    struct request *first;
    while ((first = take_turn(store))) {
        turn_work(store->db, first, store->sync, store->sync_ctx);
        store->post(store->loop, run_answers, first);
    }
    return NULL;
}

static void put(struct store *store, struct request *request)
{
    bool urgent = request->kind != REQUEST_EVENT_WRITTEN;
    struct queue *queue = urgent ? &store->urgent : &store->lazy;
    pthread_mutex_lock(&store->lock);
    bool wake = !queue->first;
    queue_put(queue, request);
    if (wake && !urgent)
        store->lazy_at = lazy_time();
    pthread_mutex_unlock(&store->lock);
    if (wake)
        pthread_cond_signal(&store->wake);
}

/* The sync of large content takes its time, and nobody else waits for it: its
 * message goes to the store when it is on the disk (KEEP-1). */
static void *keep_large(void *arg)
{
    struct store *store = arg;
    pthread_mutex_lock(&store->lock);
    for (;;) {
        store->keeping = false;
        if (!store->large.first)
            pthread_cond_broadcast(&store->idle);
        while (!store->large.first && !store->keeper_stop)
            pthread_cond_wait(&store->keep, &store->lock);
        struct request *request = queue_take(&store->large);
        if (!request)
            break;
        store->keeping = true;
        pthread_mutex_unlock(&store->lock);
        turn_keep(request);
        put(store, request);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* On the first request. The keeper only syncs and renames. */
static void start(struct store *store)
{
    struct err err;
    if (store->started)
        return;
    pthread_attr_t small;
    if (db_confirm(store->db, &err) != ST_OK) /* after changes at the start */
        log_debug("store", "lost before the first request", "error=%s",
                  err.text);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, KEEPER_STACK_BYTES);
    if (pthread_create(&store->thread, NULL, run, store) != 0 ||
        pthread_create(&store->keeper, &small, keep_large, store) != 0)
        BUG("no thread for the store");
    pthread_attr_destroy(&small);
    store->started = true;
}

static void put_large(struct store *store, struct request *request)
{
    pthread_mutex_lock(&store->lock);
    queue_put(&store->large, request);
    pthread_mutex_unlock(&store->lock);
    pthread_cond_signal(&store->keep);
}

void store_put(struct store *store, struct request *request)
{
    start(store);
    if (request->kind == REQUEST_ACCEPT && spool_holds(&request->in.accept))
        put_large(store, request);
    else
        put(store, request);
}

enum status store_open(const struct store_settings *settings,
                       struct store **store_out, struct err *err)
{
    struct db *db;
    enum status status = db_open(settings, &db, err);
    if (status != ST_OK)
        return status;
    struct store *store = xcalloc(1, sizeof *store);
    store->db = db;
    store->post = settings->post;
    store->loop = settings->loop;
    store->sync = settings->sync;
    store->sync_ctx = settings->sync_ctx;
    queue_init(&store->large);
    queue_init(&store->urgent);
    queue_init(&store->lazy);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->wake, NULL);
    pthread_cond_init(&store->idle, NULL);
    pthread_cond_init(&store->keep, NULL);
    *store_out = store;
    return ST_OK;
}

const char *store_spool(const struct store *store)
{
    return db_spool(store->db);
}

struct hand *store_hand(const struct store *store)
{
    return db_hand(store->db);
}

void store_drain(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    while (store->large.first || store->keeping || store->urgent.first ||
           store->lazy.first || store->busy) {
        store->hurry = true;
        pthread_cond_signal(&store->wake);
        pthread_cond_wait(&store->idle, &store->lock);
    }
    pthread_mutex_unlock(&store->lock);
}

static void end(struct store *store, bool *stop, pthread_cond_t *wake,
                pthread_t thread)
{
    pthread_mutex_lock(&store->lock);
    *stop = true;
    pthread_mutex_unlock(&store->lock);
    pthread_cond_signal(wake);
    pthread_join(thread, NULL);
}

void store_close(struct store **store_in)
{
    struct store *store = *store_in;
    if (!store)
        return;
    if (store->started) {
        /* What the keeper still keeps goes to the other one. */
        end(store, &store->keeper_stop, &store->keep, store->keeper);
        end(store, &store->stop, &store->wake, store->thread);
    }
    db_close(&store->db);
    pthread_cond_destroy(&store->wake);
    pthread_cond_destroy(&store->idle);
    pthread_cond_destroy(&store->keep);
    pthread_mutex_destroy(&store->lock);
    free(store);
    *store_in = NULL;
}

enum status store_unwritten(struct store *store, store_event_fn *each,
                            void *ctx, struct err *err)
{
    if (store->started)
        BUG("unwritten lines are asked for before the first request");
    return db_unwritten(store->db, each, ctx, err);
}

enum status store_policies(struct store *store, int64_t now_s,
                           store_policy_fn *each, void *ctx, struct err *err)
{
    if (store->started)
        BUG("policies are asked for before the first request");
    return db_policies(store->db, now_s, each, ctx, err);
}

struct db *store_db_at_start(struct store *store)
{
    if (store->started)
        BUG("the database belongs to the store's thread");
    return store->db;
}

const char *store_fault_name(enum store_fault fault)
{
    switch (fault) {
    case STORE_FAULT_NONE:
        return "none";
    case STORE_FAULT_FULL:
        return "full";
    case STORE_FAULT_IO:
        return "i/o";
    }
    BUG("fault %d", (int)fault);
}

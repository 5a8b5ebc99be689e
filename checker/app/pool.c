/* The wire between parent and worker: the index as one line down, the result as
 * one line up; end of input tells a worker to go. */
#include "kit/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

enum { LINE_BYTES = 1 << 28, POLL_MS = 200, LAST_WORDS_MS = 5000 };

struct worker {
    pid_t pid; /* 0: no process */
    int fd;
    bool busy;
    bool overdue; /* it was killed for taking too long */
    size_t index; /* when busy */
    int64_t since_ms;
    struct buf in;
};

struct pool {
    const struct pool_calls *calls;
    const size_t *order;
    size_t count, next;
    unsigned workers, limit_ms;
    const volatile sig_atomic_t *stop;
    bool stopped;
    struct worker *v;
    struct err *err;
};

static bool write_all(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        text += sent;
        n -= (size_t)sent;
    }
    return true;
}

static _Noreturn void worker_main(struct pool *pool, unsigned number, int fd)
{
    /* The parent answers for an interrupt: a case is finished, not torn. */
    signal(SIGINT, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (unsigned i = 0; i < pool->workers; i++)
        if (i != number && pool->v[i].pid)
            close(pool->v[i].fd);
    const struct pool_calls *calls = pool->calls;
    void *self = calls->on_start ? calls->on_start(number, calls->ctx) : NULL;
    FILE *orders = fdopen(fd, "r");
    char line[32];
    while (orders && fgets(line, sizeof(line), orders)) {
        char *result = calls->work(self, strtoul(line, NULL, 10), calls->ctx);
        bool sent =
            write_all(fd, result, strlen(result)) && write_all(fd, "\n", 1);
        free(result);
        if (!sent)
            break;
    }
    if (calls->on_stop)
        calls->on_stop(self, calls->ctx);
    /* Not _exit: coverage and leak checks have their say at the end. */
    exit(0);
}

static enum status start_worker(struct pool *pool, unsigned number)
{
    struct worker *w = &pool->v[number];
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set(pool->err, ST_TEMP, "no socket for a worker: %s",
                       strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        close(pair[0]);
        close(pair[1]);
        return err_set(pool->err, ST_TEMP, "no process for a worker: %s",
                       strerror(errno));
    }
    if (pid == 0) {
        close(pair[0]);
        worker_main(pool, number, pair[1]);
    }
    close(pair[1]);
    *w = (struct worker){.pid = pid, .fd = pair[0]};
    buf_init(&w->in, LINE_BYTES);
    return ST_OK;
}

/* How a process ended, in words. */
static void describe_end(char *out, size_t size, int status)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(out, size, "exit code %d", WEXITSTATUS(status));
}

static void reap(struct worker *w, char *how, size_t size)
{
    close(w->fd);
    int status = 0;
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    describe_end(how, size, status);
    buf_release(&w->in);
    w->pid = 0;
}

static bool wants_more(const struct pool *pool)
{
    return !pool->stopped && pool->next < pool->count &&
           !(pool->stop && *pool->stop);
}

static void hand_out(struct pool *pool, struct worker *w)
{
    w->index = pool->order[pool->next++];
    w->busy = true;
    w->overdue = false;
    w->since_ms = clock_mono_ms();
    char line[32];
    int n = snprintf(line, sizeof(line), "%zu\n", w->index);
    /* When it is dead already, poll tells, and the case is answered for. */
    (void)write_all(w->fd, line, (size_t)n);
}

static void take_lines(struct pool *pool, struct worker *w)
{
    struct slice in = buf_slice(&w->in);
    size_t end = slice_find(in, '\n');
    if (end == in.n || !w->busy)
        return;
    w->busy = false;
    if (!pool->calls->on_line(w->index, (struct slice){in.p, end},
                              pool->calls->ctx))
        pool->stopped = true;
    buf_consume(&w->in, end + 1);
}

static enum status lost(struct pool *pool, unsigned number)
{
    struct worker *w = &pool->v[number];
    char how[128], text[192];
    reap(w, how, sizeof(how));
    snprintf(text, sizeof(text), "%s%s",
             w->overdue ? "took longer than its limit; " : "", how);
    bool was_busy = w->busy;
    w->busy = false;
    if (was_busy && !pool->calls->on_death(w->index, text, pool->calls->ctx))
        pool->stopped = true;
    if (!was_busy && wants_more(pool))
        return err_set(pool->err, ST_TEMP, "a worker does not start: %s", how);
    return wants_more(pool) ? start_worker(pool, number) : ST_OK;
}

static enum status read_from(struct pool *pool, unsigned number)
{
    struct worker *w = &pool->v[number];
    char octets[65536];
    ssize_t n = read(w->fd, octets, sizeof(octets));
    if (n < 0 && errno == EINTR)
        return ST_OK;
    if (n <= 0)
        return lost(pool, number);
    buf_put(&w->in, (struct slice){octets, (size_t)n});
    take_lines(pool, w);
    return ST_OK;
}

static void kill_overdue(struct pool *pool)
{
    int64_t now = clock_mono_ms();
    for (unsigned i = 0; i < pool->workers; i++) {
        struct worker *w = &pool->v[i];
        if (w->busy && !w->overdue && pool->limit_ms &&
            now - w->since_ms > pool->limit_ms) {
            w->overdue = true;
            kill(w->pid, SIGKILL);
        }
    }
}

/* Those that have nothing to do and get no more may go, and are waited for by
 * finish(). */
static unsigned busy_count(struct pool *pool)
{
    unsigned busy = 0;
    for (unsigned i = 0; i < pool->workers; i++) {
        struct worker *w = &pool->v[i];
        if (w->pid && !w->busy && wants_more(pool))
            hand_out(pool, w);
        busy += w->pid && w->busy;
    }
    return busy;
}

static enum status one_turn(struct pool *pool, struct pollfd *fds)
{
    for (unsigned i = 0; i < pool->workers; i++) {
        struct worker *w = &pool->v[i];
        fds[i] = (struct pollfd){w->pid ? w->fd : -1, POLLIN, 0};
    }
    if (poll(fds, pool->workers, POLL_MS) < 0 && errno != EINTR)
        return err_set(pool->err, ST_TEMP, "poll: %s", strerror(errno));
    for (unsigned i = 0; i < pool->workers; i++)
        if (fds[i].revents) {
            enum status status = read_from(pool, i);
            if (status != ST_OK)
                return status;
        }
    kill_overdue(pool);
    return ST_OK;
}

/* End of input is the word to go; who does not is killed. */
static void finish(struct pool *pool)
{
    for (unsigned i = 0; i < pool->workers; i++)
        if (pool->v[i].pid)
            shutdown(pool->v[i].fd, SHUT_WR);
    int64_t until = clock_mono_ms() + LAST_WORDS_MS;
    for (unsigned i = 0; i < pool->workers; i++) {
        struct worker *w = &pool->v[i];
        if (!w->pid)
            continue;
        int64_t left = until - clock_mono_ms();
        struct pollfd fd = {w->fd, POLLIN, 0};
        if (poll(&fd, 1, left > 0 ? (int)left : 0) <= 0)
            kill(w->pid, SIGKILL);
        char how[128];
        reap(w, how, sizeof(how));
    }
}

enum status pool_run(const size_t *order, size_t count, unsigned workers,
                     unsigned limit_ms, const volatile sig_atomic_t *stop,
                     const struct pool_calls *calls, struct err *err)
{
    if (workers > count)
        workers = (unsigned)count;
    struct pool pool = {.calls = calls,
                        .order = order,
                        .count = count,
                        .workers = workers,
                        .limit_ms = limit_ms,
                        .stop = stop,
                        .err = err};
    pool.v = xcalloc(workers + 1, sizeof(*pool.v));
    struct pollfd *fds = xcalloc(workers + 1, sizeof(*fds));
    enum status status = ST_OK;
    for (unsigned i = 0; i < workers && status == ST_OK; i++)
        status = start_worker(&pool, i);
    while (status == ST_OK && busy_count(&pool))
        status = one_turn(&pool, fds);
    finish(&pool);
    free(fds);
    free(pool.v);
    return status;
}

#include "net/conn_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    BACKLOG = 512,
    ACCEPTS_PER_TURN = 64,
    PAUSE_MS = 100,
    TELL_MS = 60000,
    RESERVE = 64 /* descriptors, or a quarter of few */
};
enum { RESERVED_MOST = 8 };

/* Bound before the process became another user. */
static struct {
    char address[NET_ADDRESS_TEXT_BYTES];
    uint16_t port;
    int fd;
} reserved[RESERVED_MOST];
static size_t reserved_count;

struct listener {
    struct loop_member member;
    struct loop *loop;
    int fd;
    struct event *acceptable, *pause;
    int64_t told_ms; /* monotonic: of no descriptor; 0: never */
    uint16_t port;
    char *path;
    listener_fn *fn;
    void *ctx;
};

static void on_pause_over(evutil_socket_t fd, short what, void *ctx)
{
    struct listener *listener = ctx;
    (void)fd;
    (void)what;
    event_add(listener->acceptable, NULL);
}

/* CONN-10: who comes waits, or finds the door closed, and what is under way
 * goes on: the last descriptors are for files and for deliveries. Said once a
 * minute, however many knock. */
static void rest(struct listener *listener)
{
    int64_t now_ms = clock_mono_ms();
    event_del(listener->acceptable);
    loop_event_add(listener->pause, PAUSE_MS);
    if (listener->told_ms && now_ms - listener->told_ms < TELL_MS)
        return;
    listener->told_ms = now_ms;
    log_error("net", "no descriptor for a new connection", "port=%u",
              listener->port);
}

/* The kernel gives the lowest number that is free. */
static bool is_of_the_reserve(int fd)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    rlim_t reserve =
        limit.rlim_cur / 4 < RESERVE ? limit.rlim_cur / 4 : RESERVE;
    return (rlim_t)fd >= limit.rlim_cur - reserve;
}

static void on_acceptable(evutil_socket_t fd, short what, void *ctx)
{
    struct listener *listener = ctx;
    struct net_address from;
    (void)what;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        from.n = sizeof from.storage;
        int got = accept4(fd, &from.any, &from.n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        bool is_full = got < 0 ? errno == EMFILE || errno == ENFILE
                               : is_of_the_reserve(got);
        if (got >= 0 && is_full)
            close(got);
        if (is_full)
            rest(listener);
        if (got < 0 || is_full)
            return;
        struct conn *conn = conn_adopt(listener->loop, got, CONN_STATE_OPEN);
        net_address_format(&from, conn->peer);
        conn_set_interest(conn);
        listener->fn(conn, listener->ctx);
    }
}

static void release(struct loop_member *member)
{
    struct listener *listener = (struct listener *)member;
    event_free(listener->acceptable);
    event_free(listener->pause);
    close(listener->fd);
    if (listener->path)
        unlink(listener->path);
    free(listener->path);
    free(listener);
}

/* Only a socket is removed, never somebody's file. */
static void remove_stale(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
}

static enum status open_at(const struct listener_settings *at, int fd,
                           struct net_address *address, struct err *err)
{
    int one = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (at->reuse_port)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (at->path)
        remove_stale(at->path);
    if (bind(fd, &address->any, address->n) != 0 || listen(fd, BACKLOG) != 0)
        return err_set(err, ST_TEMP, "listen on %s port %u: %s",
                       at->path ? at->path : at->address, at->port,
                       strerror(errno));
    if (at->path && chmod(at->path, S_IRUSR | S_IWUSR) != 0)
        return err_set(err, ST_TEMP, "%s: %s", at->path, strerror(errno));
    address->n = sizeof address->storage;
    if (getsockname(fd, &address->any, &address->n) != 0)
        return err_set(err, ST_TEMP, "getsockname: %s", strerror(errno));
    return ST_OK;
}

static enum status open_listener(const struct listener_settings *at,
                                 struct net_address *address, int *fd_out,
                                 struct err *err)
{
    enum status status =
        at->path ? net_address_unix(at->path, address, err)
                 : net_address_parse(at->address, at->port, address, err);
    if (status != ST_OK)
        return status;
    int fd = socket(address->any.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, ST_TEMP, "socket: %s", strerror(errno));
    status = open_at(at, fd, address, err);
    if (status != ST_OK)
        close(fd);
    *fd_out = fd;
    return status;
}

enum status listener_reserve(const struct listener_settings *at,
                             struct err *err)
{
    struct net_address address;
    int fd;
    if (reserved_count == RESERVED_MOST)
        BUG("too many listeners are reserved");
    enum status status = open_listener(at, &address, &fd, err);
    if (status != ST_OK)
        return status;
    snprintf(reserved[reserved_count].address, NET_ADDRESS_TEXT_BYTES, "%s",
             at->address);
    reserved[reserved_count].port = at->port;
    reserved[reserved_count++].fd = fd;
    return ST_OK;
}

/* -1: none. It is given away once. */
static int take_reserved(const struct listener_settings *at)
{
    for (size_t i = 0; !at->path && i < reserved_count; i++) {
        int fd = reserved[i].fd;
        if (fd < 0 || reserved[i].port != at->port ||
            strcmp(reserved[i].address, at->address) != 0)
            continue;
        reserved[i].fd = -1;
        return fd;
    }
    return -1;
}

enum status listener_create(struct loop *loop,
                            const struct listener_settings *at,
                            listener_fn *on_accept, void *ctx,
                            struct listener **out, struct err *err)
{
    struct net_address address;
    int fd = take_reserved(at);
    enum status status =
        fd < 0 ? open_listener(at, &address, &fd, err)
               : net_address_parse(at->address, at->port, &address, err);
    if (status != ST_OK)
        return status;
    struct listener *listener = xcalloc(1, sizeof *listener);
    *listener = (struct listener){.loop = loop,
                                  .fd = fd,
                                  .port = net_address_port(&address),
                                  .path = at->path ? xstrdup(at->path) : NULL,
                                  .fn = on_accept,
                                  .ctx = ctx};
    listener->acceptable =
        event_new(loop_event_base(loop), fd, EV_READ | EV_PERSIST,
                  on_acceptable, listener);
    listener->pause =
        event_new(loop_event_base(loop), -1, 0, on_pause_over, listener);
    event_add(listener->acceptable, NULL);
    loop_join(loop, &listener->member, release);
    *out = listener;
    return ST_OK;
}

uint16_t listener_port(const struct listener *listener)
{
    return listener->port;
}

void listener_destroy(struct listener **listener)
{
    if (!*listener)
        return;
    loop_leave(&(*listener)->member);
    release(&(*listener)->member);
    *listener = NULL;
}

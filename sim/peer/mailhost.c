#include "peer/mailhost.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/mailhost_private.h"

enum { BACKLOG = 512 };

static const char *const starttls_names[] = {"offered",  "absent",  "refused",
                                             "stripped", "garbage", "closes"};
_Static_assert(sizeof starttls_names / sizeof *starttls_names ==
                   MAILHOST_STARTTLS_COUNT,
               "a name for each");

static const char *const stage_names[] = {"greeting", "ehlo",    "tls-ehlo",
                                          "starttls", "mail",    "rcpt",
                                          "data",     "content", "quit"};
_Static_assert(sizeof stage_names / sizeof *stage_names == MAILHOST_STAGE_COUNT,
               "a name for each");

static int index_of(const char *const *names, int count, const char *text)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(names[i], text))
            return i;
    return -1;
}

const char *mailhost_starttls_name(enum mailhost_starttls starttls)
{
    return starttls_names[starttls];
}

bool mailhost_starttls_parse(const char *text, enum mailhost_starttls *out)
{
    int i = index_of(starttls_names, MAILHOST_STARTTLS_COUNT, text);
    if (i >= 0)
        *out = (enum mailhost_starttls)i;
    return i >= 0;
}

const char *mailhost_stage_name(enum mailhost_stage stage)
{
    return stage_names[stage];
}

bool mailhost_stage_parse(const char *text, enum mailhost_stage *out)
{
    int i = index_of(stage_names, MAILHOST_STAGE_COUNT, text);
    if (i >= 0)
        *out = (enum mailhost_stage)i;
    return i >= 0;
}

/* --- Settings --- */

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static const char *const *copy_list(struct arena *arena,
                                    const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    const char **out = arena_alloc(arena, (n + 1) * sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = copy(arena, list[i]);
    return list ? out : NULL;
}

static void copy_settings(struct arena *arena, struct mailhost_settings *mine,
                          const struct mailhost_settings *settings)
{
    *mine = *settings;
    mine->name = arena_strdup(arena, settings->name);
    mine->address = arena_strdup(arena, settings->address);
    for (int i = 0; i < MAILHOST_STAGE_COUNT; i++)
        mine->reply[i] = copy(arena, settings->reply[i]);
    struct mailhost_rcpt_reply *rcpt =
        arena_alloc(arena, (settings->rcpt_count + 1) * sizeof *rcpt);
    for (size_t i = 0; i < settings->rcpt_count; i++) {
        rcpt[i].address = copy(arena, settings->rcpt[i].address);
        rcpt[i].reply = copy(arena, settings->rcpt[i].reply);
    }
    mine->rcpt = rcpt;
    mine->capabilities = copy_list(arena, settings->capabilities);
}

void mailhost_change(struct mailhost *host,
                     const struct mailhost_settings *settings)
{
    struct arena *old = host->arena;
    struct arena *arena = arena_create();
    uint16_t port = host->port;
    copy_settings(arena, &host->settings, settings);
    host->settings.port = port;
    if (settings->later) {
        struct mailhost_settings *later =
            ARENA_NEW(arena, struct mailhost_settings);
        copy_settings(arena, later, settings->later);
        later->later = NULL;
        host->settings.later = later;
    }
    host->arena = arena;
    arena_destroy(&old);
}

const struct mailhost_settings *
mailhost_settings_of(const struct mailhost_conn *conn)
{
    const struct mailhost_settings *settings = &conn->host->settings;
    return settings->later && conn->session.number > 1 ? settings->later
                                                       : settings;
}

const char *mailhost_reply(const struct mailhost_conn *conn,
                           enum mailhost_stage stage)
{
    return mailhost_settings_of(conn)->reply[stage];
}

const char *mailhost_rcpt_reply(const struct mailhost_conn *conn,
                                struct slice address)
{
    const struct mailhost_settings *settings = mailhost_settings_of(conn);
    for (size_t i = 0; i < settings->rcpt_count; i++)
        if (slice_is_nocase(address, settings->rcpt[i].address))
            return settings->rcpt[i].reply;
    return mailhost_reply(conn, MAILHOST_STAGE_RCPT);
}

/* --- Listening --- */

static void on_connection(void *ctx)
{
    struct mailhost *host = ctx;
    struct sockaddr_in peer;
    socklen_t n = sizeof peer;
    int fd = accept4(host->listener, (struct sockaddr *)&peer, &n,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    char client[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &peer.sin_addr, client, sizeof client);
    mailhost_conn_create(host, fd, client);
}

static int open_listener(const char *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

enum status mailhost_listen(struct mailhost *host, struct err *err)
{
    if (host->listener >= 0)
        return ST_OK;
    host->listener = open_listener(host->settings.address, host->port);
    if (host->listener < 0)
        return err_set(err, ST_TEMP, "mail host %s: cannot listen on %s:%u: %s",
                       host->settings.name, host->settings.address, host->port,
                       strerror(errno));
    struct sockaddr_in at;
    socklen_t n = sizeof at;
    getsockname(host->listener, (struct sockaddr *)&at, &n);
    host->port = ntohs(at.sin_port);
    host->settings.port = host->port;
    host->watch =
        loop_watch_read(host->loop, host->listener, on_connection, host);
    return ST_OK;
}

void mailhost_deafen(struct mailhost *host)
{
    loop_watch_cancel(&host->watch);
    if (host->listener >= 0)
        close(host->listener);
    host->listener = -1;
}

/* --- Life --- */

enum status mailhost_create(struct loop *loop,
                            const struct mailhost_settings *settings,
                            const struct mailhost_events *events,
                            struct mailhost **out, struct err *err)
{
    struct mailhost *host = xcalloc(1, sizeof *host);
    host->loop = loop;
    host->listener = -1;
    host->port = settings->port;
    if (events)
        host->events = *events;
    mailhost_change(host, settings);
    enum status status = mailhost_listen(host, err);
    if (status != ST_OK)
        mailhost_destroy(&host);
    *out = host;
    return status;
}

void mailhost_destroy(struct mailhost **host)
{
    struct mailhost *h = *host;
    *host = NULL;
    if (!h)
        return;
    mailhost_deafen(h);
    for (struct mailhost_conn *conn = h->conns; conn;) {
        struct mailhost_conn *next = mailhost_conn_next(conn);
        mailhost_conn_destroy(conn);
        conn = next;
    }
    arena_destroy(&h->arena);
    free(h);
}

const char *mailhost_name(const struct mailhost *host)
{
    return host->settings.name;
}

uint16_t mailhost_port(const struct mailhost *host)
{
    return host->port;
}

size_t mailhost_open_count(const struct mailhost *host)
{
    return host->open_count;
}

#include "engine/warm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_LIMIT_MS = 5000, PATH_BYTES = 512 };

struct warm {
    pid_t pid;
    int socket;
};

static bool read_answer(const struct warm *w, struct warm_answer *out)
{
    struct pollfd ready = {.fd = w->socket, .events = POLLIN};
    ssize_t n;
    if (poll(&ready, 1, READY_LIMIT_MS) != 1)
        return false;
    do {
        n = recv(w->socket, out, sizeof *out, 0);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *out;
}

struct warm *warm_create(const struct spawn_settings *settings)
{
    char library[PATH_BYTES];
    int ends[2];
    struct spawn_settings own = *settings;
    struct warm_answer answer;
    struct err err;
    if (settings->sanitizer ||
        !spawn_find_library("liblasthop-warm.so", library, sizeof library) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return NULL;
    struct arena *arena = arena_create();
    struct warm *w = xcalloc(1, sizeof *w);
    w->socket = ends[0];
    own.library = library;
    own.socket = ends[1];
    enum status status = spawn_gateway(arena, &own, &w->pid, &err);
    arena_destroy(&arena);
    close(ends[1]);
    if (status != ST_OK || !read_answer(w, &answer))
        warm_destroy(&w);
    return w;
}

void warm_destroy(struct warm **warm)
{
    struct warm *w = *warm;
    if (!w)
        return;
    close(w->socket); /* its end: it exits */
    if (w->pid) {
        kill(w->pid, SIGKILL);
        while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        spawn_forget_clock(w->pid);
    }
    free(w);
    *warm = NULL;
}

static bool put_text(struct warm_request *r, const char *name, const char *text)
{
    size_t room = sizeof r->text - r->text_bytes;
    int n = snprintf(r->text + r->text_bytes, room, "%s%s", name, text);
    if (n < 0 || (size_t)n >= room)
        return false;
    r->text_bytes += (unsigned)n + 1;
    return true;
}

static bool send_request(const struct warm *w, struct warm_request *request,
                         const int *fds)
{
    char control[CMSG_SPACE(2 * sizeof(int))] = {0};
    struct iovec octets = {request, sizeof *request};
    struct msghdr message = {.msg_iov = &octets, .msg_iovlen = 1};
    if (fds) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
    }
    ssize_t n;
    do {
        n = sendmsg(w->socket, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *request;
}

static enum status ask(const struct warm *w, struct warm_request *request,
                       const int *fds, int *out, struct err *err)
{
    struct warm_answer answer;
    if (!send_request(w, request, fds) || !read_answer(w, &answer))
        return err_set(err, ST_TEMP, "the warm gateway does not answer");
    if (answer.code < 0)
        return err_set(err, ST_TEMP, "the warm gateway: %s",
                       strerror(answer.error));
    *out = answer.code;
    return ST_OK;
}

enum status warm_start(struct warm *warm, const struct spawn_settings *settings,
                       pid_t *pid_out, struct err *err)
{
    struct warm_request request = {.wait = 0};
    if (!put_text(&request, "", settings->dir) ||
        !put_text(&request, "TMPDIR=", settings->dir) ||
        !put_text(&request, "HOME=", settings->dir) ||
        !put_text(&request, "FAKETIME_TIMESTAMP_FILE=", settings->clock_file))
        return err_set(err, ST_TEMP, "%s: too long a name", settings->dir);
    int log =
        open(settings->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        return err_set(err, ST_TEMP, "%s: %s", settings->log, strerror(errno));
    const int fds[] = {log, settings->journal};
    enum status status = ask(warm, &request, fds, pid_out, err);
    close(log);
    return status;
}

enum status warm_wait(struct warm *warm, pid_t pid, int *status_out,
                      struct err *err)
{
    struct warm_request request = {.wait = pid};
    return ask(warm, &request, NULL, status_out, err);
}

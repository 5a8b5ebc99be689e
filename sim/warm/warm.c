/* Preloaded into the target's program (engine/warm.h): its main() is put off;
 * instead requests are read from a socket, and main() runs in a forked child
 * for each. What is slow the first time and the same for all is done before:
 * the libraries are loaded and have found their algorithms. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/warm.h"
#include "warm_pages.h"
#include "warm_tls.h"

typedef int main_fn(int argc, char **argv, char **env);

static main_fn *program_main;

enum { STDOUT = 0, JOURNAL = 1, FD_COUNT = 2 };

/* -- what is done once ----------------------------------------------------- */

static void warm_resolver(void)
{
    union {
        void *found;
        void *(*create)(void);
        void (*destroy)(void *context);
    } create = {dlsym(RTLD_DEFAULT, "ub_ctx_create")},
      destroy = {dlsym(RTLD_DEFAULT, "ub_ctx_delete")};
    void *context = create.found && destroy.found ? create.create() : NULL;
    if (context)
        destroy.destroy(context);
}

static void warm_database(void)
{
    union {
        void *found;
        int (*initialize)(void);
    } sqlite = {dlsym(RTLD_DEFAULT, "sqlite3_initialize")};
    if (sqlite.found)
        sqlite.initialize();
}

/* -- requests -------------------------------------------------------------- */

static void take_fds(struct msghdr *message, int *fds)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(FD_COUNT * sizeof *fds))
        memcpy(fds, CMSG_DATA(c), FD_COUNT * sizeof *fds);
}

/* False: the other end is closed. */
static bool receive(struct warm_request *request, int *fds)
{
    char control[CMSG_SPACE(FD_COUNT * sizeof(int))];
    struct iovec octets = {request, sizeof *request};
    struct msghdr message = {.msg_iov = &octets,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n;
    fds[STDOUT] = fds[JOURNAL] = -1;
    do {
        n = recvmsg(WARM_SOCKET_FD, &message, 0);
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof *request)
        return false;
    take_fds(&message, fds);
    return true;
}

static void answer(int code)
{
    struct warm_answer packet = {code, code < 0 ? errno : 0};
    if (send(WARM_SOCKET_FD, &packet, sizeof packet, MSG_NOSIGNAL) < 0)
        _exit(125);
}

/* In the child, whose main() comes next: a group of its own, and no life of its
 * own when the kit dies. */
static void become(const struct warm_request *request, const int *fds,
                   pid_t parent)
{
    const char *text = request->text, *end = text + request->text_bytes;
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        getppid() != parent || chdir(text) != 0)
        _exit(126);
    for (text += strlen(text) + 1; text < end; text += strlen(text) + 1) {
        char *copy = strdup(text); /* putenv keeps it */
        if (!copy || putenv(copy) != 0)
            _exit(126);
    }
    if (dup2(fds[STDOUT], 1) != 1 || dup2(fds[STDOUT], 2) != 2 ||
        dup2(fds[JOURNAL], WARM_JOURNAL_FD) != WARM_JOURNAL_FD)
        _exit(126);
    close(fds[STDOUT]);
    close(fds[JOURNAL]);
    close(WARM_SOCKET_FD);
}

static void wait_for(pid_t pid)
{
    int status;
    pid_t ended;
    do {
        ended = waitpid(pid, &status, 0);
    } while (ended < 0 && errno == EINTR);
    answer(ended < 0 ? -1 : status);
}

/* Returns in the child alone. */
static void serve(void)
{
    static struct warm_request request;
    int fds[FD_COUNT];
    pid_t self = getpid();
    answer(self); /* ready */
    while (receive(&request, fds)) {
        if (request.wait) {
            wait_for(request.wait);
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            become(&request, fds, self);
            return;
        }
        answer(pid);
        close(fds[STDOUT]);
        close(fds[JOURNAL]);
    }
    _exit(0);
}

static int warm_main(int argc, char **argv, char **env)
{
    (void)env;
    unsetenv(WARM_VARIABLE);
    unsetenv("LD_PRELOAD"); /* of what the program may start, not of itself */
    unsetenv("LD_BIND_NOW");
    dup2(0,
         WARM_JOURNAL_FD); /* not of the first gateway, to which it is sent */
    warm_tls();
    warm_resolver();
    warm_database();
    warm_pages();
    serve();
    return program_main(argc, argv, environ);
}

typedef int start_fn(main_fn *, int, char **, void (*)(void), void (*)(void),
                     void (*)(void), void *);

start_fn __libc_start_main;

/* The C library's entry into a program, when all constructors have run. */
int __libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack)
{
    union {
        void *found;
        start_fn *start;
    } next = {dlsym(RTLD_NEXT, "__libc_start_main")};
    program_main = main;
    return next.start(getenv(WARM_VARIABLE) ? warm_main : main, argc, argv,
                      init, fini, rtld_fini, stack);
}

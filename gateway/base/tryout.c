/* The child says by one octet that it came to its end, so that the answer does
 * not hang on a status that somebody's SIGCHLD handling took away. */
#include "base/tryout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void be_child(void (*fn)(void *ctx), void *ctx, unsigned cpu_s,
                               int done)
{
    sigset_t all;
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    struct rlimit none = {0, 0}, time = {cpu_s, cpu_s};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_CPU, &time) != 0)
        _exit(1);
    fn(ctx);
    _exit(write(done, "", 1) == 1 ? 0 : 1);
}

/* The hard limit of RLIMIT_CPU ends by SIGKILL, the soft one by SIGXCPU. */
static bool took_too_long(int status)
{
    return WIFSIGNALED(status) &&
           (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
}

static enum tryout_end end_of(pid_t child, int done)
{
    char octet;
    ssize_t got;
    int status = 0;
    while ((got = read(done, &octet, 1)) < 0 && errno == EINTR)
        ;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (got == 1)
        return TRYOUT_END_WELL;
    return took_too_long(status) ? TRYOUT_END_TOO_LONG : TRYOUT_END_DIED;
}

enum tryout_end tryout_run(void (*fn)(void *ctx), void *ctx, unsigned cpu_s)
{
    int done[2];
    if (pipe2(done, O_CLOEXEC) != 0)
        return TRYOUT_END_UNKNOWN;
    pid_t child = fork();
    if (child == 0)
        be_child(fn, ctx, cpu_s, done[1]);
    int error = errno;
    close(done[1]);
    enum tryout_end end =
        child < 0 ? TRYOUT_END_UNKNOWN : end_of(child, done[0]);
    close(done[0]);
    errno = error;
    return end;
}

#include "engine/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/target.h"
#include "engine/warm.h"

enum { ENVIRONMENT_MOST = 24 };

/* The clock's words are those that were tried: an absolute wall clock that
 * stands still, monotonic time left alone, nothing cached. */
static void fill_environment(struct arena *arena,
                             const struct spawn_settings *s, char **env)
{
    static const char *const always[] = {
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "LANG=C.UTF-8",
        "TZ=UTC",
        "OPENSSL_CONF=/dev/null",
        "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0",
        "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"};
    static const char *const clock[] = {
        "FAKETIME_FMT=%s", "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_FORCE_MONOTONIC_FIX=0",
        "NO_FAKE_STAT=1"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        env[n++] = arena_strdup(arena, always[i]);
    env[n++] = arena_printf(arena, "TMPDIR=%s", s->dir);
    env[n++] = arena_printf(arena, "HOME=%s", s->dir);
    if (s->interposer) {
        for (size_t i = 0; i < sizeof clock / sizeof *clock; i++)
            env[n++] = arena_strdup(arena, clock[i]);
        env[n++] =
            arena_printf(arena, "FAKETIME_TIMESTAMP_FILE=%s", s->clock_file);
    }
    env[n++] = arena_printf(
        arena, "LD_PRELOAD=%s:%s:%s:%s", s->sanitizer ? s->sanitizer : "",
        s->interposer ? s->interposer : "", s->library ? s->library : "",
        s->plant ? s->plant : "");
    if (s->plant)
        env[n++] = arena_printf(arena, "LASTHOP_DIES=%s", s->dies);
    if (s->library) {
        env[n++] = arena_strdup(arena, WARM_VARIABLE "=1");
        env[n++] = arena_strdup(arena, "LD_BIND_NOW=1"); /* once for all */
    }
    env[n] = NULL;
}

/* What the child needs between vfork() and exec: nothing is allocated there. */
struct child {
    char **argv, **env;
    int null, log, journal, socket; /* socket: -1, none */
    pid_t parent;
};

/* A group of its own, default signals, nothing blocked, and no life of its own
 * when the kit dies: a killed run leaves no gateway behind. */
_Noreturn static void become(const struct child *c)
{
    sigset_t none;
    sigemptyset(&none);
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        getppid() != c->parent)
        _exit(126);
    for (int s = 1; s < SIGRTMIN; s++)
        signal(s, SIG_DFL);
    if (dup2(c->null, 0) != 0 || dup2(c->log, 1) != 1 || dup2(c->log, 2) != 2 ||
        dup2(c->journal, WARM_JOURNAL_FD) != WARM_JOURNAL_FD ||
        (c->socket >= 0 && dup2(c->socket, WARM_SOCKET_FD) != WARM_SOCKET_FD) ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        _exit(126);
    execve(c->argv[0], c->argv, c->env);
    _exit(127);
}

/* Above the numbers that the child takes for itself; close-on-exec. */
static int raised(int fd)
{
    int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, WARM_SOCKET_FD + 1) : -1;
    if (fd >= 0)
        close(fd);
    return high;
}

/* All signals are blocked meanwhile: a handler of the parent must not run in
 * the child, which shares its memory. */
static pid_t start(const struct child *c)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0)
        become(c);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

enum status spawn_gateway(struct arena *arena,
                          const struct spawn_settings *settings, pid_t *pid_out,
                          struct err *err)
{
    char *env[ENVIRONMENT_MOST];
    char *argv[] = {arena_strdup(arena, settings->program),
                    arena_strdup(arena, "--config"),
                    settings->library
                        ? arena_strdup(arena, "gateway.yaml")
                        : arena_printf(arena, "%s/gateway.yaml", settings->dir),
                    NULL};
    int log = O_WRONLY | O_CREAT | O_APPEND;
    struct child child = {
        .argv = argv,
        .env = env,
        .null = raised(open("/dev/null", O_RDONLY)),
        .log = raised(open(settings->log, log, 0600)),
        .journal = raised(dup(settings->journal)),
        .socket = settings->library ? raised(dup(settings->socket)) : -1,
        .parent = getpid()};
    fill_environment(arena, settings, env);
    bool good = child.null >= 0 && child.log >= 0 && child.journal >= 0 &&
                (child.socket >= 0 || !settings->library);
    pid_t pid = good ? start(&child) : -1;
    int why = errno;
    const int fds[] = {child.null, child.log, child.journal, child.socket};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    *pid_out = pid > 0 ? pid : 0;
    return pid > 0 ? ST_OK
                   : err_set(err, ST_TEMP, "%s: %s", settings->program,
                             strerror(why));
}

bool spawn_find_library(const char *name, char *path, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    size_t room = size - (size_t)(slash + 1 - path);
    int written = snprintf(slash + 1, room, "%s", name);
    return (size_t)written < room && access(path, R_OK) == 0;
}

void spawn_forget_clock(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/faketime_shm_%ld", (long)pid);
    unlink(path);
    snprintf(path, sizeof path, "/dev/shm/sem.faketime_sem_%ld", (long)pid);
    unlink(path);
}

const char *target_interposer(void)
{
    static char path[256];
    static const char *const patterns[] = {
        "/usr/lib/*/faketime/libfaketime.so.1",
        "/usr/lib/faketime/libfaketime.so.1",
        "/usr/lib64/faketime/libfaketime.so.1",
        "/usr/local/lib/faketime/libfaketime.so.1"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns && !*path; i++) {
        glob_t found;
        if (glob(patterns[i], 0, NULL, &found) == 0 && found.gl_pathc > 0)
            snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
        globfree(&found);
    }
    return *path ? path : NULL;
}

/* The name as the dynamic section has it: "libasan.so.8". */
static const char *find_runtime(struct arena *arena, struct slice elf)
{
    const char *at = memmem(elf.p, elf.n, "libasan.so.", 11);
    if (!at)
        return NULL;
    size_t most = (size_t)(elf.p + elf.n - at);
    size_t n = strnlen(at, most < 32 ? most : 32);
    return arena_text(arena, (struct slice){at, n});
}

const char *target_sanitizer(struct arena *arena, const char *program)
{
    struct stat st;
    const char *name = NULL;
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
        size_t n = (size_t)st.st_size;
        char *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p != MAP_FAILED) {
            name = find_runtime(arena, (struct slice){p, n});
            munmap(p, n);
        }
    }
    if (fd >= 0)
        close(fd);
    return name;
}

#include "engine/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/target.h"

enum { JOURNAL_FD = 3, ENVIRONMENT_MOST = 24 };

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
    if (s->interposer) {
        for (size_t i = 0; i < sizeof clock / sizeof *clock; i++)
            env[n++] = arena_strdup(arena, clock[i]);
        env[n++] =
            arena_printf(arena, "FAKETIME_TIMESTAMP_FILE=%s", s->clock_file);
        env[n++] = arena_printf(arena, "LD_PRELOAD=%s%s%s",
                                s->sanitizer ? s->sanitizer : "",
                                s->sanitizer ? ":" : "", s->interposer);
    }
    env[n] = NULL;
}

static int add_actions(posix_spawn_file_actions_t *actions,
                       const struct spawn_settings *s)
{
    int flags = O_WRONLY | O_CREAT | O_APPEND;
    int bad = posix_spawn_file_actions_adddup2(actions, s->journal, JOURNAL_FD);
    if (!bad)
        bad = posix_spawn_file_actions_addopen(actions, 0, "/dev/null",
                                               O_RDONLY, 0);
    if (!bad)
        bad = posix_spawn_file_actions_addopen(actions, 2, s->log, flags, 0600);
    if (!bad)
        bad = posix_spawn_file_actions_adddup2(actions, 2, 1);
    return bad;
}

/* A group of its own, default signals, nothing blocked. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int bad = posix_spawnattr_setpgroup(attributes, 0);
    if (!bad)
        bad = posix_spawnattr_setsigdefault(attributes, &all);
    if (!bad)
        bad = posix_spawnattr_setsigmask(attributes, &none);
    if (!bad)
        bad = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
                                                       POSIX_SPAWN_SETSIGDEF |
                                                       POSIX_SPAWN_SETSIGMASK);
    return bad;
}

enum status spawn_gateway(struct arena *arena,
                          const struct spawn_settings *settings, pid_t *pid_out,
                          struct err *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *env[ENVIRONMENT_MOST];
    char *argv[] = {
        arena_strdup(arena, settings->program), arena_strdup(arena, "--config"),
        arena_printf(arena, "%s/gateway.yaml", settings->dir), NULL};
    pid_t pid = 0;
    fill_environment(arena, settings, env);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int bad = add_actions(&actions, settings);
    if (!bad)
        bad = set_attributes(&attributes);
    if (!bad)
        bad = posix_spawn(&pid, settings->program, &actions, &attributes, argv,
                          env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    *pid_out = bad ? 0 : pid;
    return bad ? err_set(err, ST_TEMP, "%s: %s", settings->program,
                         strerror(bad))
               : ST_OK;
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

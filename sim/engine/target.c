#include "engine/target.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "engine/evidence.h"
#include "engine/folder.h"
#include "engine/spawn.h"
#include "engine/warm.h"

enum { LINE_MOST = 8 << 20, READ_BYTES = 65536, KILL_LIMIT_MS = 5000 };
enum { PATH_BYTES = 512 };

struct target {
    struct arena *arena;
    struct target_settings settings;
    const char *clock_file, *log, *control_path;
    pid_t pid;            /* 0: none */
    int exit_fd;          /* a pidfd, readable at its end; -1 */
    int journal, control; /* -1: closed */
    struct loop_watch *exit_watch, *journal_watch, *control_watch;
    struct buf lines, answer;
    bool listening, settled, has_exited, is_warm;
    int exit, signal;
    unsigned accepted;
    const char *bad_line; /* a journal line that is no JSON object */
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

struct target *target_create(const struct target_settings *settings)
{
    struct target *t = xcalloc(1, sizeof *t);
    t->arena = arena_create();
    t->settings = *settings;
    t->clock_file =
        arena_printf(t->arena, "%s/" SPAWN_CLOCK_NAME, settings->dir);
    t->log = arena_printf(t->arena, "%s/gateway.stderr", settings->dir);
    t->control_path = arena_printf(t->arena, "%s/control", settings->dir);
    t->exit_fd = t->journal = t->control = -1;
    t->exit = -1;
    buf_init(&t->lines, LINE_MOST);
    buf_init(&t->answer, 4096);
    return t;
}

static void close_journal(struct target *t)
{
    loop_watch_cancel(&t->journal_watch);
    close_fd(&t->journal);
}

static void close_control(struct target *t)
{
    loop_watch_cancel(&t->control_watch);
    close_fd(&t->control);
    buf_reset(&t->answer);
}

/* A warm start's parent is not this process. */
static void wait_for(struct target *t, int *status)
{
    struct err err;
    *status = 0;
    if (t->is_warm) {
        if (warm_wait(*t->settings.warm, t->pid, status, &err) != ST_OK)
            *status = SIGKILL;
        return;
    }
    while (waitpid(t->pid, status, 0) < 0 && errno == EINTR)
        ;
}

static void reap(struct target *t)
{
    int status;
    loop_watch_cancel(&t->exit_watch);
    close_fd(&t->exit_fd);
    kill(-t->pid, SIGKILL); /* what it may have left behind in its group */
    wait_for(t, &status);
    spawn_forget_clock(t->pid);
    t->pid = 0;
    t->has_exited = true;
    t->exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    t->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    close_control(t);
}

void target_destroy(struct target **target)
{
    struct target *t = *target;
    if (!t)
        return;
    if (t->pid) {
        kill(-t->pid, SIGKILL);
        reap(t);
    }
    close_journal(t);
    buf_release(&t->lines);
    buf_release(&t->answer);
    arena_destroy(&t->arena);
    free(t);
    *target = NULL;
}

enum status target_set_clock(struct target *target, int64_t now_s,
                             struct err *err)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%lld\n", (long long)now_s);
    return folder_write(target->clock_file, (struct slice){text, (size_t)n},
                        err);
}

static void note_event(struct target *t, const json_t *event)
{
    const char *name = evidence_text(event, "event");
    if (strcmp(name, "listening") == 0) {
        t->listening = true;
    } else if (strcmp(name, "accepted") == 0) {
        t->accepted++;
        t->settled = false;
    } else if (strcmp(name, "settled") == 0) {
        t->settled = true;
    }
}

static void take_line(struct target *t, struct slice line)
{
    json_error_t error;
    json_t *event = json_loadb(line.p, line.n,
                               JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!json_is_object(event)) {
        json_decref(event);
        if (!t->bad_line)
            t->bad_line = arena_text(t->arena, line);
        return;
    }
    note_event(t, event);
    t->settings.on_event(t->settings.ctx, event);
}

static void take_lines(struct target *t)
{
    for (;;) {
        struct slice all = buf_slice(&t->lines);
        size_t n = slice_find(all, '\n');
        if (n == all.n)
            return;
        take_line(t, (struct slice){all.p, n});
        buf_consume(&t->lines, n + 1);
    }
}

/* Everything that is there; the journal is closed at its end. */
static void read_journal(void *ctx)
{
    struct target *t = ctx;
    static char octets[READ_BYTES];
    for (;;) {
        ssize_t n = read(t->journal, octets, sizeof octets);
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0 &&
            buf_add(&t->lines, (struct slice){octets, (size_t)n}) == ST_OK) {
            take_lines(t);
            continue;
        }
        if (n >= 0 || errno != EAGAIN)
            close_journal(t);
        return;
    }
}

static void on_exit_readable(void *ctx)
{
    reap(ctx);
}

/* Warm where it can be, by exec otherwise. */
static enum status start(struct target *t,
                         const struct spawn_settings *settings, struct err *err)
{
    struct warm **warm = settings->plant ? NULL : t->settings.warm;
    if (warm && !*warm)
        *warm = warm_create(settings);
    t->is_warm =
        warm && *warm && warm_start(*warm, settings, &t->pid, err) == ST_OK;
    return t->is_warm ? ST_OK : spawn_gateway(t->arena, settings, &t->pid, err);
}

static enum status spawn(struct target *t, struct err *err)
{
    int ends[2];
    char plant[PATH_BYTES];
    struct spawn_settings settings = {.program = t->settings.program,
                                      .dir = t->settings.dir,
                                      .log = t->log,
                                      .interposer = t->settings.interposer,
                                      .sanitizer = t->settings.sanitizer,
                                      .clock_file = t->clock_file};
    if (t->settings.dies &&
        !spawn_find_library("liblasthop-plant.so", plant, sizeof plant))
        return err_set(err, ST_TEMP, "%s: cannot be read", plant);
    if (t->settings.dies) {
        settings.plant = plant;
        settings.dies = t->settings.dies;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(err, ST_TEMP, "pipe: %s", strerror(errno));
    settings.journal = ends[1];
    enum status status = start(t, &settings, err);
    close(ends[1]);
    t->journal = ends[0];
    if (status != ST_OK) {
        close_fd(&t->journal);
        return status;
    }
    fcntl(t->journal, F_SETFL, O_NONBLOCK);
    t->exit_fd = (int)syscall(SYS_pidfd_open, t->pid, 0);
    if (t->exit_fd < 0)
        return err_set(err, ST_TEMP, "pidfd_open: %s", strerror(errno));
    t->journal_watch =
        loop_watch_read(t->settings.loop, t->journal, read_journal, t);
    t->exit_watch =
        loop_watch_read(t->settings.loop, t->exit_fd, on_exit_readable, t);
    return ST_OK;
}

static bool has_started(void *ctx)
{
    const struct target *t = ctx;
    return t->listening || t->has_exited;
}

enum status target_start(struct target *target, int64_t limit_ms,
                         struct err *err)
{
    target->listening = target->has_exited = target->settled = false;
    target->exit = -1;
    target->signal = 0;
    buf_reset(&target->lines);
    enum status status = spawn(target, err);
    if (status != ST_OK)
        return status;
    loop_run_until(target->settings.loop, has_started, target, limit_ms);
    if (target->listening)
        return ST_OK;
    char tail[400];
    folder_tail(target->log, tail, sizeof tail);
    if (target->has_exited)
        return err_set(err, ST_TEMP,
                       "the gateway ended at its start: exit %d, signal %d: %s",
                       target->exit, target->signal, tail);
    return err_set(err, ST_TEMP, "no `listening` within %lld ms: %s",
                   (long long)limit_ms, tail);
}

static bool has_ended(void *ctx)
{
    const struct target *t = ctx;
    return t->has_exited && t->journal < 0;
}

enum status target_stop(struct target *target, bool force, int64_t limit_ms,
                        struct err *err)
{
    close_control(target); /* a client of it would be waited for */
    if (target->pid)
        kill(force ? -target->pid : target->pid, force ? SIGKILL : SIGTERM);
    if (loop_run_until(target->settings.loop, has_ended, target, limit_ms))
        return ST_OK;
    if (target->pid)
        kill(-target->pid, SIGKILL);
    loop_run_until(target->settings.loop, has_ended, target, KILL_LIMIT_MS);
    return err_set(err, ST_TEMP, "the gateway did not end within %lld ms",
                   (long long)limit_ms);
}

static void read_control(void *ctx)
{
    struct target *t = ctx;
    char octets[512];
    ssize_t n = read(t->control, octets, sizeof octets);
    if (n > 0 &&
        buf_add(&t->answer, (struct slice){octets, (size_t)n}) == ST_OK)
        return;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    loop_watch_cancel(&t->control_watch);
    close_fd(&t->control);
}

static enum status open_control(struct target *t, struct err *err)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (t->control >= 0)
        return ST_OK;
    if (strlen(t->control_path) >= sizeof to.sun_path)
        return err_set(err, ST_TEMP, "%s: too long for a socket",
                       t->control_path);
    memcpy(to.sun_path, t->control_path, strlen(t->control_path));
    t->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (t->control < 0 ||
        connect(t->control, (struct sockaddr *)&to, sizeof to) != 0) {
        close_fd(&t->control);
        return err_set(err, ST_TEMP, "%s: %s", t->control_path,
                       strerror(errno));
    }
    fcntl(t->control, F_SETFL, O_NONBLOCK);
    t->control_watch =
        loop_watch_read(t->settings.loop, t->control, read_control, t);
    return ST_OK;
}

static bool has_answer(void *ctx)
{
    const struct target *t = ctx;
    struct slice answer = buf_slice(&t->answer);
    return t->has_exited || t->control < 0 ||
           slice_find(answer, '\n') < answer.n;
}

enum status target_poke(struct target *target, int64_t limit_ms,
                        int64_t *now_s_out, struct err *err)
{
    enum status status = open_control(target, err);
    if (status != ST_OK)
        return status;
    target->settled = false;
    if (send(target->control, "poke\n", 5, MSG_NOSIGNAL) != 5)
        return err_set(err, ST_TEMP, "control socket: %s", strerror(errno));
    loop_run_until(target->settings.loop, has_answer, target, limit_ms);
    struct slice answer = buf_slice(&target->answer);
    struct slice line = {answer.p, slice_find(answer, '\n')};
    unsigned long now;
    if (line.n == answer.n)
        return err_set(err, ST_TEMP, "no answer to poke");
    struct slice rest = line;
    if (!slice_is(slice_word(&rest), "poked") ||
        !slice_number(slice_trim(rest), 1UL << 40, &now))
        return err_set(err, ST_PROTO, "poke was answered `%.*s`",
                       SLICE_ARG(line));
    buf_reset(&target->answer);
    *now_s_out = (int64_t)now;
    return ST_OK;
}

static enum status set_limit(struct target *target, bool is_full,
                             struct err *err)
{
    struct rlimit limit;
    if (!target->pid || prlimit(target->pid, RLIMIT_FSIZE, NULL, &limit) != 0)
        return err_set(err, ST_TEMP, "the gateway does not run");
    limit.rlim_cur = is_full ? 0 : limit.rlim_max;
    if (prlimit(target->pid, RLIMIT_FSIZE, &limit, NULL) != 0)
        return err_set(err, ST_TEMP, "prlimit: %s", strerror(errno));
    return ST_OK;
}

static enum status move_state(struct target *target, bool is_away,
                              struct err *err)
{
    const char *dir = target->settings.dir;
    const char *here = arena_printf(target->arena, "%s/state", dir);
    const char *away = arena_printf(target->arena, "%s/state.away", dir);
    if (rename(is_away ? here : away, is_away ? away : here) != 0)
        return err_set(err, ST_TEMP, "%s: %s", here, strerror(errno));
    return ST_OK;
}

enum status target_set_disk(struct target *target, enum target_disk disk,
                            struct err *err)
{
    switch (disk) {
    case TARGET_DISK_FULL:
    case TARGET_DISK_ROOM:
        return set_limit(target, disk == TARGET_DISK_FULL, err);
    case TARGET_DISK_GONE:
    case TARGET_DISK_BACK:
        return move_state(target, disk == TARGET_DISK_GONE, err);
    }
    BUG("disk %d", (int)disk);
}

bool target_is_running(const struct target *target)
{
    return target->pid != 0;
}

pid_t target_pid(const struct target *target)
{
    return target->pid;
}

unsigned target_accepted_count(const struct target *target)
{
    return target->accepted;
}

bool target_is_settled(const struct target *target)
{
    return target->settled;
}

int target_exit(const struct target *target)
{
    return target->exit;
}

int target_signal(const struct target *target)
{
    return target->signal;
}

const char *target_log(const struct target *target)
{
    return target->log;
}

const char *target_bad_line(const struct target *target)
{
    return target->bad_line;
}

#include "app/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* Held at most: lines with a row in the store, and lines without one, which a
 * stranger may cause. */
enum { HELD_BYTES = 64 << 20, LOOSE_BYTES = 8 << 20, AGAIN_MS = 1000 };

/* A line that is not in the file yet. */
struct line {
    struct line *next;
    char *id;       /* of its row in the store; NULL: it has none */
    size_t n, sent; /* sent: a pipe took part of it */
    char text[];
};

struct journal {
    int fd;     /* -1: nothing is written */
    char *file; /* NULL: a descriptor */
    bool is_file;
    bool is_behind; /* and it was told */
    bool is_stuck;  /* the disk is full, or nobody reads; and it was told */
    journal_written_fn *written;
    void *ctx;
    struct loop *loop;        /* NULL: with the next line */
    struct loop_timer *timer; /* of a file; NULL: without a loop */
    struct loop_watch *watch; /* of a pipe that is full */
    struct line *first, **last;
    size_t held;        /* octets of lines that wait */
    unsigned long lost; /* lines without a row, since it was behind */
};

/* A line that a crash cut off would spoil the one behind it. It is taken away:
 * what must not be lost is still in the store, and comes again whole. What is
 * no line of ours is only ended. */
static void mend_end(int fd)
{
    static const char ours[] = "{\"event\":";
    char path[64], text[4096];
    off_t end = lseek(fd, 0, SEEK_END), start = end;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    while (in >= 0 && start > 0) {
        size_t n = start < (off_t)sizeof text ? (size_t)start : sizeof text;
        if (pread(in, text, n, start - (off_t)n) != (ssize_t)n)
            break;
        while (n > 0 && text[n - 1] != '\n')
            n--, start--;
        if (n > 0)
            break;
    }
    if (in >= 0 && start < end) {
        ssize_t n = pread(in, text, sizeof ours - 1, start);
        bool is_ours = n > 0 && memcmp(text, ours, (size_t)n) == 0;
        log_warn("journal", "the last line was cut off", "octets=%lld",
                 (long long)(end - start));
        if (is_ours ? ftruncate(fd, start) != 0 : write(fd, "\n", 1) != 1)
            log_error("journal", "cannot be mended", "error=%s",
                      strerror(errno));
        lseek(fd, 0, SEEK_END);
    }
    if (in >= 0)
        close(in);
}

static void on_timer(void *ctx)
{
    journal_flush(ctx);
}

static void on_room(int fd, int ready, void *ctx)
{
    (void)fd;
    (void)ready;
    journal_flush(ctx);
}

static bool is_regular(int fd)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* A named pipe without a reader is an error now, not a wait. */
static int open_file(const char *file)
{
    return open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK,
                0600);
}

enum status journal_open(const struct journal_settings *settings,
                         struct journal **out, struct err *err)
{
    int fd = settings->descriptor;
    const char *file = settings->file;
    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return err_set(err, ST_INVAL, "journal descriptor %d: %s", fd,
                       strerror(errno));
    if (fd < 0 && file) {
        fd = open_file(file);
        if (fd < 0)
            return err_set(err, ST_INVAL, "journal %s: %s", file,
                           strerror(errno));
    }
    struct journal *journal = xcalloc(1, sizeof *journal);
    *journal = (struct journal){
        .fd = fd,
        .file = settings->descriptor < 0 && file ? xstrdup(file) : NULL,
        .is_file = is_regular(fd),
        .loop = settings->loop,
        .written = settings->written,
        .ctx = settings->ctx,
        .last = &journal->first};
    if (settings->loop)
        journal->timer = loop_timer_create(settings->loop, on_timer, journal);
    *out = journal;
    return ST_OK;
}

/* The first line is in the file, or given up. */
static void shift(struct journal *journal, bool is_written)
{
    struct line *line = journal->first;
    journal->first = line->next;
    if (!journal->first)
        journal->last = &journal->first;
    journal->held -= line->n;
    if (is_written && line->id && journal->written)
        journal->written(journal->ctx, line->id);
    free(line->id);
    free(line);
}

/* A full disk may have room again; a reader that is gone comes back no more. */
static void stuck(struct journal *journal, int error)
{
    bool is_over = error == EPIPE || error == EBADF;
    if (!journal->is_stuck)
        log_error("journal", is_over ? "nobody reads it" : "lines wait",
                  "octets=%zu error=%s", journal->held, strerror(error));
    journal->is_stuck = true;
    while (is_over && journal->first)
        shift(journal, false);
    if (!is_over && journal->timer)
        loop_timer_start(journal->timer, AGAIN_MS);
}

/* A pipe takes so much at once without making us wait, or nothing: others may
 * hold it too, so that it cannot be made non-blocking for us. */
static ssize_t write_some(const struct journal *journal, const char *p,
                          size_t n)
{
    struct pollfd out = {.fd = journal->fd, .events = POLLOUT};
    if (journal->is_file)
        return write(journal->fd, p, n);
    if (poll(&out, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(journal->fd, p, n < PIPE_BUF ? n : PIPE_BUF);
}

/* Whoever reads it takes his time. */
static void wait_for_room(struct journal *journal)
{
    if (!journal->loop || journal->watch)
        return;
    journal->watch = loop_watch_create(journal->loop, journal->fd, LOOP_WRITE,
                                       on_room, journal);
}

/* All is written, or given up. */
static void caught_up(struct journal *journal)
{
    loop_watch_destroy(&journal->watch);
    journal->is_stuck = false;
    if (journal->is_behind)
        log_warn("journal", "caught up", "lost=%lu", journal->lost);
    journal->is_behind = false;
    journal->lost = 0;
}

void journal_flush(struct journal *journal)
{
    while (journal->first) {
        struct line *line = journal->first;
        ssize_t wrote =
            write_some(journal, line->text + line->sent, line->n - line->sent);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno == EAGAIN) {
            wait_for_room(journal);
            return;
        }
        if (wrote < 0) {
            stuck(journal, errno);
            return;
        }
        line->sent += (size_t)wrote;
        if (line->sent == line->n)
            shift(journal, true);
    }
    caught_up(journal);
}

void journal_close(struct journal **journal_in)
{
    struct journal *journal = *journal_in;
    *journal_in = NULL;
    if (!journal)
        return;
    journal_flush(journal);
    while (journal->first)
        shift(journal, false);
    loop_watch_destroy(&journal->watch);
    if (journal->fd >= 0)
        close(journal->fd);
    loop_timer_destroy(&journal->timer);
    free(journal->file);
    free(journal);
}

bool journal_is_behind(const struct journal *journal)
{
    return journal->held >= LOOSE_BYTES;
}

/* false: so much waits that the line does not. */
static bool has_room(struct journal *journal, size_t n, bool has_row)
{
    if (journal->held + n <= (has_row ? HELD_BYTES : LOOSE_BYTES))
        return true;
    if (!journal->is_behind)
        log_error("journal", "nobody reads it: mail is put off", "octets=%zu",
                  journal->held);
    journal->is_behind = true;
    journal->lost += !has_row;
    if (has_row)
        log_error("journal", "line left for the next start", "octets=%zu", n);
    return false;
}

/* What an earlier file got is on its disk before another takes its place. */
enum status journal_reopen(struct journal *journal, struct err *err)
{
    if (!journal->file)
        return ST_OK;
    int fd = open_file(journal->file);
    if (fd < 0)
        return err_set(err, ST_TEMP, "journal %s: %s", journal->file,
                       strerror(errno));
    enum status status = journal_sync(journal, err);
    if (status == ST_OK && journal->first && journal->first->sent) {
        mend_end(journal->fd); /* it comes whole in the new one */
        journal->first->sent = 0;
    }
    loop_watch_destroy(&journal->watch);
    if (status == ST_OK && dup3(fd, journal->fd, O_CLOEXEC) < 0)
        status = err_set(err, ST_TEMP, "journal: %s", strerror(errno));
    close(fd);
    journal->is_file = is_regular(journal->fd);
    if (journal->is_file)
        mend_end(journal->fd);
    journal_flush(journal);
    return status;
}

enum status journal_sync(void *ctx, struct err *err)
{
    const struct journal *journal = ctx;
    return journal->is_file && fdatasync(journal->fd) != 0
               ? err_set(err, ST_TEMP, "%s", strerror(errno))
               : ST_OK;
}

void journal_event(struct journal *journal, const struct store_event *event)
{
    size_t n = strlen(event->line);
    if (journal->fd < 0) {
        if (event->id && journal->written)
            journal->written(journal->ctx, event->id);
        return;
    }
    if (!has_room(journal, n + 1, event->id != NULL))
        return;
    struct line *line = xcalloc(1, sizeof *line + n + 1);
    line->id = event->id ? xstrdup(event->id) : NULL;
    line->n = n + 1;
    memcpy(line->text, event->line, n);
    line->text[n] = '\n';
    *journal->last = line;
    journal->last = &line->next;
    journal->held += line->n;
    journal_flush(journal);
}

void journal_line(struct journal *journal, const char *line)
{
    journal_event(journal, &(struct store_event){.line = line});
}

/* The lines must be read before the first is written: that is a request, and
 * the store belongs to its thread then. */
struct late {
    struct arena *arena;
    struct store_event *events;
    size_t count, size;
};

/* The journal is lines of JSON whatever stands on the disk (KEEP-4). */
static bool is_line(const struct store_event *event)
{
    json_t *object = event->id && event->line && !strpbrk(event->line, "\r\n")
                         ? json_loads(event->line, 0, NULL)
                         : NULL;
    bool is_one = json_is_object(object);
    json_decref(object);
    return is_one;
}

static void on_late(void *ctx, const struct store_event *event)
{
    struct late *late = ctx;
    if (!is_line(event)) {
        log_error("journal", "a stored line is no journal line", "id=%.60s",
                  event->id ? event->id : "?");
        return;
    }
    if (late->count == late->size) {
        late->size = late->size ? 2 * late->size : 16;
        late->events =
            xrealloc(late->events, late->size * sizeof *late->events);
    }
    late->events[late->count++] =
        (struct store_event){arena_strdup(late->arena, event->id),
                             arena_strdup(late->arena, event->line)};
}

enum status journal_write_late(struct journal *journal, struct store *store,
                               struct err *err)
{
    struct late late = {.arena = arena_create()};
    if (journal->is_file)
        mend_end(journal->fd);
    enum status status = store_unwritten(store, on_late, &late, err);
    for (size_t i = 0; status == ST_OK && i < late.count; i++)
        journal_event(journal, &late.events[i]);
    free(late.events);
    arena_destroy(&late.arena);
    return status;
}

#include "base/log.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum log_level level_most = LOG_LEVEL_WARN;
static atomic_ulong warning_count, lost_count;
static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_set_level(enum log_level most)
{
    level_most = most;
}

bool log_level_parse(const char *text, enum log_level *out)
{
    for (int i = 0; i <= LOG_LEVEL_DEBUG; i++)
        if (strcmp(text, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    return false;
}

unsigned long log_warning_count(void)
{
    return atomic_load(&warning_count);
}

/* A pipe that nobody reads stops nobody: lines are left out, and counted. What
 * is no pipe is always ready; a line is shorter than what a pipe takes whole.
 */
static bool has_room(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 0) {
        atomic_fetch_add(&lost_count, 1);
        return false;
    }
    unsigned long lost = atomic_exchange(&lost_count, 0);
    if (lost)
        fprintf(stderr, "warn log: nobody read it count=%lu\n", lost);
    return true;
}

void log_at(enum log_level level, const char *area, const char *phrase,
            const char *fmt, ...)
{
    char line[1024];
    if (level <= LOG_LEVEL_WARN)
        atomic_fetch_add(&warning_count, 1);
    if (level > level_most)
        return;
    int n = snprintf(line, sizeof line, "%s %s: %s ", level_names[level], area,
                     phrase);
    va_list args;
    va_start(args, fmt);
    if (n >= 0 && (size_t)n < sizeof line)
        vsnprintf(line + n, sizeof line - (size_t)n, fmt, args);
    va_end(args);
    /* What a stranger wrote begins no line of ours. */
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    /* One write a line: threads do not mix their lines. */
    if (has_room())
        fprintf(stderr, "%s\n", line);
}

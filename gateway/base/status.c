#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [ST_OK] = "ok",       [ST_MORE] = "more",   [ST_NONE] = "none",
    [ST_INVAL] = "inval", [ST_PROTO] = "proto", [ST_TEMP] = "temp",
    [ST_PERM] = "perm",
};
_Static_assert(sizeof names / sizeof *names == ST_COUNT, "a name per status");

enum status err_set(struct err *err, enum status status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err->status = status;
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return status;
}

enum status err_wrap(struct err *err, const char *fmt, ...)
{
    char prefix[sizeof err->text];
    char old[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(prefix, sizeof prefix, fmt, args);
    va_end(args);
    memcpy(old, err->text, sizeof old);
    size_t n = strnlen(prefix, sizeof prefix);
    memcpy(err->text, prefix, n);
    snprintf(err->text + n, sizeof err->text - n, ": %s", old);
    return err->status;
}

const char *status_name(enum status status)
{
    return names[status];
}

_Noreturn void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "bug at %s:%d: ", file, line);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

/* spawn - starts the gateway's process; of this room alone. */
#ifndef ENGINE_SPAWN_H
#define ENGINE_SPAWN_H

#include <sys/types.h>

#include "base/alloc.h"

struct spawn_settings {
    const char *program;
    const char *dir;        /* holds gateway.yaml */
    const char *log;        /* its standard output and error, appended */
    const char *interposer; /* libfaketime; NULL: the real clock */
    const char *sanitizer;  /* loaded before it, or NULL */
    const char *clock_file; /* what libfaketime reads */
    int journal;            /* becomes descriptor 3 */
};

enum status spawn_gateway(struct arena *arena,
                          const struct spawn_settings *settings, pid_t *pid_out,
                          struct err *err) MUST_USE;

#endif

/* spawn - starts the gateway's process; of this room alone. */
#ifndef ENGINE_SPAWN_H
#define ENGINE_SPAWN_H

#include <sys/types.h>

#include "base/alloc.h"

/* Two threads that ask libfaketime at once can spoil the name of the file for
 * each other; the real time would come out. Its second place to look is this
 * name in the home directory, so that makes both one file. */
#define SPAWN_CLOCK_NAME ".faketimerc"

struct spawn_settings {
    const char *program;
    const char *dir;        /* holds gateway.yaml */
    const char *log;        /* its standard output and error, appended */
    const char *interposer; /* libfaketime; NULL: the real clock */
    const char *sanitizer;  /* loaded before it, or NULL */
    const char *clock_file; /* what libfaketime reads: dir/SPAWN_CLOCK_NAME */
    int journal;            /* becomes descriptor 3 */
    /* Of a process that forks the gateways (engine/warm.h), else NULL and 0. */
    const char *library; /* preloaded too */
    int socket;          /* becomes descriptor 4 */
    /* A death that is planted into it (sim/plant), or NULL: none. */
    const char *plant; /* the library, preloaded too */
    const char *dies;  /* the words */
};

enum status spawn_gateway(struct arena *arena,
                          const struct spawn_settings *settings, pid_t *pid_out,
                          struct err *err) MUST_USE;

/* spawn_find_library - beside the kit's own program; false: not there. */
bool spawn_find_library(const char *name, char *path, size_t size);

/* spawn_forget_clock - libfaketime removes its shared memory at an orderly end;
 * what it left of a killed process goes here. */
void spawn_forget_clock(pid_t pid);

#endif

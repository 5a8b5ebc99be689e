/* landlock - what the process may still reach of the file system and of TCP,
 * from now on and for good (Linux' Landlock; landlock(7)).
 *
 * It holds for the calling thread and those that it makes: call it before the
 * first other one. What is open stays open. */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum landlock_access {
    LANDLOCK_ACCESS_READ,    /* files, and folders with all below them */
    LANDLOCK_ACCESS_WRITE,   /* the same: read, write, make, remove, rename */
    LANDLOCK_ACCESS_SOCKETS, /* of a folder: sockets are made and removed */
    LANDLOCK_ACCESS_COUNT
};

/* A path that is not there is no rule. */
struct landlock_path {
    const char *path;
    enum landlock_access access;
};

struct landlock_settings {
    const struct landlock_path *paths;
    size_t path_count;
    const uint16_t *connect_ports; /* of TCP; 0: none */
    size_t connect_count;
    const uint16_t *bind_ports; /* of TCP; 0: the kernel's choice */
    size_t bind_count;
};

/* landlock_enter - ST_NONE: this kernel has none of it; err says why. Older
 * kernels leave out what they do not know: before 5.19 renames between folders
 * fail, before 6.2 files can be cut, before 6.7 TCP is free. */
enum status landlock_enter(const struct landlock_settings *settings,
                           struct err *err) MUST_USE;

#endif

/* warm - a process of the target's program that stands before its main(), all
 * libraries loaded, and forks for each gateway that is wanted: a start costs a
 * tenth of what it costs by exec. The program need not know of it: a library
 * that is preloaded (sim/warm) does it, so that it works for every target whose
 * program is dynamically linked; for others there is none, and spawn_gateway
 * is used.
 *
 * Each gateway is a process of its own, of which nothing has run yet: it has
 * the arguments "--config gateway.yaml" and its folder as working directory. */
#ifndef ENGINE_WARM_H
#define ENGINE_WARM_H

#include <sys/types.h>

#include "engine/spawn.h"

struct warm;

/* warm_create - starts the process; NULL where it cannot be: no library, a
 * static program, a sanitizer. Lives until its creator ends it or dies. */
struct warm *warm_create(const struct spawn_settings *settings);
void warm_destroy(struct warm **warm);

/* warm_start - one gateway; settings as for spawn_gateway, with the program,
 * interposer and sanitizer of warm_create. */
enum status warm_start(struct warm *warm, const struct spawn_settings *settings,
                       pid_t *pid_out, struct err *err) MUST_USE;
/* warm_wait - the wait status of a gateway that ended; its parent alone may ask
 * for it. */
enum status warm_wait(struct warm *warm, pid_t pid, int *status_out,
                      struct err *err) MUST_USE;

/* What goes over the socket, a packet each: a request, then its answer. A start
 * brings the descriptors of standard output and of the journal, and texts, each
 * ended by NUL: the folder, then NAME=VALUE to be set. */
enum { WARM_TEXT_BYTES = 4096, WARM_JOURNAL_FD = 3, WARM_SOCKET_FD = 4 };
struct warm_request {
    pid_t wait; /* 0: start one */
    unsigned text_bytes;
    char text[WARM_TEXT_BYTES];
};
struct warm_answer {
    int code; /* pid or wait status; -1: errno says why */
    int error;
};
#define WARM_VARIABLE "LASTHOP_WARM"

#endif

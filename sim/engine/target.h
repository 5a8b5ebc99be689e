/* target - the gateway under test: a process of its own group, its journal, its
 * control socket and its wall clock. */
#ifndef ENGINE_TARGET_H
#define ENGINE_TARGET_H

#include <stdint.h>
#include <sys/types.h>

#include "base/alloc.h"
#include "peer/loop.h"

struct json_t;
struct target;

/* Called for each journal event as it is read; the reference is given away. */
typedef void target_event(void *ctx, struct json_t *event);

struct target_settings {
    struct loop *loop;
    const char *program;
    const char *interposer; /* libfaketime; NULL: the real clock */
    const char *sanitizer;  /* to be loaded before it, or NULL */
    struct warm **warm;     /* made at the first start; NULL: never */
    const char *dies;       /* words of a planted death; NULL: none */
    const char *dir;        /* holds gateway.yaml; stderr goes there */
    target_event *on_event;
    void *ctx;
};

struct target *target_create(const struct target_settings *settings);
/* What still runs is killed. */
void target_destroy(struct target **target);

/* target_set_clock - what the target's wall clock says from now on. */
enum status target_set_clock(struct target *target, int64_t now_s,
                             struct err *err) MUST_USE;
/* target_start - spawn it and wait for its `listening`. */
enum status target_start(struct target *target, int64_t limit_ms,
                         struct err *err) MUST_USE;
/* target_stop - SIGTERM, or SIGKILL; wait for its end and read the journal's
 * rest. ST_TEMP: it did not end in time and was killed. */
enum status target_stop(struct target *target, bool kill, int64_t limit_ms,
                        struct err *err) MUST_USE;
/* target_poke - it looks at its clock and takes up what is due; the clock that
 * it answers. */
enum status target_poke(struct target *target, int64_t limit_ms,
                        int64_t *now_s_out, struct err *err) MUST_USE;

/* target_set_disk - from now on no file of the gateway can be written to, as on
 * a full disk (by its limit of file sizes), or all can again; a restart ends
 * it. Or its state folder is moved away while it runs, and comes back. */
enum target_disk {
    TARGET_DISK_FULL,
    TARGET_DISK_ROOM,
    TARGET_DISK_GONE,
    TARGET_DISK_BACK
};
enum status target_set_disk(struct target *target, enum target_disk disk,
                            struct err *err) MUST_USE;

bool target_is_running(const struct target *target);
/* 0: it does not run. */
pid_t target_pid(const struct target *target);
/* How many such events came since it was created; all restarts together. */
unsigned target_accepted_count(const struct target *target);
/* Whether `settled` came after the last `accepted` or poke. */
bool target_is_settled(const struct target *target);
/* Of its last end: -1 and 0 while it runs. */
int target_exit(const struct target *target);
int target_signal(const struct target *target);
/* The first journal line that is no JSON object, or NULL. */
const char *target_bad_line(const struct target *target);
/* The file that holds what it wrote to standard error. */
const char *target_log(const struct target *target);

/* target_interposer - libfaketime's path on this machine, or NULL. owner:
 * static storage. */
const char *target_interposer(void);
/* target_sanitizer - the name of the shared ASan runtime that a program needs;
 * NULL: none. In the arena. */
const char *target_sanitizer(struct arena *arena, const char *program);

#endif

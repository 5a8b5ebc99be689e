/* presence - are the store's files still those that it opened?
 *
 * SQLite goes on with a file that was removed, moved, replaced or cut: what is
 * committed then is in no file that a later start finds (KEEP-1, KEEP-3). So
 * what lies under the files' names is compared with what was there after our
 * own last change. Nothing is remembered of a failure: who puts the very files
 * back, untouched, is served again. Inside store only. */
#ifndef STORE_PRESENCE_H
#define STORE_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

enum presence_file {
    PRESENCE_DATABASE,
    PRESENCE_LOG,   /* -wal */
    PRESENCE_INDEX, /* -shm, which SQLite maps: a cut one would be SIGBUS */
    PRESENCE_LOCK,  /* without it a second gateway could begin here */
    PRESENCE_SPOOL, /* the folder */
    PRESENCE_FILES
};

struct presence {
    char *paths[PRESENCE_FILES];
    struct presence_mark {
        dev_t device;
        ino_t inode;
        int64_t bytes; /* 0 of the folder */
        int64_t changed_s, changed_ns;
    } marks[PRESENCE_FILES];
};

void presence_init(struct presence *presence, const char *directory);
void presence_release(struct presence *presence);

/* presence_take - what lies there now is ours.
 * errors: ST_TEMP: one of them is not there */
enum status presence_take(struct presence *presence, struct err *err) MUST_USE;
/* presence_check - the same files, none shorter. is_untouched: nobody has
 * written to the database or its log since presence_take either: to be asked
 * before a change of our own. errors: ST_TEMP: says which file and what became
 * of it */
enum status presence_check(const struct presence *presence, bool is_untouched,
                           struct err *err) MUST_USE;

#endif

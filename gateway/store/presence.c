#include "store/presence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

static const char *const names[] = {"gateway.db", "gateway.db-wal",
                                    "gateway.db-shm", "lock", "spool"};
_Static_assert(sizeof names / sizeof *names == PRESENCE_FILES, "a name each");

void presence_init(struct presence *presence, const char *directory)
{
    *presence = (struct presence){.paths = {NULL}};
    for (int i = 0; i < PRESENCE_FILES; i++)
        presence->paths[i] = xasprintf("%s/%s", directory, names[i]);
}

void presence_release(struct presence *presence)
{
    for (int i = 0; i < PRESENCE_FILES; i++)
        free(presence->paths[i]);
}

static enum status look(const char *path, struct presence_mark *out,
                        struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set(err, ST_TEMP, "%s: %s, but this gateway works with it",
                       path, strerror(errno));
    *out = (struct presence_mark){
        .device = st.st_dev,
        .inode = st.st_ino,
        .bytes = S_ISDIR(st.st_mode) ? 0 : (int64_t)st.st_size,
        .changed_s = (int64_t)st.st_mtim.tv_sec,
        .changed_ns = (int64_t)st.st_mtim.tv_nsec};
    return ST_OK;
}

enum status presence_take(struct presence *presence, struct err *err)
{
    enum status status = ST_OK;
    for (int i = 0; status == ST_OK && i < PRESENCE_FILES; i++)
        status = look(presence->paths[i], &presence->marks[i], err);
    return status;
}

static enum status compare(const char *path, const struct presence_mark *then,
                           bool is_untouched, struct err *err)
{
    struct presence_mark now = *then;
    enum status status = look(path, &now, err);
    if (status != ST_OK)
        return status;
    if (now.device != then->device || now.inode != then->inode)
        return err_set(err, ST_TEMP,
                       "%s was replaced while this gateway works with it",
                       path);
    if (now.bytes < then->bytes)
        return err_set(err, ST_TEMP, "%s was cut off: %lld octets of %lld",
                       path, (long long)now.bytes, (long long)then->bytes);
    if (is_untouched && (now.changed_s != then->changed_s ||
                         now.changed_ns != then->changed_ns))
        return err_set(err, ST_TEMP, "%s was written by another program", path);
    return ST_OK;
}

/* Another program that only reads writes to the log's index all the same, and
 * a spool changes with each of our own large messages. */
enum status presence_check(const struct presence *presence, bool is_untouched,
                           struct err *err)
{
    enum status status = ST_OK;
    for (int i = 0; status == ST_OK && i < PRESENCE_FILES; i++)
        status = compare(presence->paths[i], &presence->marks[i],
                         is_untouched && i <= PRESENCE_LOG, err);
    return status;
}

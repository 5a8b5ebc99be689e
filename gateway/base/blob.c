#include "base/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mapped.h"
#include "base/random.h"

enum {
    TAIL_BYTES = 65536, /* of a file, not yet written */
    WRITE_BYTES =
        1048576, /* at most in one call: pages of a mapping are let go */
    WRITE_BACK = 4194304, /* the system is asked to begin writing so often */
    NAME_OCTETS = 12,
};

struct blob {
    char *directory; /* NULL: none */
    char *path;      /* of the file that must be removed; NULL: none */
    int fd;          /* -1: in memory */
    struct buf tail; /* in memory: everything */
    size_t written;  /* octets in the file */
    size_t begun;    /* octets whose writing back was begun */
    struct slice map;
    int fault; /* errno of the first failure */
};

struct blob *blob_create(const char *directory)
{
    struct blob *blob = xcalloc(1, sizeof *blob);
    blob->directory = directory ? xstrdup(directory) : NULL;
    blob->fd = -1;
    buf_init(&blob->tail, SIZE_MAX);
    return blob;
}

static void destroy(void *blob_in)
{
    struct blob *blob = blob_in;
    blob_destroy(&blob);
}

struct blob *blob_create_in(struct arena *arena, const char *directory)
{
    struct blob *blob = blob_create(directory);
    arena_on_destroy(arena, destroy, blob);
    return blob;
}

static void drop_file(struct blob *blob)
{
    mapped_destroy(&blob->map);
    if (blob->fd >= 0)
        close(blob->fd);
    if (blob->path)
        unlink(blob->path);
    free(blob->path);
    blob->path = NULL;
    blob->fd = -1;
    blob->written = blob->begun = 0;
}

void blob_destroy(struct blob **blob)
{
    if (!*blob)
        return;
    drop_file(*blob);
    buf_release(&(*blob)->tail);
    free((*blob)->directory);
    free(*blob);
    *blob = NULL;
}

void blob_reset(struct blob *blob)
{
    drop_file(blob);
    buf_release(&blob->tail);
    blob->fault = 0;
}

enum status blob_open(const char *directory, const char *name, size_t n,
                      struct blob **out, struct err *err)
{
    char *path = xasprintf("%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        enum status missing = errno == ENOENT ? ST_NONE : ST_TEMP;
        err_set(err, missing, "%s: %s", path, strerror(errno));
        free(path);
        return missing;
    }
    struct blob *blob = blob_create(directory);
    blob->written = n;
    enum status status = mapped_create(fd, n, &blob->map, err);
    if (status != ST_OK) {
        err_wrap(err, "%s", path);
        blob_destroy(&blob);
    }
    close(fd);
    free(path);
    *out = blob;
    return status;
}

static void fail(struct blob *blob)
{
    if (!blob->fault)
        blob->fault = errno;
}

static bool open_file(struct blob *blob)
{
    char name[2 * NAME_OCTETS + 1];
    random_hex(name, NAME_OCTETS);
    blob->path = xasprintf("%s/tmp-%s", blob->directory, name);
    blob->fd = open(blob->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (blob->fd >= 0)
        return true;
    fail(blob);
    free(blob->path);
    blob->path = NULL;
    return false;
}

/* So that blob_keep finds most of it written already. */
static void write_back(struct blob *blob)
{
    if (blob->written - blob->begun < WRITE_BACK)
        return;
    sync_file_range(blob->fd, (off_t)blob->begun,
                    (off_t)(blob->written - blob->begun),
                    SYNC_FILE_RANGE_WRITE);
    blob->begun = blob->written;
}

static void write_all(struct blob *blob, struct slice octets)
{
    struct slice held = {octets.p, 0};
    while (octets.n && !blob->fault) {
        size_t most = octets.n < WRITE_BYTES ? octets.n : WRITE_BYTES;
        ssize_t n = write(blob->fd, octets.p, most);
        if (n > 0) {
            octets = slice_from(octets, (size_t)n);
            blob->written += (size_t)n;
            mapped_pass(&held, octets.p);
            write_back(blob);
        } else if (n == 0) {
            errno = ENOSPC;
            fail(blob);
        } else if (errno != EINTR) {
            fail(blob);
        }
    }
}

static void flush(struct blob *blob)
{
    write_all(blob, buf_slice(&blob->tail));
    buf_reset(&blob->tail);
}

void blob_put(struct blob *blob, struct slice octets)
{
    if (blob->fault)
        return;
    size_t held = buf_slice(&blob->tail).n;
    size_t most = blob->fd >= 0 ? TAIL_BYTES : BLOB_MEMORY_BYTES;
    if (!blob->directory || octets.n <= most - held) {
        buf_put(&blob->tail, octets);
        return;
    }
    if (blob->fd < 0) {
        if (!open_file(blob))
            return;
        flush(blob);
        buf_release(&blob->tail); /* of memory's size */
    } else {
        flush(blob);
    }
    if (octets.n < TAIL_BYTES)
        buf_put(&blob->tail, octets);
    else
        write_all(blob, octets);
}

void blob_puts(struct blob *blob, const char *text)
{
    blob_put(blob, slice_of(text));
}

void blob_printf(struct blob *blob, const char *fmt, ...)
{
    char *text;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        BUG("format %s", fmt);
    va_end(args);
    blob_puts(blob, text);
    free(text);
}

size_t blob_bytes(const struct blob *blob)
{
    return blob->written + buf_slice(&blob->tail).n;
}

bool blob_is_file(const struct blob *blob)
{
    return blob->fd >= 0 || blob->written > 0;
}

bool blob_has_failed(const struct blob *blob)
{
    return blob->fault != 0;
}

bool blob_has_room(const char *directory, unsigned long long bytes)
{
    struct statvfs disk;
    return statvfs(directory, &disk) != 0 ||
           bytes / disk.f_frsize <= disk.f_bavail;
}

bool blob_is_full(const struct blob *blob)
{
    return blob->fault == ENOSPC || blob->fault == EDQUOT ||
           blob->fault == EFBIG;
}

static enum status faulted(const struct blob *blob, struct err *err)
{
    return err_set(err, ST_TEMP, "%s: %s", blob->directory,
                   strerror(blob->fault));
}

enum status blob_slice(struct blob *blob, struct slice *out, struct err *err)
{
    *out = SLICE_LITERAL("");
    if (!blob_is_file(blob) && !blob->fault) {
        *out = buf_slice(&blob->tail);
        return ST_OK;
    }
    flush(blob);
    if (blob->fault)
        return faulted(blob, err);
    if (blob->map.n != blob->written) {
        mapped_destroy(&blob->map);
        enum status status =
            mapped_create(blob->fd, blob->written, &blob->map, err);
        if (status != ST_OK) {
            blob->fault = EIO;
            return err_wrap(err, "%s", blob->directory);
        }
    }
    *out = blob->map;
    return ST_OK;
}

static bool sync_folder(const struct blob *blob)
{
    int fd = open(blob->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return ok;
}

enum status blob_keep(struct blob *blob, const char *name, struct err *err)
{
    if (blob->fd < 0 && !blob->fault)
        BUG("%s is in memory", name);
    flush(blob);
    if (blob->fault)
        return faulted(blob, err);
    char *path = xasprintf("%s/%s", blob->directory, name);
    if (fdatasync(blob->fd) != 0 || rename(blob->path, path) != 0)
        fail(blob);
    if (!blob->fault && sync_folder(blob)) {
        free(blob->path);
        blob->path = NULL; /* nobody removes it */
        free(path);
        return ST_OK;
    }
    fail(blob);
    unlink(path);
    free(path);
    return faulted(blob, err);
}

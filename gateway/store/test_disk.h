/* test_disk - for tests: a disk that loses power. SQLite's files are watched:
 * what a file was at its last sync is its durable image, and what a power
 * failure would leave is a folder made of these images alone. Writes can be
 * made to fail as well.
 *
 * The usual VFS does all the work; only xOpen, xSync and xWrite are ours. */
#ifndef STORE_TEST_DISK_H
#define STORE_TEST_DISK_H

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum { TEST_DISK_FILES = 8 };

struct test_disk_image {
    char name[64]; /* in the folder */
    char *octets;
    size_t n;
};

/* What a power failure at this moment would leave. */
struct test_disk_images {
    struct test_disk_image files[TEST_DISK_FILES];
    size_t count;
};

static struct {
    sqlite3_vfs vfs, *usual;
    struct test_disk_file {
        sqlite3_file *file; /* NULL: free */
        const sqlite3_io_methods *methods;
        sqlite3_io_methods hooked;
        char path[256];
    } open[TEST_DISK_FILES];
    struct test_disk_images images;
    unsigned log_syncs;        /* of the write-ahead log */
    int write_fault;           /* SQLITE_OK: none */
    void (*on_log_sync)(void); /* may be NULL */
} test_disk;

static inline struct test_disk_image *test_disk_find(const char *path)
{
    struct test_disk_images *all = &test_disk.images;
    const char *name = strrchr(path, '/') + 1;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->files[i].name, name) == 0)
            return &all->files[i];
    if (all->count == TEST_DISK_FILES)
        BUG("files");
    struct test_disk_image *image = &all->files[all->count++];
    *image = (struct test_disk_image){.octets = NULL};
    snprintf(image->name, sizeof image->name, "%s", name);
    return image;
}

static inline void test_disk_take(const char *path)
{
    struct test_disk_image *image = test_disk_find(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    if (fd < 0 || size < 0)
        BUG("%s", path);
    free(image->octets);
    image->octets = xmalloc((size_t)size);
    image->n = (size_t)size;
    if (pread(fd, image->octets, image->n, 0) != size)
        BUG("%s", path);
    close(fd);
}

static inline struct test_disk_file *test_disk_file(const sqlite3_file *file)
{
    for (size_t i = 0; i < TEST_DISK_FILES; i++)
        if (test_disk.open[i].file == file)
            return &test_disk.open[i];
    BUG("a file of another disk");
}

static inline int test_disk_sync(sqlite3_file *sql, int flags)
{
    const struct test_disk_file *file = test_disk_file(sql);
    int code = file->methods->xSync(sql, flags);
    bool is_log = strstr(file->path, "-wal") != NULL;
    if (code != SQLITE_OK)
        return code;
    test_disk_take(file->path);
    test_disk.log_syncs += is_log;
    if (is_log && test_disk.on_log_sync)
        test_disk.on_log_sync();
    return code;
}

static inline int test_disk_write(sqlite3_file *sql, const void *octets, int n,
                                  sqlite3_int64 at)
{
    if (test_disk.write_fault != SQLITE_OK)
        return test_disk.write_fault;
    return test_disk_file(sql)->methods->xWrite(sql, octets, n, at);
}

static inline int test_disk_close(sqlite3_file *sql)
{
    struct test_disk_file *file = test_disk_file(sql);
    file->file = NULL;
    return file->methods->xClose(sql);
}

static inline int test_disk_open(sqlite3_vfs *vfs, const char *name,
                                 sqlite3_file *sql, int flags, int *out_flags)
{
    (void)vfs;
    int code =
        test_disk.usual->xOpen(test_disk.usual, name, sql, flags, out_flags);
    if (code != SQLITE_OK || !name)
        return code;
    struct test_disk_file *file = test_disk_file(NULL); /* a free one */
    file->file = sql;
    file->methods = sql->pMethods;
    file->hooked = *sql->pMethods;
    file->hooked.xSync = test_disk_sync;
    file->hooked.xWrite = test_disk_write;
    file->hooked.xClose = test_disk_close;
    sql->pMethods = &file->hooked;
    snprintf(file->path, sizeof file->path, "%s", name);
    return code;
}

/* The journal of the time before the write-ahead log. */
static inline int test_disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct test_disk_images *all = &test_disk.images;
    struct test_disk_image *image = test_disk_find(name);
    (void)vfs;
    free(image->octets);
    *image = all->files[--all->count];
    return test_disk.usual->xDelete(test_disk.usual, name, sync);
}

/* From now on every database is on this disk. */
static inline void test_disk_install(void)
{
    test_disk.usual = sqlite3_vfs_find(NULL);
    test_disk.vfs = *test_disk.usual;
    test_disk.vfs.zName = "test-disk";
    test_disk.vfs.xOpen = test_disk_open;
    test_disk.vfs.xDelete = test_disk_delete;
    sqlite3_vfs_register(&test_disk.vfs, 1);
}

static inline void test_disk_forget(struct test_disk_images *images)
{
    for (size_t i = 0; i < images->count; i++)
        free(images->files[i].octets);
    *images = (struct test_disk_images){.count = 0};
}

static inline void test_disk_reset(void)
{
    test_disk_forget(&test_disk.images);
    test_disk.log_syncs = 0;
    test_disk.write_fault = SQLITE_OK;
    test_disk.on_log_sync = NULL;
}

/* On the thread that owns the database, or while it rests. */
static inline struct test_disk_images test_disk_copy(void)
{
    struct test_disk_images copy = test_disk.images;
    for (size_t i = 0; i < copy.count; i++) {
        struct test_disk_image *image = &copy.files[i];
        char *octets = xmalloc(image->n);
        memcpy(octets, image->octets, image->n);
        image->octets = octets;
    }
    return copy;
}

/* The files as the power failure left them, into an empty folder. */
static inline void test_disk_put(const struct test_disk_images *images,
                                 const char *folder)
{
    for (size_t i = 0; i < images->count; i++) {
        const struct test_disk_image *image = &images->files[i];
        char *path = xasprintf("%s/%s", folder, image->name);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, image->octets, image->n) != (ssize_t)image->n)
            BUG("%s", path);
        close(fd);
        free(path);
    }
}

#endif

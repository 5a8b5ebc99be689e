/* test_failing - for tests: a disk of which one call fails, and that loses
 * power afterwards. What a power failure leaves is what syncs brought to the
 * disk, sector by sector; a sync that failed drops what it should have written,
 * and a later one that succeeds does not bring it back, as Linux does it.
 *
 * The usual VFS does the work; SQLite's files of one folder alone. */
#ifndef STORE_TEST_FAILING_H
#define STORE_TEST_FAILING_H

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum { TEST_FAILING_FILES = 6, TEST_FAILING_SECTOR = 512 };

enum test_failing_kind {
    FAILING_NOTHING,
    FAILING_ERROR, /* the call does nothing, and says so */
    FAILING_TORN,  /* a write, of which half arrives */
    FAILING_FULL,  /* a write without room */
    FAILING_COUNT
};

/* One file by its name: open or not, it has its octets on the disk. */
struct test_failing_file {
    char name[64], path[256];
    sqlite3_file *sql; /* NULL: not open */
    const sqlite3_io_methods *methods;
    sqlite3_io_methods hooked;
    char *disk;
    size_t disk_bytes;
    unsigned char *dirty; /* a sector each */
    size_t dirty_count;
};

static struct {
    sqlite3_vfs vfs, *usual;
    struct test_failing_file files[TEST_FAILING_FILES];
    size_t count;
    unsigned calls, fails_at; /* 0: none */
    bool is_lasting;          /* and every one behind it */
    enum test_failing_kind kind;
    unsigned failed;
} failing;

static inline bool failing_now(void)
{
    failing.calls++;
    bool now = failing.kind != FAILING_NOTHING &&
               (failing.is_lasting ? failing.calls >= failing.fails_at
                                   : failing.calls == failing.fails_at);
    failing.failed += now;
    return now;
}

static inline struct test_failing_file *failing_find(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    for (size_t i = 0; i < failing.count; i++)
        if (strcmp(failing.files[i].name, name) == 0)
            return &failing.files[i];
    if (failing.count == TEST_FAILING_FILES)
        BUG("files");
    struct test_failing_file *file = &failing.files[failing.count++];
    *file = (struct test_failing_file){.disk = NULL};
    snprintf(file->name, sizeof file->name, "%s", name);
    return file;
}

static inline struct test_failing_file *failing_file(const sqlite3_file *sql)
{
    for (size_t i = 0; i < failing.count; i++)
        if (failing.files[i].sql == sql)
            return &failing.files[i];
    BUG("a file of another disk");
}

static inline void failing_mark(struct test_failing_file *file,
                                sqlite3_int64 at, int n)
{
    size_t end =
        (size_t)(at + n + TEST_FAILING_SECTOR - 1) / TEST_FAILING_SECTOR;
    if (end > file->dirty_count) {
        file->dirty = xrealloc(file->dirty, end);
        memset(file->dirty + file->dirty_count, 0, end - file->dirty_count);
        file->dirty_count = end;
    }
    for (size_t i = (size_t)at / TEST_FAILING_SECTOR; i < end; i++)
        file->dirty[i] = 1;
}

static inline void failing_bring(struct test_failing_file *file)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    if (fd < 0 || size < 0)
        BUG("%s", file->path);
    size_t n = (size_t)size;
    file->disk = xrealloc(file->disk, n ? n : 1);
    if (n > file->disk_bytes)
        memset(file->disk + file->disk_bytes, 0, n - file->disk_bytes);
    file->disk_bytes = n;
    for (size_t i = 0; i < file->dirty_count; i++) {
        size_t at = i * TEST_FAILING_SECTOR;
        size_t most = at < n ? n - at : 0;
        if (most > TEST_FAILING_SECTOR)
            most = TEST_FAILING_SECTOR;
        if (file->dirty[i] && most &&
            pread(fd, file->disk + at, most, (off_t)at) != (ssize_t)most)
            BUG("%s", file->path);
    }
    close(fd);
}

static inline void failing_clean(struct test_failing_file *file)
{
    for (size_t i = 0; i < file->dirty_count; i++)
        file->dirty[i] = 0;
}

static inline int failing_sync(sqlite3_file *sql, int flags)
{
    (void)flags;
    struct test_failing_file *file = failing_file(sql);
    bool fails = failing_now();
    if (!fails)
        failing_bring(file);
    failing_clean(file);
    return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static inline int failing_write(sqlite3_file *sql, const void *octets, int n,
                                sqlite3_int64 at)
{
    struct test_failing_file *file = failing_file(sql);
    bool fails = failing_now();
    if (fails && failing.kind != FAILING_TORN)
        return failing.kind == FAILING_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    int most = fails ? n / 2 : n;
    failing_mark(file, at, most);
    int code = file->methods->xWrite(sql, octets, most, at);
    return fails ? SQLITE_IOERR_WRITE : code;
}

static inline int failing_read(sqlite3_file *sql, void *octets, int n,
                               sqlite3_int64 at)
{
    if (failing_now())
        return SQLITE_IOERR_READ;
    return failing_file(sql)->methods->xRead(sql, octets, n, at);
}

static inline int failing_truncate(sqlite3_file *sql, sqlite3_int64 size)
{
    if (failing_now())
        return SQLITE_IOERR_TRUNCATE;
    return failing_file(sql)->methods->xTruncate(sql, size);
}

static inline int failing_close(sqlite3_file *sql)
{
    struct test_failing_file *file = failing_file(sql);
    file->sql = NULL;
    return file->methods->xClose(sql);
}

static inline int failing_open(sqlite3_vfs *vfs, const char *name,
                               sqlite3_file *sql, int flags, int *out_flags)
{
    (void)vfs;
    if (!name)
        return failing.usual->xOpen(failing.usual, name, sql, flags, out_flags);
    sql->pMethods = NULL;
    if (failing_now())
        return SQLITE_CANTOPEN;
    int code = failing.usual->xOpen(failing.usual, name, sql, flags, out_flags);
    if (code != SQLITE_OK)
        return code;
    struct test_failing_file *file = failing_find(name);
    snprintf(file->path, sizeof file->path, "%s", name);
    file->sql = sql;
    file->methods = sql->pMethods;
    file->hooked = *sql->pMethods;
    file->hooked.xSync = failing_sync;
    file->hooked.xWrite = failing_write;
    file->hooked.xRead = failing_read;
    file->hooked.xTruncate = failing_truncate;
    file->hooked.xClose = failing_close;
    sql->pMethods = &file->hooked;
    return SQLITE_OK;
}

static inline int failing_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    if (failing_now())
        return SQLITE_IOERR_DELETE;
    struct test_failing_file *file = failing_find(name);
    free(file->disk);
    file->disk = NULL;
    file->disk_bytes = 0;
    failing_clean(file);
    return failing.usual->xDelete(failing.usual, name, sync);
}

/* From now on every database is on this disk. */
static inline void failing_install(void)
{
    failing.usual = sqlite3_vfs_find(NULL);
    failing.vfs = *failing.usual;
    failing.vfs.zName = "test-failing";
    failing.vfs.xOpen = failing_open;
    failing.vfs.xDelete = failing_delete;
    sqlite3_vfs_register(&failing.vfs, 1);
}

/* The disk is whole again. */
static inline void failing_heal(void)
{
    failing.kind = FAILING_NOTHING;
}

/* Another disk, empty; nothing is open. */
static inline void failing_reset(void)
{
    for (size_t i = 0; i < failing.count; i++) {
        free(failing.files[i].disk);
        free(failing.files[i].dirty);
    }
    failing.count = failing.calls = failing.failed = 0;
    failing_heal();
}

/* What a power failure leaves of SQLite's files, into an empty folder. */
static inline void failing_cut_power(const char *folder)
{
    for (size_t i = 0; i < failing.count; i++) {
        const struct test_failing_file *file = &failing.files[i];
        if (!file->disk || !strncmp(file->name, "spool", 5))
            continue;
        char *path = xasprintf("%s/%s", folder, file->name);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, file->disk, file->disk_bytes) !=
                          (ssize_t)file->disk_bytes)
            BUG("%s", path);
        close(fd);
        free(path);
    }
}

#endif

#include "app/organizations_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/organizations_text.h"

void file_stamp_take(const char *path, struct file_stamp *out)
{
    struct stat st;
    memset(out, 0, sizeof *out);
    if (stat(path, &st) != 0)
        return;
    *out = (struct file_stamp){.device = st.st_dev,
                               .inode = st.st_ino,
                               .bytes = (uint64_t)st.st_size,
                               .changed_s = st.st_ctim.tv_sec,
                               .changed_ns = st.st_ctim.tv_nsec};
}

bool file_stamp_is(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode &&
           a->bytes == b->bytes && a->changed_s == b->changed_s &&
           a->changed_ns == b->changed_ns;
}

bool organizations_file_load(struct arena *arena, const struct config *config,
                             struct faults *faults, struct config_list *out)
{
    *out = (struct config_list){0};
    if (access(config->directory, F_OK) != 0 && errno == ENOENT)
        return true;
    return config_organizations_load(arena, faults, config, out);
}

/* owner: caller */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? xasprintf("%.*s", (int)(slash - path + 1), path)
                 : xstrdup(".");
}

/* A command of root's beside a gateway that is not: the gateway must be able to
 * read what it made. */
static bool hand_over(int fd, const char *path)
{
    struct stat st;
    if (geteuid() != 0)
        return true;
    char *folder = folder_of(path);
    bool is_good =
        stat(folder, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0;
    free(folder);
    return is_good;
}

/* The first command may come before the gateway ever ran: the state folder, and
 * no more, is made. */
static void make_folder(const char *path)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = '\0';
        (void)mkdir(folder, 0700); /* open says what is wrong */
    }
    free(folder);
}

enum status organizations_file_lock(const char *path, int *out, struct err *err)
{
    make_folder(path);
    char *lock = xasprintf("%s.lock", path);
    enum status status = ST_OK;
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int code;
    do
        code = fd < 0 || !hand_over(fd, path) ? -1 : flock(fd, LOCK_EX);
    while (code != 0 && errno == EINTR);
    if (code != 0) {
        status = err_set(err, ST_TEMP, "%s: %s", lock, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    free(lock);
    *out = fd;
    return status;
}

static bool write_all(int fd, struct slice octets)
{
    while (octets.n) {
        ssize_t n = write(fd, octets.p, octets.n);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            octets = slice_from(octets, (size_t)n);
    }
    return true;
}

static bool sync_folder_of(const char *path)
{
    char *folder = folder_of(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    free(folder);
    return is_synced;
}

static enum status write_fresh(const char *fresh, struct slice text,
                               struct err *err)
{
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                  0600);
    enum status status = ST_OK;
    if (fd < 0 || !hand_over(fd, fresh) || !write_all(fd, text) ||
        fsync(fd) != 0)
        status = err_set(err, ST_TEMP, "%s: %s", fresh, strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

/* As the gateway will read it. */
static enum status check_fresh(const char *fresh, const struct config *config,
                               struct err *err)
{
    struct arena *arena = arena_create();
    struct config_list list;
    struct faults faults;
    enum status status = ST_OK;
    faults_init(&faults, fresh);
    if (!config_organizations_load(arena, &faults, config, &list)) {
        struct slice first = buf_slice(&faults.text);
        first.n = slice_find(first, '\n');
        const char *text = strstr(arena_text(arena, first), ": ");
        status = err_set(err, ST_INVAL, "%s", text ? text + 2 : "not good");
    }
    faults_release(&faults);
    arena_destroy(&arena);
    return status;
}

static char *fresh_path(const struct config *config)
{
    return xasprintf("%s.new", config->directory);
}

void organizations_file_drop(const struct config *config)
{
    char *fresh = fresh_path(config);
    unlink(fresh);
    free(fresh);
}

enum status organizations_file_prepare(const struct config *config,
                                       const struct config_list *organizations,
                                       struct err *err)
{
    struct buf text;
    char *fresh = fresh_path(config);
    organizations_text(&text, organizations);
    enum status status = write_fresh(fresh, buf_slice(&text), err);
    if (status == ST_OK)
        status = check_fresh(fresh, config, err);
    if (status != ST_OK)
        organizations_file_drop(config);
    buf_release(&text);
    free(fresh);
    return status;
}

enum status organizations_file_replace(const struct config *config,
                                       struct err *err)
{
    const char *path = config->directory;
    char *fresh = fresh_path(config);
    enum status status = ST_OK;
    if (rename(fresh, path) != 0 || !sync_folder_of(path))
        status = err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
    unlink(fresh);
    free(fresh);
    return status;
}

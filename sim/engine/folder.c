#include "engine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"

static const unsigned long long room_bytes = 128ULL << 20;

static bool has_room(const char *path)
{
    struct statvfs fs;
    return statvfs(path, &fs) == 0 && access(path, W_OK | X_OK) == 0 &&
           (unsigned long long)fs.f_bavail * fs.f_frsize >= room_bytes;
}

static const char *usual_root(void)
{
    return has_room("/dev/shm") ? "/dev/shm" : "/tmp";
}

void folder_sweep(const char *root, const char *name)
{
    glob_t found;
    char *pattern =
        xasprintf("%s/lasthop-%s-*", root ? root : usual_root(), name);
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            folder_remove(found.gl_pathv[i]);
    globfree(&found);
    free(pattern);
}

enum status folder_create(const char *root, const char *name, char **out,
                          struct err *err)
{
    *out = xasprintf("%s/lasthop-%s-XXXXXX", root ? root : usual_root(), name);
    if (mkdtemp(*out))
        return ST_OK;
    err_set(err, ST_TEMP, "%s: %s", *out, strerror(errno));
    free(*out);
    *out = NULL;
    return ST_TEMP;
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    return remove(path) != 0 && errno != ENOENT ? -1 : 0;
}

void folder_remove(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 &&
        errno != ENOENT)
        fprintf(stderr, "%s cannot be removed: %s\n", path, strerror(errno));
}

static bool write_all(int fd, struct slice octets)
{
    while (octets.n) {
        ssize_t n = write(fd, octets.p, octets.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        octets = slice_from(octets, (size_t)n);
    }
    return true;
}

enum status folder_write(const char *path, struct slice octets, struct err *err)
{
    char *new = xasprintf("%s.new", path);
    int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_all(fd, octets);
    if (fd >= 0)
        close(fd);
    good = good && rename(new, path) == 0;
    free(new);
    return good ? ST_OK
                : err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
}

void folder_tail(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "re");
    size_t n = 0;
    if (f && fseek(f, 0, SEEK_END) == 0) {
        long size = ftell(f);
        if (fseek(f, size >= (long)cap ? size - (long)cap + 1 : 0, SEEK_SET) ==
            0)
            n = fread(out, 1, cap - 1, f);
    }
    if (f)
        fclose(f);
    out[n] = '\0';
}

size_t folder_lines(struct arena *arena, const char *path, const char *begin,
                    const char **lines, size_t most)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0, count = 0;
    ssize_t n;
    while (f && count < most && (n = getline(&line, &room, f)) > 0) {
        if (strncmp(line, begin, strlen(begin)) != 0)
            continue;
        size_t end = line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n;
        lines[count++] = arena_text(arena, (struct slice){line, end});
    }
    free(line);
    if (f)
        fclose(f);
    return count;
}

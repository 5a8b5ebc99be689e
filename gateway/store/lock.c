#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"

enum { ID_BYTES = 9 };

enum status lock_take(const char *directory, int *fd_out, struct err *err)
{
    char *path = xasprintf("%s/lock", directory);
    enum status status = ST_OK;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        status = err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK
                     ? err_set(err, ST_TEMP,
                               "%s: another gateway runs on this folder", path)
                     : err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
        close(fd);
        fd = -1;
    }
    *fd_out = fd;
    free(path);
    return status;
}

uint32_t lock_read(int fd)
{
    char text[ID_BYTES + 1] = "";
    if (pread(fd, text, ID_BYTES, 0) != ID_BYTES ||
        strspn(text, "0123456789abcdef") != ID_BYTES - 1)
        return 0;
    return (uint32_t)strtoul(text, NULL, 16);
}

enum status lock_write(int fd, uint32_t id, struct err *err)
{
    char text[ID_BYTES + 1];
    snprintf(text, sizeof text, "%08x\n", (unsigned)id);
    if (pwrite(fd, text, ID_BYTES, 0) != ID_BYTES || fsync(fd) != 0)
        return err_set(err, ST_TEMP, "lock: %s", strerror(errno));
    return ST_OK;
}

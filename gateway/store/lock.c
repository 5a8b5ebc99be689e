#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"

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

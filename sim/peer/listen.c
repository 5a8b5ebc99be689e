#include "peer/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static bool bind_to(int fd, struct sockaddr_in *at)
{
    int on = 1;
    socklen_t n = sizeof *at;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return bind(fd, (struct sockaddr *)at, sizeof *at) == 0 &&
           listen(fd, BACKLOG) == 0 &&
           getsockname(fd, (struct sockaddr *)at, &n) == 0;
}

enum status listen_open(const char *address, uint16_t *port, int *fd_out,
                        struct err *err)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *fd_out = -1;
    if (fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1 ||
        !bind_to(fd, &at)) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return err_set(err, ST_TEMP, "cannot listen on %s:%u: %s", address,
                       *port, strerror(error));
    }
    *port = ntohs(at.sin_port);
    *fd_out = fd;
    return ST_OK;
}

int listen_take(int fd)
{
    return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

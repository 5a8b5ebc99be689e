#include "app/admin_queue.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/admin_read.h"
#include "base/clock.h"
#include "store/release.h"

enum { ANSWER_S = 10, ANSWER_BYTES = 64, LINE_BYTES = 200 };

/* What the gateway that runs answers; false: none runs, or it has no socket. */
static bool ask(const char *path, const char *message, char *answer)
{
    static const struct timeval limit = {.tv_sec = ANSWER_S};
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    char line[LINE_BYTES];
    if (!path || strlen(path) >= sizeof to.sun_path)
        return false;
    memcpy(to.sun_path, path, strlen(path));
    int n = snprintf(line, sizeof line, "release %s\n", message);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t got = -1;
    if (fd >= 0 && (size_t)n < sizeof line &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
        send(fd, line, (size_t)n, MSG_NOSIGNAL) == n)
        got = recv(fd, answer, ANSWER_BYTES - 1, 0);
    if (fd >= 0)
        close(fd);
    answer[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static bool is(const char *answer, const char *word)
{
    struct slice rest = slice_of(answer);
    return slice_is(slice_word(&rest), word);
}

int admin_queue_release(struct admin *admin)
{
    struct err err;
    char answer[ANSWER_BYTES];
    const char *message = admin->args[1];
    const struct config *config = admin->config;
    enum status status;
    if (!ask(config->control, message, answer))
        status = store_release_at_rest(config->state, message, clock_wall_ms(),
                                       &err);
    else if (is(answer, "released"))
        return ADMIN_DONE;
    else
        status = is(answer, "nothing")
                     ? err_set(&err, ST_NONE,
                               "nothing of message `%s` is set aside", message)
                     : err_set(&err, ST_TEMP, "the gateway could not do it: %s",
                               answer);
    if (status == ST_NONE)
        return admin_refuse("%s", err.text);
    return status == ST_OK ? ADMIN_DONE : admin_unreadable(&err);
}

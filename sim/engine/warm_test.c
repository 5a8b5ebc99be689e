/* sim/warm, preloaded into this very program as its target: what its main() is
 * given by each fork, and what is answered. */
#include "engine/warm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 60000, TARGET_EXIT = 7 };

static struct {
    struct arena *arena;
    pid_t pid;
    int socket, journal[2];
} w;

/* What main() does as the target: it tells of itself, and ends. */
static int be_target(int argc, char **argv)
{
    char dir[PATH_MAX];
    const char *home = getenv("HOME");
    bool ok = argc == 3 && strcmp(argv[2], "gateway.yaml") == 0 &&
              getcwd(dir, sizeof dir) && !getenv("LD_PRELOAD") &&
              !getenv(WARM_VARIABLE) && getpgrp() == getpid() &&
              fcntl(WARM_SOCKET_FD, F_GETFD) < 0;
    dprintf(WARM_JOURNAL_FD, "%s %s", dir, home ? home : "-");
    dprintf(1, "a line\n");
    return ok ? TARGET_EXIT : 1;
}

static struct warm_answer answer(void)
{
    struct warm_answer a = {0, 0};
    struct pollfd ready = {.fd = w.socket, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, LIMIT_MS), 1);
    assert_int_equal(recv(w.socket, &a, sizeof a, 0), sizeof a);
    return a;
}

static struct warm_answer ask(const struct warm_request *request,
                              const int *fds)
{
    char control[CMSG_SPACE(2 * sizeof(int))] = {0};
    struct iovec octets = {.iov_base = arena_alloc(w.arena, sizeof *request),
                           .iov_len = sizeof *request};
    struct msghdr message = {.msg_iov = &octets, .msg_iovlen = 1};
    memcpy(octets.iov_base, request, sizeof *request);
    if (fds) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
    }
    assert_int_equal(sendmsg(w.socket, &message, MSG_NOSIGNAL),
                     sizeof *request);
    return answer();
}

static int begin(void **state)
{
    (void)state;
    char self[PATH_MAX], copy[PATH_MAX];
    int ends[2];
    struct err err;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    memcpy(copy, self, (size_t)n + 1);
    w.arena = arena_create();
    assert_int_equal(pipe2(w.journal, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    struct spawn_settings settings = {
        .program = self,
        .dir = "/tmp",
        .log = "/dev/null",
        .clock_file = "/tmp/none",
        .journal = w.journal[1],
        .library = arena_printf(w.arena, "%s/../bin/liblasthop-warm.so",
                                dirname(copy)),
        .socket = ends[1]};
    assert_int_equal(spawn_gateway(w.arena, &settings, &w.pid, &err), ST_OK);
    close(ends[1]);
    w.socket = ends[0];
    assert_int_equal(answer().code, w.pid); /* ready */
    return 0;
}

/* It ends with its socket. */
static int end(void **state)
{
    (void)state;
    int status;
    close(w.socket);
    assert_int_equal(waitpid(w.pid, &status, 0), w.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(w.journal[0]);
    close(w.journal[1]);
    arena_destroy(&w.arena);
    return 0;
}

#define NUL "\0"

static void test_warm_start_and_wait_for_each_row(void **state)
{
    (void)state;
    static const struct {
        const char *text; /* folder, then NAME=VALUE */
        unsigned octets;
        bool has_fds;
        int exit;
        const char *journal;
    } rows[] = {
        {"/tmp" NUL "HOME=/a", 13, true, TARGET_EXIT, "/tmp /a"},
        {"/" NUL "HOME=/b", 10, true, TARGET_EXIT, "/ /b"},
        {"/tmp/none/there", 16, true, 126, ""},
        {"/", 2, false, 126, ""},
        {"/" NUL "X=1" NUL "HOME=/c", 14, true, TARGET_EXIT, "/ /c"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char told[2 * PATH_MAX] = "", line[16] = "";
        int out[2];
        assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
        const int fds[] = {out[1], w.journal[1]};
        struct warm_request request = {.text_bytes = rows[i].octets};
        memcpy(request.text, rows[i].text, rows[i].octets);
        pid_t pid = ask(&request, rows[i].has_fds ? fds : NULL).code;
        assert_true(pid > 0 && pid != w.pid);
        request = (struct warm_request){.wait = pid};
        int status = ask(&request, NULL).code;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != rows[i].exit)
            fail_msg("row %zu: status %d", i, status);
        (void)!read(w.journal[0], told, sizeof told - 1);
        (void)!read(out[0], line, sizeof line - 1);
        assert_string_equal(told, rows[i].journal);
        assert_string_equal(line, *told ? "a line\n" : "");
        close(out[0]);
        close(out[1]);
    }
}

static void test_warm_wait_for_a_stranger_says_why(void **state)
{
    (void)state;
    struct warm_request request = {.wait = getpid()};
    struct warm_answer a = ask(&request, NULL);
    assert_int_equal(a.code, -1);
    assert_int_equal(a.error, ECHILD);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(int argc, char **argv)
{
#ifdef __SANITIZE_ADDRESS__
    return 0; /* the sanitizer wants to be first: there is no warm process */
#endif
    if (argc > 1 && strcmp(argv[1], "--config") == 0)
        return be_target(argc, argv);
    const struct CMUnitTest tests[] = {
        TEST(test_warm_start_and_wait_for_each_row),
        TEST(test_warm_wait_for_a_stranger_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A process without descriptors to spare (CONN-10). */
#include "net/test_end.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum { CALLERS = 40, SPARE = 24 };

struct hall {
    struct conn *conns[CALLERS];
    size_t count;
};

static void on_accept(struct conn *conn, void *ctx)
{
    struct hall *hall = ctx;
    hall->conns[hall->count++] = conn;
}

static int call(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void turn(struct loop *loop, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        loop_run_once(loop, 0);
}

static void test_listener_keeps_descriptors_for_others(void **state)
{
    struct loop *loop = loop_create();
    struct hall hall = {.count = 0};
    struct listener *listener;
    struct err err;
    struct rlimit before, few;
    int callers[CALLERS];
    (void)state;
    assert_int_equal(
        listener_create(loop,
                        &(struct listener_settings){.address = "127.0.0.1"},
                        on_accept, &hall, &listener, &err),
        ST_OK);
    for (size_t i = 0; i < CALLERS; i++)
        callers[i] = call(listener_port(listener));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)callers[CALLERS - 1] + 1 + SPARE;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    unsigned long told = log_warning_count();
    turn(loop, 200);
    size_t served = hall.count;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_true(served > 0 && served < SPARE);
    assert_true(file >= 0);
    assert_int_equal(log_warning_count(), told + 1);
    close(file);
    /* Those who waited are served once there is room. */
    for (int i = 0; i < 200 && hall.count == served; i++)
        loop_run_once(loop, 20);
    assert_true(hall.count > served);
    assert_int_equal(log_warning_count(), told + 1);
    for (size_t i = 0; i < CALLERS; i++)
        close(callers[i]);
    for (size_t i = 0; i < hall.count; i++)
        conn_abort(&hall.conns[i]);
    listener_destroy(&listener);
    end_wait_none(loop);
    loop_destroy(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listener_keeps_descriptors_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whose session it is, in a network of our own: there a host may have as many
 * addresses as he likes (CONN-10). */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/service.h"

enum { WAIT_MS = 10000, CALLS = 8 };

/* linux/ipv6.h, which does not go with netinet/in.h */
struct address_request {
    struct in6_addr address;
    uint32_t prefix_bits;
    int interface;
};

static bool add_address(const char *text)
{
    struct address_request request = {.prefix_bits = 64,
                                      .interface = (int)if_nametoindex("lo")};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_added = fd >= 0 &&
                    inet_pton(AF_INET6, text, &request.address) == 1 &&
                    ioctl(fd, SIOCSIFADDR, &request) == 0;
    if (fd >= 0)
        close(fd);
    return is_added;
}

/* The kernel takes it up on a thread of its own. */
static bool is_there(const char *text)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = false;
    inet_pton(AF_INET6, text, &at.sin6_addr);
    for (int i = 0; i < 1000 && !is_bound; i++) {
        is_bound = bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
        (void)poll(NULL, 0, is_bound ? 0 : 10);
    }
    close(fd);
    return is_bound;
}

static bool own_network(void)
{
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0;
    if (fd >= 0)
        close(fd);
    return is_up && add_address("2001:db8:1:1::1") &&
           add_address("2001:db8:1:1::2") &&
           add_address("2001:db8:1:1:ffff::3") &&
           add_address("2001:db8:1:2::1") && is_there("2001:db8:1:1::1") &&
           is_there("2001:db8:1:1::2") && is_there("2001:db8:1:1:ffff::3") &&
           is_there("2001:db8:1:2::1");
}

static void on_refused(const struct service_client *c, enum server_stage stage,
                       const char *reply)
{
    (void)c;
    (void)stage;
    (void)reply;
}

static bool is_busy(const struct service_client *c)
{
    (void)c;
    return false;
}

static void on_gone(struct service_client *c)
{
    (void)c;
}

static const struct service_owner owner = {.client_bytes =
                                               sizeof(struct service_client),
                                           .refused = on_refused,
                                           .is_busy = is_busy,
                                           .gone = on_gone};

static void on_event(struct conn *conn, enum conn_event event, void *ctx)
{
    (void)conn;
    (void)event;
    (void)ctx;
}

/* The first three digits that he hears. */
static const char *greeting(struct loop *loop, const struct service *service,
                            const char *from, struct conn **conn)
{
    static char code[4];
    const struct conn_settings to = {.address = "2001:db8:1:2::1",
                                     .port = service_port(service),
                                     .bind_address = from};
    *conn = conn_connect(loop, &to, on_event, NULL);
    for (int i = 0; i < 200 && conn_input(*conn).n < 4; i++)
        loop_run_once(loop, 50);
    if (conn_input(*conn).n < 4)
        fail_msg("from %s: %s", from, conn_error(*conn));
    memcpy(code, conn_input(*conn).p, 3);
    return code;
}

static void test_addresses_of_a_64_are_one_client(void **state)
{
    static const char *const calls[][2] = {
        {"2001:db8:1:1::1", "220"},      {"2001:db8:1:1::2", "220"},
        {"2001:db8:1:1:ffff::3", "421"}, {"2001:db8:1:1::1", "421"},
        {"2001:db8:1:2::1", "220"},      {"2001:db8:1:2::1", "220"},
        {"2001:db8:1:2::1", "421"},
    };
    const struct config_endpoint at = {.address = "::"};
    const struct config_settings limits = {.idle_timeout_ms = WAIT_MS,
                                           .message_octets_per_s = 1000,
                                           .sessions_total = 100,
                                           .sessions_per_address = 2};
    struct conn *conns[CALLS] = {NULL};
    struct service *service;
    struct err err;
    (void)state;
    if (!own_network())
        skip();
    struct loop *loop = loop_create();
    const struct service_settings settings = {
        .area = "test",
        .loop = loop,
        .listen = &at,
        .limits = &limits,
        .session = {.host_name = "gateway.example", .is_open = true},
        .owner = &owner};
    if (service_create(&settings, &service, &err) != ST_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        assert_string_equal(greeting(loop, service, calls[i][0], &conns[i]),
                            calls[i][1]);
    for (size_t i = 0; i < CALLS; i++)
        if (conns[i])
            conn_abort(&conns[i]);
    service_destroy(&service);
    loop_destroy(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_of_a_64_are_one_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

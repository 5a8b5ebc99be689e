/* CONN-6: whoever floods the real gateway with connections, says nothing, half
 * a handshake, one line without end, octet by octet, or asks and never reads,
 * stands in nobody's way and costs no more memory than his connections may.
 * The abusers are a thread with sockets of its own. */
#include "engine/test_gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind {
    KIND_SILENT,
    KIND_HALF_HANDSHAKE,
    KIND_ENDLESS_LINE,
    KIND_DRIP,
    KIND_DEAF,
    KIND_COMES_AND_GOES,
    KIND_COUNT
};

enum {
#ifdef LASTHOP_COVERAGE /* a build that counts lines is no place for endurance \
                         */
    ABUSERS = 60,
#else
    ABUSERS = 300,
#endif
    FIRST_ADDRESS = 100, /* of the block; PER_ADDRESS connections each */
    PER_ADDRESS = 30,
    ROUND_MS = 5,
    MESSAGES = 3,
    LIMIT_MS = 60000,
#ifdef __SANITIZE_ADDRESS__
    ROOM_BYTES = 1024 * 1024 * 1024
#else
    ROOM_BYTES = 64 * 1024 * 1024
#endif
};

static const char world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: tls13\n";

struct abuser {
    int fd; /* -1: none */
    enum kind kind;
    unsigned rounds; /* of this connection */
};

struct siege {
    const struct engine *engine;
    pthread_t thread;
    struct abuser abusers[ABUSERS];
    atomic_bool is_over;
    int begun_fd;            /* readable once all have begun */
    atomic_uint connections; /* that were made */
    atomic_ulong octets;     /* that the gateway took */
};

static void leave(struct abuser *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
}

static struct sockaddr_in address_of(const char *text, unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, text, &to.sin_addr);
    return to;
}

static void come(struct siege *s, size_t i)
{
    char own[BLOCK_ADDRESS_BYTES];
    struct abuser *a = &s->abusers[i];
    block_address(&s->engine->block, FIRST_ADDRESS + (unsigned)i / PER_ADDRESS,
                  own);
    struct sockaddr_in from = address_of(own, 0);
    struct sockaddr_in to =
        address_of(s->engine->gateway_address, s->engine->block.port);
    a->rounds = 0;
    a->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(a->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        (connect(a->fd, (struct sockaddr *)&to, sizeof to) != 0 &&
         errno != EINPROGRESS))
        leave(a);
    else
        atomic_fetch_add(&s->connections, 1);
}

static void say(struct siege *s, const struct abuser *a, const char *octets,
                size_t n)
{
    ssize_t taken = send(a->fd, octets, n, MSG_NOSIGNAL);
    if (taken > 0)
        atomic_fetch_add(&s->octets, (unsigned long)taken);
}

/* One round of one abuser who can write. */
static void abuse(struct siege *s, struct abuser *a)
{
    static char line[1024], noops[6 * 170];
    if (!line[0])
        memset(line, 'a', sizeof line);
    for (size_t i = 0; i < sizeof noops && !noops[sizeof noops - 1]; i += 6)
        memcpy(noops + i, "NOOP\r\n", 6);
    unsigned round = a->rounds++;
    switch (a->kind) {
    case KIND_HALF_HANDSHAKE:
        if (round == 0)
            say(s, a, "STARTTLS\r\n", 10);
        if (round == 20)
            say(s, a, "\x16\x03\x01\x02", 4);
        break;
    case KIND_ENDLESS_LINE:
        say(s, a, line, sizeof line);
        break;
    case KIND_DRIP:
        say(s, a, "E", 1);
        break;
    case KIND_DEAF:
        say(s, a, noops, sizeof noops);
        break;
    case KIND_COMES_AND_GOES:
        leave(a);
        break;
    case KIND_SILENT:
    case KIND_COUNT:
        break;
    }
}

/* Those who listen at all throw away what they hear. */
static void hear(struct abuser *a)
{
    char octets[4096];
    ssize_t n =
        a->kind == KIND_DEAF ? 1 : recv(a->fd, octets, sizeof octets, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        leave(a);
}

static void round_of(struct siege *s)
{
    struct pollfd polled[ABUSERS];
    for (size_t i = 0; i < ABUSERS; i++) {
        if (s->abusers[i].fd < 0)
            come(s, i);
        polled[i] = (struct pollfd){.fd = s->abusers[i].fd, .events = POLLOUT};
    }
    (void)poll(polled, ABUSERS, 0);
    for (size_t i = 0; i < ABUSERS; i++) {
        struct abuser *a = &s->abusers[i];
        if (a->fd >= 0 && polled[i].revents & (POLLERR | POLLHUP))
            leave(a);
        if (a->fd >= 0 && polled[i].revents & POLLOUT)
            abuse(s, a);
        if (a->fd >= 0)
            hear(a);
    }
    (void)poll(NULL, 0, ROUND_MS);
}

/* Every kind is there, and many of each have come. */
static bool is_on(const struct siege *s)
{
    return atomic_load(&s->connections) > 2 * ABUSERS &&
           atomic_load(&s->octets) > 1000000;
}

static void *run(void *arg)
{
    struct siege *s = arg;
    for (bool was_on = false; !atomic_load(&s->is_over);) {
        round_of(s);
        if (is_on(s) && !was_on)
            was_on = eventfd_write(s->begun_fd, 1) == 0;
    }
    for (size_t i = 0; i < ABUSERS; i++)
        leave(&s->abusers[i]);
    return NULL;
}

/* What it may have of memory of its own from now on. */
static void bound_memory(pid_t pid)
{
    char path[64], line[256];
    rlim_t kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "VmData:", 7) == 0)
            kib = strtoul(line + 7, NULL, 10);
    fclose(f);
    assert_true(kib > 0);
    struct rlimit limit = {kib * 1024 + ROOM_BYTES, kib * 1024 + ROOM_BYTES};
    assert_int_equal(prlimit(pid, RLIMIT_DATA, &limit, NULL), 0);
}

static void submit(struct test_gateway *g, unsigned number)
{
    const char *subject = arena_printf(g->arena, "message-%u", number);
    const char *reply = test_gateway_submit(
        g, slice_of(test_gateway_header(g->arena, subject)), 0);
    if (strncmp(reply, "250", 3) != 0)
        fail_msg("message %u: %s", number, reply);
    test_gateway_settle(g);
}

static void on_begun(void *ctx)
{
    *(bool *)ctx = true;
}

static bool is_begun(void *ctx)
{
    return *(bool *)ctx;
}

/* The loop has nothing else to wake it: the abusers' thread must. */
static bool begin(struct siege *s)
{
    bool begun = false;
    struct loop *loop = s->engine->loop;
    struct loop_watch *watch =
        loop_watch_read(loop, s->begun_fd, on_begun, &begun);
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
    bool is_in_time = loop_run_until(loop, is_begun, &begun, LIMIT_MS);
    loop_watch_cancel(&watch);
    return is_in_time;
}

static void test_abusers_do_not_stop_others(void **state)
{
    (void)state;
    struct test_gateway g;
    test_gateway_start(&g, world, NULL);
    submit(&g, 0);
    struct siege siege = {.engine = g.engine,
                          .begun_fd = eventfd(0, EFD_CLOEXEC)};
    assert_true(siege.begun_fd >= 0);
    for (size_t i = 0; i < ABUSERS; i++)
        siege.abusers[i] =
            (struct abuser){.fd = -1, .kind = (enum kind)(i % KIND_COUNT)};
    bound_memory(target_pid(g.stage->target));
    bool begun = begin(&siege);
    for (unsigned i = 1; begun && i <= MESSAGES; i++)
        submit(&g, i);
    atomic_store(&siege.is_over, true);
    pthread_join(siege.thread, NULL);
    close(siege.begun_fd);
    assert_true(begun);
    json_t *evidence = test_gateway_finish(&g);
    assert_int_equal(json_array_size(evidence_list(evidence, "received")),
                     MESSAGES + 1);
    json_decref(evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_abusers_do_not_stop_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* CONN-10, CONN-11 at the guest portal: what strangers cost the real gateway in
 * connections and memory, and how long others wait meanwhile. With
 * LASTHOP_BENCH in the environment the figures are printed (.ci/strangers). */
#include "engine/test_gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST_ADDRESS = 100, /* of the block */
    ADDRESSES = 4,
    EACH = 150,  /* connections that an address opens */
    SHARE = 100, /* that it keeps */
    ROUND_MS = 2,
    VISITS_MOST = 501,
    ANSWER_S = 30,
#ifdef __SANITIZE_ADDRESS__
    ROOM_BYTES = 1024 * 1024 * 1024
#else
    ROOM_BYTES = 48 * 1024 * 1024
#endif
};

static const char world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: tls13\n";

static void figure(const char *what, double value, const char *unit)
{
    if (getenv("LASTHOP_BENCH"))
        printf("%-58s %10.1f %s\n", what, value, unit);
}

static int come(const struct engine *e, unsigned host)
{
    char own[BLOCK_ADDRESS_BYTES], portal[BLOCK_ADDRESS_BYTES];
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)e->block.port)};
    struct timeval limit = {.tv_sec = ANSWER_S};
    int one = 1;
    block_address(&e->block, host, own);
    block_address(&e->block, BLOCK_HOST_PORTAL, portal);
    inet_pton(AF_INET, own, &from.sin_addr);
    inet_pton(AF_INET, portal, &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail_msg("connect: %s", strerror(errno));
    return fd;
}

static SSL *shake_hands(int fd)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

/* The status of one answer; 0: there was none. */
static unsigned long ask(int fd, const char *request)
{
    char octets[4096];
    unsigned long status = 0;
    SSL *ssl = shake_hands(fd);
    if (!ssl)
        return 0;
    (void)SSL_write(ssl, request, (int)strlen(request));
    int n = SSL_read(ssl, octets, sizeof octets);
    if (n >= 12)
        (void)slice_number((struct slice){octets + 9, 3}, 999, &status);
    SSL_free(ssl);
    return status;
}

static void visit(const struct engine *e)
{
    int fd = come(e, BLOCK_HOST_VISITOR);
    unsigned long status =
        ask(fd, "GET /style.css HTTP/1.1\r\nHost: a\r\n\r\n");
    close(fd);
    assert_int_equal(status, 200);
}

/* --- connections and memory ------------------------------------------------
 */

static rlim_t data_bytes(pid_t pid)
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
    return kib * 1024;
}

static bool is_open(int fd)
{
    char c;
    return recv(fd, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* All of them begin a handshake and say no more. */
static void test_portal_connections_of_strangers_are_bounded(void **state)
{
    struct test_gateway g;
    int fds[ADDRESSES * EACH];
    unsigned open = 0;
    (void)state;
    test_gateway_start(&g, world, NULL);
    pid_t pid = target_pid(g.stage->target);
    visit(g.engine);
    rlim_t before = data_bytes(pid);
    for (unsigned i = 0; i < ADDRESSES * EACH; i++) {
        fds[i] = come(g.engine, FIRST_ADDRESS + i / EACH);
        (void)send(fds[i], "\x16\x03\x01\x02\x00", 5, MSG_NOSIGNAL);
    }
    visit(g.engine); /* behind them: all were met */
    for (unsigned i = 0; i < ADDRESSES * EACH; i++)
        open += is_open(fds[i]);
    figure("connections to the portal, of 4 addresses", ADDRESSES * EACH, "");
    figure("of them kept", open, "");
    figure("memory for them", (double)(data_bytes(pid) - before) / 1048576,
           "MiB");
    assert_int_equal(open, ADDRESSES * SHARE);
    assert_true(data_bytes(pid) < before + ROOM_BYTES);
    for (unsigned i = 0; i < ADDRESSES * EACH; i++)
        close(fds[i]);
    json_decref(test_gateway_finish(&g));
}

/* --- others wait ------------------------------------------------------------
 */

enum kind { KIND_NONSENSE, KIND_COMES_AND_GOES, KIND_KEY_UPDATES, KIND_COUNT };

struct siege {
    const struct engine *engine;
    atomic_bool is_over;
    atomic_uint rounds;
    pthread_t threads[KIND_COUNT];
};

struct besieger {
    struct siege *siege;
    enum kind kind;
};

static void update_keys(int fd)
{
    SSL *ssl = shake_hands(fd);
    for (int i = 0; ssl && i < 2000; i++) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
        if (SSL_do_handshake(ssl) != 1)
            break;
    }
    SSL_free(ssl);
}

static void *besiege(void *arg)
{
    struct besieger *b = arg;
    /* They come from elsewhere: the processor is the gateway's. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
    while (!atomic_load(&b->siege->is_over)) {
        int fd = come(b->siege->engine, FIRST_ADDRESS + b->kind);
        if (b->kind == KIND_KEY_UPDATES)
            update_keys(fd);
        else if (b->kind == KIND_NONSENSE)
            (void)ask(fd, "GET  / HTTP/1.1\r\n");
        close(fd);
        atomic_fetch_add(&b->siege->rounds, 1);
        (void)poll(NULL, 0, ROUND_MS);
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Its connection and handshake included. */
static int64_t median_wait_us(const struct engine *e)
{
    int64_t waits[VISITS_MOST];
    unsigned count = getenv("LASTHOP_BENCH") ? VISITS_MOST : 3;
    for (unsigned i = 0; i < count; i++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        visit(e);
        clock_gettime(CLOCK_MONOTONIC, &b);
        waits[i] = (b.tv_sec - a.tv_sec) * INT64_C(1000000) +
                   (b.tv_nsec - a.tv_nsec) / 1000;
    }
    qsort(waits, count, sizeof *waits, by_value);
    return waits[count / 2];
}

static void test_portal_serves_guests_in_a_siege(void **state)
{
    struct test_gateway g;
    (void)state;
    test_gateway_start(&g, world, NULL);
    struct siege siege = {.engine = g.engine};
    struct besieger besiegers[KIND_COUNT];
    figure("median wait of a guest, quiet",
           (double)median_wait_us(g.engine) / 1000, "ms");
    for (int i = 0; i < KIND_COUNT; i++) {
        besiegers[i] = (struct besieger){&siege, (enum kind)i};
        assert_int_equal(
            pthread_create(&siege.threads[i], NULL, besiege, &besiegers[i]), 0);
    }
    figure("median wait of a guest, besieged",
           (double)median_wait_us(g.engine) / 1000, "ms");
    atomic_store(&siege.is_over, true);
    for (int i = 0; i < KIND_COUNT; i++)
        pthread_join(siege.threads[i], NULL);
    figure("connections of strangers meanwhile", atomic_load(&siege.rounds),
           "");
    json_decref(test_gateway_finish(&g));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portal_connections_of_strangers_are_bounded),
        cmocka_unit_test(test_portal_serves_guests_in_a_siege),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

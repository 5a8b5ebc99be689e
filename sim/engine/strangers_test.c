/* CONN-10, CONN-11: what strangers cost the real gateway, in lines of its
 * journal, in memory, in sessions, and in the patience of its submitters. With
 * LASTHOP_BENCH in the environment the figures are printed (.ci/strangers). */
#include "engine/test_gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    FIRST_ADDRESS = 100, /* of the block */
    ADDRESSES = 30,
    WAIT_MS = 10000,
    REFUSED_EACH = 20, /* of a session */
    PATHS = 100,       /* recipients of a mail that comes back */
    DRIP_MS = 50,
    DRIPS = 200,
    ROUND_MS = 2,
    ROUNDS_ON = 20,
    LIMIT_MS = 60000,
    MESSAGES_MOST = 101,
#ifdef __SANITIZE_ADDRESS__
    ROOM_BYTES = 1024 * 1024 * 1024
#else
    ROOM_BYTES = 48 * 1024 * 1024
#endif
};

static const char world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  gateway: {sessions_per_address: \"50\", idle_timeout_ms: \"400\"}\n"
    "  domains:\n    hospital.example: tls13\n";
static const char patient_world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: tls13\n";

/* --- a stranger, octet by octet ------------------------------------------- */

static struct sockaddr_in address_of(const char *text, unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, text, &to.sin_addr);
    return to;
}

static int come(const struct engine *e, unsigned who, const char *where)
{
    char own[BLOCK_ADDRESS_BYTES];
    block_address(&e->block, FIRST_ADDRESS + who % ADDRESSES, own);
    struct sockaddr_in from = address_of(own, 0);
    struct sockaddr_in to = address_of(where, e->block.port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail_msg("connect: %s", strerror(errno));
    return fd;
}

/* One line; false: the end, or nothing in time. */
static bool hear(int fd, char line[128])
{
    size_t n = 0;
    struct pollfd in = {.fd = fd, .events = POLLIN};
    while (poll(&in, 1, WAIT_MS) == 1) {
        char c;
        if (recv(fd, &c, 1, 0) != 1)
            return false;
        if (c == '\n') {
            line[n] = '\0';
            return true;
        }
        line[n] = c;
        n += n < 126;
    }
    return false;
}

static void say(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void expect(int fd, const char *start)
{
    char line[128] = "";
    if (!hear(fd, line) || strncmp(line, start, strlen(start)) != 0)
        fail_msg("got %s, want %s", line, start);
}

static void figure(const char *what, double value, const char *unit)
{
    if (getenv("LASTHOP_BENCH"))
        printf("%-58s %10.1f %s\n", what, value, unit);
}

static size_t count_events(const json_t *evidence, const char *name)
{
    size_t i, n = 0;
    const json_t *e;
    json_array_foreach(evidence_list(evidence, "journal"), i, e)
    {
        n += strcmp(evidence_text(e, "event"), name) == 0;
    }
    return n;
}

static void submit(struct test_gateway *g, unsigned number)
{
    const char *subject = arena_printf(g->arena, "message-%u", number);
    const char *reply = test_gateway_submit(
        g, slice_of(test_gateway_header(g->arena, subject)), 0);
    if (strncmp(reply, "250", 3) != 0)
        fail_msg("message %u: %s", number, reply);
}

/* --- the journal ---------------------------------------------------------- */

static void be_refused(const struct engine *e, unsigned who)
{
    int fd = come(e, who, e->gateway_address);
    expect(fd, "220");
    for (int i = 0; i < REFUSED_EACH; i++)
        say(fd, "X\r\n");
    for (int i = 0; i < REFUSED_EACH; i++)
        expect(fd, "530 5.7.0");
    expect(fd, "421 4.7.0");
    close(fd);
}

/* Nobody reads the journal meanwhile: the kit's loop stands still, and what
 * many strangers cause is more than the pipe takes. */
static void test_refusals_are_few_lines_and_stop_nobody(void **state)
{
    struct test_gateway g;
    enum { SESSIONS = 20 };
    (void)state;
    test_gateway_start(&g, patient_world, NULL);
    for (unsigned who = 0; who < ADDRESSES; who++)
        for (int i = 0; i < SESSIONS; i++)
            be_refused(g.engine, who);
    submit(&g, 0);
    test_gateway_settle(&g);
    json_t *evidence = test_gateway_finish(&g);
    size_t told = count_events(evidence, "refused");
    assert_int_equal(told, 60 * ADDRESSES);
    assert_int_equal(count_events(evidence, "refusals"), ADDRESSES);
    figure("refusals", ADDRESSES * SESSIONS * (REFUSED_EACH + 1), "");
    figure("their lines in the journal", (double)told + ADDRESSES, "");
    json_decref(evidence);
}

/* --- memory --------------------------------------------------------------- */

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
    assert_true(kib > 0);
    return kib * 1024;
}

static const char *return_path(struct test_gateway *g)
{
    json_t *evidence = recorder_take(g->stage->recorder);
    const json_t *first =
        json_array_get(evidence_list(evidence, "received"), 0);
    const char *path =
        arena_strdup(g->arena, evidence_text(first, "reverse_path"));
    json_decref(evidence);
    assert_true(*path);
    return path;
}

static void name_recipients(int fd, const char *path)
{
    char line[256];
    expect(fd, "220");
    say(fd, "EHLO mx.example\r\n");
    while (hear(fd, line) && line[3] == '-')
        ;
    say(fd, "MAIL FROM:<>\r\n");
    expect(fd, "250");
    snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", path);
    for (int i = 0; i < PATHS; i++)
        say(fd, line);
    for (int i = 0; i < PATHS; i++)
        expect(fd, "250 2.1.5");
}

static const char *large_message(struct test_gateway *g)
{
    struct buf out;
    buf_init(&out, 300000);
    buf_puts(&out, test_gateway_header(g->arena, "message-0"));
    while (out.n < 240000)
        buf_puts(&out, "A line of a message that is kept in the database.\r\n");
    const char *text = arena_text(g->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static void test_return_paths_cost_no_memory(void **state)
{
    struct test_gateway g;
    enum { SESSIONS = 150 };
    int fds[SESSIONS];
    (void)state;
    test_gateway_start(&g, patient_world, NULL);
    const char *reply = test_gateway_submit(&g, slice_of(large_message(&g)), 0);
    assert_memory_equal(reply, "250", 3);
    test_gateway_settle(&g);
    const char *path = return_path(&g);
    pid_t pid = target_pid(g.stage->target);
    rlim_t before = data_bytes(pid);
    struct rlimit limit = {before + ROOM_BYTES, before + ROOM_BYTES};
    assert_int_equal(prlimit(pid, RLIMIT_DATA, &limit, NULL), 0);
    for (unsigned i = 0; i < SESSIONS; i++) {
        fds[i] = come(g.engine, i, g.engine->bounces_address);
        name_recipients(fds[i], path);
    }
    figure("sessions with 100 recipients of a 240 KB message each", SESSIONS,
           "");
    figure("memory for them", (double)(data_bytes(pid) - before) / 1048576,
           "MiB");
    submit(&g, 1);
    for (unsigned i = 0; i < SESSIONS; i++)
        close(fds[i]);
    test_gateway_settle(&g);
    json_decref(test_gateway_finish(&g));
}

/* --- time ----------------------------------------------------------------- */

/* An octet now and then: the end must come long before the last. */
static void drip(int fd)
{
    char line[128];
    struct pollfd in = {.fd = fd, .events = POLLIN};
    for (int i = 0; i < DRIPS; i++) {
        say(fd, "x");
        if (poll(&in, 1, DRIP_MS) == 0)
            continue;
        if (!hear(fd, line) || strncmp(line, "421 4.4.2", 9) != 0)
            fail_msg("got %s, want 421 4.4.2", line);
        close(fd);
        return;
    }
    fail_msg("%d octets were waited for", DRIPS);
}

static void test_what_drips_ends_as_a_whole(void **state)
{
    struct test_gateway g;
    (void)state;
    test_gateway_start(&g, world, NULL);
    int fd = come(g.engine, 0, g.engine->gateway_address);
    expect(fd, "220");
    drip(fd);
    submit(&g, 0);
    test_gateway_settle(&g);
    fd = come(g.engine, 1, g.engine->bounces_address);
    const char *path = return_path(&g);
    name_recipients(fd, path);
    say(fd, "DATA\r\n");
    expect(fd, "354");
    drip(fd);
    json_decref(test_gateway_finish(&g));
}

static void test_hup_stops_nothing(void **state)
{
    struct test_gateway g;
    (void)state;
    test_gateway_start(&g, patient_world, NULL);
    for (unsigned i = 0; i < 3; i++) {
        kill(target_pid(g.stage->target), SIGHUP);
        submit(&g, i);
        test_gateway_settle(&g);
    }
    json_decref(test_gateway_finish(&g));
}

/* --- others wait ---------------------------------------------------------- */

enum kind { KIND_NONSENSE, KIND_NOOPS, KIND_KEY_UPDATES, KIND_COUNT };

struct siege {
    const struct engine *engine;
    atomic_bool is_over;
    atomic_uint begun; /* rounds, of all */
    int on_fd;         /* readable once so many have begun */
    pthread_t threads[KIND_COUNT];
};

struct besieger {
    struct siege *siege;
    enum kind kind;
};

static SSL *shake_hands(int fd)
{
    char line[128];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!hear(fd, line)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    say(fd, "STARTTLS\r\n");
    (void)hear(fd, line);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

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

static void talk(int fd, const char *line, int times)
{
    char octets[4096];
    for (int i = 0; i < times; i++) {
        say(fd, line);
        while (recv(fd, octets, sizeof octets, MSG_DONTWAIT) > 0)
            ;
    }
}

static void *besiege(void *arg)
{
    struct besieger *b = arg;
    /* They come from elsewhere: the processor is the gateway's. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
    for (unsigned round = 0; !atomic_load(&b->siege->is_over); round++) {
        int fd =
            come(b->siege->engine, round, b->siege->engine->gateway_address);
        if (b->kind == KIND_KEY_UPDATES)
            update_keys(fd);
        else
            talk(fd, b->kind == KIND_NOOPS ? "NOOP\r\n" : "X\r\n", 500);
        close(fd);
        if (atomic_fetch_add(&b->siege->begun, 1) == ROUNDS_ON)
            (void)eventfd_write(b->siege->on_fd, 1);
        (void)poll(NULL, 0, ROUND_MS);
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static unsigned message_count(void)
{
    return getenv("LASTHOP_BENCH") ? MESSAGES_MOST : 3;
}

/* Of the whole submission, its connection and handshake included. */
static int64_t median_wait_ms(struct test_gateway *g, unsigned from)
{
    int64_t waits[MESSAGES_MOST];
    unsigned count = message_count();
    for (unsigned i = 0; i < count; i++) {
        int64_t begun = clock_mono_ms();
        submit(g, from + i);
        waits[i] = clock_mono_ms() - begun;
        test_gateway_settle(g);
    }
    qsort(waits, count, sizeof *waits, by_value);
    return waits[count / 2];
}

static void test_submitters_are_served_in_a_siege(void **state)
{
    struct test_gateway g;
    (void)state;
    test_gateway_start(&g, patient_world, NULL);
    struct siege siege = {.engine = g.engine, .on_fd = eventfd(0, EFD_CLOEXEC)};
    struct pollfd on = {.fd = siege.on_fd, .events = POLLIN};
    struct besieger besiegers[KIND_COUNT];
    figure("median wait of a submitter, quiet", (double)median_wait_ms(&g, 0),
           "ms");
    for (int i = 0; i < KIND_COUNT; i++) {
        besiegers[i] = (struct besieger){&siege, (enum kind)i};
        assert_int_equal(
            pthread_create(&siege.threads[i], NULL, besiege, &besiegers[i]), 0);
    }
    assert_int_equal(poll(&on, 1, LIMIT_MS), 1);
    unsigned before = atomic_load(&siege.begun);
    figure("median wait of a submitter, besieged",
           (double)median_wait_ms(&g, message_count()), "ms");
    atomic_store(&siege.is_over, true);
    for (int i = 0; i < KIND_COUNT; i++)
        pthread_join(siege.threads[i], NULL);
    figure("sessions of strangers meanwhile",
           atomic_load(&siege.begun) - before, "");
    close(siege.on_fd);
    json_t *evidence = test_gateway_finish(&g);
    assert_int_equal(json_array_size(evidence_list(evidence, "received")),
                     2 * message_count());
    json_decref(evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals_are_few_lines_and_stop_nobody),
        cmocka_unit_test(test_return_paths_cost_no_memory),
        cmocka_unit_test(test_what_drips_ends_as_a_whole),
        cmocka_unit_test(test_hup_stops_nothing),
        cmocka_unit_test(test_submitters_are_served_in_a_siege),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

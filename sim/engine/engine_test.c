/* The engine against a gateway of a hundred lines, which is this very program
 * when it is called with --config. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/evidence.h"

/* ---- the gateway ---- */

enum { FAKE_CLIENTS = 8, FAKE_JOURNAL = 3 };

static volatile sig_atomic_t fake_told_to_stop;

static void on_term(int signal_number)
{
    (void)signal_number;
    fake_told_to_stop = 1;
}

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        exit(9);
}

static void journal_at(const char *event, long long time_s)
{
    char line[256];
    snprintf(line, sizeof line, "{\"event\":\"%s\",\"time\":%lld}\n", event,
             time_s);
    say(FAKE_JOURNAL, line);
}

static void journal(const char *event)
{
    journal_at(event, (long long)time(NULL));
}

static int listen_at(const char *config)
{
    char text[2048], address[32];
    unsigned port;
    FILE *f = fopen(config, "re");
    if (!f)
        exit(8);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *at = strstr(text, "listen: \"");
    if (!at || sscanf(at, "listen: \"%31[0-9.]:%u\"", address, &port) != 2)
        exit(7);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&to, sizeof to) != 0 || listen(fd, 8) != 0)
        exit(6);
    return fd;
}

static int listen_control(const char *config)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *slash = strrchr(config, '/');
    snprintf(to.sun_path, sizeof to.sun_path, "%.*s/control",
             (int)(slash - config), config);
    unlink(to.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&to, sizeof to) != 0 || listen(fd, 8) != 0)
        exit(5);
    return fd;
}

/* False: it went away. */
static bool serve_client(int fd, bool is_control)
{
    char octets[512];
    ssize_t n = read(fd, octets, sizeof octets);
    if (n <= 0) {
        close(fd);
        return false;
    }
    if (is_control) {
        char answer[64];
        snprintf(answer, sizeof answer, "poked %lld\n", (long long)time(NULL));
        say(fd, answer);
        journal("settled");
    } else {
        if (memmem(octets, (size_t)n, "HELP", 4))
            journal_at("helped", (long long)time(NULL) + 1);
        say(fd, "250 2.0.0 so be it\r\n");
    }
    return true;
}

struct fake {
    struct pollfd fds[FAKE_CLIENTS];
    bool is_control[FAKE_CLIENTS];
    nfds_t count;
};

static void take_client(struct fake *f, nfds_t from)
{
    int fd = accept(f->fds[from].fd, NULL, NULL);
    if (f->count == FAKE_CLIENTS || fd < 0)
        exit(4);
    f->is_control[f->count] = from == 1;
    f->fds[f->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    if (from == 0)
        say(fd, "220 fake.example\r\n");
}

static int be_the_gateway(const char *config)
{
    struct fake f = {.count = 2};
    signal(SIGTERM, on_term);
    f.fds[0] = (struct pollfd){.fd = listen_at(config), .events = POLLIN};
    f.fds[1] = (struct pollfd){.fd = listen_control(config), .events = POLLIN};
    journal("listening");
    while (!fake_told_to_stop) {
        if (poll(f.fds, f.count, 10000) <= 0)
            continue;
        for (nfds_t i = 0, n = f.count; i < n; i++) {
            if (!(f.fds[i].revents & (POLLIN | POLLHUP)))
                continue;
            if (i < 2)
                take_client(&f, i);
            else if (!serve_client(f.fds[i].fd, f.is_control[i]))
                f.fds[i].fd = -1;
        }
    }
    fputs("fake gateway was told to stop\n", stderr);
    return 0;
}

/* ---- the tests ---- */

static const char *program;

struct bench {
    struct diagnostics *list;
    struct fixtures *fixtures;
    struct scenario *scenario;
    struct engine *engine;
};

static struct bench bench_up(const char *text)
{
    struct bench b = {.list = diagnostics_create()};
    struct err err;
    assert_int_equal(
        fixtures_load(SOURCE_DIR "/fixtures", b.list, &b.fixtures, &err),
        ST_OK);
    if (scenario_parse(b.fixtures, "t.yaml", slice_of(text), b.list,
                       &b.scenario) != ST_OK) {
        diagnostics_print(b.list, stderr);
        fail();
    }
    struct engine_settings settings = {
        .fixtures = b.fixtures, .gateway = program, .time_limit_ms = 60000};
    if (engine_create(&settings, &b.engine, &err) != ST_OK)
        fail_msg("%s", err.text);
    return b;
}

static void bench_down(struct bench *b)
{
    engine_destroy(&b->engine);
    scenario_destroy(&b->scenario);
    fixtures_destroy(&b->fixtures);
    diagnostics_destroy(&b->list);
}

static json_t *run(struct bench *b)
{
    json_t *evidence;
    struct err err;
    if (engine_run(b->engine, scenario_cases(b->scenario), &evidence, &err) !=
        ST_OK)
        fail_msg("%s", err.text);
    const json_t *faults = evidence_list(evidence, "faults");
    if (json_array_size(faults))
        fail_msg("%s", json_string_value(json_array_get(faults, 0)));
    return evidence;
}

static const char walk[] = "lasthop: 1\ntitle: A walk\nclauses: [CONN-1]\n"
                           "clock: 2026-03-02T09:00:00+01:00\n"
                           "steps:\n"
                           "  - session:\n"
                           "      - expect: \"220\"\n"
                           "      - send: NOOP\n"
                           "      - expect: [\"354\", \"250\"]\n"
                           "      - send: NOOP\n"
                           "      - expect: \"500\"\n"
                           "      - send: NOOP\n"
                           "  - advance: 4h\n"
                           "  - restart: kill\n"
                           "  - restart: orderly\n"
                           "  - expect:\n"
                           "      absent: [{event: accepted}]\n";

static void test_engine_walks_and_tells(void **state)
{
    (void)state;
    struct bench b = bench_up(walk);
    json_t *evidence = run(&b);
    assert_int_equal(evidence_number(evidence, "now", 0), 1772438400 + 14400);
    const json_t *target = json_object_get(evidence, "target");
    assert_true(evidence_yes(target, "clock_ok"));
    assert_int_equal(evidence_number(target, "exit", -1), 0);
    assert_non_null(strstr(evidence_text(target, "stderr_tail"), "told to"));
    assert_int_equal(json_array_size(evidence_list(evidence, "steps")), 5);
    /* started three times, the last two on the new clock */
    const json_t *third = evidence_event(evidence, "listening", 0, 9, 2);
    assert_int_equal(evidence_number(third, "time", 0), 1772438400 + 14400);
    assert_int_equal(evidence_number(third, "step", 0), 3);
    json_decref(evidence);
    bench_down(&b);
}

static void test_engine_sees_a_line_of_another_time(void **state)
{
    (void)state;
    struct bench b = bench_up(
        "lasthop: 1\ntitle: t\nclauses: [CONN-1]\n"
        "session: [{expect: \"220\"}, {send: HELP}, {expect: \"250\"}]\n");
    json_t *evidence;
    struct err err;
    assert_int_equal(
        engine_run(b.engine, scenario_cases(b.scenario), &evidence, &err),
        ST_OK);
    assert_false(evidence_yes(json_object_get(evidence, "target"), "clock_ok"));
    const json_t *faults = evidence_list(evidence, "faults");
    assert_int_equal(json_array_size(faults), 1);
    assert_non_null(strstr(json_string_value(json_array_get(faults, 0)),
                           "in `helped`, expected"));
    json_decref(evidence);
    bench_down(&b);
}

static void test_engine_session_stops_at_the_first_surprise(void **state)
{
    (void)state;
    struct bench b = bench_up(walk);
    json_t *evidence = run(&b);
    const json_t *session =
        json_array_get(evidence_list(evidence, "sessions"), 0);
    const json_t *dialogue = evidence_list(session, "dialogue");
    const bool want_ok[] = {true, true, true, true, false, false};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(evidence_yes(json_array_get(dialogue, i), "ok"),
                         want_ok[i]);
    const json_t *surprise = json_array_get(dialogue, 4);
    assert_string_equal(evidence_text(surprise, "got"), "250 2.0.0 so be it");
    assert_int_equal(evidence_number(surprise, "line", 0), 11);
    json_decref(evidence);
    bench_down(&b);
}

static void test_engine_without_program_is_the_environment(void **state)
{
    (void)state;
    struct engine_settings settings = {.gateway = "/nowhere/gateway"};
    struct engine *engine;
    struct err err;
    assert_int_equal(engine_create(&settings, &engine, &err), ST_TEMP);
    assert_null(engine);
}

static void
test_engine_gateway_that_ends_is_an_error_with_its_words(void **state)
{
    (void)state;
    const char *real = program;
    program = "/bin/false";
    struct bench b = bench_up(walk);
    json_t *evidence;
    struct err err;
    assert_int_equal(
        engine_run(b.engine, scenario_cases(b.scenario), &evidence, &err),
        ST_TEMP);
    assert_non_null(strstr(err.text, "exit 1"));
    json_decref(evidence);
    bench_down(&b);
    program = real;
}

struct served {
    unsigned ready, events;
    int stop_fd;
};

static void on_ready(const struct engine_service *service, void *ctx)
{
    struct served *served = ctx;
    assert_string_equal(service->host, "gateway.lasthop.example");
    assert_int_equal(access(service->ca_file, R_OK), 0);
    served->ready++;
}

static void on_event(const struct json_t *event, void *ctx)
{
    struct served *served = ctx;
    assert_string_equal(evidence_text(event, "event"), "listening");
    served->events++;
    assert_int_equal(eventfd_write(served->stop_fd, 1), 0);
}

static void test_engine_serves_on_the_real_clock_until_told(void **state)
{
    (void)state;
    struct bench b = bench_up("lasthop: 1\ntitle: Up\nclauses: [CONN-1]\n"
                              "clock: now\nsession: [{expect: \"220\"}]\n");
    struct served served = {.stop_fd = eventfd(0, EFD_CLOEXEC)};
    struct engine_serve_calls calls = {
        .on_ready = on_ready, .on_event = on_event, .ctx = &served};
    struct err err;
    json_t *evidence;
    assert_int_equal(engine_serve(b.engine, scenario_cases(b.scenario), &calls,
                                  served.stop_fd, &evidence, &err),
                     ST_OK);
    assert_int_equal(served.ready, 1);
    assert_int_equal(served.events, 1);
    const json_t *target = json_object_get(evidence, "target");
    assert_true(evidence_yes(target, "clock_ok"));
    assert_int_equal(evidence_number(target, "exit", -1), 0);
    json_decref(evidence);
    close(served.stop_fd);
    bench_down(&b);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--config") == 0)
        return be_the_gateway(argv[2]);
    program = realpath(argv[0], NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_walks_and_tells),
        cmocka_unit_test(test_engine_sees_a_line_of_another_time),
        cmocka_unit_test(test_engine_session_stops_at_the_first_surprise),
        cmocka_unit_test(test_engine_serves_on_the_real_clock_until_told),
        cmocka_unit_test(test_engine_without_program_is_the_environment),
        cmocka_unit_test(
            test_engine_gateway_that_ends_is_an_error_with_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The program as its user meets it: commands, exit codes, what is said where.
 * Scenarios really run, so the gateway must have been built beside it. */
#include "kit/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { ARGS_MAX = 24, TEXT_BYTES = 1 << 20, WAIT_MS = 30000 };

static struct arena *arena;
static char folder[] = "/tmp/kit-test-XXXXXX";
static const char *gateway;

static const char *file(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

static void put(const char *name, const char *text)
{
    FILE *to = fopen(file(name), "w");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
}

static const char *content(const char *name)
{
    FILE *from = fopen(file(name), "r");
    if (!from)
        return "";
    char *text = arena_alloc(arena, TEXT_BYTES);
    text[fread(text, 1, TEXT_BYTES - 1, from)] = '\0';
    fclose(from);
    return text;
}

/* $G the gateway, $D the test's folder; words split at blanks. */
static int split(const char *line, char **argv)
{
    int argc = 0;
    struct slice rest = slice_of(line), word;
    while ((word = slice_word(&rest)).n && argc < ARGS_MAX) {
        const char *text = arena_text(arena, word);
        if (strcmp(text, "$G") == 0)
            text = gateway;
        const char *at = strstr(text, "$D");
        if (at)
            text = arena_printf(arena, "%.*s%s%s", (int)(at - text), text,
                                folder, at + 2);
        argv[argc++] = arena_strdup(arena, text);
    }
    argv[argc] = NULL;
    return argc;
}

static void redirect(int fd, const char *name)
{
    int to = open(file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0 || dup2(to, fd) < 0)
        _exit(99);
}

static pid_t start(const char *line)
{
    char *argv[ARGS_MAX + 1];
    int argc = split(line, argv);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        redirect(STDOUT_FILENO, "out");
        redirect(STDERR_FILENO, "err");
        int code = kit_main(argc, argv);
        exit(code); /* with what coverage and leak checks do there */
    }
    return pid;
}

static int end(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char scenario[] =
    "lasthop: 1\n"
    "title: Made for a test\n"
    "clauses: [ORDER-1]\n"
    "world:\n"
    "  domains:\n"
    "    hospital.example: tls13\n"
    "submit:\n"
    "  from: jansen@clinic.example\n"
    "  to: [bob@hospital.example]\n"
    "expect:\n"
    "  bob@hospital.example: {method: $method, delivery: notification, "
    "against-table: $why}\n"
    "cases:\n"
    "  columns: [method,     why]\n"
    "  right:   [email,      absent]\n"
    "  wrong:   [shared-sms, made to fail]\n";

static int group_set_up(void **state)
{
    (void)state;
    arena = arena_create();
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    gateway =
        arena_printf(arena, "%s/bin/lasthop-gateway", dirname(dirname(path)));
    if (!mkdtemp(folder))
        return -1;
    put("made.yaml", scenario);
    put("broken.yaml", "lasthop: 1\ntitel: x\n");
    return 0;
}

static int group_tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"made.yaml", "broken.yaml", "out",
                                        "err",       "one.json",    "two.json",
                                        "one.xml",   "x.tap",       "ready"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        unlink(file(names[i]));
    rmdir(folder);
    arena_destroy(&arena);
    return 0;
}

static void test_commands_end_with_their_code_and_words(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *out, *err;
    } rows[] = {
        {"lasthop", 2, NULL, "usage: lasthop COMMAND"},
        {"lasthop --help", 0, "usage: lasthop COMMAND", NULL},
        {"lasthop --version", 0, "lasthop " LASTHOP_VERSION "\n", NULL},
        {"lasthop rnu", 2, NULL, "did you mean run?"},
        {"lasthop run --help", 0, "--fail-fast", NULL},
        {"lasthop run --jnuit x", 2, NULL, "did you mean --junit?"},
        {"lasthop run --order x --gateway $G order", 2, NULL, "--order x"},
        {"lasthop run -k no-such-name --gateway $G", 4, NULL, "no case"},
        {"lasthop run no-such-tag", 2, NULL, "no tag and no clause"},
        {"lasthop run $D/broken.yaml", 2, NULL, "broken.yaml:2:1: "},
        {"lasthop run --gateway /nonexistent $D/made:right", 3, NULL,
         "/nonexistent"},
        {"lasthop run --junit /nonexistent/x --gateway $G $D/made:right", 2,
         NULL, "/nonexistent/x"},
        {"lasthop run --list $D/made", 0, "made.yaml:right  Made", NULL},
        {"lasthop run --list -k nothing $D/made", 4, NULL, NULL},
        {"lasthop run --gateway $G $D/made:right", 0, "1 passed, 0 failed",
         NULL},
        {"lasthop run --doubt -v --gateway $G $D/made:right", 0,
         "C: AUTH PLAIN [redacted]", NULL},
        {"lasthop run --gateway $G $D/made", 1,
         "    expected   shared-sms\n    got        email\n", NULL},
        {"lasthop run --shard 3/2 --gateway $G $D/made", 2, NULL,
         "such as 1/4"},
        {"lasthop run --repeat 0 --gateway $G $D/made", 2, NULL, "--repeat 0"},
        {"lasthop run --shard 1/2 --gateway $G $D/made", 0,
         "1 passed, 0 failed", NULL},
        {"lasthop run --shard 3/3 --gateway $G $D/made", 4, NULL, "no case"},
        {"lasthop run --repeat 3 --gateway $G $D/made:right", 0,
         "3 passed, 0 failed", NULL},
        {"lasthop run --markdown - --gateway $G $D/made:right", 0,
         "## lasthop: 1 pass, 0 fail", NULL},
        {"lasthop run --tap --gateway $G $D/made:right", 0,
         "TAP version 14\n1..1\nok 1 - ", "1 passed"},
        {"lasthop lint", 0, " 0 errors\n", NULL},
        {"lasthop lint $D/made.yaml", 0, "1 files, 2 cases, 0 errors", NULL},
        {"lasthop lint $D", 2, ", 3 errors", "did you mean `title`?"},
        {"lasthop list postures", 0, "\nself-signed ", NULL},
        {"lasthop list clauses", 0, "\nORDER-1 ", NULL},
        {"lasthop list words", 0, "expect.ADDRESS.not.METHOD = expired", NULL},
        {"lasthop list scenarios", 0, "scenarios/order/", NULL},
        {"lasthop list posture", 2, NULL, "did you mean postures?"},
        {"lasthop list", 2, NULL, "none of postures"},
        {"lasthop explain $D/made:right", 0, "bob@hospital.example", NULL},
        {"lasthop explain", 2, NULL, "expected a scenario file"},
        {"lasthop tables --gateway $G", 0, "0 contradicted", NULL},
        {"lasthop tables --gateway /bin/false", 3, NULL, "exit code 1"},
        {"lasthop report", 2, NULL, "expected a results file"},
        {"lasthop report /nonexistent", 2, NULL, "/nonexistent"},
        {"lasthop report $D/made.yaml", 2, NULL, "made.yaml:1"},
        {"lasthop mutants --check no-such-mutant", 4, NULL, "no mutant"},
        {"lasthop serve --org a.yaml b", 2, NULL, "not both"},
        {"lasthop serve --org /nonexistent", 2, NULL, "/nonexistent"},
        {"lasthop serve $D/made", 2, NULL, "made.yaml:wrong"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int code = end(start(rows[i].line));
        const char *out = content("out"), *err = content("err");
        if (code != rows[i].code ||
            (rows[i].out && !strstr(out, rows[i].out)) ||
            (rows[i].err && !strstr(err, rows[i].err)))
            fail_msg("%s: got %d, want %d\n-- out, want \"%s\"\n%s\n-- err, "
                     "want \"%s\"\n%s",
                     rows[i].line, code, rows[i].code,
                     rows[i].out ? rows[i].out : "", out,
                     rows[i].err ? rows[i].err : "", err);
    }
}

/* Names and verdicts of a results file, in its order. */
static const char *verdicts(const char *name)
{
    const char *all = "";
    struct slice rest = slice_of(content(name));
    while (rest.n) {
        struct case_result r;
        struct err err;
        if (case_result_parse(arena, slice_cut(&rest, '\n'), &r, &err) == ST_OK)
            all = arena_printf(arena, "%s%s %s\n", all, r.name,
                               verdict_name(r.verdict));
    }
    return all;
}

static void test_run_is_the_same_whatever_the_workers(void **state)
{
    (void)state;
    assert_int_equal(end(start("lasthop run -j 1 --json $D/one.json --gateway "
                               "$G $D/made order")),
                     1);
    assert_int_equal(end(start("lasthop run -j 4 --order 3 --json $D/two.json "
                               "--junit $D/one.xml --tap=$D/x.tap --gateway $G "
                               "$D/made order")),
                     1);
    const char *one = verdicts("one.json");
    assert_string_equal(one, verdicts("two.json"));
    assert_non_null(strstr(one, "made.yaml:wrong fail\n"));
    assert_non_null(strstr(content("one.xml"), "failures=\"1\""));
    assert_non_null(strstr(content("x.tap"), "\nnot ok 2 - "));
}

static void test_report_renders_what_was_run(void **state)
{
    (void)state;
    end(start("lasthop run --json $D/one.json --gateway $G $D/made"));
    assert_int_equal(
        end(start("lasthop report $D/one.json --json $D/two.json --tap")), 1);
    assert_string_equal(verdicts("one.json"), verdicts("two.json"));
    assert_non_null(strstr(content("out"), "\nnot ok 2 - "));
}

static void test_run_stops_at_the_first_failure(void **state)
{
    (void)state;
    assert_int_equal(end(start("lasthop run --fail-fast -j 1 --gateway $G "
                               "$D/made:wrong $D/made:right")),
                     1);
    assert_non_null(strstr(content("out"), "1 of 2 were not run"));
}

/* What comes through a FIFO; "" when nothing comes. */
static const char *through(const char *name)
{
    int fd = open(file(name), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct pollfd ready = {fd, POLLIN, 0};
    char *text = arena_alloc(arena, PIPE_BUF + 1);
    ssize_t n = poll(&ready, 1, WAIT_MS) == 1 ? read(fd, text, PIPE_BUF) : 0;
    close(fd);
    text[n > 0 ? n : 0] = 0;
    return text;
}

/* Nobody submits: the message that the file expects is missing. */
static void test_serve_stops_on_a_signal_and_judges(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(file("ready"), 0600), 0);
    pid_t pid =
        start("lasthop serve --ready-file $D/ready --gateway $G $D/made:right");
    const char *ready = through("ready");
    kill(pid, SIGTERM);
    int code = end(pid);
    if (!*ready)
        fail_msg("not ready: %s", content("err"));
    assert_non_null(strstr(ready, "LASTHOP_PORT="));
    assert_non_null(strstr(ready, "LASTHOP_USER='"));
    assert_non_null(strstr(content("out"), "\"event\":\"listening\""));
    assert_int_equal(code, 1);
    assert_non_null(strstr(content("out"), "bob@hospital.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_end_with_their_code_and_words),
        cmocka_unit_test(test_run_is_the_same_whatever_the_workers),
        cmocka_unit_test(test_report_renders_what_was_run),
        cmocka_unit_test(test_run_stops_at_the_first_failure),
        cmocka_unit_test(test_serve_stops_on_a_signal_and_judges),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}

/* The openspf suite for RFC 7208 against the gateway's own program: every
 * document's zone is served by the world's name server, and all of its tests go
 * through the gateway's resolver (`lasthop-gateway spf --batch`). How the
 * documents are to be read stands in fixtures/spf/README.md. */
#include <fcntl.h>
#include <jansson.h>
#include <libfyaml.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "peer/dns.h"

enum {
    DOCUMENTS_MOST = 32,
    TESTS = 193,
    LIMIT_MS = 30000,
    TEXT_CAP = 1 << 20,
    STRING_OCTETS = 255
};

extern char **environ;

static size_t test_count;

/* --- The document --- */

static struct slice scalar(struct fy_node *node)
{
    struct slice s = {"", 0};
    if (node && fy_node_is_scalar(node))
        s.p = fy_node_get_scalar(node, &s.n);
    return s;
}

static struct fy_node *child(struct fy_node *map, const char *key)
{
    return fy_node_mapping_lookup_by_string(map, key, FY_NT);
}

static const char *text_of(struct arena *arena, struct fy_node *node)
{
    return arena_text(arena, scalar(node));
}

/* Octets as a zone file writes them. */
static void put_octets(struct buf *out, struct slice s, const char *special)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < ' ' || c > '~' || strchr(special, c))
            buf_printf(out, "\\%03u", c);
        else
            buf_printf(out, "%c", c);
    }
}

static const char *taken(struct arena *arena, struct buf *buf)
{
    const char *text = arena_text(arena, buf_slice(buf));
    buf_release(buf);
    return text;
}

static const char *name_text(struct arena *arena, struct slice name)
{
    struct buf buf;
    buf_init(&buf, TEXT_CAP);
    put_octets(&buf, name, " \"();@$");
    if (!name.n || name.p[name.n - 1] != '.')
        buf_puts(&buf, ".");
    return taken(arena, &buf);
}

static void put_string(struct buf *out, struct slice s)
{
    do {
        struct slice part = {s.p, s.n < STRING_OCTETS ? s.n : STRING_OCTETS};
        buf_puts(out, "\"");
        put_octets(out, part, "\"\\");
        buf_puts(out, "\" ");
        s = slice_from(s, part.n);
    } while (s.n);
}

static const char *record_data(struct arena *arena, const char *type,
                               struct fy_node *value)
{
    struct buf buf;
    void *at = NULL;
    struct fy_node *part;
    buf_init(&buf, TEXT_CAP);
    if (strcmp(type, "MX") == 0) {
        struct slice host = scalar(fy_node_sequence_get_by_index(value, 1));
        buf_printf(&buf, "%.*s %s",
                   SLICE_ARG(scalar(fy_node_sequence_get_by_index(value, 0))),
                   name_text(arena, host));
    } else if (strcmp(type, "PTR") == 0 || strcmp(type, "CNAME") == 0) {
        buf_puts(&buf, name_text(arena, scalar(value)));
    } else if (type[0] == 'A') {
        buf_put(&buf, scalar(value));
    } else if (fy_node_is_sequence(value)) {
        while ((part = fy_node_sequence_iterate(value, &at)))
            put_string(&buf, scalar(part));
    } else {
        put_string(&buf, scalar(value));
    }
    return taken(arena, &buf);
}

/* --- Its zone --- */

struct served {
    struct arena *arena;
    struct dns *dns;
    const char *name;
    bool has_txt, is_timeout;
    const char *types[16];
    size_t type_count;
};

static void add(struct served *s, const char *type, const char *data)
{
    struct err err;
    if (dns_record_add(s->dns, s->name, type, data, &err) != ST_OK)
        fail_msg("%s", err.text);
    if (s->type_count < sizeof s->types / sizeof *s->types)
        s->types[s->type_count++] = type;
}

static void add_entry(struct served *s, struct fy_node *entry)
{
    if (fy_node_is_scalar(entry)) {
        assert_string_equal(text_of(s->arena, entry), "TIMEOUT");
        s->is_timeout = true;
        return;
    }
    struct fy_node_pair *pair = fy_node_mapping_get_by_index(entry, 0);
    const char *type = text_of(s->arena, fy_node_pair_key(pair));
    struct fy_node *value = fy_node_pair_value(pair);
    if (strcmp(type, "TXT") == 0 && slice_is(scalar(value), "NONE"))
        return;
    const char *data = record_data(s->arena, type, value);
    add(s, type, data);
    if (strcmp(type, "SPF") == 0 && !s->has_txt)
        add(s, "TXT", data);
}

/* What the name has no record for is not answered in time. */
static void add_timeouts(struct served *s)
{
    static const char *const all[] = {"TXT", "SPF", "A",    "AAAA",
                                      "MX",  "PTR", "CNAME"};
    struct err err;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool has = false;
        for (size_t k = 0; k < s->type_count; k++)
            has = has || strcmp(s->types[k], all[i]) == 0;
        if (!has && dns_fault_set(s->dns, s->name, all[i], DNS_FAULT_SERVFAIL,
                                  &err) != ST_OK)
            fail_msg("%s", err.text);
    }
}

static void add_name(struct arena *arena, struct dns *dns, struct fy_node *name,
                     struct fy_node *entries)
{
    struct served s = {.arena = arena, .dns = dns};
    void *at = NULL;
    struct fy_node *entry;
    s.name = name_text(arena, scalar(name));
    while ((entry = fy_node_sequence_iterate(entries, &at)))
        s.has_txt = s.has_txt ||
                    (fy_node_is_mapping(entry) && child(entry, "TXT") != NULL);
    at = NULL;
    while ((entry = fy_node_sequence_iterate(entries, &at)))
        add_entry(&s, entry);
    if (s.is_timeout)
        add_timeouts(&s);
}

static struct dns *serve(struct arena *arena, struct loop *loop,
                         struct fy_node *zonedata)
{
    struct err err;
    void *at = NULL;
    struct fy_node_pair *pair;
    struct dns *dns = dns_create(loop, time(NULL));
    if (dns_listen(dns, "127.0.0.1", 0, &err) != ST_OK)
        fail_msg("%s", err.text);
    while ((pair = fy_node_mapping_iterate(zonedata, &at)))
        add_name(arena, dns, fy_node_pair_key(pair), fy_node_pair_value(pair));
    return dns;
}

/* --- The gateway's program --- */

struct program {
    pid_t pid;
    int output;
    struct buf text;
    bool is_over;
};

static const char *gateway_path(struct arena *arena)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    return arena_printf(arena, "%s/../bin/lasthop-gateway", dirname(self));
}

/* What is asked fits into a pipe. */
static void start(struct arena *arena, struct program *p, const char *anchor,
                  unsigned port, struct slice questions)
{
    int in[2], out[2];
    posix_spawn_file_actions_t actions;
    const char *resolver = arena_printf(arena, "127.0.0.1@%u", port);
    const char *const argv[] = {
        gateway_path(arena), "spf",  "--batch",    "--resolver",      resolver,
        "--trust-anchor",    anchor, "--receiver", "gateway.example", NULL};
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_true(fcntl(in[1], F_SETPIPE_SZ, TEXT_CAP) >= (int)questions.n);
    assert_int_equal(write(in[1], questions.p, questions.n), questions.n);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    int error = posix_spawn(&p->pid, argv[0], &actions, NULL,
                            (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(in[1]);
    close(out[1]);
    if (error)
        fail_msg("%s: %s", argv[0], strerror(error));
    p->output = out[0];
    buf_init(&p->text, TEXT_CAP);
}

static void on_output(void *ctx)
{
    struct program *p = ctx;
    char octets[4096];
    ssize_t n = read(p->output, octets, sizeof octets);
    if (n > 0)
        buf_put(&p->text, (struct slice){octets, (size_t)n});
    else
        p->is_over = true;
}

static bool is_over(void *ctx)
{
    return ((struct program *)ctx)->is_over;
}

static void await(struct loop *loop, struct program *p)
{
    int code;
    struct loop_watch *watch = loop_watch_read(loop, p->output, on_output, p);
    bool over = loop_run_until(loop, is_over, p, LIMIT_MS);
    loop_watch_cancel(&watch);
    close(p->output);
    if (!over)
        kill(p->pid, SIGKILL);
    waitpid(p->pid, &code, 0);
    assert_true(over);
    assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
}

/* --- Tests --- */

static void put_question(struct arena *arena, struct buf *out,
                         struct fy_node *test)
{
    json_t *question = json_pack(
        "{s:s,s:s,s:s}", "client", text_of(arena, child(test, "host")), "helo",
        text_of(arena, child(test, "helo")), "mail_from",
        text_of(arena, child(test, "mailfrom")));
    char *line = json_dumps(question, JSON_COMPACT);
    buf_printf(out, "%s\n", line);
    free(line);
    json_decref(question);
}

static bool is_allowed(struct fy_node *results, const char *result)
{
    void *at = NULL;
    struct fy_node *one;
    if (fy_node_is_scalar(results))
        return slice_is(scalar(results), result);
    while ((one = fy_node_sequence_iterate(results, &at)))
        if (slice_is(scalar(one), result))
            return true;
    return false;
}

/* DEFAULT stands for an explanation that is not the domain's. */
static bool is_explained(struct fy_node *wanted, const char *explanation)
{
    if (!wanted)
        return true;
    if (slice_is(scalar(wanted), "DEFAULT"))
        return !explanation;
    return explanation && slice_is(scalar(wanted), explanation);
}

static bool judge(struct arena *arena, struct fy_node_pair *pair,
                  struct slice line)
{
    json_error_t error;
    struct fy_node *test = fy_node_pair_value(pair);
    json_t *answer = json_loadb(line.p, line.n, 0, &error);
    const char *result = json_string_value(json_object_get(answer, "result"));
    const char *explanation =
        json_string_value(json_object_get(answer, "explanation"));
    bool good = result && is_allowed(child(test, "result"), result) &&
                is_explained(child(test, "explanation"), explanation);
    if (!good)
        print_error("%s: got %.*s\n", text_of(arena, fy_node_pair_key(pair)),
                    SLICE_ARG(line));
    json_decref(answer);
    return good;
}

static void write_anchor(const struct dns *dns, char *path)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    dprintf(fd, "%s\n", dns_trust_anchor(dns));
    close(fd);
}

static void ask_all(struct arena *arena, struct loop *loop,
                    const struct dns *dns, struct fy_node *tests,
                    struct program *p)
{
    char anchor[] = "/tmp/lasthop-spf-anchor-XXXXXX";
    struct buf questions;
    void *at = NULL;
    struct fy_node_pair *pair;
    buf_init(&questions, TEXT_CAP);
    while ((pair = fy_node_mapping_iterate(tests, &at)))
        put_question(arena, &questions, fy_node_pair_value(pair));
    write_anchor(dns, anchor);
    start(arena, p, anchor, dns_port(dns), buf_slice(&questions));
    await(loop, p);
    unlink(anchor);
    buf_release(&questions);
}

static void test_spf_suite_document_as_it_says(void **state)
{
    struct fy_node *root = fy_document_root(*state);
    struct fy_node *tests = child(root, "tests");
    struct arena *arena = arena_create();
    struct loop *loop = loop_create();
    struct dns *dns = serve(arena, loop, child(root, "zonedata"));
    struct program program = {0};
    void *at = NULL;
    struct fy_node_pair *pair;
    size_t wrong = 0;
    ask_all(arena, loop, dns, tests, &program);
    struct slice rest = buf_slice(&program.text);
    while ((pair = fy_node_mapping_iterate(tests, &at))) {
        wrong += !judge(arena, pair, slice_cut(&rest, '\n'));
        test_count++;
    }
    buf_release(&program.text);
    dns_destroy(&dns);
    loop_destroy(&loop);
    arena_destroy(&arena);
    assert_int_equal(wrong, 0);
}

static void test_spf_suite_has_all_its_tests(void **state)
{
    (void)state;
    assert_int_equal(test_count, TESTS);
}

/* libfyaml takes the line behind an empty block scalar for its content. */
static struct slice read_suite(struct arena *arena)
{
    static const char empty[] = ">-\n        spec:";
    FILE *file =
        fopen(SOURCE_DIR "/fixtures/spf/rfc7208-tests-2014-05.yml", "r");
    char *text = arena_alloc(arena, TEXT_CAP);
    size_t n = file ? fread(text, 1, TEXT_CAP - 1, file) : 0;
    if (file)
        fclose(file);
    for (char *at = text; (at = strstr(at, empty)); at++)
        at[0] = at[1] = '~';
    return (struct slice){text, n};
}

int main(void)
{
    struct CMUnitTest tests[DOCUMENTS_MOST + 1];
    struct fy_document *documents[DOCUMENTS_MOST];
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET};
    struct arena *arena = arena_create();
    struct slice suite = read_suite(arena);
    size_t count = 0;
    struct fy_parser *parser = fy_parser_create(&cfg);
    fy_parser_set_string(parser, suite.p, suite.n);
    while (count < DOCUMENTS_MOST &&
           (documents[count] = fy_parse_load_document(parser))) {
        tests[count] = (struct CMUnitTest){
            .name = text_of(arena, child(fy_document_root(documents[count]),
                                         "description")),
            .test_func = test_spf_suite_document_as_it_says,
            .initial_state = documents[count]};
        count++;
    }
    tests[count] =
        (struct CMUnitTest)cmocka_unit_test(test_spf_suite_has_all_its_tests);
    int failed =
        _cmocka_run_group_tests("openspf suite", tests, count + 1, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        fy_parse_document_destroy(parser, documents[i]);
    fy_parser_destroy(parser);
    arena_destroy(&arena);
    return failed;
}

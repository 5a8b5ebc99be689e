/* Unmodified programs of others look at every posture: openssl s_client,
 * posttls-finger and delv must find what fixtures/outside-tools.yaml says.
 *
 * posttls-finger knows no other ports than 25 and 53: it needs a network
 * namespace of this test's own, and is left out where none is to be had. So is
 * a program that is not installed. OUTSIDE_PRINT=1 prints what was found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "engine/folder.h"
#include "engine/world.h"

enum {
    SMTP_PORT = 25,
    DNS_PORT = 53,
    FIRST_PORT = 25025,
    LAST_PORT = 25100,
    TOOL_LIMIT_MS = 12000,
    OUTPUT_MOST = 1 << 20,
    ARGUMENTS_MOST = 32
};

static struct outside {
    struct arena *arena;
    struct fixtures *fixtures;
    struct scenario *scenario;
    struct loop *loop;
    struct pki *pki;
    struct mailkeys *keys;
    struct block block;
    struct recorder *recorder;
    struct world *world;
    const struct node *table;
    bool in_namespace;
    unsigned dns_port;
    char dir[64];
} o = {.block = {.lock = -1}};

/* ---- a namespace of its own ---- */

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)strlen(text);
}

static bool become_root(void)
{
    char map[64];
    snprintf(map, sizeof map, "0 %u 1\n", (unsigned)getuid());
    if (unshare(CLONE_NEWUSER) != 0 || !write_file("/proc/self/uid_map", map))
        return false;
    return true;
}

static bool raise_loopback(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

static bool set_resolver(const char *address)
{
    const char *path = arena_printf(o.arena, "%s/resolv.conf", o.dir);
    return write_file(path,
                      arena_printf(o.arena, "nameserver %s\n", address)) &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0;
}

static bool enter_namespace(void)
{
    char address[BLOCK_ADDRESS_BYTES];
    o.block.b = 65;
    o.block.c = 1;
    block_address(&o.block, BLOCK_HOST_RESOLVER, address);
    if (geteuid() != 0 && !become_root())
        return false;
    return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 && raise_loopback() &&
           set_resolver(address);
}

/* ---- the world ---- */

static const char *domain_of(const char *posture)
{
    return arena_printf(o.arena, "%s.test", posture);
}

static struct slice all_postures(void)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_puts(&text, "lasthop: 1\ntitle: t\nclauses: [CONN-1]\nclock: now\n"
                    "session: [{expect: \"220\"}]\nworld:\n  domains:\n");
    for (const char *const *p = fixtures_postures(o.fixtures); *p; p++)
        buf_printf(&text, "    %s: %s\n", domain_of(*p), *p);
    const char *copy = arena_text(o.arena, buf_slice(&text));
    buf_release(&text);
    return slice_of(copy);
}

static void load(void)
{
    struct diagnostics *list = diagnostics_create();
    struct node *root;
    struct err err;
    assert_int_equal(
        fixtures_load(SOURCE_DIR "/fixtures", list, &o.fixtures, &err), ST_OK);
    assert_int_equal(scenario_parse(o.fixtures, "outside.yaml", all_postures(),
                                    list, &o.scenario),
                     ST_OK);
    assert_int_equal(node_read(o.arena,
                               SOURCE_DIR "/fixtures/outside-tools.yaml", list,
                               &root),
                     ST_OK);
    o.table = node_get(root, "postures");
    diagnostics_destroy(&list);
}

static void write_files(void)
{
    unsigned tag, algorithm, type;
    char digest[256];
    assert_true(write_file(arena_printf(o.arena, "%s/roots.pem", o.dir),
                           pki_root_pem(o.pki)));
    assert_true(write_file(arena_printf(o.arena, "%s/main.cf", o.dir), ""));
    const char *ds = strstr(world_trust_anchor(o.world), " DS ");
    assert_int_equal(
        sscanf(ds, " DS %u %u %u %255s", &tag, &algorithm, &type, digest), 4);
    assert_true(write_file(
        arena_printf(o.arena, "%s/anchor", o.dir),
        arena_printf(o.arena,
                     "trust-anchors { . static-ds %u %u %u \"%s\"; };\n", tag,
                     algorithm, type, digest)));
}

static int set_up(void **state)
{
    struct err err = {.text = ""};
    (void)state;
    o.arena = arena_create();
    snprintf(o.dir, sizeof o.dir, "/tmp/lasthop-outside-XXXXXX");
    assert_non_null(mkdtemp(o.dir));
    chmod(o.dir, 0755); /* posttls-finger reads it as somebody else */
    o.in_namespace = enter_namespace();
    if (!o.in_namespace)
        assert_int_equal(block_claim(&o.block, 0, FIRST_PORT, LAST_PORT, &err),
                         ST_OK);
    else
        o.block.port = SMTP_PORT;
    o.dns_port = o.in_namespace ? DNS_PORT : o.block.port;
    load();
    o.loop = loop_create();
    o.pki = pki_create();
    o.keys = mailkeys_create();
    const struct scenario_case *c = scenario_cases(o.scenario);
    o.recorder = recorder_create(c, "gateway.lasthop.example", NULL);
    struct world_settings settings = {.loop = o.loop,
                                      .pki = o.pki,
                                      .keys = o.keys,
                                      .block = &o.block,
                                      .gateway_host = "gateway.lasthop.example",
                                      .recorder = o.recorder,
                                      .dns_port = (uint16_t)o.dns_port,
                                      .now_s = time(NULL)};
    if (world_create(&settings, c->world, &o.world, &err) != ST_OK)
        fail_msg("%s", err.text);
    write_files();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_destroy(&o.world);
    recorder_destroy(&o.recorder);
    pki_destroy(&o.pki);
    mailkeys_destroy(&o.keys);
    loop_destroy(&o.loop);
    block_release(&o.block);
    scenario_destroy(&o.scenario);
    fixtures_destroy(&o.fixtures);
    folder_remove(o.dir);
    arena_destroy(&o.arena);
    return 0;
}

/* ---- running a program while the world answers ---- */

struct run {
    const char *arguments[ARGUMENTS_MOST];
    size_t count;
    int fd;
    struct buf output;
    bool ended;
    const char *enough; /* it is stopped once it says this; or NULL */
};

static void add(struct run *run, const char *argument)
{
    assert_true(run->count + 1 < ARGUMENTS_MOST);
    run->arguments[run->count++] = argument;
}

static void on_output(void *ctx)
{
    struct run *run = ctx;
    char octets[4096];
    ssize_t n = read(run->fd, octets, sizeof octets);
    if (n > 0)
        buf_put(&run->output, (struct slice){octets, (size_t)n});
    else
        run->ended = true;
}

static bool says_enough(const struct run *run)
{
    return run->enough && run->output.n && strstr(run->output.p, run->enough);
}

static bool has_ended(void *ctx)
{
    return ((struct run *)ctx)->ended || says_enough(ctx);
}

static void exec_tool(const struct run *run, int output)
{
    union {
        const char *const *in;
        char *const *out;
    } arguments = {.in = run->arguments};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    setenv("MAIL_CONFIG", o.dir, 1);
    dup2(null, 0);
    dup2(output, 1);
    dup2(output, 2);
    execvp(run->arguments[0], arguments.out);
    _exit(127);
}

/* All that the program wrote; in the arena. */
static const char *output_of(struct run *run)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        exec_tool(run, ends[1]);
    close(ends[1]);
    run->fd = ends[0];
    buf_init(&run->output, OUTPUT_MOST);
    struct loop_watch *watch = loop_watch_read(o.loop, run->fd, on_output, run);
    if (!loop_run_until(o.loop, has_ended, run, TOOL_LIMIT_MS) ||
        says_enough(run))
        kill(pid, SIGKILL);
    loop_watch_cancel(&watch);
    close(run->fd);
    waitpid(pid, NULL, 0);
    const char *text = run->output.n
                           ? arena_text(o.arena, buf_slice(&run->output))
                           : "no answer";
    buf_release(&run->output);
    return text;
}

static bool is_installed(const char *program)
{
    const char *path = getenv("PATH");
    struct slice rest = slice_of(path ? path : "");
    while (rest.n) {
        struct slice folder = slice_cut(&rest, ':');
        if (access(arena_printf(o.arena, "%.*s/%s", SLICE_ARG(folder), program),
                   X_OK) == 0)
            return true;
    }
    return false;
}

/* ---- what they say, in a word ---- */

struct sign {
    const char *text, *word; /* word NULL: what stands behind the text */
};

static const char *word_of(const char *output, const struct sign *signs)
{
    const char *all = output;
    for (; signs->text; signs++) {
        const char *at = strstr(output, signs->text);
        if (at && signs->word)
            return signs->word;
        if (at)
            return arena_text(o.arena,
                              slice_trim((struct slice){
                                  at + strlen(signs->text),
                                  strcspn(at + strlen(signs->text), "\n)")}));
    }
    if (getenv("OUTSIDE_PRINT"))
        print_message("%s\n", all);
    return "?";
}

static const struct posture *posture_of(const char *name)
{
    return world_posture(scenario_cases(o.scenario)->world, domain_of(name));
}

/* The first host that has an address; NULL: the domain has none. */
static const struct posture_host *host_of(const char *posture)
{
    const struct posture_host *h = posture_of(posture)->hosts;
    while (h && !world_host_address(o.world, h->name))
        h = h->next;
    return h;
}

static const char *resolver(void)
{
    char address[BLOCK_ADDRESS_BYTES];
    block_address(&o.block, BLOCK_HOST_RESOLVER, address);
    return arena_strdup(o.arena, address);
}

static const char *ask_delv(const char *name, const char *type)
{
    struct run run = {.count = 0};
    add(&run, "delv");
    add(&run, arena_printf(o.arena, "@%s", resolver()));
    add(&run, "-p");
    add(&run, arena_printf(o.arena, "%u", o.dns_port));
    add(&run, "-a");
    add(&run, arena_printf(o.arena, "%s/anchor", o.dir));
    add(&run, "+root=.");
    add(&run, "-t");
    add(&run, type);
    add(&run, name);
    return output_of(&run);
}

static const char *delv_word(const char *output)
{
    static const struct sign signs[] = {
        {"resolution failed: ncache", "absent"},
        {"; negative response, fully validated", "absent"},
        {"; negative response, unsigned answer", "absent"},
        {"resolution failed: SERVFAIL", "failed"},
        {"resolution failed: failure", "failed"},
        {"resolution failed: RRSIG failed to verify", "bogus"},
        {"resolution failed: no valid RRSIG", "bogus"},
        {"resolution failed: ", NULL},
        {"; fully validated", "secure"},
        {"; unsigned answer", "insecure"},
        {NULL, NULL}};
    return word_of(output, signs);
}

static const char *look_mx(const char *posture)
{
    return delv_word(ask_delv(domain_of(posture), "MX"));
}

static const char *look_tlsa(const char *posture)
{
    const struct posture_host *h = host_of(posture);
    return h ? delv_word(ask_delv(arena_printf(o.arena, "_25._tcp.%s", h->name),
                                  "TLSA"))
             : "no host";
}

/* The TLSA data as delv prints it, those that SMTP uses; -dane_tlsa_rrdata for
 * each. */
static void add_tlsa(struct run *run, const struct posture_host *h)
{
    const char *at =
        ask_delv(arena_printf(o.arena, "_25._tcp.%s", h->name), "TLSA");
    for (bool first = true; (at = strstr(at, "TLSA")); first = false) {
        at += strlen("TLSA");
        at += strspn(at, "\t ");
        if (*at != '2' && *at != '3')
            continue;
        if (first) {
            add(run, "-dane_tlsa_domain");
            add(run, h->name);
        }
        add(run, "-dane_tlsa_rrdata");
        add(run, arena_printf(o.arena, "%.*s", (int)strcspn(at, "\n"), at));
    }
}

static const char *look_s_client(const char *posture)
{
    static const struct sign signs[] = {
        {"no answer", "no answer"},
        {"onnect:errno", "no connection"},
        {"idn't find STARTTLS", "no STARTTLS"},
        {"454 4.7.0", "STARTTLS refused"},
        {"no peer certificate available", "handshake failed"},
        {"Cert Status: revoked", "revoked"},
        {"Verify return code: 65 (", "no TLSA match"},
        {" matched ", "dane"},
        {"Verify return code: 0 (ok", "ok"},
        {"Verify return code: 9 (", "not yet valid"},
        {"Verify return code: 10 (", "expired"},
        {"Verify return code: 18 (", "self-signed"},
        {"Verify return code: 20 (", "untrusted issuer"},
        {"Verify return code: 21 (", "untrusted issuer"},
        {"Verify return code: 62 (", "wrong host"},
        {"Verify return code: 66 (", "weak key"},
        {"Verify return code: 68 (", "weak key"},
        {"unexpected EOF", "handshake failed"},
        {"Verify return code: ", NULL},
        {NULL, NULL}};
    const struct posture_host *h = host_of(posture);
    struct run run = {.count = 0};
    if (!h)
        return "no host";
    run.enough = "idn't find STARTTLS"; /* it would try all the same */
    add(&run, "openssl");
    add(&run, "s_client");
    add(&run, "-starttls");
    add(&run, "smtp");
    add(&run, "-connect");
    add(&run, arena_printf(o.arena, "%s:%u",
                           world_host_address(o.world, h->name), o.block.port));
    add(&run, "-servername");
    add(&run, h->name);
    add(&run, "-verify_hostname");
    add(&run, h->name);
    add(&run, "-CAfile");
    add(&run, arena_printf(o.arena, "%s/roots.pem", o.dir));
    add(&run, "-status");
    add(&run, "-min_protocol");
    add(&run, "TLSv1.2");
    add(&run, "-cipher"); /* RFC 9325 4.2 */
    add(&run, "ECDHE+AESGCM:ECDHE+CHACHA20");
    if (h->tlsa && is_installed("delv"))
        add_tlsa(&run, h);
    return word_of(output_of(&run), signs);
}

/* The level is dane, and no root is trusted: what it verifies, DANE proves. */
static const char *look_finger(const char *posture)
{
    static const struct sign signs[] = {
        {"Verified TLS connection established", "verified"},
        {"Trusted TLS connection established", "trusted"},
        {"Untrusted TLS connection established", "untrusted"},
        {"Anonymous TLS connection established", "anonymous"},
        {"lookup problem", "look-up failed"},
        {"Host not found, try again", "look-up failed"},
        {"has a valid address record", "no host"},
        {"nullMX", "null MX"},
        {"does not accept mail", "null MX"},
        {"ost or domain name not found", "no domain"},
        {"onnection refused", "no connection"},
        {"Connected to", "no TLS"},
        {NULL, NULL}};
    struct run run = {.count = 0};
    add(&run, "posttls-finger");
    add(&run, "-t2");
    add(&run, "-T2");
    add(&run, "-ldane");
    add(&run, "-Lsummary");
    add(&run, domain_of(posture));
    return word_of(output_of(&run), signs);
}

/* ---- the table ---- */

static unsigned compare(const char *program, const char *column,
                        const char *(*look)(const char *posture))
{
    unsigned wrong = 0;
    if (!is_installed(program)) {
        print_message("%s is not installed\n", program);
        skip();
    }
    for (const char *const *p = fixtures_postures(o.fixtures); *p; p++) {
        const char *want = node_text(node_get(o.table, *p), column, "");
        const char *got = look(*p);
        if (getenv("OUTSIDE_PRINT"))
            print_message("%s %s: %s\n", column, *p, got);
        if (strcmp(want, got) == 0)
            continue;
        print_message("%s, %s: expected `%s`, got `%s`\n", *p, column, want,
                      got);
        wrong++;
    }
    return wrong;
}

static void test_table_has_a_row_for_each_posture(void **state)
{
    (void)state;
    for (const char *const *p = fixtures_postures(o.fixtures); *p; p++)
        if (!node_get(o.table, *p))
            fail_msg("no row for the posture %s", *p);
    for (const struct node *n = o.table->first; n; n = n->next)
        if (!fixtures_posture(o.fixtures, n->key))
            fail_msg("a row for %s, which is no posture", n->key);
}

static void test_s_client_finds_what_the_table_says(void **state)
{
    (void)state;
    assert_int_equal(compare("openssl", "s_client", look_s_client), 0);
}

static void test_delv_finds_what_the_table_says(void **state)
{
    (void)state;
    unsigned wrong =
        compare("delv", "mx", look_mx) + compare("delv", "tlsa", look_tlsa);
    assert_int_equal(wrong, 0);
}

static void test_posttls_finger_finds_what_the_table_says(void **state)
{
    (void)state;
    if (!o.in_namespace) {
        print_message("posttls-finger: no network namespace to be had here\n");
        skip();
    }
    assert_int_equal(compare("posttls-finger", "posttls-finger", look_finger),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_has_a_row_for_each_posture),
        cmocka_unit_test(test_delv_finds_what_the_table_says),
        cmocka_unit_test(test_s_client_finds_what_the_table_says),
        cmocka_unit_test(test_posttls_finger_finds_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

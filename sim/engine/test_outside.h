/* test_outside - for tests with unmodified programs of others: a world of every
 * posture, in a network namespace of its own where one is to be had, and the
 * running of a program while that world answers. */
#ifndef ENGINE_TEST_OUTSIDE_H
#define ENGINE_TEST_OUTSIDE_H

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

static inline bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)strlen(text);
}

static inline bool become_root(void)
{
    char map[64];
    snprintf(map, sizeof map, "0 %u 1\n", (unsigned)getuid());
    if (unshare(CLONE_NEWUSER) != 0 || !write_file("/proc/self/uid_map", map))
        return false;
    return true;
}

static inline bool raise_loopback(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

static inline bool set_resolver(const char *address)
{
    const char *path = arena_printf(o.arena, "%s/resolv.conf", o.dir);
    return write_file(path,
                      arena_printf(o.arena, "nameserver %s\n", address)) &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0;
}

static inline bool enter_namespace(void)
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

static inline const char *domain_of(const char *posture)
{
    return arena_printf(o.arena, "%s.test", posture);
}

static inline struct slice all_postures(void)
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

static inline void load(void)
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

static inline void write_files(void)
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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline void add(struct run *run, const char *argument)
{
    assert_true(run->count + 1 < ARGUMENTS_MOST);
    run->arguments[run->count++] = argument;
}

static inline void on_output(void *ctx)
{
    struct run *run = ctx;
    char octets[4096];
    ssize_t n = read(run->fd, octets, sizeof octets);
    if (n > 0)
        buf_put(&run->output, (struct slice){octets, (size_t)n});
    else
        run->ended = true;
}

static inline bool says_enough(const struct run *run)
{
    return run->enough && run->output.n && strstr(run->output.p, run->enough);
}

static inline bool has_ended(void *ctx)
{
    return ((struct run *)ctx)->ended || says_enough(ctx);
}

static inline void exec_tool(const struct run *run, int output)
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
static inline const char *output_of(struct run *run)
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

#endif

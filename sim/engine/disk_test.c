/* KEEP-3 against the real gateway: a full disk and a read-only one. The disk is
 * a small tmpfs in a mount namespace of this test's own; where none is to be
 * had, the test is left out. */
#include "engine/test_gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

enum { DISK_MIB = 24, MESSAGES_MOST = 40, FILL_BYTES = 65536 };

static const char world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: tls13\n"
    "  gateway: {message_bytes: \"60000000\"}\n";

static bool has_namespace;
static char disk[] = "/tmp/lasthop-disk-XXXXXX";

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)strlen(text);
}

static bool become_root(void)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1\n", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1\n", (unsigned)getegid());
    return unshare(CLONE_NEWUSER) == 0 &&
           write_file("/proc/self/uid_map", users) &&
           write_file("/proc/self/setgroups", "deny") &&
           write_file("/proc/self/gid_map", groups);
}

static bool enter_namespace(void)
{
    char size[32];
    if ((geteuid() != 0 && !become_root()) || unshare(CLONE_NEWNS) != 0)
        return false;
    snprintf(size, sizeof size, "size=%dm", DISK_MIB);
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mkdtemp(disk) && mount("none", disk, "tmpfs", 0, size) == 0;
}

static int setup(void **state)
{
    static struct test_gateway g;
    if (!has_namespace)
        return 0;
    test_gateway_start(&g, world, disk);
    *state = &g;
    return 0;
}

/* Numbered messages, and which of them got a 250. */
static bool accepted[MESSAGES_MOST];
static unsigned count;

static const char *submit(struct test_gateway *g, size_t bytes)
{
    const char *subject = arena_printf(g->arena, "m-%u", count);
    struct buf text;
    buf_init(&text, bytes + 1024);
    buf_puts(&text, test_gateway_header(g->arena, subject));
    while (text.n < bytes)
        buf_puts(&text, "a line of the message, and another one behind it\r\n");
    assert_true(count < MESSAGES_MOST);
    const char *reply = test_gateway_submit(g, buf_slice(&text), 0);
    accepted[count++] = strncmp(reply, "250", 3) == 0;
    buf_release(&text);
    return reply;
}

static void assert_reply(const char *reply, const char *want)
{
    if (strncmp(reply, want, strlen(want)) != 0)
        fail_msg("got \"%s\", want \"%s\"", reply, want);
}

static const char *filler_path(const struct test_gateway *g)
{
    return arena_printf(g->arena, "%s/filler", g->engine->case_dir);
}

static void fill_disk(const struct test_gateway *g)
{
    static const char octets[FILL_BYTES];
    size_t n = sizeof octets;
    int fd = open(filler_path(g), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (n) {
        ssize_t done = write(fd, octets, n);
        if (done < 0) {
            assert_int_equal(errno, ENOSPC);
            n /= 2;
        }
    }
    close(fd);
}

static unsigned received_number(const json_t *one)
{
    const char *at = strstr(evidence_text(one, "content"), "Subject: m-");
    return at ? (unsigned)strtoul(at + 11, NULL, 10) : MESSAGES_MOST;
}

/* What got its 250 arrived, and nothing else did. */
static void judge(struct test_gateway *g)
{
    struct err err;
    bool seen[MESSAGES_MOST + 1] = {false};
    size_t i;
    const json_t *one;
    if (stage_flush(g->stage, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_t *evidence = test_gateway_finish(g);
    json_array_foreach(json_object_get(evidence, "received"), i, one)
        seen[received_number(one)] = true;
    for (unsigned n = 0; n < count; n++)
        if (seen[n] != accepted[n])
            fail_msg("m-%u: accepted %d, received %d", n, accepted[n], seen[n]);
    json_decref(evidence);
    count = 0;
}

static void test_full_disk_is_a_452_until_there_is_room(void **state)
{
    struct test_gateway *g = *state;
    unsigned refused = 0;
    if (!has_namespace)
        skip();
    assert_reply(submit(g, 1000), "250 ");
    test_gateway_settle(g);
    fill_disk(g);
    assert_reply(submit(g, 400000), "452 4.3.1");
    /* Some may find room in what the database's log had before. */
    for (int i = 0; i < 8; i++) {
        const char *reply = submit(g, 200000);
        refused += strncmp(reply, "452 4.3.1", 9) == 0;
        if (!accepted[count - 1])
            assert_reply(reply, "452 4.3.1");
    }
    assert_true(refused > 0);
    assert_int_equal(unlink(filler_path(g)), 0);
    assert_reply(submit(g, 1000), "250 ");
    assert_reply(submit(g, 200000), "250 ");
    assert_reply(submit(g, 400000), "250 ");
    judge(g);
}

static void test_message_larger_than_the_disk_is_a_452(void **state)
{
    struct test_gateway *g = *state;
    if (!has_namespace)
        skip();
    for (int i = 0; i < 3; i++) {
        assert_reply(submit(g, 30000000), "452 4.3.1");
        /* There is room for one copy, not for two. */
        assert_reply(submit(g, 15000000), "452 4.3.1");
        assert_reply(submit(g, 5000000), "250 ");
        test_gateway_settle(g);
    }
    judge(g);
}

static void test_read_only_spool_is_a_451(void **state)
{
    struct test_gateway *g = *state;
    if (!has_namespace)
        skip();
    const char *spool =
        arena_printf(g->arena, "%s/state/spool", g->engine->case_dir);
    assert_int_equal(mount(spool, spool, NULL, MS_BIND, NULL), 0);
    assert_int_equal(
        mount(NULL, spool, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
    assert_reply(submit(g, 400000), "451 4.3.0");
    assert_reply(submit(g, 1000), "250 ");
    assert_int_equal(umount(spool), 0);
    assert_reply(submit(g, 400000), "250 ");
    judge(g);
}

static const char *state_path(const struct test_gateway *g, const char *name)
{
    return arena_printf(g->arena, "%s/state/%s", g->engine->case_dir, name);
}

/* Files under a running gateway: noticed before the next 250, whether they are
 * put away or covered, and served again when they are back. */
static void test_state_that_is_moved_away_is_a_451(void **state)
{
    struct test_gateway *g = *state;
    static const char *const names[] = {"gateway.db", "gateway.db-wal",
                                        "gateway.db-shm", "lock", "spool"};
    if (!has_namespace)
        skip();
    assert_reply(submit(g, 1000), "250 ");
    assert_reply(submit(g, 400000), "250 ");
    test_gateway_settle(g);
    const char *away = state_path(g, "away");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *here = state_path(g, names[i]);
        assert_int_equal(rename(here, away), 0);
        assert_reply(submit(g, 1000), "451 4.3.0");
        assert_reply(submit(g, 400000), "451 4.3.0");
        assert_int_equal(rename(away, here), 0);
    }
    assert_int_equal(mount("none", state_path(g, "spool"), "tmpfs", 0, NULL),
                     0);
    assert_reply(submit(g, 1000), "451 4.3.0");
    assert_int_equal(umount(state_path(g, "spool")), 0);
    assert_reply(submit(g, 1000), "250 ");
    assert_reply(submit(g, 400000), "250 ");
    judge(g);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_full_disk_is_a_452_until_there_is_room),
        TEST(test_message_larger_than_the_disk_is_a_452),
        TEST(test_read_only_spool_is_a_451),
        TEST(test_state_that_is_moved_away_is_a_451),
    };
    has_namespace = enter_namespace();
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    if (has_namespace && umount(disk) == 0)
        rmdir(disk);
    return failures;
}

/* What a store finds at its start, and what it makes of it: a folder in use,
 * orphans, a broken database, content that is gone (KEEP-3). */
#include "store/test_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE_BYTES = 400000 };

static int setup(void **state)
{
    static struct test_store t;
    t = (struct test_store){.store = NULL};
    *state = &t;
    if (!test_folder_make(t.folder, "damage"))
        return -1;
    test_store_open(&t, 0);
    return 0;
}

static int teardown(void **state)
{
    struct test_store *t = *state;
    test_store_close(t);
    test_folder_remove(t->folder);
    return 0;
}

static const char *path_of(const struct test_store *t, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", t->folder, name);
    return path;
}

static off_t bytes_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static bool is_private(const struct test_store *t, const char *name)
{
    struct stat st;
    assert_int_equal(stat(path_of(t, name), &st), 0);
    return (st.st_mode & 077) == 0;
}

/* Whatever the folder's own rights are. */
static void test_nobody_else_can_read_what_is_stored(void **state)
{
    struct test_store *t = *state;
    assert_int_equal(test_store_accept(t, "m1", 1000, "c", LARGE_BYTES), ST_OK);
    assert_true(is_private(t, "gateway.db"));
    assert_true(is_private(t, "gateway.db-wal"));
    assert_true(is_private(t, "gateway.db-shm"));
    assert_true(is_private(t, "spool"));
    assert_true(is_private(t, "spool/m1"));
}

static void scribble(const char *path, off_t from, size_t n)
{
    char octets[512];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    memset(octets, 0x5a, sizeof octets);
    for (size_t done = 0; done < n; done += sizeof octets)
        assert_int_equal(pwrite(fd, octets, sizeof octets, from + (off_t)done),
                         sizeof octets);
    close(fd);
}

static void test_second_store_on_the_folder_is_refused(void **state)
{
    struct test_store *t = *state;
    struct test_store second = *t;
    struct err err;
    second.store = NULL;
    assert_int_equal(test_store_try_open(&second, 0, &err), ST_TEMP);
    assert_non_null(strstr(err.text, "another gateway runs on this folder"));
    assert_null(second.store);
    test_store_close(t);
    test_store_open(t, 0);
}

static void expect_damage(struct test_store *t, const char *word, off_t size)
{
    struct err err;
    assert_int_equal(test_store_try_open(t, 0, &err), ST_TEMP);
    assert_non_null(strstr(err.text, "gateway.db"));
    if (!strstr(err.text, word))
        fail_msg("%s", err.text);
    assert_null(t->store);
    /* Nothing was made anew in its place. */
    assert_int_equal(bytes_of(path_of(t, "gateway.db")), size);
}

static void test_garbled_pages_are_found_at_the_start(void **state)
{
    struct test_store *t = *state;
    char id[16];
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "m%d", i);
        assert_int_equal(test_store_accept(t, id, 1000, "c", 20000), ST_OK);
    }
    test_store_close(t); /* the log goes into the database */
    const char *path = path_of(t, "gateway.db");
    off_t size = bytes_of(path);
    assert_true(size > 800000);
    /* Half of the pages, none of the schema's; then its own; then the head. */
    scribble(path, 163840, (size_t)size / 2 / 4096 * 4096);
    expect_damage(t, "damaged", size);
    scribble(path, 4096, 4096);
    expect_damage(t, "damaged", size);
    scribble(path, 0, 4096);
    expect_damage(t, "not a database", size);
}

static void test_orphans_of_the_spool_go_and_content_stays(void **state)
{
    struct test_store *t = *state;
    assert_int_equal(test_store_accept(t, "m1", 1000, "c", LARGE_BYTES), ST_OK);
    assert_int_equal(test_store_accept(t, "m2", 1000, "c", 100), ST_OK);
    test_store_close(t);
    static const char *const orphans[] = {"spool/tmp-0123", "spool/m2",
                                          "spool/m9"};
    for (size_t i = 0; i < 3; i++)
        close(open(path_of(t, orphans[i]), O_CREAT | O_WRONLY, 0600));
    test_store_open(t, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bytes_of(path_of(t, orphans[i])), -1);
    assert_int_equal(test_store_due(t, 1000), 2);
    assert_true(t->items[0]->message->content.n >= LARGE_BYTES);
    assert_null(t->items[0]->message->content_fault);
    test_store_release(t);
}

static void test_lost_database_is_not_begun_anew(void **state)
{
    struct test_store *t = *state;
    assert_int_equal(test_store_accept(t, "m1", 1000, "c", LARGE_BYTES), ST_OK);
    test_store_close(t);
    assert_int_equal(truncate(path_of(t, "gateway.db"), 0), 0);
    for (int i = 0; i < 2; i++) {
        struct err err;
        assert_int_equal(test_store_try_open(t, 0, &err), ST_TEMP);
        assert_non_null(strstr(err.text, "spool/m1 is the content of a"));
    }
    assert_true(bytes_of(path_of(t, "spool/m1")) >= LARGE_BYTES);
}

static void test_content_that_is_gone_or_short_is_told(void **state)
{
    struct test_store *t = *state;
    assert_int_equal(test_store_accept(t, "m1", 1000, "c", LARGE_BYTES), ST_OK);
    assert_int_equal(test_store_accept(t, "m2", 1001, "c", LARGE_BYTES), ST_OK);
    assert_int_equal(test_store_accept(t, "m3", 1002, "c", LARGE_BYTES), ST_OK);
    test_store_close(t);
    assert_int_equal(unlink(path_of(t, "spool/m1")), 0);
    assert_int_equal(truncate(path_of(t, "spool/m2"), 100000), 0);
    test_store_open(t, 0);
    assert_int_equal(test_store_due(t, 2000), 3);
    const char *first = t->items[0]->message->content_fault;
    const char *second = t->items[1]->message->content_fault;
    assert_non_null(strstr(first, "m1: No such file"));
    assert_non_null(strstr(second, "m2: only 100000 octets of"));
    assert_int_equal(t->items[0]->message->content.n, 0);
    assert_int_equal(t->items[1]->message->content.n, 0);
    assert_null(t->items[2]->message->content_fault);
    test_store_release(t);
}

static void test_refused_large_content_leaves_no_file(void **state)
{
    struct test_store *t = *state;
    assert_int_equal(test_store_accept(t, "m1", 1000, "c", 100), ST_OK);
    /* The same id again: its file was kept, the row is refused. */
    assert_int_equal(test_store_accept(t, "m1", 1000, "c", LARGE_BYTES),
                     ST_TEMP);
    test_store_close(t);
    test_store_open(t, 0);
    assert_int_equal(bytes_of(path_of(t, "spool/m1")), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_else_can_read_what_is_stored),
        TEST(test_second_store_on_the_folder_is_refused),
        TEST(test_garbled_pages_are_found_at_the_start),
        TEST(test_orphans_of_the_spool_go_and_content_stays),
        TEST(test_lost_database_is_not_begun_anew),
        TEST(test_content_that_is_gone_or_short_is_told),
        TEST(test_refused_large_content_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

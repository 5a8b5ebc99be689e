/* KEEP-3: files that are removed, moved, replaced, cut or written by others
 * under a working store; and what is not begun anew at its start. */
#include "store/test_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/call.h"

enum { LARGE_BYTES = 400000 };

static bool has_past;

static bool past(const char *path)
{
    assert_string_equal(path, "the journal");
    return has_past;
}

static int setup(void **state)
{
    static struct test_store t;
    t = (struct test_store){.store = NULL};
    *state = &t;
    has_past = false;
    if (!test_folder_make(t.folder, "presence"))
        return -1;
    test_store_open(&t, 0);
    assert_int_equal(test_store_accept(&t, "m1", 1000, "c", 100), ST_OK);
    assert_int_equal(test_store_accept(&t, "m2", 1000, "c", LARGE_BYTES),
                     ST_OK);
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
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", t->folder, name);
    return path;
}

static enum store_fault last_fault(struct test_store *t, const char *id,
                                   const char *word)
{
    assert_int_equal(test_store_accept(t, id, 1000, "c", 100), ST_TEMP);
    if (!strstr(t->answer.err.text, word))
        fail_msg("%s: want %s", t->answer.err.text, word);
    return t->answer.fault;
}

/* Nothing is accepted, handed out or found. */
static void assert_refuses(struct test_store *t, const char *word)
{
    assert_int_equal(last_fault(t, "m3", word), STORE_FAULT_IO);
    store_due(t->store, 5000, 64, test_store_on_due, t);
    test_store_wait(t);
    assert_int_equal(t->due.status, ST_TEMP);
    assert_int_equal(t->due.count, 0);
}

static void assert_serves(struct test_store *t)
{
    assert_int_equal(test_store_accept(t, "m4", 1000, "c", 100), ST_OK);
    assert_int_equal(test_store_due(t, 5000), 3);
    test_store_release(t);
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ssize_t n = (ssize_t)strlen(text);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == n);
    close(fd);
}

static void copy(const char *from, const char *to)
{
    char octets[4096];
    ssize_t n;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, octets, sizeof octets)) > 0)
        assert_int_equal(write(out, octets, (size_t)n), n);
    close(in);
    close(out);
}

static const char *const files[] = {"gateway.db", "gateway.db-wal",
                                    "gateway.db-shm", "lock", "spool"};

/* Moved away: nothing; and moved back it is as it was. */
static void test_moved_files_are_noticed_and_may_come_back(void **state)
{
    struct test_store *t = *state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *here = path_of(t, files[i]), *there = path_of(t, "away");
        assert_int_equal(rename(here, there), 0);
        assert_refuses(t, "No such file or directory");
        assert_int_equal(rename(there, here), 0);
    }
    assert_serves(t);
}

/* Another file under the name, of the very content. */
static void test_replaced_files_are_noticed(void **state)
{
    struct test_store *t = *state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *here = path_of(t, files[i]), *there = path_of(t, "away");
        assert_int_equal(rename(here, there), 0);
        if (strcmp(files[i], "spool") == 0)
            assert_int_equal(mkdir(here, 0700), 0);
        else
            copy(there, here);
        assert_refuses(t, "was replaced");
        assert_int_equal(rename(there, here), 0);
    }
    assert_serves(t);
}

static void test_cut_files_are_noticed(void **state)
{
    struct test_store *t = *state;
    for (size_t i = 0; i < 4; i++) {
        struct stat st;
        assert_int_equal(stat(path_of(t, files[i]), &st), 0);
        /* What SQLite has mapped of its index is SIGBUS now, at close too. */
        off_t left = strstr(files[i], "-shm") ? 0 : st.st_size / 2;
        assert_int_equal(truncate(path_of(t, files[i]), left), 0);
        assert_refuses(t, "was cut off");
        test_store_close(t);
        test_folder_remove(t->folder);
        assert_int_equal(setup(state), 0);
    }
}

/* As `cp` puts a back-up over the file: the same inode, the same size. */
static void test_file_written_by_another_is_noticed(void **state)
{
    struct test_store *t = *state;
    for (size_t i = 0; i < 2; i++) {
        copy(path_of(t, files[i]), path_of(t, "copy"));
        copy(path_of(t, "copy"), path_of(t, files[i]));
        assert_refuses(t, "was written by another program");
        test_store_close(t); /* its log is left beside it */
        test_store_open(t, 0);
        assert_int_equal(test_store_due(t, 5000), 2);
        test_store_release(t);
    }
}

static enum status replace_database(struct db *db, struct arena *arena,
                                    void *self, struct err *err)
{
    (void)db;
    (void)arena;
    (void)err;
    const char *here = path_of(self, "gateway.db");
    const char *there = path_of(self, "away");
    assert_int_equal(rename(here, there), 0);
    copy(there, here);
    return ST_OK;
}

static void on_answer(void *self, const struct store_answer *answer)
{
    test_store_done(self, answer);
}

/* Between the look before the change and the answer. */
static void test_replaced_during_the_change_is_noticed(void **state)
{
    struct test_store *t = *state;
    store_call(t->store, arena_create(), replace_database, on_answer, t);
    test_store_wait(t);
    assert_int_equal(t->answer.status, ST_TEMP);
    assert_int_equal(t->answer.fault, STORE_FAULT_IO);
}

/* What lies under our names is somebody else's now. */
static void test_close_leaves_what_is_not_ours(void **state)
{
    struct test_store *t = *state;
    struct stat st;
    assert_int_equal(rename(path_of(t, "gateway.db"), path_of(t, "away")), 0);
    assert_int_equal(
        rename(path_of(t, "gateway.db-wal"), path_of(t, "away-wal")), 0);
    put(path_of(t, "gateway.db-wal"), "frames of another");
    test_store_close(t);
    assert_int_equal(stat(path_of(t, "gateway.db-wal"), &st), 0);
    assert_int_equal(st.st_size, strlen("frames of another"));
    assert_int_equal(rename(path_of(t, "away"), path_of(t, "gateway.db")), 0);
    assert_int_equal(
        rename(path_of(t, "away-wal"), path_of(t, "gateway.db-wal")), 0);
    test_store_open(t, 0);
    assert_int_equal(test_store_due(t, 5000), 2);
    test_store_release(t);
}

static void test_emptied_folder_is_noticed(void **state)
{
    struct test_store *t = *state;
    unsigned long before = log_warning_count();
    test_folder_remove(t->folder);
    for (int i = 0; i < 20; i++)
        assert_refuses(t, "No such file or directory");
    /* Said once, not with each of forty requests. */
    assert_true(log_warning_count() - before <= 1);
}

static void expect_refused(struct test_store *t, const char *word)
{
    struct err err;
    struct stat st;
    struct store_settings settings = {.directory = t->folder,
                                      .post = test_store_post,
                                      .has_past = past,
                                      .past = "the journal"};
    bool is_there = stat(path_of(t, "gateway.db"), &st) == 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_open(&settings, &t->store, &err), ST_TEMP);
        assert_null(t->store);
        if (!strstr(err.text, word))
            fail_msg("%s: want %s", err.text, word);
    }
    assert_int_equal(stat(path_of(t, "gateway.db"), &st) == 0, is_there);
}

/* Each trace of a past keeps a database from being begun. */
static void test_lost_database_is_not_begun_anew(void **state)
{
    struct test_store *t = *state;
    test_store_close(t);
    assert_int_equal(unlink(path_of(t, "gateway.db")), 0);
    expect_refused(t, "spool/m2 is the content of a message");
    assert_int_equal(unlink(path_of(t, "spool/m2")), 0);
    put(path_of(t, "gateway.db-wal"), "frames");
    expect_refused(t, "gateway.db-wal");
    assert_int_equal(unlink(path_of(t, "gateway.db-wal")), 0);
    expect_refused(t, "one was made in this folder");
    assert_int_equal(unlink(path_of(t, "lock")), 0);
    has_past = true;
    expect_refused(t, "the journal tells of accepted messages");
    has_past = false;
    test_store_open(t, 0);
    assert_int_equal(test_store_due(t, 5000), 0);
}

static void test_empty_database_is_a_lost_one(void **state)
{
    struct test_store *t = *state;
    test_store_close(t);
    assert_int_equal(unlink(path_of(t, "spool/m2")), 0);
    assert_int_equal(truncate(path_of(t, "gateway.db"), 0), 0);
    expect_refused(t, "one was made in this folder");
}

/* Nothing of this folder's log goes into another's database. */
static void test_database_of_another_folder_is_refused(void **state)
{
    struct test_store *t = *state;
    struct test_store other = {.store = NULL};
    struct stat before, after;
    assert_true(test_folder_make(other.folder, "other"));
    test_store_open(&other, 0);
    assert_int_equal(test_store_accept(&other, "o1", 1000, "c", 100), ST_OK);
    test_store_close(&other);
    test_store_close(t);
    copy(path_of(&other, "gateway.db"), path_of(t, "gateway.db"));
    assert_int_equal(stat(path_of(t, "gateway.db"), &before), 0);
    expect_refused(t, "secret.key is not this database's");
    assert_int_equal(stat(path_of(t, "gateway.db"), &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    test_folder_remove(other.folder);
}

/* Into a new folder, as a back-up is restored. */
/* As a log that was left behind when the folder's files were put together from
 * two. */
static void test_log_of_another_database_is_refused(void **state)
{
    struct test_store *t = *state;
    struct test_store other = {.store = NULL};
    char octets[2][64] = {"", ""};
    assert_true(test_folder_make(other.folder, "other"));
    test_store_open(&other, 0);
    assert_int_equal(test_store_accept(&other, "o1", 1000, "c", 9000), ST_OK);
    copy(path_of(&other, "gateway.db-wal"), path_of(t, "foreign"));
    test_store_close(&other);
    test_store_close(t);
    assert_int_equal(
        rename(path_of(t, "foreign"), path_of(t, "gateway.db-wal")), 0);
    int fd = open(path_of(t, "gateway.db"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, octets[0], 64, 24), 64);
    expect_refused(t, "gateway.db");
    assert_int_equal(pread(fd, octets[1], 64, 24), 64);
    assert_memory_equal(octets[0], octets[1], 64);
    close(fd);
    assert_int_equal(unlink(path_of(t, "gateway.db-wal")), 0);
    test_store_open(t, 0);
    assert_int_equal(test_store_due(t, 5000), 2);
    test_store_release(t);
    test_folder_remove(other.folder);
}

static void test_database_in_a_folder_of_its_own_is_taken(void **state)
{
    struct test_store *t = *state;
    struct test_store other = {.store = NULL};
    test_store_close(t);
    assert_true(test_folder_make(other.folder, "other"));
    copy(path_of(t, "gateway.db"), path_of(&other, "gateway.db"));
    copy(path_of(t, "secret.key"), path_of(&other, "secret.key"));
    test_store_open(&other, 0);
    assert_int_equal(test_store_due(&other, 5000), 2);
    test_store_release(&other);
    test_store_close(&other);
    assert_int_equal(unlink(path_of(&other, "gateway.db")), 0);
    expect_refused(&other, "one was made in this folder");
    test_folder_remove(other.folder);
}

static void test_file_of_another_program_is_refused(void **state)
{
    struct test_store *t = *state;
    test_store_close(t);
    sqlite3 *sql;
    const char *path = path_of(t, "gateway.db");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sql, "CREATE TABLE a (b)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(sql);
    expect_refused(t, "no database of a gateway");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_moved_files_are_noticed_and_may_come_back),
        TEST(test_replaced_files_are_noticed),
        TEST(test_cut_files_are_noticed),
        TEST(test_file_written_by_another_is_noticed),
        TEST(test_replaced_during_the_change_is_noticed),
        TEST(test_close_leaves_what_is_not_ours),
        TEST(test_emptied_folder_is_noticed),
        TEST(test_lost_database_is_not_begun_anew),
        TEST(test_empty_database_is_a_lost_one),
        TEST(test_database_of_another_folder_is_refused),
        TEST(test_log_of_another_database_is_refused),
        TEST(test_database_in_a_folder_of_its_own_is_taken),
        TEST(test_file_of_another_program_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

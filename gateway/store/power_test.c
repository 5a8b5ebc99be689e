/* KEEP-1: what is answered has been synced, whatever happens afterwards; and
 * many messages share one sync. The disk is test_disk's; the folder of a power
 * failure is opened by a second store. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/blob.h"
#include "base/test_folder.h"
#include "store/store.h"
#include "store/test_disk.h"

enum { MESSAGES = 400, TURNS_MOST = 2000, SHOTS = 6, LONGEST_S = 60 };

/* --- the syncs of files that are not SQLite's --- */

static char syncs[4096]; /* "data spool log " */

static void note(const char *word)
{
    size_t n = strlen(syncs);
    snprintf(syncs + n, sizeof syncs - n, "%s ", word);
}

static const char *last_name(int fd, char path[256])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, 255);
    path[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static pthread_mutex_t slow_disk = PTHREAD_MUTEX_INITIALIZER;

/* In front of the library's: SQLite's and ours come here. */
int fdatasync(int fd)
{
    char path[256];
    if (strncmp(last_name(fd, path), "tmp-", 4) == 0) {
        note("data");
        pthread_mutex_lock(&slow_disk);
        pthread_mutex_unlock(&slow_disk);
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    char path[256];
    if (strcmp(last_name(fd, path), "spool") == 0)
        note("folder");
    return (int)syscall(SYS_fsync, fd);
}

static void on_log_sync(void)
{
    note("log");
}

/* --- the loop, and what a power failure would leave after each turn --- */

struct turn {
    void (*fn)(void *);
    void *arg;
    struct test_disk_images left;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct turn turns[TURNS_MOST];
    size_t count, run;
} posts = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    (void)loop;
    pthread_mutex_lock(&posts.lock);
    if (posts.count == TURNS_MOST)
        BUG("turns");
    posts.turns[posts.count++] = (struct turn){fn, arg, test_disk_copy()};
    pthread_cond_signal(&posts.more);
    pthread_mutex_unlock(&posts.lock);
}

/* Runs one turn's answers. */
static struct turn *run_turn(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    pthread_mutex_lock(&posts.lock);
    while (posts.run == posts.count)
        if (pthread_cond_timedwait(&posts.more, &posts.lock, &end) != 0)
            fail_msg("no answer");
    struct turn *turn = &posts.turns[posts.run++];
    pthread_mutex_unlock(&posts.lock);
    turn->fn(turn->arg);
    return turn;
}

struct fixture {
    char folder[64];
    struct store *store;
    size_t answered, kept, full;
    size_t due;
};

static void open_store(struct store **store, const char *folder)
{
    struct err err;
    struct store_settings settings = {.directory = folder, .post = post};
    if (store_open(&settings, store, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.store = NULL};
    syncs[0] = '\0';
    test_disk_reset();
    if (!test_folder_make(f.folder, "power"))
        return -1;
    open_store(&f.store, f.folder);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_close(&f->store);
    while (posts.run < posts.count)
        run_turn();
    for (size_t i = 0; i < posts.count; i++)
        test_disk_forget(&posts.turns[i].left);
    posts.count = posts.run = 0;
    test_disk_reset();
    test_folder_remove(f->folder);
    return 0;
}

static void on_done(void *ctx, const struct store_answer *answer)
{
    struct fixture *f = ctx;
    f->answered++;
    f->kept += answer->status == ST_OK;
    f->full += answer->fault == STORE_FAULT_FULL;
}

/* --- messages --- */

struct sample {
    char id[16], path[32], token[32];
    struct store_message message;
    struct store_recipient recipient;
};

static void sample_init(struct sample *s, unsigned n)
{
    snprintf(s->id, sizeof s->id, "m%u", n);
    snprintf(s->path, sizeof s->path, "b-%u@g.example", n);
    snprintf(s->token, sizeof s->token, "token-%u", n);
    s->message = (struct store_message){.id = s->id,
                                        .accepted_ms = 1000,
                                        .organization = "clinic",
                                        .sender = "jansen@clinic.example",
                                        .reverse_path = "",
                                        .content = SLICE_LITERAL("a: b\r\n")};
    s->recipient = (struct store_recipient){.address = "bob@hospital.example",
                                            .conversation = "c",
                                            .right = "none",
                                            .return_path = s->path,
                                            .link_token = s->token,
                                            .mail_id = s->token};
}

static void accept(struct fixture *f, struct sample *s, struct blob *content)
{
    struct err err;
    if (content)
        assert_int_equal(blob_slice(content, &s->message.content, &err), ST_OK);
    struct store_accept request = {.message = &s->message,
                                   .recipients = &s->recipient,
                                   .recipient_count = 1,
                                   .content = content};
    store_accept(f->store, &request, on_done, f);
}

static void on_due(void *ctx, const struct store_due *due)
{
    struct fixture *f = ctx;
    assert_int_equal(due->status, ST_OK);
    for (size_t i = 0; i < due->count; i++)
        store_item_release(due->items[i]);
    f->due += due->count;
    f->answered++;
}

/* Synced before the database is made (vault.h). */
static void put_key(const struct fixture *f, const char *folder)
{
    char from[96], to[96];
    snprintf(from, sizeof from, "%s/secret.key", f->folder);
    snprintf(to, sizeof to, "%s/secret.key", folder);
    assert_int_equal(link(from, to), 0);
}

/* How many messages a gateway finds that starts after the power failure. */
static size_t count_left(const struct fixture *f,
                         const struct test_disk_images *images)
{
    char folder[64];
    struct fixture after = {.store = NULL};
    assert_true(test_folder_make(folder, "after"));
    test_disk_put(images, folder);
    put_key(f, folder);
    open_store(&after.store, folder);
    store_due(after.store, 1000, 2 * MESSAGES, on_due, &after);
    while (!after.answered)
        run_turn();
    store_close(&after.store);
    test_folder_remove(folder);
    return after.due;
}

static void test_answered_is_synced_and_a_sync_is_shared(void **state)
{
    struct fixture *f = *state;
    struct sample *samples = xcalloc(MESSAGES, sizeof *samples);
    struct test_disk_images shots[SHOTS];
    size_t kept[SHOTS], turns = 0, shot = 0;
    unsigned before = test_disk.log_syncs;
    for (unsigned i = 0; i < MESSAGES; i++) {
        sample_init(&samples[i], i);
        accept(f, &samples[i], NULL);
    }
    while (f->answered < MESSAGES) {
        const struct turn *turn = run_turn();
        turns++;
        if (shot < SHOTS) {
            shots[shot] = turn->left;
            kept[shot++] = f->kept;
        }
    }
    assert_int_equal(f->kept, MESSAGES);
    unsigned log_syncs = test_disk.log_syncs - before;
    print_message("%d messages, %zu turns, %u syncs\n", MESSAGES, turns,
                  log_syncs);
    for (size_t i = 0; i < shot; i++)
        if (count_left(f, &shots[i]) < kept[i])
            fail_msg("of %zu that were answered some are lost", kept[i]);
    assert_true(log_syncs >= turns);
    assert_true(log_syncs <= MESSAGES / 4);
    free(samples);
}

static struct blob *large(const struct fixture *f)
{
    struct blob *blob = blob_create(store_spool(f->store));
    for (size_t i = 0; i < 10000; i++)
        blob_puts(blob, "a line of a message that is rather long\r\n");
    assert_true(blob_is_file(blob));
    return blob;
}

static void test_large_content_is_synced_before_it_is_named(void **state)
{
    struct fixture *f = *state;
    struct sample s;
    sample_init(&s, 1);
    struct blob *blob = large(f);
    test_disk.on_log_sync = on_log_sync;
    accept(f, &s, blob);
    while (!f->answered)
        run_turn();
    assert_int_equal(f->kept, 1);
    /* A log that begins syncs its head first. */
    assert_string_equal(syncs, "data folder log log ");
    blob_destroy(&blob);
}

static void test_large_content_keeps_nobody_waiting(void **state)
{
    struct fixture *f = *state;
    struct sample big, small;
    sample_init(&big, 1);
    sample_init(&small, 2);
    struct blob *blob = large(f);
    pthread_mutex_lock(&slow_disk);
    accept(f, &big, blob);
    accept(f, &small, NULL);
    while (!f->answered)
        run_turn();
    assert_int_equal(f->kept, 1);
    const struct turn *turn = &posts.turns[posts.run - 1];
    assert_int_equal(count_left(f, &turn->left), 1); /* the small one */
    pthread_mutex_unlock(&slow_disk);
    store_drain(f->store);
    run_turn();
    assert_int_equal(f->kept, 2);
    blob_destroy(&blob);
}

/* KEEP-3 */
static void test_faults_of_the_disk_are_told_apart(void **state)
{
    struct fixture *f = *state;
    static const int faults[] = {SQLITE_FULL, SQLITE_IOERR_WRITE,
                                 SQLITE_READONLY, SQLITE_IOERR};
    struct sample samples[5];
    for (unsigned i = 0; i < 4; i++) {
        sample_init(&samples[i], i);
        struct blob *blob = large(f);
        test_disk.write_fault = faults[i];
        accept(f, &samples[i], blob);
        while (f->answered < i + 1)
            run_turn();
        test_disk.write_fault = SQLITE_OK;
        assert_int_equal(f->kept, 0);
        assert_int_equal(f->full, 1); /* the first alone */
        blob_destroy(&blob);
    }
    sample_init(&samples[4], 4);
    accept(f, &samples[4], NULL);
    while (f->answered < 5)
        run_turn();
    assert_int_equal(f->kept, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answered_is_synced_and_a_sync_is_shared),
        TEST(test_large_content_is_synced_before_it_is_named),
        TEST(test_large_content_keeps_nobody_waiting),
        TEST(test_faults_of_the_disk_are_told_apart),
    };
    alarm(LONGEST_S); /* a broken store may keep one waiting */
    test_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

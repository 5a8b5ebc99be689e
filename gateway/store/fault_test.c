/* KEEP-1, KEEP-3: each call to the disk fails once in each way, for a moment or
 * until the process ends. What was answered is there afterwards, whether the
 * gateway is started again or the power goes, and nothing else is half there.
 */
#include "store/test_store.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/test_failing.h"

enum { MESSAGES = 12, BYTES = 9000, CALLS_MOST = 2000 };

struct run {
    struct test_store t;
    bool is_kept[MESSAGES], is_finished[MESSAGES];
    unsigned next;
    char what[96]; /* for the failure's text */
};

static const char *id_of(unsigned n)
{
    static char ids[4][16];
    static unsigned next;
    char *id = ids[next++ % 4];
    snprintf(id, sizeof ids[0], "m%u", n);
    return id;
}

static void submit(struct run *run, unsigned count)
{
    for (; count && run->next < MESSAGES; count--, run->next++)
        run->is_kept[run->next] = test_store_accept(&run->t, id_of(run->next),
                                                    1000, "c", BYTES) == ST_OK;
}

/* One outcome is recorded. */
static void finish_one(struct run *run)
{
    store_due(run->t.store, 2000, 64, test_store_on_due, &run->t);
    test_store_wait(&run->t);
    if (run->t.due.status == ST_OK && run->t.due.count) {
        struct store_record record = {.item = run->t.items[0],
                                      .change = STORE_CHANGE_FINISHED,
                                      .method = "email",
                                      .delivery = "notification"};
        unsigned n =
            (unsigned)strtoul(run->t.items[0]->message->id + 1, NULL, 10);
        store_record(run->t.store, &record, test_store_done, &run->t);
        test_store_wait(&run->t);
        run->is_finished[n] = run->t.answer.status == ST_OK;
    }
    test_store_release(&run->t);
}

static void open_healed(struct run *run, struct test_store *t)
{
    struct err err;
    if (test_store_try_open(t, 0, &err) != ST_OK)
        fail_msg("%s: %s", run->what, err.text);
}

/* All that was answered, and what is there is whole. */
static void judge(struct run *run, struct test_store *t, const char *when)
{
    bool is_there[MESSAGES] = {false};
    size_t count = test_store_due(t, 2000);
    for (size_t i = 0; i < count; i++) {
        unsigned n = (unsigned)strtoul(t->items[i]->message->id + 1, NULL, 10);
        assert_true(n < MESSAGES);
        is_there[n] = true;
        if (t->items[i]->message->content.n < BYTES)
            fail_msg("%s, %s: m%u is half there", run->what, when, n);
    }
    test_store_release(t);
    for (unsigned n = 0; n < run->next; n++) {
        if (run->is_kept[n] && !run->is_finished[n] && !is_there[n])
            fail_msg("%s, %s: m%u is lost", run->what, when, n);
        if (run->is_finished[n] && is_there[n])
            fail_msg("%s, %s: the outcome of m%u is lost", run->what, when, n);
    }
}

/* It was synced before the database was begun. */
static void copy_key(const char *from, const char *to)
{
    char octets[256];
    char *paths[] = {xasprintf("%s/secret.key", from),
                     xasprintf("%s/secret.key", to)};
    int in = open(paths[0], O_RDONLY | O_CLOEXEC);
    int out = open(paths[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ssize_t n = read(in, octets, sizeof octets);
    assert_true(n > 0 && write(out, octets, (size_t)n) == n);
    close(in);
    close(out);
    free(paths[0]);
    free(paths[1]);
}

static void judge_after_power_cut(struct run *run, const char *when)
{
    struct test_store after = {.store = NULL};
    assert_true(test_folder_make(after.folder, "power"));
    failing_cut_power(after.folder);
    copy_key(run->t.folder, after.folder);
    /* Its own files are no part of the disk that is looked at. */
    struct test_failing_file *files = xcalloc(1, sizeof failing.files);
    size_t count = failing.count;
    memcpy(files, failing.files, sizeof failing.files);
    failing.count = 0;
    open_healed(run, &after);
    judge(run, &after, when);
    test_store_close(&after);
    failing_reset();
    memcpy(failing.files, files, sizeof failing.files);
    failing.count = count;
    free(files);
    test_folder_remove(after.folder);
}

/* The work during which the disk fails; false: it could not even begin. */
static bool work(struct run *run)
{
    struct err err;
    if (test_store_try_open(&run->t, 0, &err) != ST_OK)
        return false;
    submit(run, 3);
    finish_one(run);
    submit(run, 2);
    return true;
}

static void one_run(unsigned at, enum test_failing_kind kind, bool is_lasting)
{
    static const char *const words[] = {"nothing", "error", "torn", "full"};
    struct run run = {.next = 0};
    snprintf(run.what, sizeof run.what, "call %u: %s%s", at, words[kind],
             is_lasting ? ", lasting" : "");
    assert_true(test_folder_make(run.t.folder, "fault"));
    failing_reset();
    failing.fails_at = at;
    failing.kind = kind;
    failing.is_lasting = is_lasting;
    bool is_open = work(&run);
    failing_heal();
    if (is_open) {
        submit(&run, 1);
        judge_after_power_cut(&run, "power went");
    }
    test_store_close(&run.t);
    open_healed(&run, &run.t);
    judge(&run, &run.t, "started again");
    submit(&run, 1);
    if (!run.is_kept[run.next - 1])
        fail_msg("%s: whole again, and refuses", run.what);
    judge_after_power_cut(&run, "started again, and power went");
    test_store_close(&run.t);
    test_folder_remove(run.t.folder);
}

static unsigned calls_of_a_run(void)
{
    one_run(0, FAILING_NOTHING, false);
    struct run run = {.next = 0};
    assert_true(test_folder_make(run.t.folder, "fault"));
    failing_reset();
    assert_true(work(&run));
    unsigned calls = failing.calls;
    test_store_close(&run.t);
    test_folder_remove(run.t.folder);
    return calls;
}

static void each_call(enum test_failing_kind kind, bool is_lasting)
{
    unsigned calls = calls_of_a_run();
    print_message("%u calls\n", calls);
    assert_in_range(calls, 40, CALLS_MOST);
    for (unsigned at = 1; at <= calls; at++)
        one_run(at, kind, is_lasting);
}

static void test_each_call_fails_once(void **state)
{
    (void)state;
    each_call(FAILING_ERROR, false);
}

static void test_each_call_fails_and_all_behind_it(void **state)
{
    (void)state;
    each_call(FAILING_ERROR, true);
}

static void test_each_write_is_torn(void **state)
{
    (void)state;
    each_call(FAILING_TORN, false);
}

static void test_each_write_has_no_room(void **state)
{
    (void)state;
    each_call(FAILING_FULL, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_fails_once),
        cmocka_unit_test(test_each_call_fails_and_all_behind_it),
        cmocka_unit_test(test_each_write_is_torn),
        cmocka_unit_test(test_each_write_has_no_room),
    };
    /* Its own syncs are counted, the true ones only take time. */
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    failing_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

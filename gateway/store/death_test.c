/* KEEP-4: who is to blame for a death, and what follows from it. The processes
 * that die are children of this one. */
#include "store/test_store.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "store/death.h"
#include "store/release.h"

/* --- blame ---------------------------------------------------------------- */

static struct hand_left left;

static void in_hand(enum hand_kind kind, int64_t message, int64_t item,
                    bool is_running)
{
    left.all[left.count].work = (struct hand_work){kind, message, item};
    left.all[left.count++].is_running = is_running;
    left.running_count += is_running;
}

static void begin_left(bool has_crashed)
{
    left = (struct hand_left){.has_crashed = has_crashed};
}

static void test_whose_step_ran_is_to_blame_whatever_ended_it(void **state)
{
    struct death_blame blame[4];
    (void)state;
    for (int crashed = 0; crashed < 2; crashed++) {
        begin_left(crashed);
        in_hand(HAND_RECIPIENT, 1, 11, false);
        in_hand(HAND_RECIPIENT, 2, 12, true);
        in_hand(HAND_DSN, 3, 1, false);
        assert_int_equal(death_blame(&left, blame), 1);
        assert_int_equal(blame[0].work.item, 12);
        assert_int_equal(blame[0].count,
                         crashed ? DEATH_BY_CRASH : DEATH_BY_KILL);
    }
}

static void test_kill_while_all_waited_blames_nobody(void **state)
{
    struct death_blame blame[4];
    (void)state;
    begin_left(false);
    in_hand(HAND_RECIPIENT, 1, 11, false);
    assert_int_equal(death_blame(&left, blame), 0);
    in_hand(HAND_RECIPIENT, 2, 12, false);
    assert_int_equal(death_blame(&left, blame), 0);
}

static void test_crash_in_nobodys_step_suspects_all_and_counts_one(void **state)
{
    struct death_blame blame[4];
    (void)state;
    begin_left(true);
    in_hand(HAND_RECIPIENT, 1, 11, false);
    assert_int_equal(death_blame(&left, blame), 1);
    assert_int_equal(blame[0].count, DEATH_BY_CRASH);
    in_hand(HAND_RECIPIENT, 1, 12, false); /* of the same message */
    assert_int_equal(death_blame(&left, blame), 2);
    assert_int_equal(blame[0].count + blame[1].count, DEATH_BY_CRASH);
    in_hand(HAND_RECIPIENT, 2, 13, false);
    assert_int_equal(death_blame(&left, blame), 3);
    assert_int_equal(blame[0].count + blame[1].count + blame[2].count, 0);
}

static void test_two_steps_at_once_are_suspects_alone(void **state)
{
    struct death_blame blame[4];
    (void)state;
    begin_left(true);
    in_hand(HAND_RECIPIENT, 1, 11, true);
    in_hand(HAND_PAGE, 1, 5, true);
    in_hand(HAND_RECIPIENT, 2, 12, false);
    assert_int_equal(death_blame(&left, blame), 2);
    assert_int_equal(blame[0].count + blame[1].count, 0);
}

/* --- processes that die ----------------------------------------------------
 */

static int setup(void **state)
{
    static struct test_store t;
    t = (struct test_store){.store = NULL};
    *state = &t;
    return test_folder_make(t.folder, "death") ? 0 : -1;
}

static int teardown(void **state)
{
    struct test_store *t = *state;
    test_store_close(t);
    test_folder_remove(t->folder);
    return 0;
}

static void accept_three(struct test_store *t)
{
    test_store_open(t, 0);
    assert_int_equal(test_store_accept(t, "m1", 1000, "c1", 100), ST_OK);
    assert_int_equal(test_store_accept(t, "m2", 1001, "c2", 100), ST_OK);
    assert_int_equal(test_store_accept(t, "m3", 1002, "c3", 100), ST_OK);
    test_store_close(t);
}

enum how { BY_ABORT, BY_KILL, BY_FAULT, BY_EXIT, WHILE_WAITING };

static _Noreturn void die(enum how how)
{
    if (how == BY_ABORT)
        abort();
    if (how == BY_FAULT)
        raise(SIGSEGV);
    if (how == BY_KILL || how == WHILE_WAITING)
        kill(getpid(), SIGKILL);
    _exit(7);
}

/* All that is handed out is taken in hand; then it dies, within a step of
 * `victim` where that is among it. */
static _Noreturn void live(struct test_store *t, const char *victim,
                           enum how how)
{
    static struct hand_hold holds[8];
    alarm(20);
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL); /* not the test library's */
    test_store_open(t, 0);
    struct hand *hand = store_hand(t->store);
    size_t n = test_store_due(t, 5000);
    for (size_t i = 0; i < n; i++) {
        const struct store_item *item = t->items[i];
        if (item->guard != STORE_GUARD_ASIDE)
            holds[i] = hand_take(hand, &(struct hand_work){HAND_RECIPIENT,
                                                           item->message->n,
                                                           item->id});
    }
    if (how == WHILE_WAITING)
        die(how);
    for (size_t i = 0; i < n; i++) {
        HAND_STEP(holds[i]);
        if (holds[i].hand && strcmp(t->items[i]->message->id, victim) == 0)
            die(how);
    }
    _exit(0);
}

/* What it did is not this test's: an exit status of 0 is a life. */
static void run(struct test_store *t, const char *victim, enum how how,
                bool dies)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        live(t, victim, how);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(!WIFEXITED(status) || WEXITSTATUS(status) != 0, dies);
}

/* The guard of each message, "m1=none m2=suspect alone" */
static const char *handed_out(struct test_store *t)
{
    static const char *const names[] = {"none", "suspect", "aside"};
    static char text[128];
    size_t n = test_store_due(t, 5000), at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s=%s",
                               i ? " " : "", t->items[i]->message->id,
                               names[t->items[i]->guard]);
    if (t->due.is_alone)
        snprintf(text + at, sizeof text - at, " alone");
    return text;
}

static void defer_all(struct test_store *t)
{
    for (size_t i = 0; i < t->due.count; i++)
        test_store_record(
            t, &(struct store_record){.item = t->items[i],
                                      .change = STORE_CHANGE_DEFERRED,
                                      .until_ms = 5000});
    test_store_release(t);
}

static void test_third_death_sets_aside_and_all_others_go_on(void **state)
{
    struct test_store *t = *state;
    static const enum how ways[] = {BY_ABORT, BY_FAULT, BY_ABORT};
    accept_three(t);
    for (size_t i = 0; i < 3; i++)
        run(t, "m2", ways[i], true);
    run(t, "m2", BY_ABORT, false); /* it is not taken in hand any more */
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m1=none m2=aside m3=none");
    defer_all(t); /* does not release it */
    assert_string_equal(handed_out(t), "m1=none m2=aside m3=none");
    test_store_release(t);
}

/* Whoever restarts it over and over hits the same one easily, for it goes
 * first. */
static void test_kills_set_aside_the_thirtieth_time(void **state)
{
    struct test_store *t = *state;
    accept_three(t);
    for (size_t i = 0; i < 29; i++)
        run(t, "m2", BY_KILL, true);
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m2=suspect alone");
    test_store_release(t);
    test_store_close(t);
    run(t, "m2", BY_KILL, true);
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m1=none m2=aside m3=none");
    test_store_release(t);
}

static void test_suspect_is_handed_out_alone_until_it_lives(void **state)
{
    struct test_store *t = *state;
    accept_three(t);
    run(t, "m3", BY_ABORT, true);
    run(t, "m3", BY_EXIT, true);
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m3=suspect alone");
    assert_true(t->due.more);
    struct store_item *suspect = t->items[0];
    t->due.count = 0; /* kept */
    assert_string_equal(handed_out(t), "m1=none m2=none");
    test_store_release(t);
    t->items[0] = suspect;
    t->due.count = 1;
    defer_all(t);
    test_store_close(t);
    run(t, "m3", BY_ABORT, true); /* the first one again */
    run(t, "m3", BY_ABORT, true);
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m3=suspect alone");
    test_store_release(t);
}

static enum status released_status;

static void on_released(void *ctx, enum status status)
{
    struct test_store *t = ctx;
    released_status = status;
    t->is_answered = true;
}

static enum status release(struct test_store *t, const char *message)
{
    store_release(t->store, message, 4000, on_released, t);
    test_store_wait(t);
    return released_status;
}

static void test_release_needs_no_gateway(void **state)
{
    struct test_store *t = *state;
    struct err err;
    accept_three(t);
    for (size_t i = 0; i < 3; i++)
        run(t, "m2", BY_ABORT, true);
    assert_int_equal(store_release_at_rest(t->folder, "m3", 4000, &err),
                     ST_NONE);
    assert_non_null(strstr(err.text, "nothing of message `m3`"));
    assert_int_equal(store_release_at_rest(t->folder, "m2", 4000, &err), ST_OK);
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m1=none m2=none m3=none");
    test_store_release(t);
}

static void test_release_is_taken_up_beside_a_running_store(void **state)
{
    struct test_store *t = *state;
    struct err err;
    accept_three(t);
    for (size_t i = 0; i < 3; i++)
        run(t, "m2", BY_ABORT, true);
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m1=none m2=aside m3=none");
    defer_all(t);
    assert_int_equal(store_release_at_rest(t->folder, "m2", 4000, &err),
                     ST_TEMP); /* a gateway runs */
    assert_int_equal(release(t, "m1"), ST_NONE);
    assert_int_equal(release(t, "m2"), ST_OK);
    assert_string_equal(handed_out(t), "m2=none m1=none m3=none");
    test_store_release(t);
}

static void test_kills_from_outside_set_nobody_aside(void **state)
{
    struct test_store *t = *state;
    accept_three(t);
    for (int i = 0; i < 5; i++)
        run(t, "", WHILE_WAITING, true);
    test_store_open(t, 0);
    assert_string_equal(handed_out(t), "m1=none m2=none m3=none");
    test_store_release(t);
}

static void test_orderly_end_leaves_nothing(void **state)
{
    struct test_store *t = *state;
    struct stat st;
    char path[128];
    accept_three(t);
    test_store_open(t, 0);
    hand_take(store_hand(t->store), &(struct hand_work){HAND_RECIPIENT, 1, 1});
    test_store_close(t);
    snprintf(path, sizeof path, "%s/in-hand", t->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(st.st_mode & 077, 0);
}

/* Another machine, another boot, another file: it says nothing. */
static void test_what_is_no_file_of_this_boot_is_not_listened_to(void **state)
{
    struct test_store *t = *state;
    char path[128];
    accept_three(t);
    snprintf(path, sizeof path, "%s/in-hand", t->folder);
    for (long at = 0; at < 64; at += 4) {
        run(t, "m2", BY_KILL, true);
        FILE *file = fopen(path, "r+");
        assert_non_null(file);
        fseek(file, at < 44 ? at : 96 + at - 44, SEEK_SET);
        fputc('#', file);
        fclose(file);
        test_store_open(t, 0);
        const char *out = handed_out(t);
        bool is_silent = strcmp(out, "m1=none m2=none m3=none") == 0;
        test_store_release(t);
        test_store_close(t);
        if (!is_silent)
            fail_msg("octet %ld: %s", at, out);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_step_ran_is_to_blame_whatever_ended_it),
        cmocka_unit_test(test_kill_while_all_waited_blames_nobody),
        cmocka_unit_test(
            test_crash_in_nobodys_step_suspects_all_and_counts_one),
        cmocka_unit_test(test_two_steps_at_once_are_suspects_alone),
        TEST(test_third_death_sets_aside_and_all_others_go_on),
        TEST(test_kills_set_aside_the_thirtieth_time),
        TEST(test_suspect_is_handed_out_alone_until_it_lives),
        TEST(test_release_needs_no_gateway),
        TEST(test_release_is_taken_up_beside_a_running_store),
        TEST(test_kills_from_outside_set_nobody_aside),
        TEST(test_orderly_end_leaves_nothing),
        TEST(test_what_is_no_file_of_this_boot_is_not_listened_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

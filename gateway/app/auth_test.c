#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "app/auth.h"
#include "app/auth_queue.h"
#include "app/password.h"

enum { POSTS = 256 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct {
        void (*fn)(void *);
        void *arg;
    } waiting[POSTS];
    size_t count;
    bool hold; /* the thread that hashes is kept at its answer */
    bool is_held;
    pthread_t loop;
} posted = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .more = PTHREAD_COND_INITIALIZER};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    (void)loop;
    pthread_mutex_lock(&posted.lock);
    while (posted.hold && !pthread_equal(pthread_self(), posted.loop)) {
        posted.is_held = true;
        pthread_cond_broadcast(&posted.more);
        pthread_cond_wait(&posted.more, &posted.lock);
    }
    posted.is_held = false;
    assert_true(posted.count < POSTS);
    posted.waiting[posted.count].fn = fn;
    posted.waiting[posted.count++].arg = arg;
    pthread_cond_broadcast(&posted.more);
    pthread_mutex_unlock(&posted.lock);
}

/* Runs the first answer that is posted. */
static void turn(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    pthread_mutex_lock(&posted.lock);
    while (!posted.count)
        if (pthread_cond_timedwait(&posted.more, &posted.lock, &end) != 0)
            fail_msg("no answer");
    void (*fn)(void *) = posted.waiting[0].fn;
    void *arg = posted.waiting[0].arg;
    memmove(posted.waiting, posted.waiting + 1,
            --posted.count * sizeof *posted.waiting);
    pthread_mutex_unlock(&posted.lock);
    fn(arg);
}

struct fixture {

    struct arena *arena;
    struct auth *auth;
    const char *hash;
    int answers;
    bool right;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct secret secret;
    f->arena = arena_create();
    secret_init(&secret, slice_of("geheim"));
    f->hash = password_hash_make(f->arena, &secret, 2);
    secret_release(&secret);
    f->auth = auth_create(&(struct auth_settings){post, NULL, f->hash});
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    auth_destroy(&f->auth);
    arena_destroy(&f->arena);
    free(f);
    return 0;
}

static void on_answer(void *ctx, bool right)
{
    struct fixture *f = ctx;
    f->answers++;
    f->right = right;
}

static struct auth_request *ask(struct fixture *f, const char *client,
                                const char *user, const char *password,
                                const char *hash)
{
    struct secret secret;
    secret_init(&secret, slice_of(password));
    const struct auth_question question = {.client = client,
                                           .user = slice_of(user),
                                           .password = &secret,
                                           .hash = hash};
    struct auth_request *r = auth_check(f->auth, &question, on_answer, f);
    secret_release(&secret);
    return r;
}

static bool check(struct fixture *f, const char *user, const char *password,
                  const char *hash)
{
    int before = f->answers;
    assert_non_null(ask(f, "192.0.2.1", user, password, hash));
    assert_int_equal(f->answers, before); /* never from inside */
    turn();
    assert_int_equal(f->answers, before + 1);
    return f->right;
}

static void test_auth_right_and_wrong(void **state)
{
    struct fixture *f = *state;
    assert_true(check(f, "app", "geheim", f->hash));
    assert_false(check(f, "app", "Geheim", f->hash));
    assert_false(check(f, "app", "", f->hash));
}

static void test_auth_unknown_user_costs_a_hash_and_fails(void **state)
{
    struct fixture *f = *state;
    /* The dummy's own password does not let a stranger in. */
    assert_false(check(f, "nobody", "geheim", NULL));
    assert_int_equal(auth_hash_count(f->auth), 1);
    assert_false(check(f, "nobody", "geheim", NULL));
    assert_int_equal(auth_hash_count(f->auth), 2);
}

static void test_auth_success_is_remembered_failure_is_not(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++)
        assert_true(check(f, "app", "geheim", f->hash));
    assert_int_equal(auth_hash_count(f->auth), 1);
    for (int i = 0; i < 3; i++)
        assert_false(check(f, "app", "falsch", f->hash));
    assert_int_equal(auth_hash_count(f->auth), 4);
    assert_true(check(f, "other", "geheim", f->hash));
    assert_int_equal(auth_hash_count(f->auth), 5);
}

static void
test_auth_changed_or_revoked_credential_is_not_remembered(void **state)
{
    struct fixture *f = *state;
    struct secret secret;
    assert_true(check(f, "app", "geheim", f->hash));
    assert_false(check(f, "app", "geheim", NULL));
    secret_init(&secret, slice_of("nieuw"));
    const char *changed = password_hash_make(f->arena, &secret, 2);
    secret_release(&secret);
    assert_false(check(f, "app", "geheim", changed));
}

static void test_auth_user_and_password_do_not_run_together(void **state)
{
    struct fixture *f = *state;
    assert_true(check(f, "app", "geheim", f->hash));
    assert_false(check(f, "appg", "eheim", f->hash));
}

static void test_auth_cancelled_request_is_not_answered(void **state)
{
    struct fixture *f = *state;
    struct auth_request *r = ask(f, "192.0.2.1", "app", "geheim", f->hash);
    auth_cancel(&r);
    assert_true(check(f, "app", "geheim", f->hash)); /* another one is */
    f->answers--;
    assert_int_equal(f->answers, 0);
    assert_null(r);
}

/* AUTH-2: however many clients show one good credential at once. */
static void test_auth_many_at_once_cost_one_hash(void **state)
{
    static const struct {
        const char *user, *password;
        bool known, right;
    } rows[] = {{"app", "geheim", true, true},
                {"app", "falsch", true, false},
                {"nobody", "geheim", false, false}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char client[32];
        uint64_t hashes = auth_hash_count(f->auth);
        int before = f->answers;
        for (int n = 0; n < 100; n++) {
            snprintf(client, sizeof client, "192.0.2.%d", n);
            assert_non_null(ask(f, client, rows[i].user, rows[i].password,
                                rows[i].known ? f->hash : NULL));
        }
        turn();
        assert_int_equal(f->answers, before + 100);
        assert_int_equal(f->right, rows[i].right);
        assert_int_equal(auth_hash_count(f->auth), hashes + 1);
    }
}

/* The thread is kept at this one, until it is let go. */
static void keep_it_busy(struct fixture *f)
{
    pthread_mutex_lock(&posted.lock);
    posted.hold = true;
    posted.loop = pthread_self();
    pthread_mutex_unlock(&posted.lock);
    ask(f, "198.51.100.9", "slow", "x", f->hash);
    pthread_mutex_lock(&posted.lock);
    while (!posted.is_held)
        pthread_cond_wait(&posted.more, &posted.lock);
    pthread_mutex_unlock(&posted.lock);
}

static void let_it_go(void)
{
    pthread_mutex_lock(&posted.lock);
    posted.hold = false;
    pthread_cond_broadcast(&posted.more);
    pthread_mutex_unlock(&posted.lock);
}

static void test_auth_few_of_one_client_wait(void **state)
{
    struct fixture *f = *state;
    struct auth_request *r[AUTH_QUEUE_CLIENT_MOST];
    char user[16];
    keep_it_busy(f);
    for (int i = 0; i < AUTH_QUEUE_CLIENT_MOST; i++) {
        snprintf(user, sizeof user, "user%d", i);
        r[i] = ask(f, "192.0.2.1", user, "x", NULL);
        assert_non_null(r[i]);
    }
    assert_null(ask(f, "192.0.2.1", "another", "x", NULL));
    assert_non_null(ask(f, "192.0.2.1", "user0", "x", NULL)); /* the same */
    assert_non_null(ask(f, "192.0.2.2", "another", "x", NULL));
    auth_cancel(&r[1]); /* nobody waits for it any more */
    assert_non_null(ask(f, "192.0.2.1", "again", "x", NULL));
    let_it_go();
    for (int i = 0; i < AUTH_QUEUE_CLIENT_MOST + 2; i++)
        turn();
    assert_int_equal(auth_hash_count(f->auth), AUTH_QUEUE_CLIENT_MOST + 2);
    assert_int_equal(f->answers, AUTH_QUEUE_CLIENT_MOST + 3);
}

/* Whatever the flood. */
static void test_auth_what_is_remembered_does_not_wait(void **state)
{
    struct fixture *f = *state;
    char user[16];
    assert_true(check(f, "app", "geheim", f->hash));
    uint64_t before = auth_hash_count(f->auth);
    keep_it_busy(f);
    for (int i = 0; i < 100; i++) {
        snprintf(user, sizeof user, "user%d", i);
        ask(f, "192.0.2.1", user, "x", NULL);
    }
    ask(f, "192.0.2.1", "app", "geheim", f->hash);
    int answers = f->answers;
    turn(); /* at once: the thread is still kept */
    assert_int_equal(f->answers, answers + 1);
    assert_true(f->right);
    let_it_go();
    for (int i = 0; i < 1 + AUTH_QUEUE_CLIENT_MOST; i++)
        turn();
    assert_int_equal(auth_hash_count(f->auth),
                     before + 1 + AUTH_QUEUE_CLIENT_MOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_auth_right_and_wrong),
        TEST(test_auth_unknown_user_costs_a_hash_and_fails),
        TEST(test_auth_success_is_remembered_failure_is_not),
        TEST(test_auth_changed_or_revoked_credential_is_not_remembered),
        TEST(test_auth_user_and_password_do_not_run_together),
        TEST(test_auth_cancelled_request_is_not_answered),
        TEST(test_auth_many_at_once_cost_one_hash),
        TEST(test_auth_few_of_one_client_wait),
        TEST(test_auth_what_is_remembered_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
#include "app/password.h"

/* One posted answer at a time is enough here. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    void (*fn)(void *);
    void *arg;
} posted = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    (void)loop;
    pthread_mutex_lock(&posted.lock);
    posted.fn = fn;
    posted.arg = arg;
    pthread_cond_signal(&posted.more);
    pthread_mutex_unlock(&posted.lock);
}

static void turn(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    pthread_mutex_lock(&posted.lock);
    while (!posted.fn)
        if (pthread_cond_timedwait(&posted.more, &posted.lock, &end) != 0)
            fail_msg("no answer");
    void (*fn)(void *) = posted.fn;
    posted.fn = NULL;
    pthread_mutex_unlock(&posted.lock);
    fn(posted.arg);
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

static bool check(struct fixture *f, const char *user, const char *password,
                  const char *hash)
{
    struct secret secret;
    int before = f->answers;
    secret_init(&secret, slice_of(password));
    auth_check(f->auth, slice_of(user), &secret, hash, on_answer, f);
    secret_release(&secret);
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
    struct secret secret;
    secret_init(&secret, slice_of("geheim"));
    struct auth_request *r =
        auth_check(f->auth, slice_of("app"), &secret, f->hash, on_answer, f);
    secret_release(&secret);
    auth_cancel(&r);
    turn();
    assert_int_equal(f->answers, 0);
    assert_null(r);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

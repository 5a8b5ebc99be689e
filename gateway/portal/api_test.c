/* The interface for mail clients. */
#include "portal/login_guard.h"
#include "portal/test_visitor.h"

static int client_login(struct world *w, const char *address,
                        const char *password, const char *code)
{
    char *body = xasprintf("{\"address\":\"%s\",\"password\":\"%s\","
                           "\"code\":\"%s\"}",
                           address, password, code);
    ask_with(w, "POST", "/api/login", "application/json", body);
    free(body);
    take_between(w->bearer, sizeof w->bearer, w->answer, "\"token\":\"", "\"");
    return w->status;
}

static void test_mail_client_reads_its_conversation(void **state)
{
    struct world *w = *state;
    char code[TOTP_DIGITS + 1];
    add_link(w, TOKEN("1"), "account", "notification");
    assert_true(totp_code(SECRET, clock_wall_s() / 30, code));
    assert_int_equal(ask(w, "/api/conversations/c1"), 401);
    assert_int_equal(client_login(w, "bob@h.example", "no", code), 401);
    assert_int_equal(client_login(w, "bob@h.example", "pw", "1"), 401);
    assert_int_equal(client_login(w, "bob@h.example", "pw", code), 200);
    assert_int_equal(ask(w, "/api/conversations/c1"), 200);
    assert_true(said(w, "\"subject\":\"caf\xc3\xa9 <1>\""));
    assert_true(said(w, "\"participants\":[\"bob@h.example\"]"));
    assert_true(said(w, "secret <text>") && said(w, "<b>secret html</b>"));
    const char *href = "/api/messages/" TOKEN("1") "/attachments/2";
    assert_true(said(w, "\"name\":\"a b.pdf\"") && said(w, "/attachments/2\""));
    assert_non_null(strstr(buf_slice(&w->journal).p, "\"opened\""));
    assert_int_equal(ask(w, "/api/conversations/c2"), 404);
    assert_int_equal(ask(w, href), 404); /* an id of 64 digits is none */
    w->is_suspended = true;
    assert_int_equal(ask(w, "/api/conversations/c1"), 401);
    w->is_suspended = false;
    w->hash = "another";
    assert_int_equal(ask(w, "/api/conversations/c1"), 401);
    w->hash = "hash";
    assert_int_equal(ask(w, "/api/conversations/c1"), 200);
    ask_with(w, "POST", "/api/logout", "application/json", "");
    assert_int_equal(w->status, 200);
    assert_int_equal(ask(w, "/api/conversations/c1"), 401);
}

/* Nobody is told from somebody. */
static void test_unknown_account_is_locked_like_a_known_one(void **state)
{
    struct world *w = *state;
    static const char *const addresses[] = {"bob@h.example", "eve@h.example"};
    for (int a = 0; a < 2; a++)
        for (int i = 1; i <= 6; i++)
            assert_int_equal(client_login(w, addresses[a], "no", "123456"),
                             i < 5 ? 401 : 429);
    ask_with(w, "POST", "/api/login", "application/json", "[1]");
    assert_int_equal(w->status, 400);
}

static void ask_from(struct world *w, const char *address, const char *code)
{
    w->bind_address = address;
    (void)client_login(w, "bob@h.example", "pw", code);
    w->bind_address = NULL;
}

/* A stranger who knows the address keeps nobody out but himself. */
static void test_stranger_locks_himself_alone(void **state)
{
    struct world *w = *state;
    char code[TOTP_DIGITS + 1];
    assert_true(totp_code(SECRET, clock_wall_s() / 30, code));
    for (int i = 0; i < 10; i++)
        (void)client_login(w, "bob@h.example", "no", code);
    assert_int_equal(client_login(w, "bob@h.example", "pw", code), 429);
    ask_from(w, "127.0.0.2", code);
    assert_int_equal(w->status, 200);
    assert_int_equal(client_login(w, "bob@h.example", "pw", code), 429);
}

/* Tries from everywhere make each wait, and lock nobody. */
static void test_many_strangers_make_it_slow(void **state)
{
    struct world *w = *state;
    char code[TOTP_DIGITS + 1], address[32];
    for (int i = 0; i < LOGIN_GUARD_SLOW_AFTER; i++) {
        snprintf(address, sizeof address, "127.0.1.%d", 1 + i);
        ask_from(w, address, "1");
        assert_int_equal(w->status, 401);
    }
    assert_true(totp_code(SECRET, clock_wall_s() / 30, code));
    ask_from(w, "127.0.2.1", code);
    assert_int_equal(w->status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mail_client_reads_its_conversation),
        TEST(test_unknown_account_is_locked_like_a_known_one),
        TEST(test_stranger_locks_himself_alone),
        TEST(test_many_strangers_make_it_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

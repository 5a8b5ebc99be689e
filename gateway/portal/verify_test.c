/* Verification by account and by mail. */
#include "portal/test_visitor.h"

static void test_account_logs_in_with_both_factors(void **state)
{
    struct world *w = *state;
    const char *login = "/m/" TOKEN("1") "/login";
    char code[TOTP_DIGITS + 1], fields[200];
    add_link(w, TOKEN("1"), "account", "notification");
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-form=\"login\""));
    assert_true(totp_code(SECRET, clock_wall_s() / 30, code));
    snprintf(fields, sizeof fields,
             "address=bob%%40h.example&password=no&code=%s", code);
    assert_int_equal(send_form(w, login, fields), 403);
    assert_int_equal(
        send_form(w, login, "address=bob%40h.example&password=pw&code=1"), 403);
    snprintf(fields, sizeof fields,
             "address=eve%%40h.example&password=pw&code=%s", code);
    assert_int_equal(send_form(w, login, fields), 403);
    snprintf(fields, sizeof fields,
             "address=bob%%40h.example&password=pw&code=%s", code);
    assert_int_equal(send_form(w, login, fields), 303);
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 200);
    assert_true(said(w, "data-page=\"message\""));
    assert_int_equal(w->shares, 0);
    w->is_suspended = true;
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-page=\"verify\""));
}

static void log_in(struct world *w, const char *token)
{
    char code[TOTP_DIGITS + 1];
    ask(w, token);
    assert_true(totp_code(SECRET, clock_wall_s() / 30, code));
    char *path = xasprintf("%s/login", token);
    char *fields =
        xasprintf("address=bob%%40h.example&password=pw&code=%s", code);
    assert_int_equal(send_form(w, path, fields), 303);
    free(path);
    free(fields);
}

static void test_changed_password_or_second_factor_ends_sessions(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "account", "notification");
    log_in(w, "/m/" TOKEN("1"));
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-page=\"message\""));
    w->hash = "another";
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-page=\"verify\""));
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/a/2"), 403);
    w->hash = "hash";
    w->totp = "JBSWY3DPEHPK3PXP";
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-page=\"verify\""));
    w->totp = SECRET;
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-page=\"message\""));
}

static void test_code_goes_by_mail_and_opens_once(void **state)
{
    struct world *w = *state;
    char code[7], fields[40];
    add_link(w, TOKEN("2"), "transport-security", "direct");
    assert_int_equal(ask(w, "/d/" TOKEN("2") "/2"), 200);
    assert_int_equal(send_form(w, "/d/" TOKEN("2") "/2/code", ""), 303);
    assert_int_equal(w->mails, 1);
    const struct store_item *item = next_due(w);
    assert_int_equal(item->kind, STORE_KIND_DSN);
    assert_string_equal(item->dsn->to, "bob@h.example");
    assert_string_equal(item->dsn->action, "code");
    char *mail = xasprintf("%.*s", SLICE_ARG(item->dsn->content));
    assert_non_null(strstr(mail, "X-Zivver-Transport: notification\r\n"));
    assert_null(strstr(mail, "caf\xc3\xa9"));
    snprintf(code, sizeof code, "%.6s", strstr(mail, "\r\n\r\n") + 4);
    free(mail);
    store_item_release(w->item);
    ask(w, "/d/" TOKEN("2") "/2");
    assert_true(said(w, "data-note=\"code-sent\""));
    snprintf(fields, sizeof fields, "code=%s", code);
    assert_int_equal(send_form(w, "/d/" TOKEN("2") "/2/verify", fields), 303);
    assert_int_equal(ask(w, "/d/" TOKEN("2") "/2"), 200);
    assert_true(said(w, "data-page=\"download\"") && said(w, "a b.pdf"));
    assert_int_equal(ask(w, "/d/" TOKEN("2") "/2/file"), 200);
    assert_true(said(w, "\r\n\r\nsecret file"));
    assert_int_equal(ask(w, "/m/" TOKEN("2")), 404);
    assert_non_null(
        strstr(buf_slice(&w->journal).p, "\"what\":\"attachment\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_account_logs_in_with_both_factors),
        TEST(test_changed_password_or_second_factor_ends_sessions),
        TEST(test_code_goes_by_mail_and_opens_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

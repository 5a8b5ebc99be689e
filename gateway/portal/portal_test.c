/* What a link shows, and to whom. */
#include "portal/test_visitor.h"

static void test_link_alone_shows_nothing(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "access-right", "notification");
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 200);
    assert_true(said(w, "data-page=\"verify\" data-method=\"access-code\""));
    assert_true(said(w, "<html lang=\"nl\">"));
    assert_true(said(w, "SameSite=Lax") && said(w, "Secure; HttpOnly"));
    assert_false(said(w, "secret") || said(w, "135789") ||
                 said(w, "caf\xc3\xa9"));
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/html/1"), 403);
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/a/2"), 403);
    assert_false(said(w, "secret"));
    assert_int_equal(buf_slice(&w->journal).n, 0);
}

static void test_verified_reads_everything(void **state)
{
    struct world *w = *state;
    const char *verify = "/m/" TOKEN("1") "/verify";
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    assert_int_equal(send_form(w, verify, "code=135780"), 403);
    assert_true(said(w, "data-error=\"wrong\""));
    assert_int_equal(send_form(w, verify, "code=135789"), 303);
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 200);
    assert_true(said(w, "data-page=\"message\""));
    assert_true(said(w, "caf\xc3\xa9 &lt;1&gt;"));
    assert_true(said(w, "secret &lt;text&gt;"));
    assert_true(said(w, "<bdi>Jansen</bdi> &lt;<bdi>jansen@clinic.example"));
    assert_true(said(w, "data-participant=\"bob@h.example\""));
    assert_false(said(w, "other@h.example")); /* no envelope recipient */
    assert_true(said(w, "default-src 'none'") && said(w, "no-store"));
    assert_int_equal(w->shares, 1);
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/html/1"), 200);
    assert_true(said(w, "frame-ancestors 'self'; sandbox\r\n"));
    assert_true(said(w, "<b>secret html</b>"));
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/a/2"), 200);
    assert_true(said(w, "attachment; filename=\"a b.pdf\";"));
    assert_true(said(w, "nosniff") && said(w, "\r\n\r\nsecret file"));
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/a/1"), 404);
    const char *journal = buf_slice(&w->journal).p;
    assert_non_null(strstr(journal, "\"method\":\"access-code\""));
    assert_null(strstr(strchr(journal, '\n'), "opened")); /* once */
}

static void test_form_without_its_csrf_does_nothing(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    snprintf(w->csrf, sizeof w->csrf, "%064d", 0);
    assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=135789"),
                     403);
    assert_true(said(w, "data-page=\"expired\""));
    ask(w, "/m/" TOKEN("1"));
    w->cookie[0] = '\0';
    assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=135789"),
                     403);
    assert_true(said(w, "data-page=\"expired\""));
}

/* The answers but for their date and cookie. */
static void assert_unknown(struct world *w, const char *path)
{
    w->cookie[0] = '\0';
    assert_int_equal(ask(w, path), 404);
    const char *page = strstr(w->answer, "\r\n\r\n");
    static char first[200000];
    if (!first[0])
        snprintf(first, sizeof first, "%s", page);
    assert_string_equal(page, first);
    assert_true(said(w, "data-page=\"unknown\""));
}

static void test_unknown_and_void_links_are_one_answer(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "access-right", "notification");
    add_link(w, TOKEN("2"), "transport-security", "direct");
    add_link(w, TOKEN("3"), "email", "failed");
    assert_unknown(w, "/m/" TOKEN("4"));
    assert_unknown(w, "/m/" TOKEN("2"));
    assert_unknown(w, "/m/" TOKEN("3"));
    assert_unknown(w, "/d/" TOKEN("1") "/2");
    assert_unknown(w, "/m/short");
    assert_unknown(w, "/");
    w->cookie[0] = '\0';
    for (int i = 0; i < 4; i++) {
        ask(w, "/m/" TOKEN("1"));
        assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=1"),
                         403);
    }
    assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=1"), 429);
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 429);
    assert_true(said(w, "data-page=\"locked\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_link_alone_shows_nothing),
        TEST(test_verified_reads_everything),
        TEST(test_form_without_its_csrf_does_nothing),
        TEST(test_unknown_and_void_links_are_one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The submitter against a mail host. */
#include "peer/test_mailhost.h"

static void test_submitter_each_version_delivers(void **state)
{
    (void)state;
    static const char *const versions[] = {"1.0", "1.1", "1.2", "1.3"};
    for (size_t i = 0; i < 4; i++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual(PKI_KIND_VALID, versions[i]);
        serve(&settings);
        struct submitter_settings from = sender();
        from.mail_parameters = "RET=HDRS ENVID=e1";
        struct submitter *s = submit(&from);
        const struct submitter_result *r = submitter_result(s);
        assert_null(r->failure);
        assert_true(r->is_accepted);
        assert_true(r->is_verified);
        assert_string_equal(r->tls, versions[i]);
        assert_string_equal(seen.tls, versions[i]);
        assert_string_equal(seen.sni, HOST);
        assert_string_equal(seen.helo, "sender.clinic.example");
        assert_string_equal(seen.reverse_path, "jansen@clinic.example");
        assert_string_equal(seen.mail_parameters, "RET=HDRS ENVID=e1");
        assert_string_equal(seen.recipients,
                            "bob@hospital.example ;"
                            "eve@hospital.example NOTIFY=NEVER;");
        assert_int_equal(seen.content_n, from.content.n);
        assert_memory_equal(seen.content, from.content.p, from.content.n);
        assert_non_null(
            strstr(seen.octets, "\r\n..dot\r\n...\r\nend\r\n.\r\n"));
        assert_true(seen.is_complete && seen.is_accepted);
        assert_false(seen.is_truncated);
        assert_false(seen.has_bare);
        assert_string_equal(seen.closed_by, "host");
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_submitter_binds_its_address(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct submitter_settings from = sender();
    from.local_address = "127.0.0.77";
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_string_equal(seen.client, "127.0.0.77");
    submitter_destroy(&s);
}

static void test_submitter_large_content_arrives_whole(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    size_t n = 4 << 20;
    char *content = xmalloc(n);
    for (size_t i = 0; i < n; i++)
        content[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : '.';
    struct submitter_settings from = sender();
    from.content = (struct slice){content, n};
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_int_equal(seen.content_n, n);
    submitter_destroy(&s);
    free(content);
}

/* --- Certificates and credentials --- */

static void test_submitter_refuses_a_bad_certificate(void **state)
{
    (void)state;
    for (int kind = 0; kind < PKI_KIND_COUNT; kind++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual((enum pki_kind)kind, "1.2");
        serve(&settings);
        struct submitter_settings from = sender();
        from.user = "clinic-app";
        from.password = "pw";
        struct submitter *s = submit(&from);
        const struct submitter_result *r = submitter_result(s);
        /* A submitter does not ask for a stapled response. */
        bool is_good = kind == PKI_KIND_VALID || kind == PKI_KIND_WILDCARD ||
                       kind == PKI_KIND_REVOKED;
        assert_int_equal(r->is_verified, is_good);
        assert_int_equal(strstr(seen.octets, "AUTH") != NULL, is_good);
        if (!is_good)
            assert_non_null(strstr(r->failure, "certificate"));
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_submitter_hides_the_password(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    struct submitter_settings from = sender();
    from.user = "clinic-app";
    from.password = "pw";
    struct submitter *s = submit(&from);
    const struct submitter_result *r = submitter_result(s);
    /* The mail host knows no AUTH. */
    assert_int_equal(reply_at(s, "auth")->code, 500);
    assert_string_equal(reply_at(s, "auth")->command, "AUTH PLAIN ***");
    assert_false(r->is_accepted);
    const char *token = submitter_plain_token(arena, "clinic-app", "pw");
    assert_string_equal(token, "AGNsaW5pYy1hcHAAcHc=");
    assert_non_null(strstr(seen.octets, token));
    for (size_t i = 0; i < r->transcript.count; i++)
        assert_null(strstr(r->transcript.lines[i].text, token));
    submitter_destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_submitter_each_version_delivers),
        TEST(test_submitter_binds_its_address),
        TEST(test_submitter_large_content_arrives_whole),
        TEST(test_submitter_refuses_a_bad_certificate),
        TEST(test_submitter_hides_the_password),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

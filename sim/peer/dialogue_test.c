/* The dialogue against a mail host. */
#include "peer/test_mailhost.h"

static void test_dialogue_goes_through_tls(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_SELF_SIGNED, "any");
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        {.kind = DIALOGUE_KIND_NOTHING},
        say("EHLO x\r\nNO"),
        expect("250"),
        say("OP\r\nSTARTTLS\r\n"),
        expect("250 2.0"),
        expect("220"),
        tls("1.2", NULL),
        say("EHLO y\r\nQUIT\r\n"),
        expect("250"),
        expect("221"),
        {.kind = DIALOGUE_KIND_CLOSED},
    };
    struct dialogue *d = TALK(steps);
    const struct dialogue_result *r = dialogue_result(d);
    if (!r->is_ok)
        fail_msg("%s", r->failure);
    assert_string_equal(r->outcomes[7].got, "1.2");
    assert_string_equal(r->outcomes[11].got, "closed");
    assert_string_equal(seen.tls, "1.2");
    dialogue_destroy(&d);
}

static void test_dialogue_stops_at_the_first_failure(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct dialogue_step steps[] = {expect("220"), say("HELO x\r\n"),
                                    expect("5"), say("QUIT\r\n")};
    struct dialogue *d = TALK(steps);
    const struct dialogue_result *r = dialogue_result(d);
    assert_false(r->is_ok);
    assert_true(r->outcomes[2].is_reached);
    assert_false(r->outcomes[2].is_ok);
    assert_string_equal(r->outcomes[2].got, "250 " HOST);
    assert_false(r->outcomes[3].is_reached);
    assert_null(strstr(seen.octets, "QUIT"));
    dialogue_destroy(&d);
}

static void test_dialogue_sees_the_alert(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.2-1.3");
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        say("STARTTLS\r\n"),
        expect("220"),
        tls("1.0", "protocol-version"),
        {.kind = DIALOGUE_KIND_CLOSED},
    };
    struct dialogue *d = TALK(steps);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    assert_string_equal(dialogue_result(d)->outcomes[3].got,
                        "protocol-version");
    assert_string_not_equal(seen.tls_failure, "-");
    dialogue_destroy(&d);
}

static void test_dialogue_nothing_and_closed_can_fail(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct dialogue_step loud[] = {
        expect("220"), say("NOOP\r\n"), {.kind = DIALOGUE_KIND_NOTHING}};
    struct dialogue *d = talk(loud, COUNT(loud), LIMIT_MS);
    assert_false(dialogue_result(d)->is_ok);
    dialogue_destroy(&d);
    struct dialogue_step open[] = {
        expect("220"), say("NOOP\r\n"), {.kind = DIALOGUE_KIND_CLOSED}};
    d = TALK(open);
    assert_false(dialogue_result(d)->is_ok);
    assert_string_equal(dialogue_result(d)->outcomes[2].got, "250 2.0.0 ok");
    dialogue_destroy(&d);
}

static bool has_ended(void *ctx)
{
    return dialogue_result(ctx) != NULL;
}

/* Each further part in the same session; the host is asked how many it had. */
static void test_dialogue_held_open_goes_on(void **state)
{
    (void)state;
    struct dialogue_step hello[] = {expect("220"), say("HELO a\r\n"),
                                    expect("250")};
    struct dialogue_step mail[] = {say("MAIL FROM:<a@b.example>\r\n"),
                                   expect("250"),
                                   {.kind = DIALOGUE_KIND_NOTHING}};
    struct dialogue_step quit[] = {
        say("QUIT\r\n"), expect("221"), {.kind = DIALOGUE_KIND_CLOSED}};
    const struct {
        const struct dialogue_step *steps;
        size_t count;
        const char *last;
    } rows[] = {{hello, COUNT(hello), "250 "},
                {mail, COUNT(mail), "nothing"},
                {quit, COUNT(quit), "closed"}};
    struct mailhost_settings host_settings = usual(PKI_KIND_VALID, "any");
    serve(&host_settings);
    struct dialogue *d = NULL;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dialogue_settings settings =
            talk_settings(rows[i].steps, rows[i].count, 10);
        settings.stays_open = i + 1 < COUNT(rows);
        if (d)
            dialogue_go_on(d, &settings, NULL, NULL);
        else
            d = dialogue_start(loop, &settings, NULL, NULL);
        assert_true(loop_run_until(
            loop, settings.stays_open ? has_ended : is_told, d, LIMIT_MS));
        const struct dialogue_result *r = dialogue_result(d);
        if (!r->is_ok)
            fail_msg("part %zu: %s", i, r->failure);
        assert_int_equal(r->outcome_count, rows[i].count);
        const char *got = r->outcomes[rows[i].count - 1].got;
        if (strncmp(got, rows[i].last, strlen(rows[i].last)) != 0)
            fail_msg("part %zu: %s", i, got);
        assert_int_equal(mailhost_open_count(host), settings.stays_open);
    }
    assert_int_equal(seen.session_count, 1);
    dialogue_destroy(&d);
}

/* What failed is not held: it ends, and so does the connection. */
static void test_dialogue_that_fails_is_not_held(void **state)
{
    (void)state;
    struct mailhost_settings host_settings = usual(PKI_KIND_VALID, "any");
    serve(&host_settings);
    struct dialogue_step steps[] = {expect("5")};
    struct dialogue_settings settings = talk_settings(steps, 1, 10);
    settings.stays_open = true;
    struct dialogue *d = dialogue_start(loop, &settings, NULL, NULL);
    assert_true(loop_run_until(loop, is_told, d, LIMIT_MS));
    assert_false(dialogue_result(d)->is_ok);
    assert_int_equal(seen.session_count, 1);
    dialogue_destroy(&d);
}

/* A host that ends a held session is noticed by the next part. */
static void test_dialogue_held_notices_the_end(void **state)
{
    (void)state;
    struct mailhost_settings host_settings = usual(PKI_KIND_VALID, "any");
    serve(&host_settings);
    struct dialogue_step hello[] = {expect("220")},
                         noop[] = {say("NOOP\r\n"), expect("250")};
    struct dialogue_settings settings = talk_settings(hello, 1, 10);
    settings.stays_open = true;
    struct dialogue *d = dialogue_start(loop, &settings, NULL, NULL);
    assert_true(loop_run_until(loop, has_ended, d, LIMIT_MS));
    mailhost_destroy(&host);
    settings = (struct dialogue_settings){
        .steps = noop, .step_count = 2, .step_limit_ms = LIMIT_MS};
    dialogue_go_on(d, &settings, NULL, NULL);
    assert_true(loop_run_until(loop, has_ended, d, LIMIT_MS));
    assert_false(dialogue_result(d)->is_ok);
    dialogue_destroy(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dialogue_goes_through_tls),
        TEST(test_dialogue_stops_at_the_first_failure),
        TEST(test_dialogue_sees_the_alert),
        TEST(test_dialogue_nothing_and_closed_can_fail),
        TEST(test_dialogue_held_open_goes_on),
        TEST(test_dialogue_that_fails_is_not_held),
        TEST(test_dialogue_held_notices_the_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

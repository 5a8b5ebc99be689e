/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "deliver/compose.h"
#include "deliver/test_item.h"
#include "mail/scan.h"

static const struct deliver_settings settings = {
    .host_name = "gateway.example",
    .from = "no-reply@gateway.example",
    .portal = "https://portal.example",
    .attachments = {.link_above = 10000000}};
static struct transport_mail composed(struct fixture *f,
                                      const struct compose_wish *wish)
{
    struct transport_mail mail;
    struct err err;
    struct compose_wish own = *wish;
    struct mail_scan scan;
    if (f->item.kind == STORE_KIND_RECIPIENT &&
        compose_needs_scan(wish->settings, wish->item,
                           wish->decision->delivery)) {
        mail_scan(f->arena, f->message.content, &scan);
        own.scan = &scan;
    }
    assert_int_equal(compose(f->arena, &own, &mail, &err), ST_OK);
    return mail;
}
/* MAIL-2: the sender's domain has its alias. */
static const struct sender_dns_answer below = {.domain = "clinic.example",
                                               .bounce = TRI_YES};

static void test_compose_notification_has_no_content(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    const struct decision decision = {.kind = DECISION_CHOSEN,
                                      .method = METHOD_ACCESS_RIGHT,
                                      .delivery = DELIVERY_NOTIFICATION};
    const struct compose_wish wish = {.settings = &settings,
                                      .item = &f.item,
                                      .now_ms = 1000000,
                                      .decision = &decision,
                                      .sender = &below};
    struct transport_mail mail = composed(&f, &wish);
    assert_string_equal(mail.reverse_path, "b-1@gateway.example");
    assert_string_equal(mail.recipient, "bob@hospital.example");
    assert_true(has(mail.content, "X-Zivver-Transport: notification"));
    assert_true(has(mail.content, "X-Zivver-ConversationId: c1"));
    assert_false(has(mail.content, "secret body"));
    assert_false(has(mail.content, "+31612345678"));
    arena_destroy(&f.arena);
}

static void test_compose_direct_names_its_transport(void **state)
{
    (void)state;
    static const struct {
        enum method method;
        bool idd;
        const char *want;
    } rows[] = {
        {METHOD_DIRECT_DELIVERY, false, "X-Zivver-Transport: direct\r\n"},
        {METHOD_TRANSPORT_SECURITY, false, "X-Zivver-Transport: direct\r\n"},
        {METHOD_NTA7516, false, "X-Zivver-Transport: nta7516\r\n"},
        {METHOD_ACCOUNT, true, "X-Zivver-Transport: idd\r\n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        open_fixture(&f);
        const struct decision decision = {.kind = DECISION_CHOSEN,
                                          .method = rows[i].method,
                                          .delivery = DELIVERY_DIRECT,
                                          .idd = rows[i].idd};
        const struct compose_wish wish = {.settings = &settings,
                                          .item = &f.item,
                                          .now_ms = 1000000,
                                          .decision = &decision,
                                          .idd_uuid = rows[i].idd ? "u" : NULL,
                                          .sender = &below};
        struct transport_mail mail = composed(&f, &wish);
        assert_string_equal(mail.reverse_path,
                            "b-1@zivverbounce.clinic.example");
        assert_true(has(mail.content, rows[i].want));
        assert_true(has(mail.body, "the secret body"));
        assert_false(has(mail.content, "hidden@clinic.example"));
        assert_false(has(mail.content, "zivver-access-right"));
        arena_destroy(&f.arena);
    }
}

static void test_compose_without_alias_takes_the_gateways_path(void **state)
{
    (void)state;
    static const enum tri bounces[] = {TRI_NO, TRI_UNKNOWN};
    for (size_t i = 0; i < 4; i++) {
        struct fixture f;
        open_fixture(&f);
        const struct decision decision = {.kind = DECISION_CHOSEN,
                                          .method = METHOD_NTA7516,
                                          .delivery = DELIVERY_DIRECT};
        const struct sender_dns_answer sender = {.domain = "clinic.example",
                                                 .bounce = bounces[i % 2]};
        struct deliver_settings own = settings;
        own.return_host = i < 2 ? NULL : "bounce.example";
        const struct compose_wish wish = {.settings = &own,
                                          .item = &f.item,
                                          .decision = &decision,
                                          .sender = &sender};
        assert_string_equal(composed(&f, &wish).reverse_path,
                            i < 2 ? "b-1@gateway.example"
                                  : "b-1@bounce.example");
        arena_destroy(&f.arena);
    }
}

/* ATTACH-2 around the limit, each method that delivers directly, and those that
 * do not. */
static void test_compose_links_of_large_attachments(void **state)
{
    static const char message[] =
        "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\n"
        "the text\r\n--m\r\nContent-Type: a/b; name=c.pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--m\r\n"
        "Content-Type: a/b; name=d.pdf\r\n\r\nhi\r\n--m--\r\n";
    static const struct {
        enum method method;
        enum delivery delivery;
        size_t above;
        bool at_limit;
        unsigned links;
    } rows[] = {
        {METHOD_DIRECT_DELIVERY, DELIVERY_DIRECT, 6, true, 0},
        {METHOD_DIRECT_DELIVERY, DELIVERY_DIRECT, 5, false, 0},
        {METHOD_DIRECT_DELIVERY, DELIVERY_DIRECT, 5, true, 1},
        {METHOD_DIRECT_DELIVERY, DELIVERY_DIRECT, 4, false, 1},
        {METHOD_NTA7516, DELIVERY_DIRECT, 4, false, 1},
        {METHOD_ACCOUNT, DELIVERY_DIRECT, 1, false, 2},
        {METHOD_EMAIL, DELIVERY_NOTIFICATION, 1, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        open_fixture(&f);
        f.message.content = SLICE_LITERAL(message);
        struct deliver_settings limited = settings;
        limited.attachments =
            (struct attachment_settings){rows[i].above, rows[i].at_limit};
        const struct decision decision = {.kind = DECISION_CHOSEN,
                                          .method = rows[i].method,
                                          .delivery = rows[i].delivery};
        const struct compose_wish wish = {.settings = &limited,
                                          .item = &f.item,
                                          .now_ms = 1000000,
                                          .decision = &decision,
                                          .sender = &below};
        struct transport_mail mail = composed(&f, &wish);
        if (mail.links != rows[i].links)
            fail_msg("row %zu: %u links", i, mail.links);
        bool is_direct = rows[i].delivery == DELIVERY_DIRECT;
        assert_int_equal(has(mail.body, "https://portal.example/d/token/1\r\n"),
                         mail.links > 0);
        assert_int_equal(has(mail.body, "aGVsbG8="),
                         is_direct && mail.links == 0);
        assert_int_equal(has(mail.body, "\r\nhi\r\n"),
                         is_direct && mail.links < 2);
        assert_int_equal(slice_is(mail.body, strstr(message, "--m")),
                         is_direct && mail.links == 0);
        arena_destroy(&f.arena);
    }
}

static void test_compose_dsn_item_goes_out_as_it_is(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    f.item.kind = STORE_KIND_DSN;
    const struct compose_wish wish = {.settings = &settings, .item = &f.item};
    struct transport_mail mail = composed(&f, &wish);
    assert_string_equal(mail.reverse_path, "");
    assert_string_equal(mail.recipient, "jansen@clinic.example");
    assert_true(slice_is(mail.content, "ready made\r\n"));
    arena_destroy(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compose_notification_has_no_content),
        cmocka_unit_test(test_compose_direct_names_its_transport),
        cmocka_unit_test(test_compose_links_of_large_attachments),
        cmocka_unit_test(test_compose_without_alias_takes_the_gateways_path),
        cmocka_unit_test(test_compose_dsn_item_goes_out_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

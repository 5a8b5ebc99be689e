/* A good file, and every way to spoil one line of it: each must be told with
 * its line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/test_config.h"

static void test_good_file_fills_everything(void **state)
{
    struct fixture *f = *state;
    const struct config *c = load(f, with(f, LINES, NULL));
    if (!c)
        fail_msg("%s", said(f));
    assert_string_equal(c->host_name, "gateway.lasthop.example");
    assert_string_equal(c->submission.listen.address, "127.0.0.1");
    assert_int_equal(c->submission.listen.port, 25025);
    assert_string_equal(c->submission.certificate, f->pem);
    assert_string_equal(c->outbound.address, "127.0.0.1");
    assert_int_equal(c->outbound.smtp_port, 25025);
    assert_int_equal(c->outbound.https_port, 25443);
    assert_string_equal(c->dns.resolver, "127.0.0.2@25025");
    assert_int_equal(c->journal.descriptor, 3);
    assert_int_equal(c->settings.access_code_keyword, CODE_KEYWORD_EXAMPLE);
    assert_int_equal(c->settings.invalid_access_right, 1);
    assert_false(c->settings.dane_satisfies);
    assert_false(c->settings.idd_requires_account);
    assert_int_equal(c->settings.attachment_link_above, 2000);
    assert_true(c->settings.attachment_link_at_limit);
    assert_int_equal(c->settings.notification_subject, 1);
    assert_int_equal(c->settings.foreign_reverse_path, 1);
    assert_int_equal(c->settings.dmarc_discovery, 1);
    assert_string_equal(c->settings.nta_time_zone, "UTC");
    assert_string_equal(c->settings.nta_header, "X-NTA: 7516");
    assert_int_equal(c->settings.spf_timeout_ms, 11);
    assert_int_equal(c->settings.sts_timeout_ms, 19);
    assert_int_equal(c->settings.sessions_total, 21);
    assert_int_equal(c->settings.message_octets_per_s, 22);
    assert_int_equal(c->settings.unknown_host_wait_ms, 1);
    assert_int_equal(c->settings.random_seed, 10);
    assert_int_equal(c->portal.listen.port, 443);
    assert_int_equal(c->sms.address.port, 80);
    assert_false(c->sms.tls);
    assert_string_equal(c->sms.path, "/send");
    assert_int_equal(c->settings.code_sms_ms, 12);
    assert_int_equal(c->settings.portal_session_ms, 2000);
    assert_int_equal(c->organizations.count, 2);
    const struct config_organization *o = c->organizations.items;
    assert_string_equal(o->name, "clinic");
    assert_int_equal(o->policy, POLICY_DANE);
    assert_true(o->inbound_direct_delivery);
    assert_int_equal(o->domains.count, 2);
    assert_int_equal(o->spf_authentication, 1);
    assert_int_equal(o->spf_addresses.count, 2);
    assert_string_equal(((const char **)o->spf_addresses.items)[1],
                        "2001:db8::1");
    assert_string_equal(((const char **)o->domains.items)[1], "zorg.example");
    const struct config_account *account = o->accounts.items;
    assert_true(account->two_factor);
    assert_int_equal(account->status, CONFIG_STATUS_SUSPENDED);
    const struct config_share *share = o->shares.items;
    assert_string_equal(share->sms, "+31612345678");
    assert_null(share->access_code);
    assert_int_equal(share->opened_s, 1767603600);
    assert_int_equal(o[1].policy, POLICY_OFF);
    const struct config_dkim *key = c->dkim.items;
    assert_int_equal(c->dkim.count, 1);
    assert_string_equal(key->domain, "clinic.example");
    assert_string_equal(key->selector, "lasthop1");
    assert_string_equal(key->key, f->pem);
    assert_int_equal(o[1].spf_authentication, 0);
    assert_int_equal(o[1].spf_addresses.count, 0);
}

static void test_defaults_stand_where_nothing_is_said(void **state)
{
    struct fixture *f = *state;
    const char *text = with(f, line_of("settings:"), NULL);
    const char *before = strstr(text, "  access_code_keyword");
    const char *after = strstr(text, "organizations:");
    const struct config *c = load(
        f, arena_printf(f->arena, "%.*s%s", (int)(before - text), text, after));
    if (!c)
        fail_msg("%s", said(f));
    assert_true(c->settings.dane_satisfies);
    assert_true(c->settings.idd_requires_account);
    assert_int_equal(c->settings.attachment_link_above, 10000000);
    assert_false(c->settings.attachment_link_at_limit);
    assert_int_equal(c->settings.access_code_keyword, CODE_KEYWORD_BOTH);
    assert_int_equal(c->settings.unknown_host_wait_ms, 14400000);
    assert_int_equal(c->settings.queue_lifetime_ms, 432000000);
    assert_int_equal(c->settings.message_bytes, 52428800);
    assert_int_equal(c->settings.recipients, 1000);
    assert_int_equal(c->settings.foreign_reverse_path, 0);
    assert_string_equal(c->settings.nta_time_zone, "Europe/Amsterdam");
    assert_null(c->settings.nta_header);
    assert_int_equal(c->settings.spf_timeout_ms, 20000);
    assert_int_equal(c->settings.sts_timeout_ms, 60000);
    assert_int_equal(c->settings.code_sms_ms, 300000);
    assert_int_equal(c->settings.code_void_tries, 20);
}

static void test_every_renamed_key_is_unknown(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LINES; i++) {
        const char *line = good[i].text;
        size_t indent = indent_of(line);
        const char *spoilt =
            arena_printf(f->arena, "%.*sq%s", (int)indent, line, line + indent);
        const struct config *c = load(f, with(f, i, spoilt));
        assert_fault(f, c, i + 1, "unknown key `q");
        char place[160];
        snprintf(place, sizeof place, "%s:%zu:%zu: unknown", f->path, i + 1,
                 indent + 1);
        if (!strstr(said(f), place))
            fail_msg("no \"%s\" in %s", place, said(f));
        if (!strstr(said(f), "did you mean `"))
            fail_msg("no near miss for %s in %s", spoilt, said(f));
    }
}

static void test_every_required_key_is_missed(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LINES; i++) {
        const char *line = good[i].text;
        if (opens(line) || strstr(line, "- "))
            continue;
        const struct config *c = load(f, with(f, i, NULL));
        if (!good[i].must) {
            if (!c)
                fail_msg("without \"%s\": %s", line, said(f));
            continue;
        }
        const char *key = line + indent_of(line);
        const char *name =
            arena_printf(f->arena, "`%.*s`", (int)strcspn(key, ":"), key);
        if (c || !strstr(said(f), name))
            fail_msg("without \"%s\": %s", line, said(f));
    }
}

static void test_every_duplicate_key_is_told(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LINES; i++) {
        const char *line = good[i].text;
        if (opens(line) || strstr(line, "- "))
            continue;
        const char *twice = arena_printf(f->arena, "%s\n%s", line, line);
        assert_fault(f, load(f, with(f, i, twice)), i + 2, "duplicate key `");
    }
}

static void test_a_selector_has_one_key(void **state)
{
    struct fixture *f = *state;
    size_t at = line_of("    key: file.pem");
    const struct config *c =
        load(f, with(f, at,
                     "    key: file.pem\n"
                     "  - {domain: CLINIC.example, selector: Lasthop1, "
                     "key: file.pem}"));
    assert_fault(f, c, at + 2, "`lasthop1._domainkey.clinic.example` stands");
}

static void test_shares_have_one_kind(void **state)
{
    struct fixture *f = *state;
    size_t at = line_of("        sms");
    const struct config *c = load(f, with(f, at,
                                          "        sms: \"+31612345678\"\n"
                                          "        access-code: \"1357\""));
    assert_fault(f, c, at, "either `sms` or");
    c = load(f, with(f, at, NULL));
    assert_fault(f, c, at, "either `sms` or");
}

static void test_broken_yaml_is_told_with_its_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        size_t line;
        const char *words;
    } rows[] = {
        {"", 1, "holds nothing"},
        {"- a\n", 1, "must be a map"},
        {"a: b\n\tc: d\n", 2, "YAML"},
        {"a: \"b\n", 1, "YAML"},
        {"a: [b\nc: d\n", 1, NULL},
        {"a: b\n---\nc: d\n", 2, "second document"},
        {"{a: b}: c\n", 1, "a key must be a text"},
        {"[[[[[[[[[[x]]]]]]]]]]\n", 1, "too deeply"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct config *c = load(f, rows[i].text);
        assert_null(c);
        if (rows[i].words && !strstr(said(f), rows[i].words))
            fail_msg("row %zu: %s", i, said(f));
        assert_true(f->faults.count >= 1);
    }
    faults_release(&f->faults);
    faults_init(&f->faults, "/nowhere/x.yaml");
    assert_null(config_load(f->arena, &f->faults));
    assert_non_null(strstr(said(f), "/nowhere/x.yaml:1:1: cannot be read"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_file_fills_everything),
        TEST(test_defaults_stand_where_nothing_is_said),
        TEST(test_every_renamed_key_is_unknown),
        TEST(test_every_required_key_is_missed),
        TEST(test_every_duplicate_key_is_told),
        TEST(test_a_selector_has_one_key),
        TEST(test_shares_have_one_kind),
        TEST(test_broken_yaml_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A good file, and every way to spoil one line of it: each must be told with
 * its line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/config.h"

#define HASH                                                                   \
    "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$"                           \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* must: the file is refused without this line. Lines that open a map or a list
 * end in ':' and are not deleted alone. */
static const struct {
    const char *text;
    bool must;
} good[] = {
    {"lasthop-gateway: 1", true},
    {"host-name: gateway.lasthop.example", true},
    {"uuid: 00000000-0000-4000-8000-000000000001", false},
    {"submission:", true},
    {"  listen: \"127.0.0.1:25025\"", true},
    {"  certificate: file.pem", true},
    {"  key: file.pem", true},
    {"bounces:", false},
    {"  listen: \"127.0.0.1:25026\"", true},
    {"  host: bounce.gateway.example", true},
    {"outbound:", false},
    {"  address: 127.0.0.1", false},
    {"  smtp-port: 25025", false},
    {"  https-port: 25443", false},
    {"  trust: file.pem", false},
    {"dns:", true},
    {"  resolver: \"127.0.0.2@25025\"", true},
    {"  trust-anchor: file.pem", false},
    {"state: state", true},
    {"journal: {descriptor: 3}", false},
    {"control: socket", false},
    {"log: warn", false},
    {"notification:", true},
    {"  from: no-reply@gateway.lasthop.example", true},
    {"  portal: https://portal.gateway.lasthop.example", true},
    {"portal:", false},
    {"  listen: \"127.0.0.1:443\"", true},
    {"  certificate: file.pem", true},
    {"  key: file.pem", true},
    {"sms:", false},
    {"  address: \"127.0.0.9:80\"", true},
    {"  host: sms.example", true},
    {"  path: /send", true},
    {"  tls: no", false},
    {"  token: a-secret", false},
    {"settings:", false},
    {"  access_code_keyword: example", false},
    {"  invalid_access_right: ignore", false},
    {"  dane_satisfies_certificate_validation: no", false},
    {"  idd_requires_account: no", false},
    {"  attachment_link_above: 2000", false},
    {"  attachment_link_at_limit: yes", false},
    {"  notification_subject: generic", false},
    {"  foreign_reverse_path: accept", false},
    {"  dmarc_discovery: rfc9989", false},
    {"  nta_time_zone: UTC", false},
    {"  nta_header: 'X-NTA: 7516'", false},
    {"  unknown_host_wait_ms: 1", false},
    {"  queue_lifetime_ms: 2", false},
    {"  delay_notice_default: yes", false},
    {"  connections: 20", false},
    {"  connections_per_host: 2", false},
    {"  sessions_total: 21", false},
    {"  delay_notice_after_ms: 12", false},
    {"  keep_finished_ms: 12", false},
    {"  retry_first_ms: 3", false},
    {"  retry_longest_ms: 4", false},
    {"  idle_timeout_ms: 5", false},
    {"  connect_timeout_ms: 6", false},
    {"  smtp_timeout_ms: 7", false},
    {"  spf_timeout_ms: 11", false},
    {"  sts_timeout_ms: 19", false},
    {"  message_bytes: 8", false},
    {"  recipients: 9", false},
    {"  random_seed: 10", false},
    {"  code_sms_ms: 12", false},
    {"  portal_session_ms: 2000", false},
    {"organizations:", false},
    {"  - name: clinic", true},
    {"    uuid: 00000000-0000-4000-8000-000000000002", true},
    {"    domains: [clinic.example, Zorg.Example]", true},
    {"    transport-security: dane", false},
    {"    inbound-direct-delivery: yes", false},
    {"    spf-authentication: no", false},
    {"    spf-addresses: [192.0.2.0/24, \"2001:db8::1\"]", false},
    {"    credentials:", false},
    {"      - user: clinic-app", true},
    {"        description: an application", false},
    {"        password-hash: \"" HASH "\"", true},
    {"    accounts:", false},
    {"      - address: jansen@clinic.example", true},
    {"        totp: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", false},
    {"        name: Jansen", false},
    {"        two-factor: yes", false},
    {"        status: suspended", false},
    {"    shared-verifications:", false},
    {"      - recipient: bob@hospital.example", true},
    {"        sms: \"+31612345678\"", true},
    {"        opened: 2026-01-05T10:00:00+01:00", true},
    {"  - name: hospital", true},
    {"    uuid: 00000000-0000-4000-8000-000000000003", true},
    {"    domains: [hospital.example]", true},
    {"dkim:", false},
    {"  - domain: clinic.example", true},
    {"    selector: lasthop1", true},
    {"    key: file.pem", true},
};
enum { LINES = sizeof good / sizeof *good };

struct fixture {
    char directory[64], path[96], pem[96];
    struct arena *arena;
    struct faults faults;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->directory, sizeof f->directory, "/tmp/lasthop-config-XXXXXX");
    if (!mkdtemp(f->directory))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/gateway.yaml", f->directory);
    snprintf(f->pem, sizeof f->pem, "%s/file.pem", f->directory);
    fclose(fopen(f->pem, "w"));
    f->arena = arena_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    faults_release(&f->faults);
    unlink(f->path);
    unlink(f->pem);
    rmdir(f->directory);
    arena_destroy(&f->arena);
    free(f);
    return 0;
}

static const struct config *load(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    faults_release(&f->faults);
    faults_init(&f->faults, f->path);
    return config_load(f->arena, &f->faults);
}

static const char *said(struct fixture *f)
{
    return f->faults.text.n ? f->faults.text.p : "";
}

/* The good file with line `at` replaced; NULL deletes it. */
static const char *with(struct fixture *f, size_t at, const char *text)
{
    const char *all = "";
    for (size_t i = 0; i < LINES; i++) {
        const char *line = i == at ? text : good[i].text;
        if (line)
            all = arena_printf(f->arena, "%s%s\n", all, line);
    }
    return all;
}

/* Somewhere in what was said: PATH:line: (any column) ... words. */
static void assert_fault(struct fixture *f, const struct config *config,
                         size_t line, const char *words)
{
    char place[160];
    snprintf(place, sizeof place, "%s:%zu:", f->path, line);
    const char *at = strstr(said(f), place);
    if (config || !at || (words && !strstr(at, words)))
        fail_msg("line %zu, \"%s\" wanted, got:\n%s", line, words ? words : "",
                 said(f));
}

static size_t line_of(const char *start)
{
    for (size_t i = 0; i < LINES; i++)
        if (strncmp(good[i].text, start, strlen(start)) == 0)
            return i;
    fail_msg("no line %s", start);
    return 0;
}

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

static size_t indent_of(const char *line)
{
    return strspn(line, " -");
}

static bool opens(const char *line)
{
    return line[strlen(line) - 1] == ':';
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

static void test_every_wrong_type_is_told(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LINES; i++) {
        const char *line = good[i].text;
        size_t n = strcspn(line, ":") + 1;
        const char *value = strstr(line, "domains") ? "{a: b}" : "[[x]]";
        if (opens(line))
            continue;
        const struct config *c = load(
            f,
            with(f, i, arena_printf(f->arena, "%.*s %s", (int)n, line, value)));
        assert_fault(f, c, i + 1, "must be");
    }
}

static void test_every_empty_value_is_told(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LINES; i++) {
        const char *line = good[i].text;
        if (opens(line))
            continue;
        const char *spoilt = arena_printf(f->arena, "%.*s \"\"",
                                          (int)strcspn(line, ":") + 1, line);
        assert_fault(f, load(f, with(f, i, spoilt)), i + 1, NULL);
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

static void test_wrong_values_are_told_where_they_stand(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *line, *spoilt, *words;
    } rows[] = {
        {"lasthop-gateway", "lasthop-gateway: 2", "reads version 1"},
        {"host-name", "host-name: -bad-", "domain name"},
        {"uuid", "uuid: 6f0c2c1e", "a UUID"},
        {"  listen", "  listen: 127.0.0.1", "address:port"},
        {"  listen", "  listen: \"host:25\"", "IP address"},
        {"  listen", "  listen: \"127.0.0.1:65536\"", "address:port"},
        {"  certificate", "  certificate: none.pem", "a readable file"},
        {"  resolver", "  resolver: \"127.0.0.2@x\"", "address@port"},
        {"  smtp-port", "  smtp-port: 0", "from 1 to 65535"},
        {"log", "log: loud", "error, warn, info, debug"},
        {"  portal", "  portal: http://x", "https"},
        {"  portal", "  portal: https://x/", "final slash"},
        {"  from", "  from: nobody", "mail address"},
        {"  access_code_keyword", "  access_code_keyword: x",
         "both, prose, example"},
        {"  idd_requires_account", "  idd_requires_account: true", "yes or no"},
        {"  retry_first_ms", "  retry_first_ms: 5m", "a number from"},
        {"  retry_first_ms", "  retry_first_ms: -1", "a number from"},
        {"        password-hash", "        password-hash: geheim123",
         "hash-password"},
        {"        sms", "        sms: \"0612345678\"", "phone number"},
        {"        sms", "        access-code: abc", "4 to 64"},
        {"        opened", "        opened: 2026-02-30T10:00:00Z", "a time"},
        {"        opened", "        opened: yesterday", "a time"},
        {"        status", "        status: gone", "active, suspended"},
        {"      - address", "      - address: a@other.example",
         "in no domain of organization `clinic`"},
        {"  - name: hospital", "  - name: Clinic", "already"},
        {"    domains: [hospital", "    domains: [CLINIC.example]", "already"},
        {"    spf-authentication", "    spf-authentication: maybe", "yes, no"},
        {"    spf-addresses", "    spf-addresses: [192.0.2.0/33]",
         "or a block such as"},
        {"  foreign_reverse_path", "  foreign_reverse_path: no",
         "reject, accept"},
        {"  nta_time_zone", "  nta_time_zone: Europe/Nowhere", "a time zone"},
        {"  nta_time_zone", "  nta_time_zone: /etc/localtime", "a time zone"},
        {"  nta_header", "  nta_header: no colon", "a header field"},
        {"  nta_header", "  nta_header: 'zivver-x: 1'", "a header field"},
        {"  nta_header", "  nta_header: 'X-Zivver-Transport: x'",
         "a header field"},
        {"  nta_header", "  nta_header: 'X Y: 1'", "a header field"},
        {"  - domain: clinic", "  - domain: other.example",
         "is no organization's, nor `host-name`"},
        {"    selector", "    selector: a b", "a domain name"},
        {"    key: file.pem", "    key: none.pem", "a readable file"},
        {"        totp", "        totp: SHORT", "base32"},
        {"  path", "  path: send", "a path such as"},
        {"state", "state: *anchor", "alias"},
        {"state", "state: &a state", "anchor"},
        {"state", "state: !!str state", "tag"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t at = line_of(rows[i].line);
        const struct config *c = load(f, with(f, at, rows[i].spoilt));
        assert_fault(f, c, at + 1, rows[i].words);
    }
}

static void test_secrets_are_not_repeated(void **state)
{
    struct fixture *f = *state;
    size_t at = line_of("        password-hash");
    load(f, with(f, at, "        password-hash: geheim123"));
    assert_null(strstr(said(f), "geheim123"));
    at = line_of("        sms");
    load(f, with(f, at, "        sms: \"0612345678\""));
    assert_null(strstr(said(f), "0612345678"));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_file_fills_everything),
        TEST(test_defaults_stand_where_nothing_is_said),
        TEST(test_every_renamed_key_is_unknown),
        TEST(test_every_required_key_is_missed),
        TEST(test_every_wrong_type_is_told),
        TEST(test_every_empty_value_is_told),
        TEST(test_every_duplicate_key_is_told),
        TEST(test_wrong_values_are_told_where_they_stand),
        TEST(test_secrets_are_not_repeated),
        TEST(test_a_selector_has_one_key),
        TEST(test_shares_have_one_kind),
        TEST(test_broken_yaml_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

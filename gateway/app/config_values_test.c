/* A wrong value for each key: told with its place, the key, what was found and
 * what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/config_read.h"
#include "app/test_config.h"

/* --- every key by its kind ------------------------------------------------ */

/* wrong NULL: any text is one. A secret is not repeated. */
static const struct {
    const char *wrong, *expected;
    bool is_secret;
} kinds[] = {
    [KEY_TEXT] = {"\"a\\tb\"", "a text on one line, not `a", false},
    [KEY_DOMAIN] = {"-x", "a domain name, not `-x`", false},
    [KEY_MAILBOX] = {"nobody", "a mail address, not `nobody`", false},
    [KEY_PATH] = {NULL, NULL, false},
    [KEY_FILE] = {"no.pem", "a readable file; `", false},
    [KEY_UUID] = {"6f0c2c1e", "a UUID, not `6f0c2c1e`", false},
    [KEY_URL] = {"http://x", "an https address without final slash, not `http",
                 false},
    [KEY_HASH] = {"geheim", "a hash as `lasthop-gateway hash-password`", true},
    [KEY_ADDRESS] = {"1.2.3", "an IP address, not `1.2.3`", false},
    [KEY_BLOCK] = {NULL, NULL, false},
    [KEY_RESOLVER] = {"ns.example@53", "address@port, not `ns.example@53`",
                      false},
    [KEY_PHONE] = {"0612345678", "a phone number such as +31612345678", true},
    [KEY_CODE] = {"abc", "an access code of 4 to 64 characters", true},
    [KEY_ZONE] = {"Nowhere", "a time zone that the system knows, not `Nowhere`",
                  false},
    [KEY_FIELD] = {"no-colon", "a header field `Name: value`, not `no-colon`",
                   false},
    [KEY_BASE32] = {"SHORT", "a secret in base32, 26 letters or more", true},
    [KEY_SECRET] = {"\"se\\tcret\"", "a text on one line", true},
    [KEY_TARGET] = {"send", "a path such as /send, not `send`", false},
    [KEY_ENDPOINT] = {"1.2.3.4", "address:port, not `1.2.3.4`", false},
    [KEY_BOOLEAN] = {"true", "yes or no, not `true`", false},
    [KEY_NUMBER] = {"x", "a number from ", false},
    [KEY_WORD] = {"nonsense", "one of ", false},
    [KEY_TIME] = {"yesterday",
                  "a time such as 2026-01-05T10:00:00Z, not `yesterday`",
                  false},
    [KEY_MAP] = {"[x]", "a map, not a list", false},
    [KEY_LIST] = {"x", "a list, not a text", false},
    [KEY_DOMAINS] = {"[-x]", "a domain name, not `-x`", false},
    [KEY_BLOCKS] = {"[x]", "192.0.2.0/24, not `x`", false},
};

static const struct key *key_in(const struct shape *shape, const char *line)
{
    const char *name = line + indent_of(line);
    size_t n = strcspn(name, ":");
    for (size_t i = 0; i < shape->count; i++)
        if (strlen(shape->keys[i].name) == n &&
            strncmp(shape->keys[i].name, name, n) == 0)
            return &shape->keys[i];
    fail_msg("no key for %s", line);
    return NULL;
}

/* The line that opens the map in which this one stands; LINES: the top. */
static size_t parent_of(size_t at)
{
    for (size_t i = at; i-- > 0;)
        if (opens(good[i].text) &&
            indent_of(good[i].text) < indent_of(good[at].text))
            return i;
    return LINES;
}

static const struct key *key_of(size_t at)
{
    size_t parent = parent_of(at);
    return key_in(parent == LINES ? config_shape() : key_of(parent)->shape,
                  good[at].text);
}

static void spoil(struct fixture *f, size_t at, const char *wrong,
                  const char *expected, bool is_secret)
{
    const char *line = good[at].text;
    const struct key *key = key_of(at);
    size_t n = strcspn(line, ":") + 1;
    char place[200];
    bool is_entry = key->kind == KEY_DOMAINS || key->kind == KEY_BLOCKS;
    const struct config *c = load(
        f, with(f, at, arena_printf(f->arena, "%.*s %s", (int)n, line, wrong)));
    snprintf(place, sizeof place, "%s:%zu:%zu: `%s%s` must be ", f->path,
             at + 1, n + 2 + (wrong[0] == '"' || is_entry), key->name,
             is_entry ? "[1]" : "");
    const char *told = strstr(said(f), place);
    if (c || !told || !strstr(told, expected))
        fail_msg("%s%s wanted, got:\n%s", place, expected, said(f));
    if (is_secret && strstr(said(f), wrong))
        fail_msg("a secret is repeated: %s", said(f));
}

static void test_a_wrong_value_of_each_key_is_told(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LINES; i++) {
        const struct key *key = key_of(i);
        if (opens(good[i].text) || !kinds[key->kind].wrong)
            continue;
        spoil(f, i, kinds[key->kind].wrong, kinds[key->kind].expected,
              kinds[key->kind].is_secret);
    }
}

static void test_the_limits_of_each_number_are_told(void **state)
{
    struct fixture *f = *state;
    char wrong[40], expected[120];
    for (size_t i = 0; i < LINES; i++) {
        const struct key *key = key_of(i);
        if (key->kind != KEY_NUMBER || opens(good[i].text))
            continue;
        for (int end = 0; end < 2; end++) {
            if (end && key->most == INT64_MAX)
                continue;
            long long value = end ? key->most + 1 : key->least - 1;
            snprintf(wrong, sizeof wrong, "%lld", value);
            snprintf(expected, sizeof expected,
                     "a number from %lld to %lld, not `%lld`",
                     (long long)key->least, (long long)key->most, value);
            spoil(f, i, wrong, expected, false);
        }
    }
}

static void test_the_words_of_each_choice_are_told(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LINES; i++) {
        const struct key *key = key_of(i);
        if (key->kind != KEY_WORD || opens(good[i].text))
            continue;
        const char *expected = "one of ";
        for (size_t w = 0; key->words[w]; w++)
            expected = arena_printf(f->arena, "%s%s%s", expected, w ? ", " : "",
                                    key->words[w]);
        spoil(f, i, "nonsense",
              arena_printf(f->arena, "%s, not `nonsense`", expected), false);
    }
}

/* Excluded by another that the file has, or on another's line. */
static bool is_other(const char *name)
{
    return strcmp(name, "descriptor") == 0 || strcmp(name, "file") == 0 ||
           strcmp(name, "directory") == 0 || strcmp(name, "access-code") == 0;
}

static bool is_said(const struct key *key)
{
    for (size_t i = 0; i < LINES; i++)
        if (key_of(i) == key)
            return true;
    return false;
}

static void check_said(const struct shape *shape)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct key *key = &shape->keys[i];
        if (key->shape)
            check_said(key->shape);
        if (!is_other(key->name) && !is_said(key))
            fail_msg("test_config.h does not say `%s`", key->name);
    }
}

static void test_the_good_file_says_every_key(void **state)
{
    (void)state;
    check_said(config_shape());
}

/* --- kinds of wrong ------------------------------------------------------- */

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
        {"journal", "journal: {descriptor: 1024}",
         "`descriptor` must be a number from 0 to 1023, not `1024`"},
        {"journal", "journal: {descriptor: 1, file: x}", "either"},
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
        {"        status: suspended", "        status: gone",
         "active, suspended"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_good_file_says_every_key),
        TEST(test_a_wrong_value_of_each_key_is_told),
        TEST(test_the_limits_of_each_number_are_told),
        TEST(test_the_words_of_each_choice_are_told),
        TEST(test_every_wrong_type_is_told),
        TEST(test_every_empty_value_is_told),
        TEST(test_wrong_values_are_told_where_they_stand),
        TEST(test_secrets_are_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "rules/wishes.h"
#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)
#define CODE_64                                                                \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define RIGHT "zivver-access-right: "

/* Reads the fields for the envelope bob@x.nl, eve@x.nl. */
static const char *read_wishes(const char *fields,
                               const struct wishes_settings *settings,
                               struct wishes *out)
{
    static const char *const envelope[] = {"bob@x.nl", "eve@x.nl"};
    struct mailbox recipients[COUNT(envelope)];
    struct header header;
    struct err err;
    const char *refusal;
    for (size_t i = 0; i < COUNT(envelope); i++)
        assert_int_equal(
            mailbox_parse(arena, slice_of(envelope[i]), &recipients[i], &err),
            ST_OK);
    if (header_parse(arena, slice_of(fields), &header, &err) != ST_OK)
        fail_msg("%s: %s", fields, err.text);
    wishes_parse(arena, &header, recipients, COUNT(envelope), settings, out,
                 &refusal);
    return refusal;
}

/* "bob: sms +31612345678; eve: none; warning recipient" */
static const char *show(const struct wishes *w)
{
    char *text = arena_strdup(arena, "");
    for (size_t i = 0; i < 2; i++)
        text = arena_printf(arena, "%s%s%s%s%.*s", text, i ? "; " : "",
                            right_name(w->wishes[i].right),
                            w->wishes[i].value.n ? " " : "",
                            SLICE_ARG(w->wishes[i].value));
    for (size_t i = 0; i < w->warning_count; i++)
        text = arena_printf(
            arena, "%s; %s%s%s", text, warning_name(w->warnings[i].word),
            w->warnings[i].recipient ? " " : "",
            w->warnings[i].recipient ? w->warnings[i].recipient : "");
    return text;
}

static void test_access_right_well_formed(void **state)
{
    (void)state;
    static const struct {
        const char *fields, *want;
    } rows[] = {
        {"", "none; none"},
        {RIGHT "bob@x.nl sms +31612345678\r\n", "sms +31612345678; none"},
        {RIGHT "bob@x.nl sms +31612345678\r\n" RIGHT
               "eve@x.nl sharedAccessCode 135789\r\n",
         "sms +31612345678; access-code 135789"},
        {RIGHT "eve@x.nl access-code 1357\r\n", "none; access-code 1357"},
        {RIGHT "eve@x.nl ACCESS-Code 1357\r\n", "none; access-code 1357"},
        {RIGHT "eve@x.nl SHAREDACCESSCODE 1357\r\n", "none; access-code 1357"},
        {RIGHT "BOB@X.NL SMS +1234567\r\n", "sms +1234567; none"},
        {"Zivver-Access-Right:<bob@x.nl>\tsms  +123456789012345  \r\n",
         "sms +123456789012345; none"},
        {RIGHT "\r\n bob@x.nl\r\n sms\r\n\t+31612345678\r\n \r\n",
         "sms +31612345678; none"},
        {RIGHT "\"bob\"@x.nl sms +31612345678\r\n", "sms +31612345678; none"},
        {RIGHT "eve@x.nl access-code !~\"a\r\n", "none; access-code !~\"a"},
        {RIGHT "eve@x.nl access-code " CODE_64 "\r\n",
         "none; access-code " CODE_64},
        {RIGHT "bob@x.nl sms +31612345678\r\n" RIGHT
               "<BOB@x.nl> SMS +31612345678\r\n",
         "sms +31612345678; none"},
        {RIGHT "eve@x.nl access-code 1357\r\n" RIGHT
               "eve@x.nl sharedAccessCode 1357\r\n",
         "none; access-code 1357"},
        {RIGHT "joe@x.nl sms +31612345678\r\n",
         "none; none; access-right-for-no-recipient joe@x.nl"},
        {RIGHT "joe@x.nl sms +31612345678\r\n" RIGHT
               "joe@x.nl access-code 1357\r\n",
         "none; none; access-right-for-no-recipient joe@x.nl; "
         "access-right-for-no-recipient joe@x.nl"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wishes_settings settings = {0};
        struct wishes w;
        const char *refusal = read_wishes(rows[i].fields, &settings, &w);
        if (refusal || strcmp(show(&w), rows[i].want) != 0)
            fail_msg("row %zu: got %s %s, want %s", i, show(&w),
                     refusal ? refusal : "", rows[i].want);
    }
}

/* RIGHT-4: refused, and never with the value; with ignore, warned of. */
static void test_access_right_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        const char *want;   /* a part of the refusal */
        const char *secret; /* not in it */
        const char *ignored;
    } rows[] = {
        {RIGHT "bob@x.nl fax +31612345678\r\n",
         "550 5.6.0 zivver-access-right for <bob@x.nl>: the method is unknown",
         "316", "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl\r\n", "method is missing", "?",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms\r\n", "value is missing", "?",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "\r\n", "does not start with a mail address", "?",
         "none; none; access-right-ignored"},
        {RIGHT "sms +31612345678\r\n", "does not start with a mail", "316",
         "none; none; access-right-ignored"},
        {RIGHT "+31612345678 sms bob@x.nl\r\n", "does not start with a mail",
         "316", "none; none; access-right-ignored"},
        {RIGHT "<> sms +31612345678\r\n", "does not start", "316",
         "none; none; access-right-ignored"},
        {RIGHT "bob@x.nl,eve@x.nl sms +31612345678\r\n", "sticks", "316",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl eve@x.nl sms +31612345678\r\n", "unknown", "316",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms +31612345678 eve@x.nl sms +31612345679\r\n",
         "more than one", "316", "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms +3161 2345678\r\n", "more than one", "316",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms 31612345678\r\n", "phone number", "316",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms +01234567\r\n", "phone number", "234",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms +123456\r\n", "phone number", "234",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms +1234567890123456\r\n", "phone number", "234",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms +3161234567x\r\n", "phone number", "316",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl access-code 135\r\n", "access code", "135",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl access-code " CODE_64 "x\r\n", "access code", "abc",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl access-code 1357\x7f\r\n", "access code", "57",
         "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl access-code 13\xc3\xbc"
               "57\r\n",
         "access code", "57", "none; none; access-right-ignored bob@x.nl"},
        {RIGHT "joe@x.nl fax 1\r\n", "<joe@x.nl>", "1",
         "none; none; access-right-ignored joe@x.nl"},
        {RIGHT "bob@x.nl sms +31612345678\r\n" RIGHT
               "bob@x.nl sms +31612345679\r\n",
         "different access right", "316",
         "sms +31612345678; none; access-right-ignored bob@x.nl"},
        {RIGHT "bob@x.nl sms +31612345678\r\n" RIGHT
               "Bob@x.nl access-code 1357\r\n",
         "different access right", "1357",
         "sms +31612345678; none; access-right-ignored Bob@x.nl"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wishes_settings reject = {0};
        struct wishes_settings ignore = {.ignore_invalid_right = true};
        struct wishes w;
        const char *refusal = read_wishes(rows[i].fields, &reject, &w);
        if (!refusal || strncmp(refusal, "550 5.6.0 ", 10) != 0 ||
            !strstr(refusal, rows[i].want) ||
            strstr(refusal + 10, rows[i].secret))
            fail_msg("row %zu: got %s, want %s", i,
                     refusal ? refusal : "no refusal", rows[i].want);
        refusal = read_wishes(rows[i].fields, &ignore, &w);
        if (refusal || strcmp(show(&w), rows[i].ignored) != 0)
            fail_msg("row %zu: got %s, want %s", i, show(&w), rows[i].ignored);
    }
}

static void test_access_code_keyword_by_setting(void **state)
{
    (void)state;
    static const struct {
        enum code_keyword keyword;
        bool prose, example;
    } rows[] = {
        {CODE_KEYWORD_BOTH, true, true},
        {CODE_KEYWORD_PROSE, true, false},
        {CODE_KEYWORD_EXAMPLE, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wishes_settings s = {.access_code_keyword = rows[i].keyword};
        struct wishes w;
        bool prose =
            !read_wishes(RIGHT "bob@x.nl access-code 1357\r\n", &s, &w);
        bool example =
            !read_wishes(RIGHT "bob@x.nl sharedAccessCode 1357\r\n", &s, &w);
        if (prose != rows[i].prose || example != rows[i].example)
            fail_msg("row %zu: got %d %d", i, prose, example);
    }
}

static void test_every_spelling_of_a_recipient_gets_the_right(void **state)
{
    (void)state;
    struct mailbox recipients[2];
    struct header header;
    struct wishes w;
    struct wishes_settings settings = {0};
    struct err err;
    const char *refusal;
    assert_int_equal(
        mailbox_parse(arena, slice_of("bob@x.nl"), &recipients[0], &err),
        ST_OK);
    assert_int_equal(
        mailbox_parse(arena, slice_of("BOB@x.nl"), &recipients[1], &err),
        ST_OK);
    assert_int_equal(header_parse(arena,
                                  slice_of(RIGHT "bob@x.nl sms +1234567\r\n"),
                                  &header, &err),
                     ST_OK);
    wishes_parse(arena, &header, recipients, 2, &settings, &w, &refusal);
    assert_null(refusal);
    assert_string_equal(show(&w), "sms +1234567; sms +1234567");
}

static void test_direct_delivery_by_rows(void **state)
{
    (void)state;
#define DIRECT "zivver-direct-delivery: "
    static const struct {
        const char *fields;
        bool present, warned;
    } rows[] = {
        {"X-zivver-direct-delivery: tls tls1.2\r\n", false, false},
        {DIRECT "tls tls1.2 auth certificate-validation\r\n", true, false},
        {DIRECT "TLS TLS1.2 Auth Certificate-Validation\r\n", true, false},
        {DIRECT "\r\n tls tls1.2\r\n\tauth  certificate-validation \r\n", true,
         false},
        {DIRECT "\r\n", true, true},
        {DIRECT "tls tls1.2\r\n", true, true},
        {DIRECT "tls tls1.2 auth\r\n", true, true},
        {DIRECT "auth certificate-validation\r\n", true, true},
        {DIRECT "tls tls1.3 auth certificate-validation\r\n", true, true},
        {DIRECT "tls tls1.2 auth none\r\n", true, true},
        {DIRECT "tls certificate-validation auth tls1.2\r\n", true, true},
        {DIRECT "auth certificate-validation tls tls1.2\r\n", true, true},
        {DIRECT "tls tls1.2 auth certificate-validation x y\r\n", true, true},
        {DIRECT "tls tls1.2 tls tls1.2 auth certificate-validation\r\n", true,
         true},
        {DIRECT "tls tls1.2 auth certificate-validation\r\n" DIRECT
                "tls tls1.2 auth certificate-validation\r\n",
         true, true},
        {DIRECT "nonsense\r\n" DIRECT "nonsense\r\n", true, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wishes_settings settings = {0};
        struct wishes w;
        const char *refusal = read_wishes(rows[i].fields, &settings, &w);
        const char *want = rows[i].warned
                               ? "none; none; direct-delivery-defaults"
                               : "none; none";
        if (refusal || w.direct_delivery != rows[i].present ||
            strcmp(show(&w), want) != 0)
            fail_msg("row %zu: got %d %s", i, w.direct_delivery, show(&w));
    }
}

static void test_minimum_verification_by_rows(void **state)
{
    (void)state;
#define MINIMUM "zivver-minimum-recipient-verification:"
    static const struct {
        const char *fields;
        bool permitted;
    } rows[] = {
        {"", false},
        {MINIMUM "email-verification\r\n", true},
        {MINIMUM "  Email-VERIFICATION\t\r\n", true},
        {MINIMUM "\r\n email-verification\r\n \r\n", true},
        {MINIMUM "\r\n", false},
        {MINIMUM " email\r\n", false},
        {MINIMUM " email-verification yes\r\n", false},
        {MINIMUM " email-verification\r\n" MINIMUM " email-verification\r\n",
         false},
        {MINIMUM " x\r\n" MINIMUM " email-verification\r\n", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wishes_settings settings = {0};
        struct wishes w;
        const char *refusal = read_wishes(rows[i].fields, &settings, &w);
        if (refusal || w.email_permitted != rows[i].permitted)
            fail_msg("row %zu: got %d", i, w.email_permitted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_access_right_well_formed),
        cmocka_unit_test(test_access_right_malformed),
        cmocka_unit_test(test_access_code_keyword_by_setting),
        cmocka_unit_test(test_every_spelling_of_a_recipient_gets_the_right),
        cmocka_unit_test(test_direct_delivery_by_rows),
        cmocka_unit_test(test_minimum_verification_by_rows),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

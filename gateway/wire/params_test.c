#include "wire/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void check_mail(const char *in, const char *want)
{
    struct arena *arena = arena_create();
    struct mail_params params;
    const struct reply *no = mail_params_parse(arena, slice_of(in), &params);
    struct buf out;
    buf_init(&out, 2000);
    buf_puts(&out, "");
    if (no)
        buf_puts(&out, reply_line(arena, no));
    else
        mail_params_format(&out, &params);
    if (no)
        assert_memory_equal(buf_slice(&out).p, want, strlen(want));
    else
        assert_string_equal(buf_slice(&out).p, want);
    buf_release(&out);
    arena_destroy(&arena);
}

static void check_rcpt(const char *in, const char *want)
{
    struct arena *arena = arena_create();
    struct rcpt_params params;
    const struct reply *no = rcpt_params_parse(arena, slice_of(in), &params);
    struct buf out;
    buf_init(&out, 2000);
    buf_puts(&out, "");
    if (no)
        buf_puts(&out, reply_line(arena, no));
    else
        rcpt_params_format(&out, &params);
    if (no)
        assert_memory_equal(buf_slice(&out).p, want, strlen(want));
    else
        assert_string_equal(buf_slice(&out).p, want);
    buf_release(&out);
    arena_destroy(&arena);
}

static void test_mail_params_keep_dsn_and_refuse_others(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"", ""},
        {"  ", ""},
        {" RET=hdrs ENVID=QQ314159", " RET=HDRS ENVID=QQ314159"},
        {"envid=a+2Bb+20c ret=FULL", " RET=FULL ENVID=a+2Bb+20c"},
        {"AUTH=<>", ""},
        {"AUTH=e+3Dmc2@example.com", ""},
        {"AUTH=", "501 5.5.4"},
        {"RET=ALL", "501 5.5.4"},
        {"RET", "501 5.5.4"},
        {"RET=FULL RET=FULL", "501 5.5.4"},
        {"ENVID=", "501 5.5.4"},
        {"ENVID=a+0Ab", "501 5.5.4"},
        {"ENVID=a+2b", "501 5.5.4"},
        {"ENVID=a+", "501 5.5.4"},
        {"ENVID=+ZZ", "501 5.5.4"},
        {"ENVID=a ENVID=b", "501 5.5.4"},
        {"ENVID=a=b", "501 5.5.4"},
        {"SIZE=100 BODY=7bit SMTPUTF8", ""},
        {"SIZE=1 SIZE=1", "501 5.5.4"},
        {"SIZE=111111111111111111111", "501 5.5.4"},
        {"BODY=7BIT BODY=7BIT", "501 5.5.4"},
        {"BODY=BINARYMIME", "501 5.5.4"},
        {"SMTPUTF8 SMTPUTF8", "501 5.5.4"},
        {"NOTIFY=NEVER", "555 5.5.4"},
        {"X-OWN=1", "555 5.5.4"},
        {"=1", "501 5.5.4"},
        {"-x=1", "501 5.5.4"},
        {"a_b=1", "501 5.5.4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_mail(rows[i].in, rows[i].want);
}

static void test_rcpt_params_keep_dsn_and_refuse_others(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"", ""},
        {"NOTIFY=never", " NOTIFY=NEVER"},
        {"NOTIFY=DELAY,failure,SUCCESS", " NOTIFY=SUCCESS,FAILURE,DELAY"},
        {"ORCPT=rfc822;bob+2Bx@example.org",
         " ORCPT=rfc822;bob+2Bx@example.org"},
        {"NOTIFY=NEVER,DELAY", "501 5.5.4"},
        {"NOTIFY=", "501 5.5.4"},
        {"NOTIFY=SUCCESS,", "501 5.5.4"},
        {"NOTIFY=SOMETIMES", "501 5.5.4"},
        {"NOTIFY=DELAY NOTIFY=DELAY", "501 5.5.4"},
        {"ORCPT=rfc822", "501 5.5.4"},
        {"ORCPT=rfc822;", "501 5.5.4"},
        {"ORCPT=;bob@example.org", "501 5.5.4"},
        {"ORCPT=rf(c;bob@example.org", "501 5.5.4"},
        {"ORCPT=rfc822;a+0D+0AX:y", "501 5.5.4"},
        {"ORCPT=rfc822;a ORCPT=rfc822;a", "501 5.5.4"},
        {"RET=FULL", "555 5.5.4"},
        {"FOO", "555 5.5.4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_rcpt(rows[i].in, rows[i].want);
}

static void test_envid_and_orcpt_at_their_lengths(void **state)
{
    (void)state;
    char text[700];
    memset(text, 'e', sizeof text);
    memcpy(text, " ENVID=", 7);
    text[7 + 100] = '\0';
    check_mail(text, text);
    text[7 + 100] = 'e';
    text[7 + 101] = '\0';
    check_mail(text, "501 5.5.4");
    memset(text, 'o', sizeof text);
    memcpy(text, " ORCPT=rfc822;", 14);
    text[7 + 500] = '\0';
    check_rcpt(text, text);
    text[7 + 500] = 'o';
    text[7 + 501] = '\0';
    check_rcpt(text, "501 5.5.4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail_params_keep_dsn_and_refuse_others),
        cmocka_unit_test(test_rcpt_params_keep_dsn_and_refuse_others),
        cmocka_unit_test(test_envid_and_orcpt_at_their_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

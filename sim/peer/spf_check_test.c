#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "peer/spf_check.h"

static const struct {
    const char *name, *type, *text; /* text NULL: the look-up fails */
} table[] = {
    {"good.example", "TXT", "v=spf1 a:mail.good.example -all"},
    {"good.example", "TXT", "another text"},
    {"mail.good.example", "A", "192.0.2.1"},
    {"soft.example", "TXT", "v=spf1 ip4:198.51.100.0/24 ~all"},
    {"neutral.example", "TXT", "v=spf1 ?all"},
    {"open.example", "TXT", "v=spf1 ip4:192.0.2.0/24"},
    {"mx.example", "TXT", "v=spf1 mx -all"},
    {"mx.example", "MX", "10 mail.good.example"},
    {"includes.example", "TXT", "v=spf1 include:good.example -all"},
    {"includes-none.example", "TXT", "v=spf1 include:nothing.example -all"},
    {"redirects.example", "TXT", "v=spf1 redirect=good.example"},
    {"twice.example", "TXT", "v=spf1 -all"},
    {"twice.example", "TXT", "v=spf1 +all"},
    {"fails.example", "TXT", NULL},
    {"unknown.example", "TXT", "v=spf1 foo:bar -all"},
    {"bits.example", "TXT", "v=spf1 ip4:192.0.2.1/33 -all"},
    {"loop.example", "TXT", "v=spf1 include:loop.example -all"},
    {"voids.example", "TXT", "v=spf1 a:x.test a:y.test a:z.test +all"},
    {"macro.example", "TXT", "v=spf1 exists:%{i}.%{l}.list.example -all"},
    {"192.0.2.1.bob.list.example", "A", "127.0.0.2"},
    {"ehlo.example", "TXT", "v=spf1 a:mail.good.example -all"},
    {"other.example", "TXT", "v=spf10 +all"},
};

static enum ask_answer from_table(void *ctx, struct arena *a, const char *name,
                                  const char *type,
                                  const char *const **texts_out)
{
    const char **texts = arena_alloc(a, 8 * sizeof *texts);
    size_t n = 0;
    (void)ctx;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) != 0 ||
            strcmp(table[i].type, type) != 0)
            continue;
        if (!table[i].text)
            return ASK_ANSWER_FAILED;
        texts[n++] = table[i].text;
    }
    *texts_out = texts;
    return n ? ASK_ANSWER_FOUND : ASK_ANSWER_NONE;
}

static void test_each_record_has_its_result(void **state)
{
    (void)state;
    static const struct {
        const char *sender, *address, *result;
    } rows[] = {
        {"bob@good.example", "192.0.2.1", "pass"},
        {"bob@good.example", "192.0.2.2", "fail"},
        {"bob@soft.example", "198.51.100.77", "pass"},
        {"bob@soft.example", "198.51.101.77", "softfail"},
        {"bob@neutral.example", "192.0.2.1", "neutral"},
        {"bob@open.example", "192.0.2.99", "pass"},
        {"bob@open.example", "192.0.3.99", "neutral"},
        {"bob@mx.example", "192.0.2.1", "pass"},
        {"bob@mx.example", "192.0.2.3", "fail"},
        {"bob@includes.example", "192.0.2.1", "pass"},
        {"bob@includes.example", "192.0.2.3", "fail"},
        {"bob@includes-none.example", "192.0.2.1", "permerror"},
        {"bob@redirects.example", "192.0.2.1", "pass"},
        {"bob@redirects.example", "192.0.2.3", "fail"},
        {"bob@twice.example", "192.0.2.1", "permerror"},
        {"bob@fails.example", "192.0.2.1", "temperror"},
        {"bob@unknown.example", "192.0.2.1", "permerror"},
        {"bob@bits.example", "192.0.2.1", "permerror"},
        {"bob@loop.example", "192.0.2.1", "permerror"},
        {"bob@voids.example", "192.0.2.1", "permerror"},
        {"bob@macro.example", "192.0.2.1", "pass"},
        {"eve@macro.example", "192.0.2.1", "fail"},
        {"bob@nothing.example", "192.0.2.1", "none"},
        {"bob@other.example", "192.0.2.1", "none"},
        {"", "192.0.2.1", "pass"}, /* by the EHLO name */
    };
    struct ask ask = {from_table, NULL};
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spf_client client = {rows[i].address, "ehlo.example",
                                    rows[i].sender};
        const char *domain;
        const char *got = spf_check(arena, &ask, &client, &domain);
        if (strcmp(got, rows[i].result) != 0)
            fail_msg("%s from %s: %s, got %s", rows[i].sender, rows[i].address,
                     rows[i].result, got);
    }
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_record_has_its_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

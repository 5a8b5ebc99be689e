#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "peer/dmarc_check.h"

static const struct {
    const char *name, *text; /* text NULL: the look-up fails */
} table[] = {
    {"_dmarc.clinic.example", "v=DMARC1; p=reject; adkim=r; aspf=r"},
    {"_dmarc.strict.example", "v=DMARC1; p=quarantine; adkim=s; aspf=s"},
    {"_dmarc.sub.example", "v=DMARC1; p=none; sp=reject"},
    {"_dmarc.twice.example", "v=DMARC1; p=none"},
    {"_dmarc.twice.example", "v=DMARC1; p=reject"},
    {"_dmarc.other.example", "v=spf1 -all"},
    {"_dmarc.fails.example", NULL},
    {"_dmarc.co.uk", "v=DMARC1; p=none; psd=y"},
    {"_dmarc.dept.big.example", "v=DMARC1; p=reject; psd=n"},
    {"_dmarc.big.example", "v=DMARC1; p=none"},
};

static enum ask_answer from_table(void *ctx, struct arena *a, const char *name,
                                  const char *type,
                                  const char *const **texts_out)
{
    const char **texts = arena_alloc(a, 8 * sizeof *texts);
    size_t n = 0;
    (void)ctx;
    assert_string_equal(type, "TXT");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        if (!table[i].text)
            return ASK_ANSWER_FAILED;
        texts[n++] = table[i].text;
    }
    *texts_out = texts;
    return n ? ASK_ANSWER_FOUND : ASK_ANSWER_NONE;
}

struct row {
    const char *from, *spf, *dkim; /* NULL: did not pass */
    const char *result, *policy, *walk_result, *organizational, *walked;
};

static const struct row rows[] = {
    {"clinic.example", "zivverbounce.clinic.example", NULL, "pass", "reject",
     "pass", "clinic.example", "clinic.example"},
    {"clinic.example", NULL, "clinic.example", "pass", "reject", "pass",
     "clinic.example", "clinic.example"},
    {"Clinic.Example", "bounce.gateway.example", "gateway.example", "fail",
     "reject", "fail", "clinic.example", "clinic.example"},
    {"clinic.example", NULL, NULL, "fail", "reject", "fail", "clinic.example",
     "clinic.example"},
    {"strict.example", "zivverbounce.strict.example", NULL, "fail",
     "quarantine", "fail", "strict.example", "strict.example"},
    {"strict.example", NULL, "strict.example", "pass", "quarantine", "pass",
     "strict.example", "strict.example"},
    {"news.sub.example", NULL, "sub.example", "pass", "reject", "pass",
     "sub.example", "sub.example"},
    {"nothing.example", NULL, "nothing.example", "none", "", "none",
     "nothing.example", "nothing.example"},
    {"twice.example", NULL, NULL, "none", "", "none", "twice.example",
     "twice.example"},
    {"other.example", NULL, NULL, "none", "", "none", "other.example",
     "other.example"},
    {"fails.example", NULL, "fails.example", "temperror", "", "temperror",
     "fails.example", "fails.example"},
    {"shop.co.uk", NULL, "a.shop.co.uk", "none", "", "none", "shop.co.uk",
     "shop.co.uk"},
    /* RFC 9989 4.10: psd=n makes a domain of its own out of a department. */
    {"dept.big.example", NULL, "big.example", "pass", "reject", "fail",
     "big.example", "dept.big.example"},
    {"", NULL, NULL, "permerror", "", "permerror", "", ""},
};

static void check(const struct row *row, enum dmarc_discovery discovery,
                  const char *result, const char *organizational)
{
    struct ask ask = {from_table, NULL};
    struct arena *arena = arena_create();
    struct dmarc_identifier dkim = {row->dkim ? row->dkim : "x.test",
                                    row->dkim != NULL};
    struct dmarc_message message = {
        .from_domain = row->from,
        .spf = {row->spf ? row->spf : row->from, row->spf != NULL},
        .dkim = &dkim,
        .dkim_count = 1};
    struct dmarc_verdict v;
    dmarc_check(arena, &ask, discovery, &message, &v);
    if (strcmp(v.result, result) != 0 || strcmp(v.policy, row->policy) != 0 ||
        strcmp(v.organizational, organizational) != 0)
        fail_msg("%s by %d: %s %s of %s, got %s %s of %s", row->from,
                 (int)discovery, result, row->policy, organizational, v.result,
                 v.policy, v.organizational);
    arena_destroy(&arena);
}

static void test_each_row_by_both_discoveries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(&rows[i], DMARC_DISCOVERY_PSL, rows[i].result,
              rows[i].organizational);
        check(&rows[i], DMARC_DISCOVERY_WALK, rows[i].walk_result,
              rows[i].walked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_by_both_discoveries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
    {"_dmarc.suffix.example", "v=DMARC1; p=none; sp=reject; psd=y"},
    {"_dmarc.trial.example", "v=DMARC1; p=quarantine; sp=reject; t=y"},
    {"_dmarc.unborn.example", "v=DMARC1; p=reject; sp=quarantine; np=none"},
    {"_dmarc.b.c.d.e.f.g.deep.example", "v=DMARC1; p=none; psd=n"},
    {"_dmarc.c.d.e.f.g.deep.example", "v=DMARC1; p=reject; sp=none"},
    {"_dmarc.deep.example", "v=DMARC1; p=quarantine"},
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
    const char *walk_policy; /* by the walk, where it differs */
};

static const struct row rows[] = {
    {"clinic.example", "zivverbounce.clinic.example", NULL, "pass", "reject",
     "pass", "clinic.example", "clinic.example", NULL},
    {"clinic.example", NULL, "clinic.example", "pass", "reject", "pass",
     "clinic.example", "clinic.example", NULL},
    {"Clinic.Example", "bounce.gateway.example", "gateway.example", "fail",
     "reject", "fail", "clinic.example", "clinic.example", NULL},
    {"clinic.example", NULL, NULL, "fail", "reject", "fail", "clinic.example",
     "clinic.example", NULL},
    {"strict.example", "zivverbounce.strict.example", NULL, "fail",
     "quarantine", "fail", "strict.example", "strict.example", NULL},
    {"strict.example", NULL, "strict.example", "pass", "quarantine", "pass",
     "strict.example", "strict.example", NULL},
    {"news.sub.example", NULL, "sub.example", "pass", "reject", "pass",
     "sub.example", "sub.example", NULL},
    {"nothing.example", NULL, "nothing.example", "none", "", "none",
     "nothing.example", "nothing.example", NULL},
    {"twice.example", NULL, NULL, "none", "", "none", "twice.example",
     "twice.example", NULL},
    {"other.example", NULL, NULL, "none", "", "none", "other.example",
     "other.example", NULL},
    {"fails.example", NULL, "fails.example", "temperror", "", "temperror",
     "fails.example", "fails.example", NULL},
    /* Nothing of its own: the public suffix above speaks (RFC 9989 4.10.1). */
    {"shop.co.uk", NULL, "a.shop.co.uk", "none", "", "pass", "shop.co.uk",
     "shop.co.uk", "none"},
    /* RFC 9989 4.10: psd=n makes a domain of its own out of a department. */
    {"dept.big.example", NULL, "big.example", "pass", "reject", "fail",
     "big.example", "dept.big.example", NULL},
    /* psd=y speaks for what lies below it, where nothing else does (4.10.1). */
    {"shop.suffix.example", NULL, "suffix.example", "pass", "reject", "fail",
     "suffix.example", "shop.suffix.example", NULL},
    /* A walk that begins at a public suffix ends there (4.10.2). */
    {"suffix.example", "zivverbounce.suffix.example", NULL, "pass", "none",
     "fail", "suffix.example", "suffix.example", NULL},
    {"trial.example", NULL, NULL, "fail", "quarantine", "fail", "trial.example",
     "trial.example", "none"},
    {"dept.trial.example", NULL, NULL, "fail", "reject", "fail",
     "trial.example", "trial.example", "quarantine"},
    {"dept.unborn.example", NULL, NULL, "fail", "quarantine", "fail",
     "unborn.example", "unborn.example", NULL},
    /* Nine labels: the eighth is not asked, the seventh is (4.10). */
    {"a.b.c.d.e.f.g.deep.example", NULL, "deep.example", "pass", "quarantine",
     "pass", "deep.example", "deep.example", NULL},
    /* Eight: psd=n holds for it, but not for the names below. */
    {"b.c.d.e.f.g.deep.example", "zivverbounce.b.c.d.e.f.g.deep.example", NULL,
     "pass", "none", "fail", "deep.example", "b.c.d.e.f.g.deep.example", NULL},
    {"", NULL, NULL, "permerror", "", "permerror", "", "", NULL},
};

static void check(const struct row *row, enum dmarc_discovery discovery,
                  const char *result, const char *policy,
                  const char *organizational)
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
    if (strcmp(v.result, result) != 0 || strcmp(v.policy, policy) != 0 ||
        strcmp(v.organizational, organizational) != 0)
        fail_msg("%s by %d: %s %s of %s, got %s %s of %s", row->from,
                 (int)discovery, result, policy, organizational, v.result,
                 v.policy, v.organizational);
    arena_destroy(&arena);
}

static void test_each_row_by_both_discoveries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(&rows[i], DMARC_DISCOVERY_PSL, rows[i].result, rows[i].policy,
              rows[i].organizational);
        check(&rows[i], DMARC_DISCOVERY_WALK, rows[i].walk_result,
              rows[i].walk_policy ? rows[i].walk_policy : rows[i].policy,
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

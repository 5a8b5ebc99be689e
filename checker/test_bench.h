/* test_bench - for tests of the judge: the tables and clauses, the case that
 * was made by hand with its evidence, and changes to it that must be noticed.
 */
#ifndef CHECKER_TEST_BENCH_H
#define CHECKER_TEST_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "checker/handmade.h"
#include "checker/judge.h"

#define MARK HANDMADE_MARK

struct bench {
    struct diagnostics *list;
    struct fixtures *fixtures;
    struct tables *tables;
    struct clauses *clauses;
    struct scenario *scenario; /* the handmade one */
    json_t *evidence;
};

static inline struct scenario *
bench_parse(const struct bench *b, struct diagnostics *list, const char *text)
{
    struct scenario *s = NULL;
    if (scenario_parse(b->fixtures, "test.yaml", slice_of(text), list, &s) !=
        ST_OK) {
        diagnostics_print(list, stderr);
        fail();
    }
    return s;
}

static inline int bench_set_up(void **state)
{
    static const char fixtures[] = SOURCE_DIR "/fixtures";
    struct bench *b = xcalloc(1, sizeof *b);
    struct err err;
    b->list = diagnostics_create();
    if (fixtures_load(fixtures, b->list, &b->fixtures, &err) != ST_OK ||
        tables_load(fixtures, b->list, &b->tables, &err) != ST_OK ||
        clauses_load(fixtures, b->list, &b->clauses, &err) != ST_OK) {
        diagnostics_print(b->list, stderr);
        fail();
    }
    b->scenario = bench_parse(b, b->list, handmade_scenario);
    b->evidence = handmade_evidence();
    assert_non_null(b->evidence);
    *state = b;
    return 0;
}

static inline int bench_tear_down(void **state)
{
    struct bench *b = *state;
    json_decref(b->evidence);
    scenario_destroy(&b->scenario);
    clauses_destroy(&b->clauses);
    tables_destroy(&b->tables);
    fixtures_destroy(&b->fixtures);
    diagnostics_destroy(&b->list);
    free(b);
    return 0;
}

/* The handmade scenario with one text in it replaced. */
static inline struct scenario *bench_varied(const struct bench *b,
                                            const char *from, const char *to)
{
    const char *at = strstr(handmade_scenario, from);
    assert_non_null(at);
    char *text = xasprintf("%.*s%s%s", (int)(at - handmade_scenario),
                           handmade_scenario, to, at + strlen(from));
    struct scenario *s = bench_parse(b, b->list, text);
    free(text);
    return s;
}

static inline struct case_result bench_judged(const struct bench *b,
                                              const struct scenario *scenario,
                                              const json_t *evidence,
                                              struct arena *arena)
{
    const struct scenario_case *c = scenario_cases(scenario);
    struct judge judge = {b->tables, b->clauses};
    struct case_result r;
    case_result_init(&r, arena, c->file, c->name);
    judge_case(&judge, c, evidence, &r);
    return r;
}

static inline void bench_print(const struct case_result *r)
{
    for (size_t i = 0; i < r->mismatch_count; i++) {
        const struct mismatch *m = &r->mismatches[i];
        print_message("  %s:%d: %s [%s]: expected %s, got %s\n    %s\n",
                      m->place.file ? m->place.file : "?", m->place.line,
                      m->what, m->clause ? m->clause : "-",
                      m->expected ? m->expected : "-", m->got ? m->got : "-",
                      m->row ? m->row : "");
    }
}

/* Some mismatch of that clause (NULL: any) says the text. */
static inline bool bench_says(const struct case_result *r, const char *clause,
                              const char *text)
{
    for (size_t i = 0; i < r->mismatch_count; i++) {
        const struct mismatch *m = &r->mismatches[i];
        if ((!clause || (m->clause && strcmp(m->clause, clause) == 0)) &&
            (strstr(m->what, text) ||
             (m->expected && strstr(m->expected, text)) ||
             (m->got && strstr(m->got, text))))
            return true;
    }
    return false;
}

/* Is such a mismatch found, in the handmade case with that text replaced? */
static inline bool bench_finds(const struct bench *b, const char *from,
                               const char *to, const json_t *evidence,
                               const char *clause, const char *text)
{
    struct arena *arena = arena_create();
    struct scenario *s = bench_varied(b, from, to);
    struct case_result r = bench_judged(b, s, evidence, arena);
    bool found = bench_says(&r, clause, text);
    scenario_destroy(&s);
    arena_destroy(&arena);
    return found;
}

static inline void bench_expect_pass(const struct bench *b)
{
    struct arena *arena = arena_create();
    struct case_result r = bench_judged(b, b->scenario, b->evidence, arena);
    bench_print(&r);
    assert_int_equal(r.mismatch_count, 0);
    assert_int_equal(r.verdict, VERDICT_PASS);
    arena_destroy(&arena);
}

/* -- changes of the evidence ---------------------------------------------- */

/* The value at a path such as "received/1/content"; *parent and *key name it.
 */
static inline void bench_find(json_t *root, const char *path, json_t **parent,
                              char *key)
{
    *parent = root;
    for (;;) {
        size_t n = strcspn(path, "/");
        memcpy(key, path, n);
        key[n] = '\0';
        if (!path[n])
            return;
        *parent = json_is_array(*parent)
                      ? json_array_get(*parent, strtoul(key, NULL, 10))
                      : json_object_get(*parent, key);
        assert_non_null(*parent);
        path += n + 1;
    }
}

static inline void bench_put(json_t *parent, const char *key, json_t *value)
{
    if (json_is_array(parent) && value)
        json_array_set_new(parent, strtoul(key, NULL, 10), value);
    else if (json_is_array(parent))
        json_array_remove(parent, strtoul(key, NULL, 10));
    else if (value)
        json_object_set_new(parent, key, value);
    else
        json_object_del(parent, key);
}

/* One change: `from` within a text becomes `to`; without `from`, the value is
 * `to` (JSON); without `to`, it goes. */
struct change {
    const char *path, *from, *to;
};

static inline json_t *bench_changed(const json_t *evidence,
                                    const struct change *change)
{
    json_t *root = json_deep_copy(evidence), *parent;
    char key[64];
    bench_find(root, change->path, &parent, key);
    if (!change->from) {
        json_t *value =
            change->to ? json_loads(change->to, JSON_DECODE_ANY, NULL) : NULL;
        assert_true(!change->to || value);
        bench_put(parent, key, value);
        return root;
    }
    const char *text = json_string_value(
        json_is_array(parent) ? json_array_get(parent, strtoul(key, NULL, 10))
                              : json_object_get(parent, key));
    const char *at = text ? strstr(text, change->from) : NULL;
    if (!at)
        fail_msg("%s has no '%s'", change->path, change->from);
    char *new = xasprintf("%.*s%s%s", (int)(at - text), text, change->to,
                          at + strlen(change->from));
    bench_put(parent, key, json_string(new));
    free(new);
    return root;
}

struct row {
    struct change change;
    const char *clause, *text; /* what some mismatch must say */
};

static inline void bench_expect_noticed(const struct bench *b,
                                        const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_create();
        json_t *evidence = bench_changed(b->evidence, &rows[i].change);
        struct case_result r = bench_judged(b, b->scenario, evidence, arena);
        if (!bench_says(&r, rows[i].clause, rows[i].text)) {
            bench_print(&r);
            fail_msg("row %zu (%s -> %s): no mismatch of %s says '%s'", i,
                     rows[i].change.path,
                     rows[i].change.to ? rows[i].change.to : "gone",
                     rows[i].clause ? rows[i].clause : "any", rows[i].text);
        }
        json_decref(evidence);
        arena_destroy(&arena);
    }
}

#define EXPECT_NOTICED(b, rows)                                                \
    bench_expect_noticed((b), (rows), sizeof(rows) / sizeof *(rows))

/* bench_begin_with - changes that all later rows start from, with which the
 * case still passes; bench_restore() takes what it returns. */
static inline json_t *
bench_begin_with(struct bench *b, const struct change *changes, size_t count)
{
    json_t *before = b->evidence;
    b->evidence = json_incref(before);
    for (size_t i = 0; i < count; i++) {
        json_t *next = bench_changed(b->evidence, &changes[i]);
        json_decref(b->evidence);
        b->evidence = next;
    }
    bench_expect_pass(b);
    return before;
}

static inline void bench_restore(struct bench *b, json_t *before)
{
    json_decref(b->evidence);
    b->evidence = before;
}

#endif

/* Evidence that is anything: each line of the input, "path value", puts a value
 * (JSON; a text where it is none; "-": nothing) at a place of the case that was
 * made by hand, as "received/1/content". The judge comes to an end, and what it
 * says has a place for every part. */
#include "checker/judge.h"

#include "base/test_fuzz.h"
#include "checker/handmade.h"

struct bench {
    struct fixtures *fixtures;
    struct tables *tables;
    struct clauses *clauses;
    struct scenario *scenario;
    json_t *evidence;
};

static const struct bench *bench(void)
{
    static const char dir[] = SOURCE_DIR "/fixtures";
    static struct bench b;
    struct err err;
    if (b.evidence)
        return &b;
    struct diagnostics *list = diagnostics_create();
    FUZZ_MUST(fixtures_load(dir, list, &b.fixtures, &err) == ST_OK);
    FUZZ_MUST(tables_load(dir, list, &b.tables, &err) == ST_OK);
    FUZZ_MUST(clauses_load(dir, list, &b.clauses, &err) == ST_OK);
    FUZZ_MUST(scenario_parse(b.fixtures, "test.yaml",
                             slice_of(handmade_scenario), list,
                             &b.scenario) == ST_OK);
    b.evidence = handmade_evidence();
    diagnostics_destroy(&list);
    return &b;
}

static void put(json_t *parent, const char *key, json_t *value)
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

static void change(struct arena *arena, json_t *root, struct slice line)
{
    struct slice path = slice_cut(&line, ' ');
    json_t *parent = root, *inner = root;
    const char *key = "";
    while (path.n && inner) {
        parent = inner;
        key = arena_text(arena, slice_cut(&path, '/'));
        inner = json_is_array(parent)
                    ? json_array_get(parent, strtoul(key, NULL, 10))
                    : json_object_get(parent, key);
    }
    json_t *value = json_loadb(line.p, line.n, JSON_DECODE_ANY, NULL);
    if (!value && !slice_is(line, "-"))
        value = json_stringn(line.p, line.n);
    put(parent, key, value);
}

static void check_result(const struct case_result *r)
{
    FUZZ_MUST(r->verdict < VERDICT_COUNT);
    FUZZ_MUST((r->verdict == VERDICT_PASS) == (r->mismatch_count == 0) ||
              r->verdict == VERDICT_ERROR);
    for (size_t i = 0; i < r->mismatch_count; i++)
        FUZZ_MUST(r->mismatches[i].what && *r->mismatches[i].what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bench *b = bench();
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    json_t *evidence = json_deep_copy(b->evidence);
    while (in.n)
        change(arena, evidence, slice_cut(&in, '\n'));
    const struct scenario_case *c = scenario_cases(b->scenario);
    struct judge judge = {b->tables, b->clauses};
    struct case_result result;
    case_result_init(&result, arena, c->file, c->name);
    judge_case(&judge, c, evidence, &result);
    check_result(&result);
    json_decref(evidence);
    arena_destroy(&arena);
    return 0;
}

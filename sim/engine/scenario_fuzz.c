/* A scenario file by anybody: what is wrong is told with its place, and nothing
 * wrong means that there are cases. */
#include "engine/scenario.h"

#include "base/test_fuzz.h"
#include "base/tryout.h"

/* No child: what dies here is to be seen. */
enum tryout_end tryout_run(void (*fn)(void *ctx), void *ctx, unsigned cpu_s)
{
    (void)fn;
    (void)ctx;
    (void)cpu_s;
    return TRYOUT_END_WELL;
}

static struct fixtures *fixtures(void)
{
    static struct fixtures *all;
    struct diagnostics *list = diagnostics_create();
    struct err err;
    if (!all)
        FUZZ_MUST(fixtures_load(SOURCE_DIR "/fixtures", list, &all, &err) ==
                  ST_OK);
    diagnostics_destroy(&list);
    return all;
}

static void check_cases(const struct scenario *scenario)
{
    const struct scenario_case *c = scenario_cases(scenario);
    FUZZ_MUST(c);
    for (; c; c = c->next) {
        FUZZ_MUST(c->name && c->title && c->steps && c->world);
        FUZZ_MUST(fuzz_same(scenario_case_id(c), c->id));
        unsigned n = 0;
        for (const struct step *s = c->steps; s; s = s->next)
            FUZZ_MUST(s->kind < STEP_KIND_COUNT && s->number == n++ &&
                      s->world);
    }
}

static void check_told(struct diagnostics *list)
{
    for (size_t i = 0; i < diagnostics_count(list); i++) {
        const struct diagnostic *d = diagnostics_at(list, i);
        FUZZ_MUST(d->place.file && *d->text && d->place.line >= 0);
    }
    FILE *null = fopen("/dev/null", "w");
    diagnostics_print(list, null);
    fclose(null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diagnostics *list = diagnostics_create();
    struct scenario *scenario = NULL;
    enum status status = scenario_parse(
        fixtures(), "f.yaml", fuzz_input(data, size), list, &scenario);
    FUZZ_MUST(scenario && (status == ST_OK || status == ST_INVAL));
    FUZZ_MUST((status == ST_OK) == (diagnostics_count(list) == 0));
    check_told(list);
    if (status == ST_OK)
        check_cases(scenario);
    scenario_destroy(&scenario);
    diagnostics_destroy(&list);
    return 0;
}

/* A line of a results file by anybody: what is read, written, is read again as
 * the same, and every renderer shows it; --junit holds no octet that XML 1.0
 * forbids. */
#include "reports/report.h"

#include "base/test_fuzz.h"

static void check_xml(struct slice xml)
{
    FUZZ_MUST(fuzz_is_utf8(xml));
    for (size_t i = 0; i < xml.n; i++) {
        unsigned char c = (unsigned char)xml.p[i];
        FUZZ_MUST(c >= ' ' || c == '\n' || c == '\r' || c == '\t');
        FUZZ_MUST(c != 0xef || xml.p[i + 1] != '\xbf' ||
                  (xml.p[i + 2] != '\xbe' && xml.p[i + 2] != '\xbf'));
    }
}

static void render(struct report *report, FILE *out,
                   const struct case_result *r)
{
    struct run_info info = {.version = "1", .command = "run", .planned = 1};
    struct run_totals totals = {0};
    run_totals_add(&totals, r);
    report_start(report, &info);
    report_case(report, r);
    report_finish(report, &totals);
    report_destroy(&report);
    fclose(out);
}

static void show(const struct case_result *r)
{
    struct terminal_options options = {.verbose = true, .colour = true};
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    render(report_junit_create(out), out, r);
    check_xml((struct slice){text, n});
    free(text);
    out = fopen("/dev/null", "w");
    render(report_terminal_create(out, &options), out, r);
    out = fopen("/dev/null", "w");
    render(report_tap_create(out), out, r);
    out = fopen("/dev/null", "w");
    render(report_markdown_create(out), out, r);
    free(report_failure_text(r, 5));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct case_result r, again;
    struct err err;
    if (case_result_parse(arena, fuzz_input(data, size), &r, &err) == ST_OK) {
        const char *line = case_result_format(arena, &r);
        FUZZ_MUST(!strchr(line, '\n'));
        FUZZ_MUST(case_result_parse(arena, slice_of(line), &again, &err) ==
                  ST_OK);
        FUZZ_MUST(fuzz_same(line, case_result_format(arena, &again)));
        show(&r);
    }
    arena_destroy(&arena);
    return 0;
}

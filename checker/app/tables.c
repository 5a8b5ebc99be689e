#include <string.h>

#include "base/clock.h"
#include "engine/fixtures.h"
#include "kit/kit.h"
#include "kit/process.h"

static int complain_list(struct diagnostics *list, const struct err *err)
{
    diagnostics_print(list, stderr);
    return kit_complain(err);
}

/* The gateway's words for "why", each on both sides. */
static int compare_words(struct kit *kit, const struct catalogue *catalogue,
                         const char *gateway)
{
    const char *const argv[] = {gateway, "decide", "--words", NULL};
    const char *text;
    int code, wrong = 0;
    struct err err;
    if (process_capture(kit->arena, argv, NULL, &text, &code, &err) != ST_OK)
        return kit_complain(&err);
    if (code != 0) {
        fprintf(stderr, "lasthop: %s decide --words: exit code %d\n", gateway,
                code);
        return EXIT_ENVIRONMENT;
    }
    struct texts theirs = {0};
    struct slice rest = slice_of(text);
    while (rest.n)
        texts_add(kit->arena, &theirs,
                  arena_text(kit->arena, slice_cut(&rest, '\n')));
    size_t ours = 0, common = 0;
    for (const char *const *w = fixtures_why(catalogue->fixtures); *w; w++) {
        ours++;
        bool found = false;
        for (size_t i = 0; i < theirs.n && !found; i++)
            found = strcmp(theirs.v[i], *w) == 0;
        common += found;
        if (!found)
            wrong +=
                printf("word \"%s\": the gateway does not have it\n", *w) > 0;
    }
    if (theirs.n != common)
        wrong += printf("the gateway has %zu words, %zu of them are not in the "
                        "list\n",
                        theirs.n, theirs.n - common) > 0;
    printf("%zu words, %d differences\n", ours, wrong);
    return wrong ? EXIT_FAILED : EXIT_FINE;
}

static int compare_decisions(const struct catalogue *catalogue,
                             const char *gateway)
{
    const char *const argv[] = {gateway, "decide", "--all", NULL};
    struct process process;
    struct err err = {0};
    if (process_start(argv, NULL, false, &process, &err) != ST_OK)
        return kit_complain(&err);
    struct tables_difference d = {0};
    int64_t from = clock_mono_ms();
    enum status status =
        tables_compare(catalogue->tables, process.out, stdout, &d, &err);
    int code = process_end(&process);
    printf("compared in %.1f s\n", (double)(clock_mono_ms() - from) / 1000);
    if (code != 0) {
        fprintf(stderr, "lasthop: %s decide --all: exit code %d\n", gateway,
                code);
        return EXIT_ENVIRONMENT;
    }
    if (status == ST_INVAL)
        return EXIT_FAILED;
    return status == ST_OK ? EXIT_FINE : kit_complain(&err);
}

static int compare(struct kit *kit, struct catalogue *catalogue,
                   const char *gateway)
{
    struct err err = {0};
    if (tables_check(catalogue->tables, catalogue->diagnostics, &err) != ST_OK)
        return complain_list(catalogue->diagnostics, &err);
    int words = compare_words(kit, catalogue, gateway);
    int decisions = compare_decisions(catalogue, gateway);
    return words > decisions ? words : decisions;
}

static int tables(struct kit *kit, const struct command *self, int argc,
                  char **argv)
{
    const char *gateway = kit->gateway;
    const struct option_row rows[] = {{"gateway", 0, OPTION_TEXT, "FILE",
                                       "another gateway program", &gateway},
                                      {0}};
    struct texts rest = {0};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &rest, &code))
        return code;
    struct catalogue catalogue;
    if (!catalogue_load(kit, &catalogue, &code))
        return code;
    code = compare(kit, &catalogue, gateway);
    catalogue_release(&catalogue);
    return code;
}

const struct command command_tables = {
    "tables", "",
    "holds every combination that the gateway decides against the tables",
    "First the tables themselves: no combination without a row, no row without "
    "effect,\nthe hand-made decisions. Then `decide --all` and `decide "
    "--words`.\n",
    tables};

#include <stdlib.h>

#include "kit/files.h"
#include "kit/kit.h"
#include "kit/schema_make.h"

static int print_json(json_t *value)
{
    int code = json_dumpf(value, stdout, JSON_INDENT(1)) == 0
                   ? EXIT_FINE
                   : EXIT_ENVIRONMENT;
    putchar('\n');
    json_decref(value);
    return code;
}

/* A line each, whatever is in it. */
static int print_files(struct kit *kit, const struct texts *paths)
{
    struct diagnostics *list = diagnostics_create();
    for (size_t i = 0; i < paths->n; i++) {
        const char *path = path_from_here(kit->arena, paths->v[i]);
        struct node *tree = NULL;
        if (node_read(kit->arena, path, list, &tree) != ST_OK)
            continue;
        json_t *value = tree_json(tree);
        json_dumpf(value, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(value);
    }
    diagnostics_print(list, stderr);
    int code = diagnostics_count(list) ? EXIT_USAGE : EXIT_FINE;
    diagnostics_destroy(&list);
    return paths->n ? code : EXIT_NOTHING;
}

static int schema_command(struct kit *kit, const struct command *self, int argc,
                          char **argv)
{
    const char *kind = "scenario";
    bool as_json = false;
    const struct option_row rows[] = {
        {"of", 0, OPTION_TEXT, "KIND",
         "scenario (default), posture or organization", &kind},
        {"as-json", 0, OPTION_FLAG, NULL,
         "print YAML files as JSON, a line each, instead", &as_json},
        {0}};
    static const struct {
        const char *kind, *title;
        const struct key *keys;
    } kinds[] = {
        {"scenario", "a scenario file of lasthop", vocabulary_scenario},
        {"posture", "a file of fixtures/postures", vocabulary_posture},
        {"organization", "a file of fixtures/organizations",
         vocabulary_organization}};
    struct texts rest = {0};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &rest, &code))
        return code;
    if (as_json)
        return print_files(kit, &rest);
    if (rest.n) {
        fprintf(stderr, "lasthop schema: unexpected argument %s\n", rest.v[0]);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_is(slice_of(kind), kinds[i].kind))
            return print_json(schema_make(kinds[i].keys, kinds[i].title));
    fprintf(stderr,
            "lasthop schema: --of %s: expected scenario, posture or "
            "organization\n",
            kind);
    return EXIT_USAGE;
}

const struct command command_schema = {
    "schema", "[FILE]...",
    "prints the JSON Schema of scenario files, for editors",
    "Made from the parser's own tables. In an editor with a YAML language "
    "server:\n  # yaml-language-server: $schema=FILE\n",
    schema_command};

#include "kit/kit.h"

#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/diagnostic.h"

static const struct command *const commands[] = {
    &command_run,    &command_lint,   &command_list,   &command_explain,
    &command_serve,  &command_report, &command_tables, &command_mutants,
    &command_doctor, &command_schema, &command_new,    &command_preflight};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void help(FILE *to)
{
    fputs("lasthop - simulation and conformance tests for secure mail "
          "submission\n\n"
          "usage: lasthop COMMAND [OPTION]...\n\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`lasthop COMMAND --help` tells more; `lasthop --version` the "
          "version.\n"
          "exit: 0 all as expected, 1 something failed, 2 wrong usage or an "
          "invalid file,\n"
          "      3 the environment, 4 nothing was run, 130 interrupted\n",
          to);
}

static void command_help(FILE *to, const struct command *c,
                         const struct option_row *rows)
{
    fprintf(to, "usage: lasthop %s [OPTION]... %s\n\n%s\n", c->name,
            c->arguments, c->summary);
    if (c->more)
        fprintf(to, "\n%s", c->more);
    fputs("\n", to);
    options_help(to, rows);
}

bool command_options(struct kit *kit, const struct command *self,
                     const struct option_row *rows, int argc, char **argv,
                     struct texts *rest, int *code)
{
    bool wants_help = false;
    struct err err;
    *code = EXIT_FINE;
    if (options_parse(kit->arena, rows, argc, argv, rest, &wants_help, &err) !=
        ST_OK) {
        fprintf(stderr,
                "lasthop %s: %s\n(`lasthop %s --help` shows the options)\n",
                self->name, err.text, self->name);
        *code = EXIT_USAGE;
        return false;
    }
    if (wants_help)
        command_help(stdout, self, rows);
    return !wants_help;
}

static int unknown_command(const char *word)
{
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *near = near_miss(word, names);
    fprintf(stderr, "lasthop: unknown command %s%s%s%s\n", word,
            near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    if (!near)
        help(stderr);
    return EXIT_USAGE;
}

/* The gateway stands beside the program, wherever that was built. */
static const char *gateway_beside(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n <= 0)
        return "lasthop-gateway";
    path[n] = '\0';
    return arena_printf(arena, "%s/lasthop-gateway", dirname(path));
}

static const char *typed(struct arena *arena, int argc, char **argv)
{
    const char *line = "lasthop";
    for (int i = 1; i < argc; i++)
        line = arena_printf(arena, "%s %s", line, argv[i]);
    return line;
}

static int dispatch(struct kit *kit, int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
        strcmp(word, "help") == 0) {
        help(stdout);
        return EXIT_FINE;
    }
    if (strcmp(word, "--version") == 0) {
        puts("lasthop " LASTHOP_VERSION);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(word, commands[i]->name) == 0)
            return commands[i]->run(kit, commands[i], argc - 1, argv + 1);
    return unknown_command(word);
}

int kit_main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    const char *root = getenv("LASTHOP_ROOT");
    struct kit kit = {.arena = arena_create()};
    kit.root = root && *root ? root : LASTHOP_SOURCE_DIR;
    kit.fixtures = arena_printf(kit.arena, "%s/fixtures", kit.root);
    kit.gateway = gateway_beside(kit.arena);
    kit.command = typed(kit.arena, argc, argv);
    int code = dispatch(&kit, argc, argv);
    arena_destroy(&kit.arena);
    if (fflush(stdout) != 0 && code == EXIT_FINE)
        code = EXIT_ENVIRONMENT;
    return code;
}

/* kit - what every command of the program knows: where things are, the exit
 * codes, and how a command is found and helped. */
#ifndef KIT_KIT_H
#define KIT_KIT_H

#include "checker/clauses.h"
#include "checker/tables.h"
#include "kit/options.h"

enum exit_code {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,       /* wrong usage or an invalid file */
    EXIT_ENVIRONMENT = 3, /* or verdicts error where nothing failed */
    EXIT_NOTHING = 4      /* nothing was run */
};

struct kit {
    struct arena *arena;
    const char *root;     /* the project's folder, absolute */
    const char *fixtures; /* its fixtures */
    const char *gateway;  /* the reference gateway's program, absolute */
    const char *command;  /* as typed, for reports */
};

struct command {
    const char *name;
    const char *arguments; /* "[PATH or TAG or CLAUSE]..." */
    const char *summary;   /* one line */
    const char *more;      /* further lines of the help, or NULL */
    int (*run)(struct kit *kit, const struct command *self, int argc,
               char **argv);
};

extern const struct command command_run, command_lint, command_list,
    command_explain, command_serve, command_report, command_tables,
    command_mutants, command_doctor, command_schema, command_new,
    command_preflight;

int kit_main(int argc, char **argv);

/* command_options - parse a command's arguments; true: go on. Otherwise the
 * help or the error was printed and *code says what to exit with. */
bool command_options(struct kit *kit, const struct command *self,
                     const struct option_row *rows, int argc, char **argv,
                     struct texts *rest, int *code);

/* kit_complain - "lasthop: text" on standard error, and the code for it. */
int kit_complain(const struct err *err);

/* The data that commands share; each part may be asked for. */
struct catalogue {
    struct diagnostics *diagnostics;
    struct fixtures *fixtures;
    struct tables *tables;
    struct clauses *clauses;
};

/* catalogue_load - what is wrong goes to standard error; *code is set then. */
bool catalogue_load(const struct kit *kit, struct catalogue *out, int *code);
void catalogue_release(struct catalogue *catalogue);

#endif

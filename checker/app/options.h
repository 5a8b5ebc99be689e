/* options - one table per command: parses its arguments and prints its help.
 *
 * Options and other arguments may be mixed; `--` ends the options; `--name V`,
 * `--name=V`, `-n V` and `-nV` mean the same. */
#ifndef KIT_OPTIONS_H
#define KIT_OPTIONS_H

#include <stdio.h>

#include "verdict/verdict.h"

enum option_kind {
    OPTION_FLAG,          /* bool */
    OPTION_TEXT,          /* const char * */
    OPTION_TEXT_OPTIONAL, /* const char *: "-" without =VALUE */
    OPTION_NUMBER,        /* unsigned */
    OPTION_TEXTS,         /* struct texts: may be given again and again */
    OPTION_KIND_COUNT
};

/* A table ends with a row whose name is NULL. */
struct option_row {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    enum option_kind kind;
    const char *value; /* the word in the help; NULL for flags */
    const char *help;
    void *out;
};

/* options_parse - fills what the rows point at; `--help` sets *help_out.
 *
 * in      argv[0] is the command's name and is skipped
 * out     rest_out: the arguments that are no options
 * errors  ST_INVAL: says what was met, with a near miss */
enum status options_parse(struct arena *arena, const struct option_row *rows,
                          int argc, char **argv, struct texts *rest_out,
                          bool *help_out, struct err *err) MUST_USE;

void options_help(FILE *to, const struct option_row *rows);

#endif

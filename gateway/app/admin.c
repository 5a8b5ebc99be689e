#include "app/admin.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/organizations_file.h"

static const struct admin_action *const tables[] = {
    admin_organization_actions, admin_account_actions, admin_credential_actions,
    admin_read_actions};
enum { TABLES = sizeof tables / sizeof *tables };

static const struct option known[] = {
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, 'j'},
    {"domain", required_argument, NULL, 'd'},
    {"transport-security", required_argument, NULL, 't'},
    {"inbound-direct-delivery", required_argument, NULL, 'i'},
    {"spf-authentication", required_argument, NULL, 's'},
    {"name", required_argument, NULL, 'n'},
    {"two-factor", no_argument, NULL, '2'},
    {"description", required_argument, NULL, 'D'},
    {"organization", required_argument, NULL, 'o'},
    {"stdin", no_argument, NULL, 'S'},
    {NULL, 0, NULL, 0},
};

/* Actions are told apart by name; a command with but one has "". */
static const struct admin_action *find(const char *command, const char *action)
{
    for (int t = 0; t < TABLES; t++)
        for (const struct admin_action *a = tables[t]; a->command; a++)
            if (strcmp(a->command, command) == 0 &&
                (!action || !*a->action || strcmp(a->action, action) == 0))
                return a;
    return NULL;
}

bool admin_is_command(const char *word)
{
    return find(word, NULL) != NULL;
}

/* only NULL: of all the command's actions. */
static void put_usage(FILE *out, const char *command,
                      const struct admin_action *only)
{
    const char *lead = "usage:";
    for (int t = 0; t < TABLES; t++)
        for (const struct admin_action *a = tables[t]; a->command; a++) {
            if (strcmp(a->command, command) != 0 || (only && a != only))
                continue;
            fprintf(out, "%-6s lasthop-gateway %s%s%s --config FILE%s%s\n",
                    lead, a->command, *a->action ? " " : "", a->action,
                    *a->usage ? " " : "", a->usage);
            lead = "";
        }
    fputs("\nMore stands in lasthop-gateway(8).\n", out);
}

static int bad_usage(const char *command, const struct admin_action *action,
                     const char *what, const char *word)
{
    fprintf(stderr, "lasthop-gateway %s%s%s: %s%s\n", command,
            action && *action->action ? " " : "", action ? action->action : "",
            what, word);
    put_usage(stderr, command, action);
    return ADMIN_USAGE;
}

static int hint(const char *command)
{
    fprintf(stderr, "Try `lasthop-gateway %s --help`.\n", command);
    return ADMIN_USAGE;
}

PRINTF_LIKE(1, 0)
static void say(const char *fmt, va_list args)
{
    fputs("lasthop-gateway: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

int admin_refuse(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(fmt, args);
    va_end(args);
    return ADMIN_REFUSED;
}

int admin_refuse_value(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(fmt, args);
    va_end(args);
    return ADMIN_USAGE;
}

void admin_show(struct admin *admin, const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    admin->shown = arena_printf(admin->arena, "%s%s\n",
                                admin->shown ? admin->shown : "", line);
    explicit_bzero(line, sizeof line);
}

/* --- options -------------------------------------------------------------- */

struct command_line {
    const char *config;
    bool help;
    unsigned used; /* enum admin_option */
};

static unsigned take_option(struct admin *a, int option) /* table */
{
    switch (option) {
    case 'j':
        a->json = true;
        return ADMIN_JSON;
    case 'd':
        a->domains[a->domain_count++] = optarg;
        return ADMIN_DOMAIN;
    case 't':
        a->policy = optarg;
        return ADMIN_POLICY;
    case 'i':
        a->inbound = optarg;
        return ADMIN_INBOUND;
    case 's':
        a->spf = optarg;
        return ADMIN_SPF;
    case 'n':
        a->name = optarg;
        return ADMIN_NAME;
    case '2':
        a->two_factor = true;
        return ADMIN_TWO_FACTOR;
    case 'D':
        a->description = optarg;
        return ADMIN_DESCRIPTION;
    case 'o':
        a->organization = optarg;
        return ADMIN_ORGANIZATION;
    case 'S':
        a->from_stdin = true;
        return ADMIN_STDIN;
    }
    return 0;
}

static bool take_options(struct admin *a, struct command_line *line, int argc,
                         char **argv)
{
    int option;
    char name[64];
    /* getopt begins its lines with it. */
    snprintf(name, sizeof name, "lasthop-gateway %s", argv[0]);
    argv[0] = name;
    while ((option = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
        if (option == '?')
            return false;
        if (option == 'd' && a->domain_count == ADMIN_DOMAINS_MAX) {
            admin_refuse("more than %d domains at once", ADMIN_DOMAINS_MAX);
            return false;
        }
        if (option == 'c')
            line->config = optarg;
        else if (option == 'h')
            line->help = true;
        else
            line->used |= take_option(a, option);
    }
    return true;
}

/* --- files ---------------------------------------------------------------- */

static void print_faults(struct faults *faults)
{
    fwrite(buf_slice(&faults->text).p, 1, buf_slice(&faults->text).n, stderr);
    faults_release(faults);
}

static bool load(struct admin *a, const char *path)
{
    struct faults faults;
    faults_init(&faults, path);
    a->config = config_load(a->arena, &faults);
    print_faults(&faults);
    if (!a->config)
        return false;
    faults_init(&faults, a->config->directory);
    bool is_good =
        organizations_file_load(a->arena, a->config, &faults, &a->made);
    print_faults(&faults);
    return is_good;
}

static int fail(const struct err *err)
{
    admin_refuse("%s", err->text);
    return err->status == ST_INVAL ? ADMIN_REFUSED : ADMIN_ENVIRONMENT;
}

static int flush(const char *but)
{
    if (fflush(stdout) == 0)
        return ADMIN_DONE;
    admin_refuse("standard output: %s%s", strerror(errno), but);
    return ADMIN_ENVIRONMENT;
}

/* A secret is shown once: not before it will do, and a change whose secret
 * nobody saw is not made. */
static int save(struct admin *a)
{
    struct err err;
    if (organizations_file_prepare(a->config, &a->made, &err) != ST_OK)
        return fail(&err);
    fputs(a->shown ? a->shown : "", stdout);
    int code = flush("; nothing was changed");
    if (code != ADMIN_DONE)
        organizations_file_drop(a->config);
    else if (organizations_file_replace(a->config, &err) != ST_OK)
        code = fail(&err);
    return code;
}

/* The file is read again under the lock: nobody's change is lost. */
static int change(struct admin *a, const struct admin_action *action)
{
    struct err err;
    struct faults faults;
    int lock;
    if (organizations_file_lock(a->config->directory, &lock, &err) != ST_OK)
        return fail(&err);
    faults_init(&faults, a->config->directory);
    bool is_good =
        organizations_file_load(a->arena, a->config, &faults, &a->made);
    print_faults(&faults);
    int code = is_good ? action->run(a) : ADMIN_USAGE;
    if (code == ADMIN_DONE)
        code = save(a);
    close(lock);
    return code;
}

static int run(struct admin *a, const struct admin_action *action,
               const char *config)
{
    if (!load(a, config))
        return ADMIN_USAGE;
    if (action->writes)
        return change(a, action);
    int code = action->run(a);
    int flushed = flush("");
    return flushed == ADMIN_DONE ? code : flushed;
}

static const char *name_of(unsigned option)
{
    struct admin none = {0};
    for (const struct option *o = known; o->name; o++)
        if (take_option(&none, o->val) == option)
            return o->name;
    return "?";
}

/* What is wrong with the command line; ADMIN_DONE: nothing. */
static int check_line(const struct admin *a, const struct command_line *line,
                      const struct admin_action *action)
{
    char what[100];
    unsigned stray = line->used & ~action->options;
    if (a->arg_count < action->least)
        snprintf(what, sizeof what, "an argument is missing");
    else if (a->arg_count > action->most)
        snprintf(what, sizeof what, "too much: `%.60s`", a->args[action->most]);
    else if (stray)
        snprintf(what, sizeof what, "--%s does not belong here",
                 name_of(stray & (~stray + 1)));
    else if (!line->config)
        snprintf(what, sizeof what, "--config FILE is missing");
    else
        return ADMIN_DONE;
    return bad_usage(action->command, action, what, "");
}

int admin_command(int argc, char **argv)
{
    const char *command = argv[0];
    struct admin a = {0};
    struct command_line line = {0};
    if (!take_options(&a, &line, argc, argv))
        return hint(command);
    bool has_one = !*find(command, NULL)->action;
    if (line.help) {
        put_usage(stdout, command, NULL);
        return flush("");
    }
    if (!has_one && optind == argc)
        return bad_usage(command, NULL, "what is to be done?", "");
    const struct admin_action *action =
        find(command, has_one ? NULL : argv[optind]);
    if (!action)
        return bad_usage(command, NULL, "unknown action ", argv[optind]);
    optind += has_one ? 0 : 1;
    a.args = (const char *const *)&argv[optind];
    a.arg_count = argc - optind;
    int code = check_line(&a, &line, action);
    if (code != ADMIN_DONE)
        return code;
    a.arena = arena_create();
    code = run(&a, action, line.config);
    arena_destroy(&a.arena);
    return code;
}

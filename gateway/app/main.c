/* lasthop-gateway - the reference gateway's command line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/admin.h"
#include "app/check_command.h"
#include "app/dkim_command.h"
#include "app/gateway.h"
#include "app/password.h"
#include "app/preflight_command.h"
#include "app/spf_command.h"
#include "base/log.h"
#include "rules/enumerate.h"

enum { EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3, INPUT_BYTES = 4096 };

static const char usage[] =
    "usage: lasthop-gateway --config FILE      serve until SIGTERM\n"
    "       lasthop-gateway check --config FILE\n"
    "       lasthop-gateway decide --all | --words\n"
    "       lasthop-gateway hash-password [--cost LN] < PASSWORD\n"
    "       lasthop-gateway spf --help             what SPF says of a sender\n"
    "       lasthop-gateway dkim --help            keys that mail is signed "
    "with\n"
    "       lasthop-gateway preflight DOMAIN --config FILE\n"
    "                                              a sending domain's DNS\n"
    "       lasthop-gateway org|domain|account|credential --help\n"
    "       lasthop-gateway queue|conversations|explain --help\n"
    "       lasthop-gateway --help | --version\n"
    "\n"
    "A gateway for secure mail submission: it takes mail over SMTP from its\n"
    "organizations and delivers each recipient's copy directly or as a\n"
    "notification, by the most secure method that applies.\n"
    "\n"
    "  -c, --config FILE  the configuration (YAML)\n"
    "      --all          every combination of facts with its decision\n"
    "      --words        the words of explanations, one a line\n"
    "      --cost LN      scrypt cost, N = 2^LN, 1 to 20 (default 15)\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "SIGTERM stops in order, SIGUSR1 takes up what is due by the clock now,\n"
    "SIGHUP opens the journal anew and reads the certificates.\n"
    "The configuration file is described in lasthop-gateway(8).\n";

struct options {
    const char *command; /* NULL: serve */
    const char *config;
    bool all, words;
    unsigned cost;
};

static int bad_usage(const char *what, const char *word)
{
    fprintf(stderr, "lasthop-gateway: %s%s\nTry `lasthop-gateway --help`.\n",
            what, word);
    return EXIT_USAGE;
}

/* getopt has said what is wrong. */
static int bad_option(void)
{
    fputs("Try `lasthop-gateway --help`.\n", stderr);
    return EXIT_USAGE;
}

static int serve(const struct options *options)
{
    struct arena *arena = arena_create();
    struct err err;
    enum log_level level = LOG_LEVEL_WARN;
    const struct config *config = config_load_aloud(arena, options->config);
    if (!config) {
        arena_destroy(&arena);
        return EXIT_USAGE;
    }
    if (log_level_parse(config->log, &level))
        log_set_level(level);
    enum status status = gateway_serve(config, &err);
    if (status != ST_OK)
        fprintf(stderr, "lasthop-gateway: %s\n", err.text);
    arena_destroy(&arena);
    return status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int decide_all(const struct options *options)
{
    struct err err;
    enum status status = options->all ? enumerate_decisions(stdout, &err)
                                      : enumerate_words(stdout, &err);
    if (status != ST_OK)
        fprintf(stderr, "lasthop-gateway: %s\n", err.text);
    return status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int hash_password(const struct options *options)
{
    char line[INPUT_BYTES];
    if (!password_read(stdin, line, sizeof line))
        return bad_usage("standard input must give a password in a line", "");
    struct secret password;
    struct arena *arena = arena_create();
    secret_init(&password, slice_of(line));
    explicit_bzero(line, sizeof line);
    puts(password_hash_make(arena, &password, options->cost));
    secret_release(&password);
    arena_destroy(&arena);
    return EXIT_SUCCESS;
}

static int run(const struct options *options)
{
    const char *command = options->command ? options->command : "serve";
    bool needs_config =
        strcmp(command, "serve") == 0 || strcmp(command, "check") == 0;
    if (needs_config && !options->config)
        return bad_usage("--config FILE is missing", "");
    if (strcmp(command, "serve") == 0)
        return serve(options);
    if (strcmp(command, "check") == 0)
        return check_command(options->config);
    if (strcmp(command, "hash-password") == 0)
        return hash_password(options);
    if (strcmp(command, "decide") != 0)
        return bad_usage("unknown command ", command);
    if (options->all == options->words)
        return bad_usage("decide needs either --all or --words", "");
    return decide_all(options);
}

/* -1: go on; else the exit status. */
static int take_option(struct options *options, int option)
{
    unsigned long cost;
    switch (option) {
    case 'c':
        options->config = optarg;
        return -1;
    case 'a':
        options->all = true;
        return -1;
    case 'w':
        options->words = true;
        return -1;
    case 'n':
        if (!slice_number(slice_of(optarg), PASSWORD_COST_MAX, &cost) || !cost)
            return bad_usage("no such cost: ", optarg);
        options->cost = (unsigned)cost;
        return -1;
    case 'h':
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    case 'V':
        puts("lasthop-gateway " LASTHOP_VERSION);
        return EXIT_SUCCESS;
    }
    return bad_option();
}

/* A command whose answer nobody could read has failed. */
static int finish(int code)
{
    if (code == EXIT_ENVIRONMENT || (fflush(stdout) == 0 && !ferror(stdout)))
        return code;
    fprintf(stderr, "lasthop-gateway: standard output: %s\n", strerror(errno));
    return EXIT_ENVIRONMENT;
}

static int command(int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"all", no_argument, NULL, 'a'},
        {"words", no_argument, NULL, 'w'},
        {"cost", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.cost = PASSWORD_COST};
    if (argc > 1 && strcmp(argv[1], "spf") == 0)
        return spf_command(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "dkim") == 0)
        return dkim_command(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "preflight") == 0)
        return preflight_command(argc - 1, argv + 1);
    if (argc > 1 && admin_is_command(argv[1]))
        return admin_command(argc - 1, argv + 1);
    int option;
    while ((option = getopt_long(argc, argv, "c:hV", known, NULL)) != -1) {
        int status = take_option(&options, option);
        if (status >= 0)
            return status;
    }
    if (optind < argc)
        options.command = argv[optind++];
    if (optind < argc)
        return bad_usage("too much on the command line: ", argv[optind]);
    return run(&options);
}

int main(int argc, char **argv)
{
    return finish(command(argc, argv));
}

/* lasthop-gateway - the reference gateway's command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/admin.h"
#include "app/config.h"
#include "app/dkim_command.h"
#include "app/gateway.h"
#include "app/keys.h"
#include "app/organizations_file.h"
#include "app/password.h"
#include "app/preflight_command.h"
#include "app/spf_command.h"
#include "base/log.h"
#include "net/tls.h"
#include "rules/enumerate.h"

enum { EXIT_USAGE = 2, INPUT_BYTES = 4096 };

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
    "SIGTERM stops in order, SIGUSR1 takes up what is due by the clock now.\n"
    "The configuration file is described in lasthop-gateway(8).\n";

struct options {
    const char *command; /* NULL: serve */
    const char *config;
    bool all, words;
    unsigned cost;
};

static int bad_usage(const char *what, const char *word)
{
    fprintf(stderr, "lasthop-gateway: %s%s\n%s", what, word, usage);
    return EXIT_USAGE;
}

/* Prints every fault; NULL: there was one. */
static const struct config *load(struct arena *arena, const char *path)
{
    struct faults faults;
    faults_init(&faults, path);
    const struct config *config = config_load(arena, &faults);
    fwrite(buf_slice(&faults.text).p, 1, buf_slice(&faults.text).n, stderr);
    faults_release(&faults);
    return config;
}

static int serve(const struct options *options)
{
    struct arena *arena = arena_create();
    struct err err;
    enum log_level level = LOG_LEVEL_WARN;
    const struct config *config = load(arena, options->config);
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

/* The organizations made by command, beside the configuration. */
static bool check_made(struct arena *arena, const struct config *config)
{
    struct faults faults;
    struct config_list made;
    faults_init(&faults, config->directory);
    bool is_good = organizations_file_load(arena, config, &faults, &made);
    fwrite(buf_slice(&faults.text).p, 1, buf_slice(&faults.text).n, stderr);
    faults_release(&faults);
    return is_good;
}

static int check(const struct options *options)
{
    struct arena *arena = arena_create();
    struct err err;
    struct tls_server *tls = NULL;
    struct keys *keys = NULL;
    const struct config *config = load(arena, options->config);
    enum status status =
        config ? tls_server_create(config->submission.certificate,
                                   config->submission.key, &tls, &err)
               : ST_INVAL;
    if (status == ST_OK)
        status = keys_load(config, &keys, &err);
    if (config && status != ST_OK)
        fprintf(stderr, "%s: %s\n", options->config, err.text);
    if (status == ST_OK && !check_made(arena, config))
        status = ST_INVAL;
    if (status == ST_OK)
        printf("%s: good\n", options->config);
    tls_server_destroy(&tls);
    keys_destroy(&keys);
    arena_destroy(&arena);
    return status == ST_OK ? EXIT_SUCCESS : EXIT_USAGE;
}

static int decide_all(const struct options *options)
{
    struct err err;
    enum status status = options->all ? enumerate_decisions(stdout, &err)
                                      : enumerate_words(stdout, &err);
    if (status == ST_OK && fflush(stdout) != 0)
        status = err_set(&err, ST_TEMP, "standard output takes no more");
    if (status != ST_OK)
        fprintf(stderr, "lasthop-gateway: %s\n", err.text);
    return status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int hash_password(const struct options *options)
{
    char line[INPUT_BYTES];
    if (!fgets(line, sizeof line, stdin))
        return bad_usage("no password on standard input", "");
    line[strcspn(line, "\r\n")] = '\0';
    if (!line[0])
        return bad_usage("the password is empty", "");
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
        return check(options);
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
    return EXIT_USAGE;
}

int main(int argc, char **argv)
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

#include "app/spf_command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "app/spf_check.h"
#include "base/clock.h"
#include "dns/resolver_ub.h"
#include "rules/ip.h"

enum { EXIT_USAGE = 2, LINE_BYTES = 65536, TIMEOUT_MS = 20000 };

static const char usage[] =
    "usage: lasthop-gateway spf WHERE --client IP --helo NAME --mail-from "
    "ADDRESS\n"
    "       lasthop-gateway spf WHERE --batch < QUESTIONS\n"
    "\n"
    "What SPF (RFC 7208) says about a sender. A batch is one JSON object a "
    "line\n"
    "with client, helo and mail_from, and so is each answer.\n"
    "\n"
    "  WHERE:\n"
    "  -c, --config FILE        resolver and trust anchor of a configuration\n"
    "      --resolver IP@PORT   this resolver\n"
    "      --trust-anchor FILE  \". IN DS ...\" lines\n"
    "\n"
    "      --receiver NAME      the name of this host, for %{r}\n"
    "  -h, --help               this text\n";

struct command {
    const char *config, *resolver, *trust_anchor, *receiver;
    const char *client, *helo, *mail_from;
    bool batch;
    struct loop *loop;
    struct resolver *face;
    json_t *answer;
};

static int bad_usage(const char *what, const char *word)
{
    fprintf(stderr,
            "lasthop-gateway spf: %s%s\nTry `lasthop-gateway spf --help`.\n",
            what, word);
    return EXIT_USAGE;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static void on_verdict(void *ctx, const struct spf_verdict *v)
{
    struct command *c = ctx;
    c->answer = json_object();
    set_text(c->answer, "result", spf_result_name(v->result));
    set_text(c->answer, "mechanism", v->mechanism);
    set_text(c->answer, "domain", v->domain);
    set_text(c->answer, "problem", v->problem);
    set_text(c->answer, "explanation", v->explanation);
    json_object_set_new(c->answer, "lookups", json_integer(v->lookups));
    json_object_set_new(c->answer, "voids", json_integer(v->voids));
    loop_stop(c->loop);
}

/* The answer; NULL: the client's address is none. */
static json_t *ask(struct command *c, const char *client, const char *helo,
                   const char *mail_from)
{
    struct ip ip;
    const char *at = strrchr(mail_from, '@');
    struct spf_request request = {.client = client,
                                  .helo = slice_of(helo),
                                  .domain = slice_of(at           ? at + 1
                                                     : *mail_from ? mail_from
                                                                  : helo),
                                  .receiver = c->receiver,
                                  .now_s = clock_wall_s()};
    if (at)
        request.local = (struct slice){mail_from, (size_t)(at - mail_from)};
    if (!ip_parse(slice_of(client), &ip))
        return NULL;
    spf_check_begin(&(struct spf_check_settings){.loop = c->loop,
                                                 .resolver = c->face,
                                                 .timeout_ms = TIMEOUT_MS},
                    &request, on_verdict, c);
    loop_run(c->loop);
    return c->answer;
}

static int answer_one(struct command *c)
{
    const char *key;
    json_t *value, *answer = ask(c, c->client, c->helo, c->mail_from);
    if (!answer)
        return bad_usage("no IP address: ", c->client);
    json_object_foreach(answer, key, value)
    {
        if (json_is_string(value))
            printf("%s: %s\n", key, json_string_value(value));
        else
            printf("%s: %lld\n", key, (long long)json_integer_value(value));
    }
    json_decref(answer);
    return EXIT_SUCCESS;
}

static int answer_batch(struct command *c)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        json_error_t error;
        const char *client, *helo, *mail_from;
        json_t *question = json_loads(line, 0, &error);
        json_t *answer = NULL;
        if (question &&
            json_unpack(question, "{s:s,s:s,s:s}", "client", &client, "helo",
                        &helo, "mail_from", &mail_from) == 0)
            answer = ask(c, client, helo, mail_from);
        if (!answer) {
            json_decref(question);
            return bad_usage("no question: ", line);
        }
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(answer);
        json_decref(question);
    }
    return EXIT_SUCCESS;
}

/* Resolver and trust anchor from the configuration, unless given. */
static bool read_config(struct arena *arena, struct command *c)
{
    struct faults faults;
    if (!c->config)
        return true;
    faults_init(&faults, c->config);
    const struct config *config = config_load(arena, &faults);
    fwrite(buf_slice(&faults.text).p, 1, buf_slice(&faults.text).n, stderr);
    faults_release(&faults);
    if (!config)
        return false;
    c->resolver = c->resolver ? c->resolver : config->dns.resolver;
    c->trust_anchor =
        c->trust_anchor ? c->trust_anchor : config->dns.trust_anchor;
    c->receiver = c->receiver ? c->receiver : config->host_name;
    return true;
}

static int run(struct command *c)
{
    struct err err;
    struct arena *arena = arena_create();
    int code = EXIT_USAGE;
    if (!read_config(arena, c)) {
        arena_destroy(&arena);
        return code;
    }
    c->receiver = c->receiver ? c->receiver : "unknown";
    c->loop = loop_create();
    struct resolver_ub_settings settings = {c->resolver, c->trust_anchor};
    if (!c->resolver)
        code = bad_usage("--config or --resolver is missing", "");
    else if (resolver_ub_create(c->loop, &settings, &c->face, &err) != ST_OK)
        fprintf(stderr, "lasthop-gateway spf: %s\n", err.text);
    else
        code = c->batch ? answer_batch(c) : answer_one(c);
    resolver_ub_destroy(&c->face);
    loop_destroy(&c->loop);
    arena_destroy(&arena);
    return code;
}

int spf_command(int argc, char **argv)
{
    struct command c = {0};
    int option, help = 0, batch = 0;
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"config", &c.config},    {"resolver", &c.resolver},
                 {"client", &c.client},    {"trust-anchor", &c.trust_anchor},
                 {"helo", &c.helo},        {"mail-from", &c.mail_from},
                 {"receiver", &c.receiver}};
    enum { TEXTS = sizeof texts / sizeof *texts };
    struct option known[TEXTS + 3] = {
        [TEXTS] = {"batch", no_argument, &batch, 1},
        [TEXTS + 1] = {"help", no_argument, &help, 1},
    };
    for (int i = 0; i < TEXTS; i++)
        known[i] =
            (struct option){texts[i].name, required_argument, NULL, 256 + i};
    while ((option = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
        if (option == '?')
            return EXIT_USAGE;
        if (option == 'c')
            c.config = optarg;
        else if (option == 'h')
            help = 1;
        else if (option >= 256)
            *texts[option - 256].value = optarg;
    }
    if (help) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (optind < argc)
        return bad_usage("too much on the command line: ", argv[optind]);
    c.batch = batch;
    if (!c.batch && (!c.client || !c.helo || !c.mail_from))
        return bad_usage("--client, --helo and --mail-from are needed", "");
    return run(&c);
}

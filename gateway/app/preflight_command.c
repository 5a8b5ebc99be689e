#include "app/preflight_command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_command.h"
#include "app/directory.h"
#include "app/keys.h"
#include "app/preflight.h"
#include "base/clock.h"
#include "base/zone.h"
#include "dns/resolver_ub.h"
#include "net/loop.h"

enum { EXIT_AMISS = 1, EXIT_USAGE = 2, EXIT_UNKNOWN = 3, TURN_MS = 1000 };

static const char usage[] =
    "usage: lasthop-gateway preflight DOMAIN --config FILE [--json]\n"
    "\n"
    "Asks the DNS whether an organization's domain publishes what sending\n"
    "through this gateway needs: SPF, a record for each DKIM key, DMARC, the\n"
    "alias zivverbounce, and its NTA 7516 record if it claims one; or the "
    "same\n"
    "of the gateway's own host-name. Each comes with a verdict (ok, weak,\n"
    "missing, wrong, unknown), what was found and the record to publish.\n"
    "\n"
    "  -c, --config FILE  the configuration: domains, keys, resolver\n"
    "      --json         one JSON object\n"
    "  -h, --help         this text\n"
    "\n"
    "Exit: 0 all ok or weak, 1 something missing or wrong, 2 wrong usage or\n"
    "configuration, 3 a look-up failed.\n";

struct command {
    const char *config_path, *domain;
    bool json, help;
    struct arena *arena;
    const struct config *config;
    const struct config_organization *owner;
    struct loop *loop;
    struct resolver *resolver;
    struct preflight_report report;
};

static int bad_usage(const char *what, const char *word)
{
    fprintf(stderr,
            "lasthop-gateway preflight: %s%s\nTry `lasthop-gateway preflight "
            "--help`.\n",
            what, word);
    return EXIT_USAGE;
}

static int fault(const char *text)
{
    fprintf(stderr, "lasthop-gateway preflight: %s\n", text);
    return EXIT_USAGE;
}

/* --- output --------------------------------------------------------------- */

static const char *const alignments[] = {
    [SENDER_DNS_UNASKED] = "unknown",
    [SENDER_DNS_ALIGNED] = "aligned",
    [SENDER_DNS_MISSING] = "missing",
    [SENDER_DNS_UNKNOWN] = "unknown",
};

static const char *warning(const struct command *c)
{
    if (!c->owner || c->owner->policy != POLICY_TLS)
        return NULL;
    return arena_printf(
        c->arena,
        "organization `%s` allows transport security with the minimum tls: "
        "content goes to servers whose identity nobody proved (POLICY-1)",
        c->owner->name);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *check_json(const struct preflight_check *check)
{
    json_t *object = json_object();
    set_text(object, "setting", check->setting);
    set_text(object, "name", check->name);
    set_text(object, "verdict", preflight_verdict_name(check->verdict));
    set_text(object, "found", check->found);
    set_text(object, "note", check->note);
    set_text(object, "publish", check->publish);
    json_object_set_new(object, "dnssec", json_boolean(check->is_secure));
    return object;
}

static void print_json(const struct command *c)
{
    json_t *root = json_object(), *checks = json_array();
    json_t *warnings = json_array();
    for (size_t i = 0; i < c->report.count; i++)
        json_array_append_new(checks, check_json(&c->report.checks[i]));
    if (warning(c))
        json_array_append_new(warnings, json_string(warning(c)));
    set_text(root, "domain", c->domain);
    set_text(root, "organization", c->owner ? c->owner->name : NULL);
    set_text(root, "alignment", alignments[c->report.alignment]);
    json_object_set_new(root, "checks", checks);
    json_object_set_new(root, "warnings", warnings);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

/* Each line of a text of several stands below the first. */
static void print_lines(const char *lead, const char *text)
{
    struct slice rest = slice_of(text);
    while (rest.n) {
        struct slice line = slice_cut(&rest, '\n');
        printf("         %-8s %.*s\n", lead, SLICE_ARG(line));
        lead = "";
    }
}

static void print_check(const struct preflight_check *check)
{
    printf("%-8s %s: %s%s\n", preflight_verdict_name(check->verdict),
           check->setting, check->name, check->is_secure ? " (DNSSEC)" : "");
    if (check->found)
        print_lines("found", check->found);
    if (check->note)
        print_lines("why", check->note);
    if (check->publish)
        print_lines("publish", check->publish);
}

static void print_text(const struct command *c)
{
    static const char *const ends[] = {
        [SENDER_DNS_UNASKED] = "",
        [SENDER_DNS_ALIGNED] = "mail sent directly is aligned for DMARC",
        [SENDER_DNS_MISSING] =
            "mail is not aligned for DMARC: nothing but IDD is direct",
        [SENDER_DNS_UNKNOWN] =
            "whether mail is aligned for DMARC is unknown: direct methods wait",
    };
    for (size_t i = 0; i < c->report.count; i++)
        print_check(&c->report.checks[i]);
    if (warning(c))
        printf("warning  %s\n", warning(c));
    printf("%s: %s\n", c->domain, ends[c->report.alignment]);
}

static int exit_of(const struct preflight_report *report)
{
    int code = EXIT_SUCCESS;
    for (size_t i = 0; i < report->count; i++) {
        enum preflight_verdict verdict = report->checks[i].verdict;
        if (verdict == PREFLIGHT_MISSING || verdict == PREFLIGHT_WRONG)
            return EXIT_AMISS;
        if (verdict == PREFLIGHT_UNKNOWN)
            code = EXIT_UNKNOWN;
    }
    return code;
}

/* --- the run -------------------------------------------------------------- */

static void turn(void *ctx)
{
    loop_run_once(ctx, TURN_MS);
}

static void ask(struct command *c, const struct dkim_ring *ring)
{
    const struct config *config = c->config;
    struct preflight_world world = {c->resolver, turn, c->loop};
    struct preflight_wish wish = {
        .domain = c->domain,
        .ring = ring,
        .host_name = config->host_name,
        .return_host =
            config->bounces.host ? config->bounces.host : config->host_name,
        .client = config->outbound.address,
        .discovery = (enum dmarc_discovery)config->settings.dmarc_discovery,
        .now_s = clock_wall_s()};
    preflight(c->arena, &world, &wish, &c->report);
}

/* Whose domain it is; the exit status after a line on stderr. */
static int find_owner(struct command *c)
{
    struct err err;
    const char *domain = config_domain(c->arena, c->domain);
    if (!domain)
        return bad_usage("no domain name: ", c->domain);
    c->domain = domain;
    struct organizations *all = organizations_create(c->arena, c->config);
    if (organizations_refresh(all, &err) != ST_OK)
        return fault(err.text);
    c->owner = organizations_owner(all, slice_of(domain));
    if (c->owner || strcmp(domain, c->config->host_name) == 0)
        return EXIT_SUCCESS;
    return fault(arena_printf(c->arena,
                              "%s is no organization's domain, nor `host-name` "
                              "(lasthop-gateway domain list)",
                              domain));
}

static int with_keys(struct command *c)
{
    struct err err;
    struct keys *keys = NULL;
    struct resolver_ub_settings dns = {c->config->dns.resolver,
                                       c->config->dns.trust_anchor};
    enum status status = zone_use(c->config->settings.nta_time_zone, &err);
    if (status == ST_OK)
        status = keys_load(c->config, &keys, &err);
    if (status == ST_OK)
        status = resolver_ub_create(c->loop, &dns, &c->resolver, &err);
    int code = EXIT_USAGE;
    if (status != ST_OK) {
        fault(err.text);
    } else {
        ask(c, keys_ring(keys));
        (c->json ? print_json : print_text)(c);
        code = exit_of(&c->report);
    }
    resolver_ub_destroy(&c->resolver);
    keys_destroy(&keys);
    return code;
}

static int run(struct command *c)
{
    c->config = config_load_aloud(c->arena, c->config_path);
    if (!c->config)
        return EXIT_USAGE;
    int code = find_owner(c);
    if (code != EXIT_SUCCESS)
        return code;
    c->loop = loop_create();
    code = with_keys(c);
    loop_destroy(&c->loop);
    return code;
}

static bool take_options(int argc, char **argv, struct command *c)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
        if (option == 'c')
            c->config_path = optarg;
        else if (option == 'j')
            c->json = true;
        else if (option == 'h')
            c->help = true;
        else
            return false;
    }
    return true;
}

int preflight_command(int argc, char **argv)
{
    struct command c = {0};
    if (!take_options(argc, argv, &c))
        return EXIT_USAGE;
    if (c.help) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (optind >= argc)
        return bad_usage("DOMAIN is missing", "");
    if (optind + 1 < argc)
        return bad_usage("too much on the command line: ", argv[optind + 1]);
    if (!c.config_path)
        return bad_usage("--config FILE is missing", "");
    c.domain = argv[optind];
    c.arena = arena_create();
    int code = run(&c);
    arena_destroy(&c.arena);
    return code;
}

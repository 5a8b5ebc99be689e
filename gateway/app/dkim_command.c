#include "app/dkim_command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_command.h"
#include "app/keys.h"

enum { EXIT_USAGE = 2, STRING_BYTES = 255 };

static const char usage[] =
    "usage: lasthop-gateway dkim generate --domain D --selector S\n"
    "           [--algorithm ed25519|rsa] [--out FILE]\n"
    "       lasthop-gateway dkim show --config FILE [--domain D]\n"
    "\n"
    "generate makes a key for signing mail, in a new file that its owner "
    "alone\n"
    "may read, and prints the TXT record to publish. show prints the records "
    "of\n"
    "the configuration's keys; `lasthop-gateway preflight` compares them with\n"
    "the DNS.\n"
    "\n"
    "      --domain D       an organization's domain, or the gateway's "
    "host-name\n"
    "      --selector S     the key's name there\n"
    "      --algorithm A    ed25519 (the default) or rsa (2048 bits)\n"
    "      --out FILE       the key's file (dkim-S-D.pem)\n"
    "  -c, --config FILE    the configuration\n"
    "  -h, --help           this text\n";

struct options {
    const char *config, *domain, *selector, *algorithm, *out;
    bool help;
};

static int bad_usage(const char *what, const char *word)
{
    fprintf(stderr,
            "lasthop-gateway dkim: %s%s\nTry `lasthop-gateway dkim --help`.\n",
            what, word);
    return EXIT_USAGE;
}

char *dkim_record_text(struct arena *arena, const char *name, const char *text)
{
    struct slice rest = slice_of(text);
    char *out = arena_printf(arena, "%s. IN TXT", name);
    do {
        size_t n = rest.n < STRING_BYTES ? rest.n : STRING_BYTES;
        out = arena_printf(arena, "%s \"%.*s\"", out, (int)n, rest.p);
        rest = slice_from(rest, n);
    } while (rest.n);
    return out;
}

static void print_record(struct arena *arena, const char *selector,
                         const char *domain, const struct dkim_key *key)
{
    const char *name =
        arena_printf(arena, "%s._domainkey.%s", selector, domain);
    puts(dkim_record_text(arena, name, dkim_key_record(arena, key)));
}

/* The configuration counts paths from its own folder. */
static void print_next(const char *domain, const char *selector,
                       const char *path)
{
    char *whole = realpath(path, NULL);
    fprintf(stderr,
            "Publish the record, name the key in the configuration, and start "
            "the gateway anew:\n"
            "dkim:\n  - {domain: %s, selector: %s, key: \"%s\"}\n",
            domain, selector, whole ? whole : path);
    free(whole);
}

static int generate(struct arena *arena, const struct options *o)
{
    struct err err;
    bool is_rsa = o->algorithm && strcmp(o->algorithm, "rsa") == 0;
    if (o->algorithm && !is_rsa && strcmp(o->algorithm, "ed25519") != 0)
        return bad_usage("--algorithm is ed25519 or rsa, not ", o->algorithm);
    if (!o->domain || !o->selector)
        return bad_usage("--domain and --selector are needed", "");
    const char *domain = config_domain(arena, o->domain);
    const char *selector = config_domain(arena, o->selector);
    if (!domain || !selector)
        return bad_usage("no domain name: ", domain ? o->selector : o->domain);
    const char *path =
        o->out ? o->out
               : arena_printf(arena, "dkim-%s-%s.pem", selector, domain);
    struct dkim_key *key = dkim_key_generate(
        is_rsa ? DKIM_ALGORITHM_RSA_SHA256 : DKIM_ALGORITHM_ED25519_SHA256);
    enum status status = dkim_key_write(key, path, &err);
    if (status == ST_OK) {
        print_record(arena, selector, domain, key);
        print_next(domain, selector, path);
    } else {
        fprintf(stderr, "lasthop-gateway dkim: %s (--out names another)\n",
                err.text);
    }
    dkim_key_destroy(&key);
    return status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_ring(struct arena *arena, const struct dkim_ring *ring,
                      const char *domain)
{
    size_t count = 0;
    for (size_t i = 0; i < ring->count; i++) {
        const struct dkim_selector *s = &ring->selectors[i];
        if (domain && strcasecmp(s->domain, domain) != 0)
            continue;
        count++;
        printf("; %s, %u bits\n",
               dkim_algorithm_name(dkim_key_algorithm(s->key)),
               dkim_key_bits(s->key));
        print_record(arena, s->selector, s->domain, s->key);
    }
    if (!count)
        fprintf(stderr, "lasthop-gateway dkim: no key is configured\n");
    return count ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int show(struct arena *arena, const struct options *o)
{
    struct keys *keys = NULL;
    struct err err;
    if (!o->config)
        return bad_usage("--config FILE is missing", "");
    const struct config *config = config_load_aloud(arena, o->config);
    if (!config)
        return EXIT_USAGE;
    if (keys_load(config, &keys, &err) != ST_OK) {
        fprintf(stderr, "lasthop-gateway dkim: %s\n", err.text);
        return EXIT_USAGE;
    }
    int code = print_ring(arena, keys_ring(keys), o->domain);
    keys_destroy(&keys);
    return code;
}

static bool take_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"domain", required_argument, NULL, 'd'},
        {"selector", required_argument, NULL, 's'},
        {"algorithm", required_argument, NULL, 'a'},
        {"out", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
        const char **const value = option == 'c'   ? &o->config
                                   : option == 'd' ? &o->domain
                                   : option == 's' ? &o->selector
                                   : option == 'a' ? &o->algorithm
                                   : option == 'o' ? &o->out
                                                   : NULL;
        if (value)
            *value = optarg;
        else if (option == 'h')
            o->help = true;
        else
            return false;
    }
    return true;
}

int dkim_command(int argc, char **argv)
{
    struct options options = {0};
    if (!take_options(argc, argv, &options))
        return EXIT_USAGE;
    if (options.help) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    const char *word = optind < argc ? argv[optind] : "";
    if (optind + 1 < argc)
        return bad_usage("too much on the command line: ", argv[optind + 1]);
    struct arena *arena = arena_create();
    int code = strcmp(word, "generate") == 0 ? generate(arena, &options)
               : strcmp(word, "show") == 0   ? show(arena, &options)
                                           : bad_usage("generate or show?", "");
    arena_destroy(&arena);
    return code;
}

#include "peer/spf_check.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum { LOOKUPS_MOST = 10, VOIDS_MOST = 2, NAME_CAP = 1024, DEPTH_MOST = 12 };

struct spf {
    struct arena *arena;
    const struct ask *ask;
    const struct spf_client *client;
    const char *sender; /* with a local part */
    unsigned lookups, voids;
    unsigned depth;
    const char *error; /* permerror, temperror; NULL: none */
};

/* One term of a record: qualifier, name, what stands behind : or =, CIDR. */
struct term {
    struct slice whole, name, argument;
    unsigned long bits;
    char qualifier;
    bool is_modifier;
};

static const char *check_host(struct spf *s, const char *domain);

static bool raise_error(struct spf *s, const char *error)
{
    if (!s->error)
        s->error = error;
    return false;
}

/* -- names and macros (RFC 7208 7) ----------------------------------------- */

/* Nobody's name is that long; a sender may be. */
static void put(struct spf *s, struct buf *out, struct slice text)
{
    if (buf_add(out, text) != ST_OK)
        raise_error(s, "permerror");
}

static void put_macro(struct spf *s, struct buf *out, char letter,
                      const char *domain)
{
    const char *at = strrchr(s->sender, '@');
    switch (letter) {
    case 'd':
        put(s, out, slice_of(domain));
        break;
    case 'i':
        put(s, out, slice_of(s->client->address));
        break;
    case 's':
        put(s, out, slice_of(s->sender));
        break;
    case 'l':
        put(s, out, (struct slice){s->sender, (size_t)(at - s->sender)});
        break;
    case 'o':
        put(s, out, slice_of(at + 1));
        break;
    case 'h':
        put(s, out, slice_of(s->client->helo));
        break;
    default:
        raise_error(s, "permerror");
    }
}

static const char *expand(struct spf *s, struct slice text, const char *domain)
{
    struct buf out;
    if (!text.n)
        return domain;
    buf_init(&out, 4 * NAME_CAP + 4 * text.n);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%') {
            put(s, &out, (struct slice){text.p + i, 1});
        } else if (i + 3 < text.n && text.p[i + 1] == '{' &&
                   text.p[i + 3] == '}') {
            put_macro(s, &out, text.p[i + 2], domain);
            i += 3;
        } else {
            raise_error(s, "permerror");
        }
    }
    const char *name = arena_text(s->arena, buf_slice(&out));
    buf_release(&out);
    return name;
}

/* -- look-ups (RFC 7208 4.6.4) --------------------------------------------- */

static const char *const none_found[] = {NULL};

static const char *const *look_up(struct spf *s, const char *name,
                                  const char *type)
{
    const char *const *texts = none_found;
    switch (s->ask->look_up(s->ask->ctx, s->arena, name, type, &texts)) {
    case ASK_ANSWER_FOUND:
        return texts;
    case ASK_ANSWER_FAILED:
        raise_error(s, "temperror");
        return none_found;
    case ASK_ANSWER_NONE:
        break;
    }
    if (++s->voids > VOIDS_MOST)
        raise_error(s, "permerror");
    return none_found;
}

static bool count_look_up(struct spf *s)
{
    return ++s->lookups <= LOOKUPS_MOST || raise_error(s, "permerror");
}

/* -- mechanisms (RFC 7208 5) ----------------------------------------------- */

static bool is_in_network(struct spf *s, const char *network,
                          unsigned long bits)
{
    struct in_addr a, b;
    if (inet_pton(AF_INET, network, &a) != 1)
        return raise_error(s, "permerror");
    if (inet_pton(AF_INET, s->client->address, &b) != 1)
        return false;
    uint32_t mask = bits ? htonl(0xffffffffu << (32 - bits)) : 0;
    return (a.s_addr & mask) == (b.s_addr & mask);
}

static bool is_address_of(struct spf *s, const char *name, unsigned long bits)
{
    for (const char *const *a = look_up(s, name, "A"); *a && !s->error; a++)
        if (is_in_network(s, *a, bits))
            return true;
    return false;
}

static bool is_mail_host_of(struct spf *s, const char *name, unsigned long bits)
{
    unsigned count = 0;
    for (const char *const *m = look_up(s, name, "MX"); *m; m++) {
        const char *host = strchr(*m, ' ');
        if (++count > LOOKUPS_MOST)
            return raise_error(s, "permerror");
        if (host && is_address_of(s, host + 1, bits))
            return true;
        if (s->error)
            return false;
    }
    return false;
}

static bool includes(struct spf *s, const char *name)
{
    const char *result = check_host(s, name);
    if (s->error)
        return false;
    if (strcmp(result, "none") == 0)
        return raise_error(s, "permerror");
    return strcmp(result, "pass") == 0;
}

static bool matches(struct spf *s, const struct term *t, const char *domain)
{
    struct slice name = t->name;
    if (slice_is_nocase(name, "all"))
        return true;
    if (slice_is_nocase(name, "ip4"))
        return is_in_network(s, arena_text(s->arena, t->argument), t->bits);
    if (slice_is_nocase(name, "ip6"))
        return false;
    const char *target = expand(s, t->argument, domain);
    if (s->error || !count_look_up(s))
        return false;
    if (slice_is_nocase(name, "a"))
        return is_address_of(s, target, t->bits);
    if (slice_is_nocase(name, "mx"))
        return is_mail_host_of(s, target, t->bits);
    if (slice_is_nocase(name, "include"))
        return includes(s, target);
    if (slice_is_nocase(name, "exists"))
        return look_up(s, target, "A")[0] != NULL;
    return slice_is_nocase(name, "ptr") ? false : raise_error(s, "permerror");
}

/* -- records (RFC 7208 4.6) ------------------------------------------------ */

static bool read_term(struct slice whole, struct term *t)
{
    size_t n = 0;
    *t = (struct term){.whole = whole, .qualifier = '+', .bits = 32};
    if (strchr("+-~?", whole.p[0]))
        t->qualifier = whole.p[n++];
    size_t start = n;
    while (n < whole.n && !strchr(":=/", whole.p[n]))
        n++;
    t->name = (struct slice){whole.p + start, n - start};
    t->is_modifier = n < whole.n && whole.p[n] == '=';
    struct slice rest = slice_from(whole, n);
    if (rest.n && rest.p[0] != '/')
        rest = slice_from(rest, 1);
    if (t->is_modifier) {
        t->argument = rest;
        return true;
    }
    size_t slash = slice_find(rest, '/');
    t->argument = (struct slice){rest.p, slash};
    struct slice bits = slash < rest.n ? slice_from(rest, slash + 1) : rest;
    bits.n = slice_find(bits, '/'); /* behind it: for IPv6 */
    return slash == rest.n || !bits.n || slice_number(bits, 32, &t->bits);
}

/* The one SPF record of a name; NULL with an error, or "" without one. */
static const char *find_record(struct spf *s, const char *domain)
{
    const char *found = "";
    const char *const *texts = none_found;
    enum ask_answer answer =
        s->ask->look_up(s->ask->ctx, s->arena, domain, "TXT", &texts);
    if (answer == ASK_ANSWER_FAILED)
        raise_error(s, "temperror");
    for (; answer == ASK_ANSWER_FOUND && *texts; texts++) {
        if (strncasecmp(*texts, "v=spf1", 6) != 0 ||
            ((*texts)[6] && (*texts)[6] != ' '))
            continue;
        if (*found)
            raise_error(s, "permerror");
        found = *texts;
    }
    return s->error ? NULL : found;
}

static const char *result_of(char qualifier)
{
    return qualifier == '-'   ? "fail"
           : qualifier == '~' ? "softfail"
           : qualifier == '?' ? "neutral"
                              : "pass";
}

static const char *walk(struct spf *s, struct slice rest, const char *domain)
{
    struct slice word, redirect = {NULL, 0};
    slice_word(&rest); /* the version */
    while ((word = slice_word(&rest)).n) {
        struct term t;
        if (!read_term(word, &t)) {
            raise_error(s, "permerror");
            return s->error;
        }
        if (t.is_modifier) {
            if (slice_is_nocase(t.name, "redirect"))
                redirect = t.argument;
            continue;
        }
        bool matched = matches(s, &t, domain);
        if (s->error)
            return s->error;
        if (matched)
            return result_of(t.qualifier);
    }
    if (!redirect.n)
        return "neutral";
    if (!count_look_up(s))
        return s->error;
    const char *result = check_host(s, expand(s, redirect, domain));
    return strcmp(result, "none") == 0 ? "permerror" : result;
}

static const char *check_host(struct spf *s, const char *domain)
{
    if (++s->depth > DEPTH_MOST)
        raise_error(s, "permerror");
    const char *record = s->error ? NULL : find_record(s, domain);
    const char *result = !record   ? s->error
                         : *record ? walk(s, slice_of(record), domain)
                                   : "none";
    s->depth--;
    return s->error ? s->error : result;
}

const char *spf_check(struct arena *arena, const struct ask *ask,
                      const struct spf_client *client, const char **domain_out)
{
    const char *at = strrchr(client->sender, '@');
    struct spf s = {.arena = arena, .ask = ask, .client = client};
    s.sender = at ? client->sender
                  : arena_printf(arena, "postmaster@%s", client->helo);
    const char *domain = strrchr(s.sender, '@') + 1;
    *domain_out = domain;
    if (!strchr(domain, '.') || domain[0] == '[' || strlen(domain) > 253)
        return "none";
    return check_host(&s, domain);
}

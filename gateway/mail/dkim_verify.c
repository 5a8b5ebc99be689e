#include "mail/dkim_verify.h"

#include <ctype.h>
#include <string.h>

#include "address/taglist.h"
#include "mail/dkim_canon.h"

enum { CLOCK_SKEW_S = 300, NAMES_MAX = 1000, FIELDS_MAX = 10000 };

/* What b= was made of. */
struct parts {
    enum dkim_algorithm algorithm;
    enum dkim_canon header, body;
    struct slice names; /* h= */
    struct slice hash;  /* bh=, decoded */
    struct slice value; /* b=, decoded */
    struct slice value_raw;
    int64_t limit; /* l=, or -1 */
    bool identity_is_domain;
};

bool dkim_field_is(const struct mail_field *field)
{
    return slice_is_nocase(field->name, "DKIM-Signature");
}

static bool find(const struct mail_field *field, struct taglist *list)
{
    return taglist_parse(field->body, list);
}

bool dkim_signature_parse(struct arena *arena, const struct mail_field *field,
                          struct dkim_signature *out)
{
    struct taglist list;
    struct slice domain, selector;
    if (!find(field, &list) || !taglist_find(&list, "d", &domain) ||
        !taglist_find(&list, "s", &selector) || !domain.n || !selector.n)
        return false;
    char *lower = arena_text(arena, domain);
    for (char *p = lower; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    *out = (struct dkim_signature){field, lower, arena_text(arena, selector)};
    return true;
}

static bool parse_canon(const struct taglist *list, struct parts *out)
{
    struct slice both;
    struct slice header = SLICE_LITERAL("simple"), body = header;
    if (taglist_find(list, "c", &both)) {
        header = slice_cut(&both, '/');
        body = both.n ? both : body;
    }
    out->header =
        slice_is(header, "relaxed") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
    out->body =
        slice_is(body, "relaxed") ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
    return (out->header == DKIM_CANON_RELAXED || slice_is(header, "simple")) &&
           (out->body == DKIM_CANON_RELAXED || slice_is(body, "simple"));
}

static bool parse_algorithm(const struct taglist *list,
                            enum dkim_algorithm *out)
{
    struct slice word;
    if (!taglist_find(list, "a", &word))
        return false;
    for (int i = 0; i < DKIM_ALGORITHM_COUNT; i++) {
        if (slice_is(word, dkim_algorithm_name((enum dkim_algorithm)i))) {
            *out = (enum dkim_algorithm)i;
            return true;
        }
    }
    return false;
}

/* Behind "b=" up to the semicolon: its blanks go with it (3.7). */
static bool find_raw_value(struct slice body, struct slice *out)
{
    while (body.n) {
        struct slice spec = slice_cut(&body, ';');
        struct slice name = slice_trim(slice_cut(&spec, '='));
        if (slice_is(name, "b")) {
            *out = spec;
            return true;
        }
    }
    return false;
}

/* ... among as many names as a signer has use for. */
static bool lists_from(struct slice names)
{
    bool has_from = false;
    size_t count = 0;
    for (; names.n && count <= NAMES_MAX; count++)
        has_from |= slice_is_nocase(slice_trim(slice_cut(&names, ':')), "From");
    return has_from && count <= NAMES_MAX;
}

/* i= is d= or below it. */
static bool parse_identity(const struct taglist *list, const char *domain,
                           struct parts *out)
{
    struct slice identity;
    out->identity_is_domain = true;
    if (!taglist_find(list, "i", &identity))
        return true;
    size_t at = slice_find(identity, '@');
    if (at == identity.n)
        return false;
    struct slice host = slice_from(identity, at + 1);
    struct slice wanted = slice_of(domain);
    out->identity_is_domain = slice_eq_nocase(host, wanted);
    if (out->identity_is_domain)
        return true;
    return host.n > wanted.n + 1 && host.p[host.n - wanted.n - 1] == '.' &&
           slice_eq_nocase(slice_from(host, host.n - wanted.n), wanted);
}

static const char *parse_times(const struct taglist *list, int64_t now_s)
{
    struct slice text;
    unsigned long made = 0, until;
    if (taglist_find(list, "t", &text) &&
        !slice_number(text, (unsigned long)INT64_MAX, &made))
        return "t= is no time";
    if (!taglist_find(list, "x", &text))
        return NULL;
    if (!slice_number(text, (unsigned long)INT64_MAX, &until) || until < made)
        return "x= is no time after t=";
    return (int64_t)until + CLOCK_SKEW_S < now_s ? "it has expired" : NULL;
}

static const char *parse(struct arena *arena,
                         const struct dkim_signature *signature, int64_t now_s,
                         struct parts *out)
{
    struct taglist list;
    struct slice text;
    unsigned long limit;
    *out = (struct parts){.limit = -1};
    if (!find(signature->field, &list) || !taglist_find(&list, "v", &text) ||
        !slice_is(text, "1"))
        return "v= is not 1";
    if (!parse_algorithm(&list, &out->algorithm))
        return "a= is none that counts";
    if (!parse_canon(&list, out))
        return "c= is unknown";
    if (!taglist_find(&list, "h", &out->names) || !lists_from(out->names))
        return "h= has no From, or no end";
    if (!taglist_find(&list, "bh", &text) ||
        !dkim_unfold_base64(arena, text, &out->hash))
        return "bh= is missing or broken";
    if (!taglist_find(&list, "b", &text) ||
        !dkim_unfold_base64(arena, text, &out->value) ||
        !find_raw_value(signature->field->body, &out->value_raw))
        return "b= is missing or broken";
    if (taglist_find(&list, "l", &text)) {
        if (!slice_number(text, 1ul << 62, &limit))
            return "l= is no number";
        out->limit = (int64_t)limit;
    }
    if (!parse_identity(&list, signature->domain, out))
        return "i= is not of d=";
    return parse_times(&list, now_s);
}

static bool body_holds(const struct parts *parts, struct slice body)
{
    unsigned char hash[DKIM_HASH_BYTES];
    return dkim_hash_body(parts->body, body, parts->limit, hash) &&
           slice_eq(parts->hash,
                    (struct slice){(const char *)hash, sizeof hash});
}

/* The not yet taken instance of that name that stands lowest; NULL: none. */
static const struct mail_field *take(const struct mail_message *message,
                                     bool *taken, struct slice name)
{
    for (size_t i = message->field_count; i-- > 0;) {
        if (!taken[i] && slice_eq_nocase(message->fields[i].name, name)) {
            taken[i] = true;
            return &message->fields[i];
        }
    }
    return NULL;
}

static void hash_header(struct arena *arena, const struct mail_message *message,
                        const struct dkim_signature *signature,
                        const struct parts *parts,
                        unsigned char out[DKIM_HASH_BYTES])
{
    bool *taken = arena_alloc(arena, message->field_count + 1);
    struct dkim_hash *hash = dkim_hash_create();
    struct slice names = parts->names;
    while (names.n) {
        struct slice name = slice_trim(slice_cut(&names, ':'));
        const struct mail_field *field = take(message, taken, name);
        if (field)
            dkim_hash_field(hash, parts->header, field);
    }
    dkim_hash_signature(hash, parts->header, signature->field,
                        parts->value_raw);
    dkim_hash_end(&hash, out);
}

static bool verifies(struct arena *arena, const struct parts *parts,
                     const unsigned char hash[DKIM_HASH_BYTES],
                     struct slice text)
{
    struct dkim_record record;
    return dkim_record_parse(arena, text, &record) && !record.is_revoked &&
           record.algorithm == parts->algorithm &&
           (!record.is_strict || parts->identity_is_domain) &&
           dkim_record_verify(&record, hash, parts->value);
}

const char *dkim_verify(struct arena *arena, const struct mail_message *message,
                        const struct dkim_signature *signature,
                        const struct slice *texts, size_t count, int64_t now_s)
{
    unsigned char hash[DKIM_HASH_BYTES];
    struct parts parts;
    const char *fault = parse(arena, signature, now_s, &parts);
    if (fault)
        return fault;
    if (message->field_count > FIELDS_MAX) /* each name is sought in all */
        return "the header has too many fields";
    /* The body last: a large one costs most, and whoever makes up signatures
     * does not get that far. */
    hash_header(arena, message, signature, &parts, hash);
    bool is_signed = false;
    for (size_t i = 0; i < count && !is_signed; i++)
        is_signed = verifies(arena, &parts, hash, texts[i]);
    if (!is_signed)
        return count ? "no key record verifies it" : "there is no key record";
    return body_holds(&parts, message->body) ? NULL : "the body was changed";
}

#include "peer/dkim_check.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "peer/dkim_text.h"

enum {
    SIGNATURES_MOST = 20,
    DIGEST_OCTETS = 32,
    ED25519_OCTETS = 32,
    RSA_BITS_LEAST = 1024,
    SLACK_OCTETS = 4096
};

/* One signature while it is looked at. */
struct check {
    struct arena *arena;
    const struct ask *ask;
    const struct dkim_message *message;
    const struct dkim_field *field;
    struct dkim_tags tags;
    const char *domain, *selector, *algorithm, *identity;
    bool is_rsa, is_relaxed_header, is_relaxed_body;
    int64_t now_s;
    struct dkim_verdict *out;
};

static bool say(struct check *c, const char *result, const char *reason)
{
    c->out->result = result;
    c->out->reason = reason;
    return false;
}

static const char *text_of(struct check *c, const char *tag)
{
    return dkim_tag_text(c->arena, &c->tags, tag);
}

static bool has_list_item(const char *list, const char *item)
{
    struct slice rest = slice_of(list);
    while (rest.n)
        if (slice_is_nocase(slice_trim(slice_cut(&rest, ':')), item))
            return true;
    return false;
}

/* -- the field itself (RFC 6376 3.5, 6.1.1) -------------------------------- */

static bool is_below(const char *name, const char *domain)
{
    size_t n = strlen(name), d = strlen(domain);
    return n >= d && strcasecmp(name + n - d, domain) == 0 &&
           (n == d || name[n - d - 1] == '.');
}

static bool read_forms(struct check *c)
{
    const char *forms = text_of(c, "c");
    struct slice rest = slice_of(*forms ? forms : "simple/simple");
    struct slice header = slice_cut(&rest, '/');
    struct slice body = rest.n ? rest : slice_of("simple");
    c->is_relaxed_header = slice_is(header, "relaxed");
    c->is_relaxed_body = slice_is(body, "relaxed");
    return (c->is_relaxed_header || slice_is(header, "simple")) &&
           (c->is_relaxed_body || slice_is(body, "simple"));
}

static bool is_required_missing(const struct check *c)
{
    static const char *const required[] = {"v", "a", "b", "bh", "d", "h", "s"};
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!dkim_tag(&c->tags, required[i]))
            return true;
    return false;
}

static bool is_expired(struct check *c)
{
    const char *end = text_of(c, "x"), *start = text_of(c, "t");
    return (*end && strtoll(end, NULL, 10) < c->now_s) ||
           (*start && strtoll(start, NULL, 10) > c->now_s);
}

static bool read_signature(struct check *c)
{
    if (!dkim_tags_read(c->arena, c->field->value, &c->tags))
        return say(c, "permerror", "no tag list");
    if (is_required_missing(c))
        return say(c, "permerror", "a required tag is missing");
    c->out->domain = c->domain = text_of(c, "d");
    c->out->selector = c->selector = text_of(c, "s");
    c->out->algorithm = c->algorithm = text_of(c, "a");
    c->identity = text_of(c, "i");
    c->is_rsa = strcmp(c->algorithm, "rsa-sha256") == 0;
    if (strcmp(text_of(c, "v"), "1") != 0)
        return say(c, "permerror", "another version");
    if (!c->is_rsa && strcmp(c->algorithm, "ed25519-sha256") != 0)
        return say(c, "permerror", "another algorithm");
    if (!read_forms(c))
        return say(c, "permerror", "another canonical form");
    if (!has_list_item(text_of(c, "h"), "From"))
        return say(c, "permerror", "From is not signed");
    const char *at = strrchr(c->identity, '@');
    if (*c->identity && !(at && is_below(at + 1, c->domain)))
        return say(c, "permerror", "i= is not below d=");
    if (is_expired(c))
        return say(c, "fail", "outside its dates");
    return true;
}

/* -- the body -------------------------------------------------------------- */

static bool check_body(struct check *c)
{
    unsigned char digest[DIGEST_OCTETS];
    struct buf buf;
    buf_init(&buf, 2 * c->message->body.n + SLACK_OCTETS);
    dkim_put_body(&buf, c->message->body, c->is_relaxed_body);
    struct slice body = buf_slice(&buf);
    const char *length = text_of(c, "l");
    bool is_partial = *length && strtoull(length, NULL, 10) != body.n;
    EVP_Digest(body.p, body.n, digest, NULL, EVP_sha256(), NULL);
    buf_release(&buf);
    if (is_partial)
        return say(c, "fail", "l= covers a part of the body alone");
    struct slice octets = {(const char *)digest, sizeof digest};
    if (strcmp(base64_encode(c->arena, octets), text_of(c, "bh")) != 0)
        return say(c, "fail", "the body differs");
    return true;
}

/* -- the header (RFC 6376 3.7, 5.4.2) -------------------------------------- */

/* The signature's own field with the value of b= left out. */
static struct dkim_field without_b(struct check *c)
{
    const struct slice *b = dkim_tag(&c->tags, "b");
    struct slice value = c->field->value;
    size_t before = (size_t)(b->p - value.p);
    size_t behind = before + b->n;
    /* All of it up to the semicolon goes, blanks around it too. */
    while (before && value.p[before - 1] != '=')
        before--;
    while (behind < value.n && value.p[behind] != ';')
        behind++;
    struct dkim_field f = *c->field;
    f.value = slice_of(arena_printf(c->arena, "%.*s%.*s", (int)before, value.p,
                                    (int)(value.n - behind), value.p + behind));
    f.whole = slice_of(arena_printf(c->arena, "%.*s%s\r\n",
                                    (int)(value.p - c->field->whole.p),
                                    c->field->whole.p, f.value.p));
    return f;
}

/* Fields of one name are taken from the bottom; one too many is the null
 * string. */
static void put_signed_fields(struct check *c, struct buf *out)
{
    const struct dkim_message *m = c->message;
    bool *used = arena_alloc(c->arena, m->count + 1);
    struct slice rest = slice_of(text_of(c, "h"));
    while (rest.n) {
        struct slice name = slice_trim(slice_cut(&rest, ':'));
        for (size_t i = m->count; i-- > 0;) {
            if (used[i] || !slice_eq_nocase(m->fields[i].name, name))
                continue;
            used[i] = true;
            dkim_put_field(out, &m->fields[i], c->is_relaxed_header);
            break;
        }
    }
}

static struct slice signed_octets(struct check *c)
{
    struct buf buf;
    size_t head = 0;
    for (size_t i = 0; i < c->message->count; i++)
        head += c->message->fields[i].whole.n;
    buf_init(&buf, 2 * head + SLACK_OCTETS);
    put_signed_fields(c, &buf);
    struct dkim_field own = without_b(c);
    dkim_put_field(&buf, &own, c->is_relaxed_header);
    struct slice octets = arena_slice(c->arena, buf_slice(&buf));
    octets.n -= 2; /* its own line end is not signed */
    buf_release(&buf);
    return octets;
}

/* -- the key (RFC 6376 3.6.1, RFC 8463 4) ---------------------------------- */

static bool is_usable_record(struct check *c, const struct dkim_tags *record)
{
    const char *version = dkim_tag_text(c->arena, record, "v");
    const char *kind = dkim_tag_text(c->arena, record, "k");
    const char *hashes = dkim_tag_text(c->arena, record, "h");
    const char *services = dkim_tag_text(c->arena, record, "s");
    if (*version && strcmp(version, "DKIM1") != 0)
        return say(c, "permerror", "no DKIM1 record");
    if (strcmp(*kind ? kind : "rsa", c->is_rsa ? "rsa" : "ed25519") != 0)
        return say(c, "permerror", "a key of another kind");
    if (*hashes && !has_list_item(hashes, "sha256"))
        return say(c, "permerror", "the key is not for sha256");
    if (*services && !has_list_item(services, "*") &&
        !has_list_item(services, "email"))
        return say(c, "permerror", "the key is not for mail");
    const char *at = strrchr(c->identity, '@');
    if (has_list_item(dkim_tag_text(c->arena, record, "t"), "s") && at &&
        strcasecmp(at + 1, c->domain) != 0)
        return say(c, "permerror", "the key is not for subdomains");
    return true;
}

static EVP_PKEY *read_key(const struct check *c, struct slice octets)
{
    const unsigned char *p = (const unsigned char *)octets.p;
    if (!c->is_rsa)
        return octets.n == ED25519_OCTETS
                   ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, p,
                                                 octets.n)
                   : NULL;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)octets.n);
    if (key && (!EVP_PKEY_is_a(key, "RSA") ||
                EVP_PKEY_get_bits(key) < RSA_BITS_LEAST)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static bool find_key(struct check *c, EVP_PKEY **out)
{
    const char *const *texts;
    struct dkim_tags record;
    struct slice octets;
    const char *name =
        arena_printf(c->arena, "%s._domainkey.%s", c->selector, c->domain);
    enum ask_answer answer =
        c->ask->look_up(c->ask->ctx, c->arena, name, "TXT", &texts);
    if (answer == ASK_ANSWER_FAILED)
        return say(c, "temperror", "the key's look-up failed");
    if (answer == ASK_ANSWER_NONE)
        return say(c, "permerror", "no key record");
    if (texts[1])
        return say(c, "permerror", "several key records");
    if (!dkim_tags_read(c->arena, slice_of(texts[0]), &record))
        return say(c, "permerror", "the key record is no tag list");
    if (!is_usable_record(c, &record))
        return false;
    const char *p = dkim_tag_text(c->arena, &record, "p");
    if (!*p)
        return say(c, "permerror", "the key is revoked");
    if (base64_decode(c->arena, slice_of(p), &octets) != ST_OK ||
        !(*out = read_key(c, octets)))
        return say(c, "permerror", "no usable key");
    return true;
}

/* RFC 8463 3: Ed25519 signs the SHA-256 digest, RSA the octets. */
static bool verify(const struct check *c, EVP_PKEY *key, struct slice signature,
                   struct slice octets)
{
    unsigned char digest[DIGEST_OCTETS];
    const unsigned char *data = (const unsigned char *)octets.p;
    size_t n = octets.n;
    if (!c->is_rsa) {
        EVP_Digest(data, n, digest, NULL, EVP_sha256(), NULL);
        data = digest;
        n = sizeof digest;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(ctx, NULL, c->is_rsa ? EVP_sha256() : NULL,
                                     NULL, key) == 1 &&
                EVP_DigestVerify(ctx, (const unsigned char *)signature.p,
                                 signature.n, data, n) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static void check_one(struct check *c)
{
    EVP_PKEY *key = NULL;
    struct slice signature;
    if (!read_signature(c) || !find_key(c, &key))
        return;
    if (base64_decode(c->arena, slice_of(text_of(c, "b")), &signature) != ST_OK)
        say(c, "permerror", "b= is no base64");
    else if (check_body(c) && verify(c, key, signature, signed_octets(c)))
        say(c, "pass", "");
    else if (!c->out->result)
        say(c, "fail", "the signature is not of these octets");
    EVP_PKEY_free(key);
}

size_t dkim_check(struct arena *arena, const struct ask *ask,
                  struct slice message, int64_t now_s,
                  const struct dkim_verdict **out)
{
    struct dkim_message m = dkim_message_read(arena, message);
    struct dkim_verdict *verdicts =
        arena_alloc(arena, SIGNATURES_MOST * sizeof *verdicts);
    size_t n = 0;
    for (size_t i = 0; i < m.count && n < SIGNATURES_MOST; i++) {
        if (!slice_is_nocase(m.fields[i].name, "DKIM-Signature"))
            continue;
        verdicts[n] = (struct dkim_verdict){
            .domain = "", .selector = "", .algorithm = ""};
        struct check c = {.arena = arena,
                          .ask = ask,
                          .message = &m,
                          .field = &m.fields[i],
                          .now_s = now_s,
                          .out = &verdicts[n++]};
        check_one(&c);
    }
    *out = verdicts;
    return n;
}

#include "peer/pki.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "peer/pki_mint.h"
#include "peer/pki_staple.h"

enum { DAY_S = 86400, YEAR_S = 365 * DAY_S };
/* The authorities outlive every scenario: 2000-01-01 to 2099-12-31. */
enum { AUTHORITY_FROM_S = 946684800 };
#define AUTHORITY_UNTIL_S INT64_C(4102444799)

struct authority {
    X509 *root;
    X509 *intermediate;
    EVP_PKEY *root_key;
    EVP_PKEY *key; /* of the intermediate */
};

/* One context of a chain, by its versions. */
struct server {
    struct tls_range range;
    SSL_CTX *context;
    struct server *next;
};

enum { CHAIN_MAX = 3 };

struct pki_chain {
    char *id; /* kind, day and names: the key of the cache */
    EVP_PKEY *key;
    X509 *shown[CHAIN_MAX]; /* what a server sends, leaf first */
    unsigned shown_count;
    X509 *path[CHAIN_MAX]; /* leaf to root, for digests */
    unsigned path_count;
    char *pem;
    char *key_pem;
    char *staple_octets;
    struct slice staple; /* the DER response, or empty */
    struct server *servers;
    struct pki_chain *next;
};

struct pki {
    struct authority trusted;
    struct authority stranger; /* made when first asked for */
    struct authority weak;     /* the same: RSA 1024 below the root */
    struct authority old;      /* the same: signed with SHA-1 */
    EVP_PKEY *weak_key;        /* the same */
    X509_STORE *store;
    char *root_pem;
    struct pki_chain *chains;
};

static const char *const kind_names[] = {
    [PKI_KIND_VALID] = "valid",
    [PKI_KIND_SELF_SIGNED] = "self-signed",
    [PKI_KIND_EXPIRED] = "expired",
    [PKI_KIND_NOT_YET_VALID] = "not-yet-valid",
    [PKI_KIND_WRONG_HOST] = "wrong-host",
    [PKI_KIND_CN_ONLY] = "cn-only",
    [PKI_KIND_WILDCARD] = "wildcard",
    [PKI_KIND_UNTRUSTED_CA] = "untrusted-ca",
    [PKI_KIND_MISSING_INTERMEDIATE] = "missing-intermediate",
    [PKI_KIND_WEAK_KEY] = "weak-key",
    [PKI_KIND_SHA1_SIGNED] = "sha1-signed",
    [PKI_KIND_REVOKED] = "revoked",
    [PKI_KIND_DOMAIN_NAME] = "domain-name",
    [PKI_KIND_PART_WILDCARD] = "part-wildcard",
    [PKI_KIND_WIDE_WILDCARD] = "wide-wildcard",
    [PKI_KIND_CLIENT_ONLY] = "client-only",
    [PKI_KIND_WEAK_ISSUER] = "weak-issuer",
    [PKI_KIND_SHA1_ISSUER] = "sha1-issuer",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == PKI_KIND_COUNT,
               "a name for each kind");

const char *pki_kind_name(enum pki_kind kind)
{
    return kind_names[kind];
}

bool pki_kind_parse(const char *text, enum pki_kind *out)
{
    for (int i = 0; i < PKI_KIND_COUNT; i++)
        if (!strcmp(text, kind_names[i])) {
            *out = (enum pki_kind)i;
            return true;
        }
    return false;
}

/* --- Authorities --- */

static void authority_init(struct authority *a, const char *who)
{
    char *root_name = xasprintf("%s Root", who);
    char *name = xasprintf("%s Intermediate", who);
    a->root_key = pki_mint_ec_key();
    a->key = pki_mint_ec_key();
    struct pki_mint mint = {.common_name = root_name,
                            .is_authority = true,
                            .from_s = AUTHORITY_FROM_S,
                            .until_s = AUTHORITY_UNTIL_S,
                            .key = a->root_key};
    a->root = pki_mint(&mint);
    mint.common_name = name;
    mint.key = a->key;
    mint.issuer = a->root;
    mint.issuer_key = a->root_key;
    a->intermediate = pki_mint(&mint);
    free(root_name);
    free(name);
}

/* A faulty intermediate below the trusted root. */
static void authority_init_below(struct authority *a,
                                 const struct authority *above, bool is_weak)
{
    X509_up_ref(above->root);
    EVP_PKEY_up_ref(above->root_key);
    a->root = above->root;
    a->root_key = above->root_key;
    a->key = is_weak ? pki_mint_weak_key() : pki_mint_ec_key();
    struct pki_mint mint = {.common_name = is_weak ? "Lasthop World Weak"
                                                   : "Lasthop World Old",
                            .is_authority = true,
                            .is_sha1 = !is_weak,
                            .from_s = AUTHORITY_FROM_S,
                            .until_s = AUTHORITY_UNTIL_S,
                            .key = a->key,
                            .issuer = a->root,
                            .issuer_key = a->root_key};
    a->intermediate = pki_mint(&mint);
}

static void authority_release(struct authority *a)
{
    X509_free(a->root);
    X509_free(a->intermediate);
    EVP_PKEY_free(a->root_key);
    EVP_PKEY_free(a->key);
}

struct pki *pki_create(void)
{
    struct pki *pki = xcalloc(1, sizeof *pki);
    authority_init(&pki->trusted, "Lasthop World");
    pki->store = X509_STORE_new();
    X509_STORE_add_cert(pki->store, pki->trusted.root);
    pki->root_pem = pki_mint_certificate_pem(pki->trusted.root);
    return pki;
}

static void chain_destroy(struct pki_chain *chain)
{
    while (chain->servers) {
        struct server *server = chain->servers;
        chain->servers = server->next;
        SSL_CTX_free(server->context);
        free(server);
    }
    X509_free(chain->path[0]); /* the others are the authority's */
    EVP_PKEY_free(chain->key);
    free(chain->pem);
    free(chain->key_pem);
    free(chain->staple_octets);
    free(chain->id);
    free(chain);
}

void pki_destroy(struct pki **pki)
{
    struct pki *p = *pki;
    *pki = NULL;
    if (!p)
        return;
    while (p->chains) {
        struct pki_chain *chain = p->chains;
        p->chains = chain->next;
        chain_destroy(chain);
    }
    authority_release(&p->trusted);
    authority_release(&p->stranger);
    authority_release(&p->weak);
    authority_release(&p->old);
    EVP_PKEY_free(p->weak_key);
    X509_STORE_free(p->store);
    free(p->root_pem);
    free(p);
}

const char *pki_root_pem(const struct pki *pki)
{
    return pki->root_pem;
}

/* --- Chains --- */

static char *chain_id(const struct pki_request *request, int64_t day)
{
    struct buf id;
    buf_init(&id, 65536);
    buf_printf(&id, "%s %lld %s", pki_kind_name(request->kind), (long long)day,
               request->name);
    for (const char *const *p = request->more_names; p && *p; p++)
        buf_printf(&id, " %s", *p);
    char *text = xstrdup(id.p);
    buf_release(&id);
    return text;
}

static const char *below_first_label(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot ? dot + 1 : name;
}

static void add_name(struct buf *names, enum pki_kind kind, const char *name)
{
    const char *below = below_first_label(name);
    buf_puts(names, buf_slice(names).n ? ",DNS:" : "DNS:");
    if (kind == PKI_KIND_WRONG_HOST)
        buf_printf(names, "not-%s", name);
    else if (kind == PKI_KIND_WILDCARD && below != name)
        buf_printf(names, "*.%s", below);
    else if (kind == PKI_KIND_PART_WILDCARD && below != name)
        buf_printf(names, "%.1s*.%s", name, below);
    else if (kind == PKI_KIND_WIDE_WILDCARD)
        buf_printf(names, "*.%s", below_first_label(below));
    else
        buf_puts(names, kind == PKI_KIND_DOMAIN_NAME ? below : name);
}

/* Who issues it; made when first asked for. */
static struct authority *issuer_of(struct pki *pki, enum pki_kind kind)
{
    struct authority *a = kind == PKI_KIND_UNTRUSTED_CA  ? &pki->stranger
                          : kind == PKI_KIND_WEAK_ISSUER ? &pki->weak
                          : kind == PKI_KIND_SHA1_ISSUER ? &pki->old
                                                         : &pki->trusted;
    if (a->root)
        return a;
    if (kind == PKI_KIND_UNTRUSTED_CA)
        authority_init(a, "Unknown");
    else
        authority_init_below(a, &pki->trusted, kind == PKI_KIND_WEAK_ISSUER);
    return a;
}

static X509 *mint_leaf(struct pki *pki, const struct pki_request *request,
                       int64_t day, EVP_PKEY *key)
{
    struct authority *issuer = issuer_of(pki, request->kind);
    struct buf names;
    buf_init(&names, 65536);
    add_name(&names, request->kind, request->name);
    for (const char *const *p = request->more_names; p && *p; p++)
        add_name(&names, request->kind, *p);
    int64_t today_s = day * DAY_S;
    struct pki_mint mint = {.common_name = request->name,
                            .names = names.p,
                            .from_s = today_s - 30 * DAY_S,
                            .until_s = today_s + YEAR_S,
                            .key = key,
                            .issuer = issuer->intermediate,
                            .issuer_key = issuer->key};
    if (request->kind == PKI_KIND_WRONG_HOST)
        mint.common_name = "wrong host";
    if (request->kind == PKI_KIND_CN_ONLY)
        mint.names = NULL;
    if (request->kind == PKI_KIND_SELF_SIGNED)
        mint.issuer = NULL;
    if (request->kind == PKI_KIND_EXPIRED) {
        mint.from_s = today_s - YEAR_S;
        mint.until_s = today_s - DAY_S;
    }
    if (request->kind == PKI_KIND_NOT_YET_VALID)
        mint.from_s = today_s + 2 * DAY_S;
    mint.is_sha1 = request->kind == PKI_KIND_SHA1_SIGNED;
    mint.is_client = request->kind == PKI_KIND_CLIENT_ONLY;
    X509 *leaf = pki_mint(&mint);
    buf_release(&names);
    return leaf;
}

static void set_path(struct pki *pki, struct pki_chain *chain,
                     enum pki_kind kind, X509 *leaf)
{
    const struct authority *issuer = issuer_of(pki, kind);
    chain->path[chain->path_count++] = leaf;
    if (kind != PKI_KIND_SELF_SIGNED) {
        chain->path[chain->path_count++] = issuer->intermediate;
        chain->path[chain->path_count++] = issuer->root;
    }
    chain->shown[chain->shown_count++] = leaf;
    if (kind != PKI_KIND_SELF_SIGNED && kind != PKI_KIND_MISSING_INTERMEDIATE)
        chain->shown[chain->shown_count++] = issuer->intermediate;
}

static struct pki_chain *
chain_create(struct pki *pki, const struct pki_request *request, int64_t day)
{
    struct pki_chain *chain = xcalloc(1, sizeof *chain);
    if (request->kind == PKI_KIND_WEAK_KEY) {
        if (!pki->weak_key)
            pki->weak_key = pki_mint_weak_key();
        chain->key = pki->weak_key;
        EVP_PKEY_up_ref(chain->key);
    } else {
        chain->key = pki_mint_ec_key();
    }
    X509 *leaf = mint_leaf(pki, request, day, chain->key);
    set_path(pki, chain, request->kind, leaf);
    struct buf pem;
    buf_init(&pem, 1 << 20);
    for (unsigned i = 0; i < chain->shown_count; i++) {
        char *one = pki_mint_certificate_pem(chain->shown[i]);
        buf_puts(&pem, one);
        free(one);
    }
    chain->pem = xstrdup(pem.p);
    buf_release(&pem);
    chain->key_pem = pki_mint_key_pem(chain->key);
    if (request->kind == PKI_KIND_REVOKED)
        chain->staple_octets = pki_staple_revoked(
            leaf, pki->trusted.intermediate, pki->trusted.key,
            (day - 1) * DAY_S, day * DAY_S + YEAR_S, &chain->staple);
    return chain;
}

const struct pki_chain *pki_chain_find(struct pki *pki,
                                       const struct pki_request *request)
{
    int64_t day = request->now_s / DAY_S;
    char *id = chain_id(request, day);
    struct pki_chain *chain = pki->chains;
    while (chain && strcmp(chain->id, id))
        chain = chain->next;
    if (chain) {
        free(id);
        return chain;
    }
    chain = chain_create(pki, request, day);
    chain->id = id;
    chain->next = pki->chains;
    pki->chains = chain;
    return chain;
}

const char *pki_chain_pem(const struct pki_chain *chain)
{
    return chain->pem;
}

const char *pki_chain_key_pem(const struct pki_chain *chain)
{
    return chain->key_pem;
}

static const char *hex(struct arena *arena, const unsigned char *octets,
                       size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(arena, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[octets[i] >> 4];
        out[2 * i + 1] = digits[octets[i] & 15];
    }
    out[2 * n] = '\0';
    return out;
}

const char *pki_chain_association(const struct pki_chain *chain,
                                  struct arena *arena, unsigned depth,
                                  unsigned selector, unsigned matching)
{
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (depth >= chain->path_count || selector > 1 || matching > 2)
        return NULL;
    X509 *certificate = chain->path[depth];
    int n = selector == 0
                ? i2d_X509(certificate, &der)
                : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (n <= 0)
        BUG("no DER of a certificate");
    const char *text = NULL;
    if (matching == 0)
        text = hex(arena, der, (size_t)n);
    else if (EVP_Digest(der, (size_t)n, digest, &size,
                        matching == 1 ? EVP_sha256() : EVP_sha512(), NULL))
        text = hex(arena, digest, size);
    OPENSSL_free(der);
    return text;
}

/* --- Serving and judging --- */

static SSL_CTX *serve(const struct pki_chain *chain, struct tls_range range)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        BUG("no TLS context");
    tls_context_pin(context, range);
    if (SSL_CTX_use_certificate(context, chain->shown[0]) != 1 ||
        SSL_CTX_use_PrivateKey(context, chain->key) != 1)
        BUG("cannot serve '%s': %s", chain->id,
            ERR_reason_error_string(ERR_peek_last_error()));
    for (unsigned i = 1; i < chain->shown_count; i++)
        SSL_CTX_add1_chain_cert(context, chain->shown[i]);
    /* What was not given is not sent, even if the chain could be built. */
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    if (chain->staple.n)
        pki_staple_serve(context, &chain->staple);
    return context;
}

SSL_CTX *pki_server(struct pki *pki, const struct pki_chain *chain,
                    struct tls_range range)
{
    struct pki_chain *mine = pki->chains;
    while (mine && mine != chain)
        mine = mine->next;
    if (!mine)
        BUG("a chain of another pki");
    for (struct server *s = mine->servers; s; s = s->next)
        if (s->range.lowest == range.lowest &&
            s->range.highest == range.highest &&
            s->range.has_legacy_ciphers == range.has_legacy_ciphers)
            return s->context;
    struct server *server = xcalloc(1, sizeof *server);
    server->range = range;
    server->context = serve(chain, range);
    server->next = mine->servers;
    mine->servers = server;
    return server->context;
}

const char *pki_verify(struct pki *pki, const SSL *ssl, const char *host,
                       int64_t now_s)
{
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    if (!leaf)
        return "no certificate";
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, pki->store, leaf,
                        SSL_get_peer_cert_chain(ssl));
    X509_STORE_CTX_set_default(context, "ssl_server");
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, now_s);
    X509_VERIFY_PARAM_set1_host(param, host, 0);
    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits */
    int good = X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    return good == 1 ? NULL : X509_verify_cert_error_string(error);
}

#include "engine/config.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/random.h"
#include "engine/login.h"
#include "peer/mailkey.h"

const char config_sms_path[] = "/send";
const char config_sms_token[] = "world-sms-token";

enum { CONFIG_MOST = 1 << 20, HASH_OCTETS = 32, SALT_OCTETS = 16, COST_LN = 4 };

struct known_hash {
    const char *password, *hash;
    struct known_hash *next;
};

struct config_hashes {
    struct arena *arena;
    struct known_hash *known;
};

struct config_hashes *config_hashes_create(void)
{
    struct config_hashes *hashes = xcalloc(1, sizeof *hashes);
    hashes->arena = arena_create();
    return hashes;
}

void config_hashes_destroy(struct config_hashes **hashes)
{
    if (!*hashes)
        return;
    arena_destroy(&(*hashes)->arena);
    free(*hashes);
    *hashes = NULL;
}

static const char *make_hash(struct arena *arena, const char *password)
{
    unsigned char salt[SALT_OCTETS], key[HASH_OCTETS];
    random_bytes(salt, sizeof salt);
    if (EVP_PBE_scrypt(password, strlen(password), salt, sizeof salt,
                       1ULL << COST_LN, 8, 1, 0, key, sizeof key) != 1)
        BUG("scrypt failed");
    struct slice salt_octets = {(const char *)salt, sizeof salt};
    struct slice key_octets = {(const char *)key, sizeof key};
    return arena_printf(arena, "$scrypt$ln=%d,r=8,p=1$%s$%s", COST_LN,
                        base64_encode(arena, salt_octets),
                        base64_encode(arena, key_octets));
}

static const char *find_hash(struct config_hashes *hashes, const char *password)
{
    struct known_hash *k = hashes->known;
    while (k && strcmp(k->password, password) != 0)
        k = k->next;
    if (k)
        return k->hash;
    k = ARENA_NEW(hashes->arena, struct known_hash);
    *k = (struct known_hash){.password = arena_strdup(hashes->arena, password),
                             .hash = make_hash(hashes->arena, password),
                             .next = hashes->known};
    hashes->known = k;
    return k->hash;
}

/* A double-quoted YAML scalar. */
static void put_text(struct buf *buf, const char *text)
{
    buf_puts(buf, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buf_printf(buf, "\\%c", c);
        else if (c < 0x20)
            buf_printf(buf, "\\x%02x", c);
        else
            buf_put(buf, (struct slice){text, 1});
    }
    buf_puts(buf, "\"");
}

static void put_pair(struct buf *buf, const char *indent, const char *key,
                     const char *value)
{
    buf_printf(buf, "%s%s: ", indent, key);
    put_text(buf, value);
    buf_puts(buf, "\n");
}

static void put_head(struct buf *buf, const struct config_settings *s)
{
    buf_puts(buf, "lasthop-gateway: 1\n");
    put_pair(buf, "", "host-name", s->host);
    buf_printf(buf,
               "submission:\n  listen: \"%s:%u\"\n"
               "  certificate: certificate.pem\n  key: key.pem\n"
               "outbound:\n  address: \"%s\"\n  smtp-port: %u\n"
               "  https-port: %u\n"
               "  trust: roots.pem\n"
               "dns:\n  resolver: \"%s@%u\"\n  trust-anchor: anchor.ds\n"
               "state: state\njournal:\n  descriptor: 3\ncontrol: control\n"
               "log: debug\n",
               s->address, s->port, s->address, s->port, s->port, s->resolver,
               s->port);
    char bounces[BLOCK_ADDRESS_BYTES];
    block_address(s->block, BLOCK_HOST_BOUNCES, bounces);
    buf_printf(buf, "bounces:\n  listen: \"%s:%u\"\n  host: bounce.%s\n",
               bounces, s->port, s->host);
    buf_printf(buf,
               "notification:\n  from: \"no-reply@%s\"\n"
               "  portal: \"https://portal.%s:%u\"\n",
               s->host, s->host, s->port);
}

/* The portal has an address of its own, the SMS service another. */
static void put_portal(struct buf *buf, const struct config_settings *s)
{
    char portal[BLOCK_ADDRESS_BYTES], sms[BLOCK_ADDRESS_BYTES];
    block_address(s->block, BLOCK_HOST_PORTAL, portal);
    block_address(s->block, BLOCK_HOST_SMS, sms);
    buf_printf(buf,
               "portal:\n  listen: \"%s:%u\"\n"
               "  certificate: portal.pem\n  key: portal-key.pem\n"
               "sms:\n  address: \"%s:%u\"\n  host: sms.example\n"
               "  path: %s\n  tls: no\n  token: %s\n",
               portal, s->port, sms, s->port, config_sms_path,
               config_sms_token);
}

static void put_key(struct buf *buf, const char *domain, enum mailkey_kind kind)
{
    put_pair(buf, "  - ", "domain", domain);
    put_pair(buf, "    ", "selector", mailkey_selector(kind));
    buf_printf(buf, "    key: dkim-%s-%s.pem\n", mailkey_selector(kind),
               mailkey_owner(kind, domain));
}

/* Whom the gateway signs for: each domain, and its own host (MAIL-1). */
static void put_keys(struct buf *buf, const struct config_settings *s)
{
    buf_puts(buf, "dkim:\n");
    for (unsigned kind = 0; kind < MAILKEY_KIND_COUNT; kind++) {
        put_key(buf, s->host, kind);
        for (const struct organization *o = s->world->organizations; o;
             o = o->next)
            for (const char *const *d = o->domains; *d; d++)
                put_key(buf, *d, kind);
    }
}

static void put_settings(struct buf *buf, const struct config_settings *s)
{
    bool has_pause = false;
    buf_puts(buf, "settings:\n");
    for (const struct setting *n = s->world->settings; n; n = n->next)
        has_pause |= strcmp(n->name, "auth_pause_first_ms") == 0;
    for (const struct setting *n = s->world->settings; n; n = n->next)
        put_pair(buf, "  ", n->name, n->value);
    if (!has_pause) /* real time, which a scenario must ask for */
        put_pair(buf, "  ", "auth_pause_first_ms", "1");
}

static void put_credentials(struct buf *buf, const struct config_settings *s,
                            const struct organization *o)
{
    if (o->credentials)
        buf_puts(buf, "    credentials:\n");
    for (const struct credential *c = o->credentials; c; c = c->next) {
        put_pair(buf, "      - ", "user", c->user);
        put_pair(buf, "        ", "description", c->description);
        put_pair(buf, "        ", "password-hash",
                 find_hash(s->hashes, c->password));
        if (c->is_revoked)
            put_pair(buf, "        ", "status", "revoked");
    }
}

static void put_login(struct buf *buf, const struct config_settings *s,
                      const struct account *a)
{
    struct arena *arena = arena_create();
    put_pair(buf, "        ", "password-hash",
             find_hash(s->hashes, login_password(arena, a->address)));
    put_pair(buf, "        ", "totp", login_secret(arena, a->address));
    arena_destroy(&arena);
}

static void put_accounts(struct buf *buf, const struct config_settings *s,
                         const struct organization *o)
{
    if (o->accounts)
        buf_puts(buf, "    accounts:\n");
    for (const struct account *a = o->accounts; a; a = a->next) {
        put_pair(buf, "      - ", "address", a->address);
        put_pair(buf, "        ", "name", a->name);
        put_pair(buf, "        ", "two-factor", a->two_factor ? "yes" : "no");
        put_pair(buf, "        ", "status",
                 a->suspended ? "suspended" : "active");
        if (a->two_factor)
            put_login(buf, s, a);
    }
}

static void put_one_share(struct buf *buf, const struct config_settings *s,
                          const struct share *share, const char *key,
                          const char *value)
{
    time_t t = (time_t)(s->now_s - 86400);
    struct tm tm;
    char opened[32];
    if (!value)
        return;
    gmtime_r(&t, &tm);
    strftime(opened, sizeof opened, "%Y-%m-%dT%H:%M:%SZ", &tm);
    put_pair(buf, "      - ", "recipient", share->recipient);
    put_pair(buf, "        ", key, value);
    put_pair(buf, "        ", "opened", opened);
}

static void put_shares(struct buf *buf, const struct config_settings *s,
                       const struct organization *o)
{
    bool any = false;
    for (const struct share *h = s->world->shares; h; h = h->next) {
        if (strcmp(h->organization, o->name) != 0)
            continue;
        if (!any)
            buf_puts(buf, "    shared-verifications:\n");
        any = true;
        put_one_share(buf, s, h, "sms", h->sms);
        put_one_share(buf, s, h, "access-code", h->access_code);
    }
}

static void put_spf_addresses(struct buf *buf, const struct config_settings *s,
                              const struct organization *o)
{
    const char *const *text = o->spf_addresses;
    if (!text)
        return;
    struct arena *arena = arena_create();
    buf_puts(buf, "    spf-addresses:\n");
    for (; *text; text++) {
        buf_puts(buf, "      - ");
        put_text(buf, block_text(arena, s->block, *text));
        buf_puts(buf, "\n");
    }
    arena_destroy(&arena);
}

static void put_organization(struct buf *buf, const struct config_settings *s,
                             const struct organization *o)
{
    put_pair(buf, "  - ", "name", o->name);
    put_pair(buf, "    ", "uuid", o->uuid);
    buf_puts(buf, "    domains:\n");
    for (const char *const *d = o->domains; *d; d++) {
        buf_puts(buf, "      - ");
        put_text(buf, *d);
        buf_puts(buf, "\n");
    }
    put_pair(buf, "    ", "transport-security", o->transport_security);
    put_pair(buf, "    ", "inbound-direct-delivery",
             o->inbound_direct_delivery ? "yes" : "no");
    put_pair(buf, "    ", "spf-authentication",
             o->needs_credentials ? "no" : "yes");
    put_spf_addresses(buf, s, o);
    put_credentials(buf, s, o);
    put_accounts(buf, s, o);
    put_shares(buf, s, o);
}

const char *config_format(struct arena *arena,
                          const struct config_settings *settings)
{
    struct buf buf;
    buf_init(&buf, CONFIG_MOST);
    put_head(&buf, settings);
    put_portal(&buf, settings);
    put_keys(&buf, settings);
    put_settings(&buf, settings);
    buf_puts(&buf, "organizations:\n");
    for (const struct organization *o = settings->world->organizations; o;
         o = o->next)
        put_organization(&buf, settings, o);
    const char *text = arena_text(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}

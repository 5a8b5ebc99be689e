#include "app/organizations_text.h"

#include <stdint.h>
#include <time.h>

/* Double-quoted, so that no text means anything else (YAML 1.2 7.3.1). */
static void put_text(struct buf *out, const char *value)
{
    buf_puts(out, "\"");
    for (const char *p = value; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_printf(out, "\\%c", *p);
        else if ((unsigned char)*p < ' ' || *p == 127)
            buf_printf(out, "\\x%02x", (unsigned char)*p);
        else
            buf_put(out, (struct slice){p, 1});
    }
    buf_puts(out, "\"");
}

static void put_value(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, "%s: ", key);
    put_text(out, value);
    buf_puts(out, "\n");
}

static void put_if(struct buf *out, const char *key, const char *value)
{
    if (value)
        put_value(out, key, value);
}

static void put_texts(struct buf *out, const char *key,
                      const struct config_list *list)
{
    const char *const *texts = list->items;
    buf_printf(out, "    %s: [", key);
    for (size_t i = 0; i < list->count; i++) {
        buf_puts(out, i ? ", " : "");
        put_text(out, texts[i]);
    }
    buf_puts(out, "]\n");
}

static void put_time(struct buf *out, const char *key, int64_t time_s)
{
    struct tm tm;
    char text[40];
    time_t at = (time_t)time_s;
    if (!gmtime_r(&at, &tm))
        BUG("time %lld", (long long)time_s);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    buf_printf(out, "%s: %s\n", key, text);
}

static void put_credentials(struct buf *out, const struct config_list *list)
{
    const struct config_credential *all = list->items;
    buf_puts(out, list->count ? "    credentials:\n" : "");
    for (size_t i = 0; i < list->count; i++) {
        put_value(out, "      - user", all[i].user);
        put_if(out, "        description", all[i].description);
        put_value(out, "        password-hash", all[i].password_hash);
        buf_printf(out, "        status: %s\n",
                   all[i].status ? "revoked" : "active");
    }
}

static void put_accounts(struct buf *out, const struct config_list *list)
{
    const struct config_account *all = list->items;
    buf_puts(out, list->count ? "    accounts:\n" : "");
    for (size_t i = 0; i < list->count; i++) {
        put_value(out, "      - address", all[i].address);
        put_if(out, "        name", all[i].name);
        buf_printf(out, "        two-factor: %s\n",
                   all[i].two_factor ? "yes" : "no");
        buf_printf(out, "        status: %s\n",
                   all[i].status == CONFIG_STATUS_ACTIVE ? "active"
                                                         : "suspended");
        put_if(out, "        password-hash", all[i].password_hash);
        put_if(out, "        totp", all[i].totp);
    }
}

static void put_shares(struct buf *out, const struct config_list *list)
{
    const struct config_share *all = list->items;
    buf_puts(out, list->count ? "    shared-verifications:\n" : "");
    for (size_t i = 0; i < list->count; i++) {
        put_value(out, "      - recipient", all[i].recipient);
        put_if(out, "        sms", all[i].sms);
        put_if(out, "        access-code", all[i].access_code);
        put_time(out, "        opened", all[i].opened_s);
    }
}

static const char *const policies[] = {"off", "tls", "pkix", "dane"};

static void put_organization(struct buf *out,
                             const struct config_organization *o)
{
    put_value(out, "  - name", o->name);
    put_value(out, "    uuid", o->uuid);
    put_texts(out, "domains", &o->domains);
    buf_printf(out, "    transport-security: %s\n", policies[o->policy]);
    buf_printf(out, "    inbound-direct-delivery: %s\n",
               o->inbound_direct_delivery ? "yes" : "no");
    buf_printf(out, "    spf-authentication: %s\n",
               o->spf_authentication ? "no" : "yes");
    if (o->spf_addresses.count)
        put_texts(out, "spf-addresses", &o->spf_addresses);
    put_credentials(out, &o->credentials);
    put_accounts(out, &o->accounts);
    put_shares(out, &o->shares);
}

void organizations_text(struct buf *out,
                        const struct config_list *organizations)
{
    const struct config_organization *all = organizations->items;
    buf_init(out, SIZE_MAX);
    buf_puts(out, "# Made by `lasthop-gateway org`, `domain`, `account` and\n"
                  "# `credential`, which write it anew.\n");
    buf_puts(out,
             organizations->count ? "organizations:\n" : "organizations: []\n");
    for (size_t i = 0; i < organizations->count; i++)
        put_organization(out, &all[i]);
}

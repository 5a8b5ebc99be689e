/* account. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "address/mailbox.h"
#include "app/admin.h"
#include "base/buf.h"
#include "base/random.h"

enum { TOTP_OCTETS = 20 }; /* RFC 4226 4: as many as SHA-1 gives */

/* --- the second factor ---------------------------------------------------- */

/* RFC 4648 6; TOTP_OCTETS need no padding. */
static const char *fresh_totp(struct arena *arena)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char octets[TOTP_OCTETS];
    char *text = arena_alloc(arena, TOTP_OCTETS * 8 / 5 + 1);
    unsigned bits = 0, held = 0;
    size_t n = 0;
    random_bytes(octets, sizeof octets);
    for (size_t i = 0; i < sizeof octets; i++) {
        bits = (bits << 8 | octets[i]) & 0xfff;
        for (held += 8; held >= 5; held -= 5)
            text[n++] = letters[bits >> (held - 5) & 31];
    }
    explicit_bzero(octets, sizeof octets);
    return text;
}

static const char *percent(struct arena *arena, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-._~@";
    const char *out = "";
    for (const char *p = text; *p; p++)
        out = strchr(plain, *p)
                  ? arena_printf(arena, "%s%c", out, *p)
                  : arena_printf(arena, "%s%%%02X", out, (unsigned char)*p);
    return out;
}

/* Shown this once: for an authenticator. */
static void begin_two_factor(struct admin *admin, struct config_account *a)
{
    a->two_factor = true;
    a->totp = fresh_totp(admin->arena);
    const char *issuer = percent(admin->arena, admin->config->host_name);
    admin_show(admin, "two-factor: otpauth://totp/%s:%s?secret=%s&issuer=%s",
               issuer, percent(admin->arena, a->address), a->totp, issuer);
}

/* --- finding -------------------------------------------------------------- */

/* As the configuration keeps it; NULL after a line on stderr. */
static const char *normalize(struct admin *admin, const char *text,
                             struct config_organization **owner_out)
{
    struct mailbox mailbox;
    struct err err;
    if (mailbox_parse(admin->arena, slice_of(text), &mailbox, &err) != ST_OK) {
        admin_refuse("`%s` is no mail address", text);
        return NULL;
    }
    *owner_out = admin_owner(admin, arena_text(admin->arena, mailbox.domain));
    return *owner_out ? mailbox_format(admin->arena, &mailbox) : NULL;
}

/* NULL after a line on stderr. */
static struct config_account *find(struct admin *admin, const char *address,
                                   struct config_list **list_out)
{
    struct config_organization *o;
    address = normalize(admin, address, &o);
    struct config_account *all = address ? o->accounts.items : NULL;
    for (size_t i = 0; address && i < o->accounts.count; i++)
        if (strcasecmp(all[i].address, address) == 0) {
            if (list_out)
                *list_out = &o->accounts;
            return &all[i];
        }
    if (address)
        admin_refuse("there is no account `%s`", address);
    return NULL;
}

/* --- actions -------------------------------------------------------------- */

static void put_accounts(const struct admin *admin, json_t *rows,
                         const struct config_list *list, const char *from)
{
    const struct config_organization *o = list->items;
    for (size_t i = 0; i < list->count; i++) {
        const struct config_account *all = o[i].accounts.items;
        if (admin_is_other(admin, &o[i]))
            continue;
        for (size_t k = 0; k < o[i].accounts.count; k++) {
            json_t *row = json_object();
            bool is_active = all[k].status == CONFIG_STATUS_ACTIVE;
            json_object_set_new(row, "address", admin_text(all[k].address));
            json_object_set_new(row, "name", admin_text(all[k].name));
            json_object_set_new(row, "organization", admin_text(o[i].name));
            json_object_set_new(row, "status",
                                admin_text(is_active ? "active" : "suspended"));
            json_object_set_new(row, "two-factor",
                                json_boolean(all[k].two_factor));
            json_object_set_new(row, "password",
                                json_boolean(all[k].password_hash != NULL));
            json_object_set_new(row, "from", admin_text(from));
            json_array_append_new(rows, row);
        }
    }
}

static int list_accounts(struct admin *admin)
{
    static const char *const columns[] = {
        "address",    "name",     "organization", "status",
        "two-factor", "password", "from",         NULL};
    if (!admin_has_asked(admin))
        return ADMIN_REFUSED;
    json_t *rows = json_array();
    put_accounts(admin, rows, &admin->config->organizations, "file");
    put_accounts(admin, rows, &admin->made, "command");
    return admin_print(admin, rows, columns);
}

static int add_account(struct admin *admin)
{
    struct config_organization *o;
    const char *address = normalize(admin, admin->args[0], &o);
    if (!address)
        return ADMIN_REFUSED;
    struct config_account *a = admin_list_add(admin, &o->accounts, sizeof *a);
    a->address = address;
    a->name = admin->name;
    if (admin->two_factor)
        begin_two_factor(admin, a);
    return ADMIN_DONE;
}

static int remove_account(struct admin *admin)
{
    struct config_list *list;
    struct config_account *a = find(admin, admin->args[0], &list);
    if (!a)
        return ADMIN_REFUSED;
    admin_list_remove(list, sizeof *a, a);
    return ADMIN_DONE;
}

static int set_status(struct admin *admin, enum config_status status)
{
    struct config_account *a = find(admin, admin->args[0], NULL);
    if (!a)
        return ADMIN_REFUSED;
    a->status = (int)status;
    return ADMIN_DONE;
}

static int suspend(struct admin *admin)
{
    return set_status(admin, CONFIG_STATUS_SUSPENDED);
}

static int activate(struct admin *admin)
{
    return set_status(admin, CONFIG_STATUS_ACTIVE);
}

static int set_two_factor(struct admin *admin)
{
    struct config_account *a = find(admin, admin->args[0], NULL);
    if (!a)
        return ADMIN_REFUSED;
    if (strcmp(admin->args[1], "on") == 0) {
        begin_two_factor(admin, a);
    } else if (strcmp(admin->args[1], "off") == 0) {
        a->two_factor = false;
        a->totp = NULL;
    } else {
        return admin_refuse_value("two-factor is on or off, not `%s`",
                                  admin->args[1]);
    }
    return ADMIN_DONE;
}

static int set_password(struct admin *admin)
{
    struct config_account *a = find(admin, admin->args[0], NULL);
    if (!a)
        return ADMIN_REFUSED;
    a->password_hash = admin_password_hash(admin);
    return a->password_hash ? ADMIN_DONE : ADMIN_USAGE;
}

const struct admin_action admin_account_actions[] = {
    {"account", "list", 0, 0, ADMIN_JSON | ADMIN_ORGANIZATION, false,
     list_accounts, "[--organization NAME] [--json]"},
    {"account", "add", 1, 1, ADMIN_NAME | ADMIN_TWO_FACTOR, true, add_account,
     "ADDRESS [--name TEXT]\n"
     "           [--two-factor]"},
    {"account", "password", 1, 1, ADMIN_STDIN, true, set_password,
     "ADDRESS [--stdin]"},
    {"account", "two-factor", 2, 2, 0, true, set_two_factor, "ADDRESS on|off"},
    {"account", "suspend", 1, 1, 0, true, suspend, "ADDRESS"},
    {"account", "activate", 1, 1, 0, true, activate, "ADDRESS"},
    {"account", "remove", 1, 1, 0, true, remove_account, "ADDRESS"},
    {0},
};

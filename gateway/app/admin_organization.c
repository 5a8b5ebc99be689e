/* org, domain. */
#include <string.h>
#include <strings.h>

#include "app/admin.h"
#include "base/random.h"

static const char *const policies[] = {"off", "tls", "pkix", "dane"};

/* --- values --------------------------------------------------------------- */

static bool take_policy(const char *word, int *out)
{
    for (int i = 0; i < (int)(sizeof policies / sizeof *policies); i++)
        if (strcmp(policies[i], word) == 0) {
            *out = i;
            return true;
        }
    admin_refuse_value(
        "--transport-security is off, tls, pkix or dane, not `%s`", word);
    return false;
}

static bool take_yes(const char *option, const char *word, bool *out)
{
    *out = strcmp(word, "yes") == 0;
    if (*out || strcmp(word, "no") == 0)
        return true;
    admin_refuse_value("%s is yes or no, not `%s`", option, word);
    return false;
}

static bool take_values(const struct admin *admin,
                        struct config_organization *o)
{
    bool is_spf = true;
    if (admin->policy && !take_policy(admin->policy, &o->policy))
        return false;
    if (admin->inbound && !take_yes("--inbound-direct-delivery", admin->inbound,
                                    &o->inbound_direct_delivery))
        return false;
    if (admin->spf && !take_yes("--spf-authentication", admin->spf, &is_spf))
        return false;
    if (admin->spf)
        o->spf_authentication = is_spf ? 0 : 1;
    return true;
}

/* --- org ------------------------------------------------------------------ */

static json_t *row_of(const struct config_organization *o, const char *from)
{
    const char *const *names = o->domains.items;
    json_t *row = json_object(), *domains = json_array();
    for (size_t i = 0; i < o->domains.count; i++)
        json_array_append_new(domains, admin_text(names[i]));
    json_object_set_new(row, "name", admin_text(o->name));
    json_object_set_new(row, "uuid", admin_text(o->uuid));
    json_object_set_new(row, "domains", domains);
    json_object_set_new(row, "transport-security",
                        admin_text(policies[o->policy]));
    json_object_set_new(row, "inbound-direct-delivery",
                        json_boolean(o->inbound_direct_delivery));
    json_object_set_new(row, "spf-authentication",
                        json_boolean(o->spf_authentication == 0));
    json_object_set_new(row, "from", admin_text(from));
    return row;
}

static int list_organizations(struct admin *admin)
{
    static const char *const columns[] = {"name",
                                          "domains",
                                          "transport-security",
                                          "inbound-direct-delivery",
                                          "spf-authentication",
                                          "from",
                                          NULL};
    json_t *rows = json_array();
    const struct config_organization *all = admin->config->organizations.items;
    for (size_t i = 0; i < admin->config->organizations.count; i++)
        json_array_append_new(rows, row_of(&all[i], "file"));
    all = admin->made.items;
    for (size_t i = 0; i < admin->made.count; i++)
        json_array_append_new(rows, row_of(&all[i], "command"));
    return admin_print(admin, rows, columns);
}

static bool put_domain(struct admin *admin, struct config_organization *o,
                       const char *text)
{
    const char *domain = admin_domain(admin, text);
    if (domain)
        *(const char **)admin_list_add(admin, &o->domains, sizeof domain) =
            domain;
    return domain != NULL;
}

static int add_organization(struct admin *admin)
{
    struct config_organization *o =
        admin_list_add(admin, &admin->made, sizeof *o);
    char uuid[UUID_TEXT_BYTES];
    random_uuid(uuid);
    o->name = admin->args[0];
    o->uuid = arena_strdup(admin->arena, uuid);
    for (size_t i = 0; i < admin->domain_count; i++)
        if (!put_domain(admin, o, admin->domains[i]))
            return ADMIN_REFUSED;
    return take_values(admin, o) ? ADMIN_DONE : ADMIN_USAGE;
}

static int set_organization(struct admin *admin)
{
    if (!admin->policy && !admin->inbound && !admin->spf)
        return admin_refuse_value("org set: nothing is to be set");
    struct config_organization *o = admin_organization(admin, admin->args[0]);
    if (!o)
        return ADMIN_REFUSED;
    return take_values(admin, o) ? ADMIN_DONE : ADMIN_USAGE;
}

static int remove_organization(struct admin *admin)
{
    struct config_organization *o = admin_organization(admin, admin->args[0]);
    if (!o)
        return ADMIN_REFUSED;
    admin_list_remove(&admin->made, sizeof *o, o);
    return ADMIN_DONE;
}

/* --- domain --------------------------------------------------------------- */

static void put_domains(json_t *rows, const struct config_list *list,
                        const char *from)
{
    const struct config_organization *all = list->items;
    for (size_t i = 0; i < list->count; i++) {
        const char *const *names = all[i].domains.items;
        for (size_t k = 0; k < all[i].domains.count; k++) {
            json_t *row = json_object();
            json_object_set_new(row, "domain", admin_text(names[k]));
            json_object_set_new(row, "organization", admin_text(all[i].name));
            json_object_set_new(row, "from", admin_text(from));
            json_array_append_new(rows, row);
        }
    }
}

static int list_domains(struct admin *admin)
{
    static const char *const columns[] = {"domain", "organization", "from",
                                          NULL};
    json_t *rows = json_array();
    put_domains(rows, &admin->config->organizations, "file");
    put_domains(rows, &admin->made, "command");
    return admin_print(admin, rows, columns);
}

static int add_domain(struct admin *admin)
{
    struct config_organization *o = admin_organization(admin, admin->args[0]);
    return o && put_domain(admin, o, admin->args[1]) ? ADMIN_DONE
                                                     : ADMIN_REFUSED;
}

/* Accounts that lie in it are refused when the file is saved. */
static int remove_domain(struct admin *admin)
{
    const char *domain = admin_domain(admin, admin->args[0]);
    struct config_organization *o = domain ? admin_owner(admin, domain) : NULL;
    if (!o)
        return ADMIN_REFUSED;
    const char **names = o->domains.items;
    size_t i = 0;
    while (strcasecmp(names[i], domain) != 0)
        i++;
    admin_list_remove(&o->domains, sizeof *names, &names[i]);
    return ADMIN_DONE;
}

enum { VALUES = ADMIN_POLICY | ADMIN_INBOUND | ADMIN_SPF };

const struct admin_action admin_organization_actions[] = {
    {"org", "list", 0, 0, ADMIN_JSON, false, list_organizations, "[--json]"},
    {"org", "add", 1, 1, ADMIN_DOMAIN | VALUES, true, add_organization,
     "NAME [--domain DOMAIN]...\n"
     "           [--transport-security off|tls|pkix|dane]\n"
     "           [--inbound-direct-delivery yes|no]"
     " [--spf-authentication yes|no]"},
    {"org", "set", 1, 1, VALUES, true, set_organization,
     "NAME [--transport-security ...]\n"
     "           [--inbound-direct-delivery ...] [--spf-authentication ...]"},
    {"org", "remove", 1, 1, 0, true, remove_organization, "NAME"},
    {"domain", "list", 0, 0, ADMIN_JSON, false, list_domains, "[--json]"},
    {"domain", "add", 2, 2, 0, true, add_domain, "ORGANIZATION DOMAIN"},
    {"domain", "remove", 1, 1, 0, true, remove_domain, "DOMAIN"},
    {0},
};

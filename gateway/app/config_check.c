/* What no single value shows: things that must be unique, belong together or
 * exclude each other. */
#include <stdlib.h>
#include <string.h>

#include "app/config_read.h"
#include "app/organizations_file.h"
#include "base/log.h"

static const struct yaml *child(const struct yaml *map, const char *key)
{
    const struct yaml *n = map ? map->first : NULL;
    while (n && strcmp(n->key, key) != 0)
        n = n->next;
    return n;
}

/* A value that must stand once in the file. */
struct once {
    const char *kind;
    const char *value;
    const struct yaml *node;
};

struct check {
    bool is_made; /* of organizations that commands make */
    struct faults *faults;
    struct once *seen;
    size_t count, size;
};

static void note(struct check *check, const char *kind, const char *value,
                 const struct yaml *node)
{
    if (check->count == check->size) {
        check->size = check->size ? 2 * check->size : 64;
        check->seen = xrealloc(check->seen, check->size * sizeof *check->seen);
    }
    check->seen[check->count++] = (struct once){kind, value, node};
}

static int by_value(const void *a, const void *b)
{
    const struct once *x = a, *y = b;
    int order = strcmp(x->kind, y->kind);
    if (order == 0)
        order = strcasecmp(x->value, y->value);
    if (order || !x->node || !y->node)
        return order ? order : (x->node != NULL) - (y->node != NULL);
    return x->node->line - y->node->line;
}

/* A file that commands write anew has no lines that anybody knows. */
static void put_twice(struct check *check, const struct once *first,
                      const struct once *second)
{
    const struct yaml *at = second->node;
    if (check->is_made)
        faults_add(check->faults, at->line, at->column,
                   "%s `%s` exists already", second->kind, second->value);
    else
        faults_add(check->faults, at->line, at->column,
                   "%s `%s` stands in line %d already", second->kind,
                   second->value, first->node->line);
}

static void check_once(struct check *check)
{
    if (check->count)
        qsort(check->seen, check->count, sizeof *check->seen, by_value);
    for (size_t i = 1; i < check->count; i++) {
        const struct once *a = &check->seen[i - 1], *b = &check->seen[i];
        if (strcmp(a->kind, b->kind) == 0 &&
            strcasecmp(a->value, b->value) == 0 && b->node && !a->node)
            faults_add(check->faults, b->node->line, b->node->column,
                       "%s `%s` stands in the configuration already", b->kind,
                       b->value);
        else if (strcmp(a->kind, b->kind) == 0 &&
                 strcasecmp(a->value, b->value) == 0 && b->node)
            put_twice(check, a, b);
    }
}

static bool has_domain(const struct config_organization *o, const char *address)
{
    const char *const *domains = o->domains.items;
    const char *at = strrchr(address, '@');
    for (size_t i = 0; at && i < o->domains.count; i++)
        if (strcasecmp(domains[i], at + 1) == 0)
            return true;
    return false;
}

static void check_accounts(struct check *check, const struct yaml *list,
                           const struct config_organization *o)
{
    const struct config_account *accounts = o->accounts.items;
    const struct yaml *n = list ? list->first : NULL;
    for (size_t i = 0; n && i < o->accounts.count; i++, n = n->next) {
        const struct yaml *address = child(n, "address");
        note(check, "account", accounts[i].address, address);
        if (!has_domain(o, accounts[i].address))
            faults_add(check->faults, address->line, address->column,
                       "account `%s` is in no domain of organization `%s`",
                       accounts[i].address, o->name);
    }
}

static void check_shares(struct check *check, const struct yaml *list,
                         const struct config_organization *o)
{
    const struct config_share *shares = o->shares.items;
    const struct yaml *n = list ? list->first : NULL;
    for (size_t i = 0; n && i < o->shares.count; i++, n = n->next)
        if (!shares[i].sms == !shares[i].access_code)
            faults_add(check->faults, n->line, n->column,
                       "a shared verification has either `sms` or "
                       "`access-code`");
}

static void check_organization(struct check *check, const struct yaml *node,
                               const struct config_organization *o)
{
    const struct config_credential *credentials = o->credentials.items;
    const char *const *domains = o->domains.items;
    note(check, "organization", o->name, child(node, "name"));
    note(check, "uuid", o->uuid, child(node, "uuid"));
    const struct yaml *n = child(node, "domains")->first;
    for (size_t i = 0; i < o->domains.count; i++, n = n->next)
        note(check, "domain", domains[i], n);
    const struct yaml *list = child(node, "credentials");
    n = list ? list->first : NULL;
    for (size_t i = 0; n && i < o->credentials.count; i++, n = n->next)
        note(check, "user", credentials[i].user, child(n, "user"));
    check_accounts(check, child(node, "accounts"), o);
    check_shares(check, child(node, "shared-verifications"), o);
}

/* Those of another file, whose places say nothing here. */
static void note_other(struct check *check, const struct config_organization *o)
{
    const struct config_credential *credentials = o->credentials.items;
    const struct config_account *accounts = o->accounts.items;
    const char *const *domains = o->domains.items;
    note(check, "organization", o->name, NULL);
    note(check, "uuid", o->uuid, NULL);
    for (size_t i = 0; i < o->domains.count; i++)
        note(check, "domain", domains[i], NULL);
    for (size_t i = 0; i < o->credentials.count; i++)
        note(check, "user", credentials[i].user, NULL);
    for (size_t i = 0; i < o->accounts.count; i++)
        note(check, "account", accounts[i].address, NULL);
}

void config_check_organizations(struct faults *faults, const struct yaml *root,
                                const struct config_list *list,
                                const struct config_list *others)
{
    struct check check = {.is_made = true, .faults = faults};
    const struct config_organization *all = list->items;
    const struct config_organization *other = others->items;
    const struct yaml *n = child(root, "organizations")->first;
    for (size_t i = 0; i < list->count; i++, n = n->next)
        check_organization(&check, n, &all[i]);
    for (size_t i = 0; i < others->count; i++)
        note_other(&check, &other[i]);
    check_once(&check);
    free(check.seen);
}

static bool is_claimed(const struct config *config, const char *domain)
{
    const struct config_organization *all = config->organizations.items;
    for (size_t i = 0; i < config->organizations.count; i++) {
        const char *const *domains = all[i].domains.items;
        for (size_t k = 0; k < all[i].domains.count; k++)
            if (strcasecmp(domains[k], domain) == 0)
                return true;
    }
    return strcasecmp(config->host_name, domain) == 0;
}

/* One that was made by command. */
static bool is_made(struct arena *arena, const struct config *config,
                    const char *domain)
{
    struct faults faults;
    struct config_list made;
    faults_init(&faults, config->directory);
    bool is_found =
        organizations_file_load(arena, config, &faults, &made) &&
        is_claimed(&(struct config){.host_name = "", .organizations = made},
                   domain);
    faults_release(&faults);
    return is_found;
}

static void check_dkim(struct check *check, struct arena *arena,
                       const struct yaml *list, const struct config *config)
{
    const struct config_dkim *keys = config->dkim.items;
    const struct yaml *n = list ? list->first : NULL;
    for (size_t i = 0; n && i < config->dkim.count; i++, n = n->next) {
        const struct yaml *domain = child(n, "domain");
        note(check, "key",
             arena_printf(arena, "%s._domainkey.%s", keys[i].selector,
                          keys[i].domain),
             child(n, "selector"));
        if (!is_claimed(config, keys[i].domain) &&
            !is_made(arena, config, keys[i].domain))
            faults_add(check->faults, domain->line, domain->column,
                       "domain `%s` is no organization's, nor `host-name`",
                       keys[i].domain);
    }
}

static void check_top(struct faults *faults, const struct yaml *root,
                      const struct config *config)
{
    const struct yaml *n = child(root, "lasthop-gateway");
    enum log_level level;
    if (strcmp(config->version, "1") != 0)
        faults_add(faults, n->line, n->column,
                   "this gateway reads version 1, not `%.60s`",
                   config->version);
    n = child(root, "log");
    if (n && !log_level_parse(config->log, &level))
        faults_add(faults, n->line, n->column,
                   "`log` must be one of error, warn, info, debug, not "
                   "`%.60s`",
                   config->log);
    n = child(root, "journal");
    if (n && config->journal.file && config->journal.descriptor >= 0)
        faults_add(faults, n->key_line, n->key_column,
                   "`journal` has either `descriptor` or `file`");
}

void config_check(struct arena *arena, struct faults *faults,
                  const struct yaml *root, const struct config *config)
{
    struct check check = {.faults = faults};
    const struct config_organization *all = config->organizations.items;
    const struct yaml *list = child(root, "organizations");
    const struct yaml *n = list ? list->first : NULL;
    check_top(faults, root, config);
    for (size_t i = 0; i < config->organizations.count; i++, n = n->next)
        check_organization(&check, n, &all[i]);
    check_dkim(&check, arena, child(root, "dkim"), config);
    check_once(&check);
    free(check.seen);
}

#include "app/directory.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    const char *key;
    const void *value;
    const struct config_organization *owner;
};

struct index {
    struct entry *entries;
    size_t count;
};

struct organizations {
    struct index domains;  /* domain; value unused */
    struct index accounts; /* mailbox key; struct config_account */
    struct index users;    /* user name; struct config_credential */
    struct index shares;   /* organization, kind, mailbox key */
    struct index names;    /* organization */
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key,
                  ((const struct entry *)b)->key);
}

static const struct entry *find(const struct index *index, const char *key)
{
    struct entry wanted = {.key = key};
    return index->count ? bsearch(&wanted, index->entries, index->count,
                                  sizeof wanted, by_key)
                        : NULL;
}

static void add(struct index *index, const char *key, const void *value,
                const struct config_organization *owner)
{
    index->entries[index->count++] = (struct entry){key, value, owner};
}

static void index_init(struct index *index, struct arena *arena, size_t most)
{
    index->entries = arena_alloc(arena, (most + 1) * sizeof *index->entries);
    index->count = 0;
}

static void sort(struct index *index)
{
    if (index->count)
        qsort(index->entries, index->count, sizeof *index->entries, by_key);
}

/* "" for what is no mailbox: found by nobody. */
static const char *key_of(struct arena *arena, const char *address)
{
    struct mailbox mailbox;
    struct err err;
    if (mailbox_parse(arena, slice_of(address), &mailbox, &err) != ST_OK)
        return "";
    return mailbox_key(arena, &mailbox);
}

static const char *share_key(struct arena *arena, const char *organization,
                             enum right kind, const char *recipient)
{
    return arena_printf(arena, "%s\n%s\n%s", organization, right_name(kind),
                        key_of(arena, recipient));
}

static void add_organization(struct organizations *all, struct arena *arena,
                             const struct config_organization *o)
{
    const char *const *domains = o->domains.items;
    const struct config_account *accounts = o->accounts.items;
    const struct config_credential *credentials = o->credentials.items;
    const struct config_share *shares = o->shares.items;
    add(&all->names, o->name, o, o);
    for (size_t i = 0; i < o->domains.count; i++)
        add(&all->domains, domains[i], o, o);
    for (size_t i = 0; i < o->accounts.count; i++)
        add(&all->accounts, key_of(arena, accounts[i].address), &accounts[i],
            o);
    for (size_t i = 0; i < o->credentials.count; i++)
        add(&all->users, credentials[i].user, &credentials[i], o);
    for (size_t i = 0; i < o->shares.count; i++)
        add(&all->shares,
            share_key(arena, o->name,
                      shares[i].sms ? RIGHT_SMS : RIGHT_ACCESS_CODE,
                      shares[i].recipient),
            &shares[i], o);
}

struct organizations *organizations_create(struct arena *arena,
                                           const struct config *config)
{
    struct organizations *all = ARENA_NEW(arena, struct organizations);
    const struct config_organization *o = config->organizations.items;
    size_t domains = 0, accounts = 0, users = 0, shares = 0;
    for (size_t i = 0; i < config->organizations.count; i++) {
        domains += o[i].domains.count;
        accounts += o[i].accounts.count;
        users += o[i].credentials.count;
        shares += o[i].shares.count;
    }
    index_init(&all->names, arena, config->organizations.count);
    index_init(&all->domains, arena, domains);
    index_init(&all->accounts, arena, accounts);
    index_init(&all->users, arena, users);
    index_init(&all->shares, arena, shares);
    for (size_t i = 0; i < config->organizations.count; i++)
        add_organization(all, arena, &o[i]);
    sort(&all->names);
    sort(&all->domains);
    sort(&all->accounts);
    sort(&all->users);
    sort(&all->shares);
    return all;
}

const struct config_credential *
organizations_user(const struct organizations *all, struct slice user,
                   const struct config_organization **owner_out)
{
    char name[512];
    if (user.n >= sizeof name || memchr(user.p, '\0', user.n))
        return NULL;
    memcpy(name, user.p, user.n);
    name[user.n] = '\0';
    const struct entry *entry = find(&all->users, name);
    *owner_out = entry ? entry->owner : NULL;
    return entry ? entry->value : NULL;
}

const struct config_organization *
organizations_owner(const struct organizations *all, struct slice domain)
{
    struct arena *arena = arena_create();
    const struct entry *entry = NULL;
    while (domain.n && !entry) {
        entry = find(&all->domains, arena_text(arena, domain));
        slice_cut(&domain, '.');
    }
    arena_destroy(&arena);
    return entry ? entry->owner : NULL;
}

enum standing
organizations_standing(const struct organizations *all,
                       const struct config_organization *organization,
                       const struct mailbox *address)
{
    struct arena *arena = arena_create();
    const struct entry *account =
        find(&all->accounts, mailbox_key(arena, address));
    const struct entry *domain =
        find(&all->domains, arena_text(arena, address->domain));
    arena_destroy(&arena);
    if (account && account->owner == organization)
        return ((const struct config_account *)account->value)->status ==
                       CONFIG_STATUS_ACTIVE
                   ? STANDING_ACTIVE
                   : STANDING_SUSPENDED;
    return domain && domain->owner != organization ? STANDING_FOREIGN
                                                   : STANDING_NO_ACCOUNT;
}

static enum account ask_account(void *self, const char *address)
{
    const struct organizations *all = self;
    struct arena *arena = arena_create();
    const struct entry *entry = find(&all->accounts, key_of(arena, address));
    arena_destroy(&arena);
    if (!entry)
        return ACCOUNT_NONE;
    const struct config_account *account = entry->value;
    if (account->status != CONFIG_STATUS_ACTIVE)
        return ACCOUNT_SUSPENDED;
    return account->two_factor ? ACCOUNT_ACTIVE : ACCOUNT_NO_2FA;
}

static const char *ask_inbound(void *self, const char *address)
{
    const struct organizations *all = self;
    struct arena *arena = arena_create();
    const char *at = strrchr(key_of(arena, address), '@');
    const struct entry *entry = at ? find(&all->domains, at + 1) : NULL;
    arena_destroy(&arena);
    return entry && entry->owner->inbound_direct_delivery ? entry->owner->uuid
                                                          : NULL;
}

static enum policy ask_policy(void *self, const char *organization)
{
    const struct organizations *all = self;
    const struct entry *entry = find(&all->names, organization);
    return entry ? (enum policy)entry->owner->policy : POLICY_OFF;
}

static bool ask_share(void *self, const char *organization,
                      const char *recipient, enum right kind)
{
    const struct organizations *all = self;
    struct arena *arena = arena_create();
    bool found = find(&all->shares,
                      share_key(arena, organization, kind, recipient)) != NULL;
    arena_destroy(&arena);
    return found;
}

static const char *const *ask_selectors(void *self, const char *organization,
                                        size_t *count_out)
{
    const struct organizations *all = self;
    const struct entry *entry = find(&all->names, organization);
    *count_out = entry ? entry->owner->selectors.count : 0;
    return entry ? entry->owner->selectors.items : NULL;
}

struct directory organizations_directory(struct organizations *all)
{
    return (struct directory){.self = all,
                              .account = ask_account,
                              .inbound = ask_inbound,
                              .policy = ask_policy,
                              .share = ask_share,
                              .selectors = ask_selectors};
}

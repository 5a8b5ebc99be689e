#include "app/directory.h"

#include <stdlib.h>
#include <string.h>

#include "app/earned.h"
#include "app/organizations_file.h"
#include "base/log.h"

struct entry {
    const char *key;
    const void *value;
    const struct config_organization *owner;
};

struct index {
    struct entry *entries;
    size_t count;
};

/* What is known at one moment; never changed. */
struct roll {
    struct arena *arena;
    struct index domains;  /* domain; value unused */
    struct index accounts; /* mailbox key; struct config_account */
    struct index users;    /* user name; struct config_credential */
    struct index shares;   /* organization, kind, mailbox key */
    struct index names;    /* organization */
};

/* Rolls that are not the latest may still be looked at by whoever asked before:
 * within one turn of the loop, so that some are enough. */
enum { ROLLS_KEPT = 4 };

struct state {
    const struct config *config;
    struct roll *rolls[ROLLS_KEPT]; /* the first is the latest */
    struct file_stamp stamp;        /* of the file as it was read last */
    struct earned *earned;
};

struct organizations {
    struct state *state;
};

static const struct roll *latest(const struct organizations *all)
{
    return all->state->rolls[0];
}

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

static void add_organization(struct roll *all, struct arena *arena,
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

struct counts {
    size_t organizations, domains, accounts, users, shares;
};

static void count_in(struct counts *counts, const struct config_list *list)
{
    const struct config_organization *o = list->items;
    counts->organizations += list->count;
    for (size_t i = 0; i < list->count; i++) {
        counts->domains += o[i].domains.count;
        counts->accounts += o[i].accounts.count;
        counts->users += o[i].credentials.count;
        counts->shares += o[i].shares.count;
    }
}

/* Of the configuration's organizations and those made by command. */
static struct roll *make_roll(struct arena *arena,
                              const struct config_list *const lists[2])
{
    struct roll *all = ARENA_NEW(arena, struct roll);
    struct counts counts = {0};
    all->arena = arena;
    for (int i = 0; i < 2; i++)
        count_in(&counts, lists[i]);
    index_init(&all->names, arena, counts.organizations);
    index_init(&all->domains, arena, counts.domains);
    index_init(&all->accounts, arena, counts.accounts);
    index_init(&all->users, arena, counts.users);
    index_init(&all->shares, arena, counts.shares);
    for (int i = 0; i < 2; i++) {
        const struct config_organization *o = lists[i]->items;
        for (size_t k = 0; k < lists[i]->count; k++)
            add_organization(all, arena, &o[k]);
    }
    sort(&all->names);
    sort(&all->domains);
    sort(&all->accounts);
    sort(&all->users);
    sort(&all->shares);
    return all;
}

static void drop_roll(struct roll **roll)
{
    struct arena *arena = *roll ? (*roll)->arena : NULL;
    *roll = NULL;
    if (arena)
        arena_destroy(&arena);
}

static void release(void *state_in)
{
    struct state *state = state_in;
    for (int i = 0; i < ROLLS_KEPT; i++)
        drop_roll(&state->rolls[i]);
    earned_destroy(&state->earned);
}

static void take_roll(struct state *state, struct arena *arena,
                      const struct config_list *made)
{
    const struct config_list *const lists[] = {&state->config->organizations,
                                               made};
    drop_roll(&state->rolls[ROLLS_KEPT - 1]);
    memmove(&state->rolls[1], &state->rolls[0],
            (ROLLS_KEPT - 1) * sizeof state->rolls[0]);
    state->rolls[0] = make_roll(arena, lists);
}

struct organizations *organizations_create(struct arena *arena,
                                           const struct config *config)
{
    struct organizations *all = ARENA_NEW(arena, struct organizations);
    all->state = ARENA_NEW(arena, struct state);
    all->state->config = config;
    all->state->earned = earned_create();
    take_roll(all->state, arena_create(), &(struct config_list){0});
    arena_on_destroy(arena, release, all->state);
    return all;
}

enum status organizations_refresh(const struct organizations *all,
                                  struct err *err)
{
    struct state *state = all->state;
    struct file_stamp stamp;
    if (!state->config->directory)
        return ST_OK;
    /* Before it is read: what changes meanwhile is read again. */
    file_stamp_take(state->config->directory, &stamp);
    if (file_stamp_is(&stamp, &state->stamp))
        return ST_OK;
    state->stamp = stamp;
    struct arena *arena = arena_create();
    struct config_list made;
    struct faults faults;
    enum status status = ST_OK;
    faults_init(&faults, state->config->directory);
    if (organizations_file_load(arena, state->config, &faults, &made)) {
        take_roll(state, arena, &made);
    } else {
        struct slice first = buf_slice(&faults.text);
        first.n = slice_find(first, '\n');
        status = err_set(err, ST_INVAL, "%.*s", SLICE_ARG(first));
        log_error("directory", "not taken up", "fault=\"%s\"", err->text);
        arena_destroy(&arena);
    }
    faults_release(&faults);
    return status;
}

const struct config_organization *
organizations_named(const struct organizations *all, const char *name)
{
    const struct entry *entry = find(&latest(all)->names, name);
    return entry ? entry->owner : NULL;
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
    const struct entry *entry = find(&latest(all)->users, name);
    *owner_out = entry ? entry->owner : NULL;
    return entry ? entry->value : NULL;
}

const struct config_organization *
organizations_owner(const struct organizations *all, struct slice domain)
{
    struct arena *arena = arena_create();
    const struct entry *entry = NULL;
    while (domain.n && !entry) {
        entry = find(&latest(all)->domains, arena_text(arena, domain));
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
        find(&latest(all)->accounts, mailbox_key(arena, address));
    const struct entry *domain =
        find(&latest(all)->domains, arena_text(arena, address->domain));
    arena_destroy(&arena);
    if (account && account->owner == organization)
        return ((const struct config_account *)account->value)->status ==
                       CONFIG_STATUS_ACTIVE
                   ? STANDING_ACTIVE
                   : STANDING_SUSPENDED;
    return domain && domain->owner != organization ? STANDING_FOREIGN
                                                   : STANDING_NO_ACCOUNT;
}

static const char *ask_inbound(void *self, const char *address)
{
    const struct organizations *all = self;
    struct arena *arena = arena_create();
    const char *at = strrchr(key_of(arena, address), '@');
    const struct entry *entry = at ? find(&latest(all)->domains, at + 1) : NULL;
    arena_destroy(&arena);
    return entry && entry->owner->inbound_direct_delivery ? entry->owner->uuid
                                                          : NULL;
}

static enum policy ask_policy(void *self, const char *organization)
{
    const struct organizations *all = self;
    const struct entry *entry = find(&latest(all)->names, organization);
    return entry ? (enum policy)entry->owner->policy : POLICY_OFF;
}

const struct config_account *
organizations_account(const struct organizations *all, const char *address)
{
    struct err err;
    (void)organizations_refresh(all, &err);
    struct arena *arena = arena_create();
    const struct entry *entry =
        find(&latest(all)->accounts, key_of(arena, address));
    arena_destroy(&arena);
    return entry ? entry->value : NULL;
}

static enum account ask_account(void *self, const char *address)
{
    const struct config_account *account = organizations_account(self, address);
    if (!account)
        return ACCOUNT_NONE;
    if (account->status != CONFIG_STATUS_ACTIVE)
        return ACCOUNT_SUSPENDED;
    return account->two_factor ? ACCOUNT_ACTIVE : ACCOUNT_NO_2FA;
}

const char *directory_key(struct arena *arena, const char *address)
{
    return key_of(arena, address);
}

void organizations_earned(struct organizations *all,
                          const struct portal_share *share)
{
    earned_add(all->state->earned, share);
}

/* Of the configuration's, which may have several of one kind. */
static const struct config_share *latest_share(const struct index *index,
                                               const char *key)
{
    const struct config_share *best = NULL;
    const struct entry *end = index->entries + index->count;
    const struct entry *at = find(index, key);
    while (at && at > index->entries && strcmp(at[-1].key, key) == 0)
        at--;
    for (; at && at < end && strcmp(at->key, key) == 0; at++) {
        const struct config_share *share = at->value;
        if (!best || share->opened_s > best->opened_s)
            best = share;
    }
    return best;
}

const char *organizations_share(const struct organizations *all,
                                const char *organization, const char *recipient,
                                enum right kind)
{
    struct arena *arena = arena_create();
    const struct config_share *made = latest_share(
        &latest(all)->shares, share_key(arena, organization, kind, recipient));
    const struct portal_share *earned =
        earned_find(all->state->earned, organization, key_of(arena, recipient),
                    right_name(kind));
    arena_destroy(&arena);
    if (earned && (!made || earned->opened_ms >= made->opened_s * 1000))
        return earned->value;
    return !made ? NULL : made->sms ? made->sms : made->access_code;
}

static bool ask_share(void *self, const char *organization,
                      const char *recipient, enum right kind)
{
    return organizations_share(self, organization, recipient, kind) != NULL;
}

struct directory organizations_directory(struct organizations *all)
{
    return (struct directory){.self = all,
                              .account = ask_account,
                              .inbound = ask_inbound,
                              .policy = ask_policy,
                              .share = ask_share};
}

#include "engine/fixtures.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "engine/read.h"
#include "engine/vocabulary.h"
#include "engine/words.h"

enum { NAMES_MOST = 512 };

struct names {
    const char *all[NAMES_MOST + 1];
    size_t count;
};

struct named_posture {
    const char *name;
    const struct posture *posture;
    struct named_posture *next;
};

struct fixtures {
    struct arena *arena;
    const char *dir;
    struct named_posture *postures;
    struct organization *organizations; /* in order of their names */
    struct names posture_names, organization_names, clauses, why, messages;
};

static void add_name(struct names *names, const char *name)
{
    if (names->count < NAMES_MOST)
        names->all[names->count++] = name;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What has that ending in a folder, without it, in order. */
static void list_folder(struct fixtures *f, const char *folder,
                        const char *ending, struct names *out)
{
    size_t tail = strlen(ending);
    DIR *dir = opendir(arena_printf(f->arena, "%s/%s", f->dir, folder));
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && n > tail &&
            strcmp(entry->d_name + n - tail, ending) == 0)
            add_name(out, arena_text(f->arena,
                                     (struct slice){entry->d_name, n - tail}));
    }
    if (dir)
        closedir(dir);
    qsort(out->all, out->count, sizeof *out->all, by_name);
}

static const struct node *read_file(struct reading *r, struct fixtures *f,
                                    const char *path, const struct key *keys)
{
    struct node *root;
    if (node_read(f->arena, path, r->list, &root) != ST_OK ||
        !vocabulary_check(root, keys, r->list)) {
        r->bad = true;
        return NULL;
    }
    return root;
}

static const struct node *read_map(struct reading *r, struct fixtures *f,
                                   const char *folder, const char *name,
                                   const struct key *keys)
{
    return read_file(
        r, f, arena_printf(f->arena, "%s/%s/%s.yaml", f->dir, folder, name),
        keys);
}

static void add_posture(struct fixtures *f, const char *name,
                        const struct posture *posture)
{
    struct named_posture *named = ARENA_NEW(f->arena, struct named_posture);
    *named = (struct named_posture){name, posture, f->postures};
    f->postures = named;
}

/* Those that start from another posture come in the second round. */
static void load_postures(struct reading *r, struct fixtures *f)
{
    const struct node *maps[NAMES_MOST];
    for (size_t i = 0; i < f->posture_names.count; i++)
        maps[i] = read_map(r, f, "postures", f->posture_names.all[i],
                           vocabulary_posture);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < f->posture_names.count; i++) {
            const char *name = f->posture_names.all[i];
            bool second =
                node_get(maps[i], "posture") || node_get(maps[i], "mx") ||
                node_get(maps[i], "later") || node_get(maps[i], "nta-mx");
            if (!maps[i] || second != (round == 1))
                continue;
            const struct posture *p = read_posture(r, maps[i], name, false);
            if (p)
                add_posture(f, name, p);
        }
}

static struct account *read_accounts(struct arena *arena,
                                     const struct node *list)
{
    struct account *first = NULL, **end = &first;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        struct account *a = ARENA_NEW(arena, struct account);
        a->address = read_lower(arena, node_text(n, "address", ""));
        a->name = node_text(n, "name", a->address);
        a->two_factor = node_is_text(node_get(n, "two-factor"), "yes");
        a->suspended = node_is_text(node_get(n, "status"), "suspended");
        *end = a;
        end = &a->next;
    }
    return first;
}

static struct credential *read_credentials(struct arena *arena,
                                           const struct node *list)
{
    struct credential *first = NULL, **end = &first;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        struct credential *c = ARENA_NEW(arena, struct credential);
        c->user = node_text(n, "user", "");
        c->password = node_text(n, "password", "");
        c->description = node_text(n, "description", c->user);
        c->is_revoked = node_is_text(node_get(n, "status"), "revoked");
        *end = c;
        end = &c->next;
    }
    return first;
}

static void check_accounts(struct reading *r, const struct organization *o,
                           const struct node *list)
{
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        const char *domain = address_domain(node_text(n, "address", ""));
        const char *const *d = o->domains;
        while (*d && !slice_is_nocase(slice_of(domain), *d))
            d++;
        if (*d)
            continue;
        diagnostics_add(
            r->list, node_get(n, "address")->place,
            "this address is in none of the organization's domains");
        r->bad = true;
    }
}

static void read_recipients(struct reading *r, struct organization *o,
                            const struct node *map)
{
    const struct own_recipient **end = &o->recipients;
    for (const struct node *n = map ? map->first : NULL; n; n = n->next) {
        struct own_recipient *one = ARENA_NEW(r->arena, struct own_recipient);
        const char *name = read_lower(r->arena, n->key);
        *one = (struct own_recipient){
            .name = name,
            .domain = strchr(name, '@') ? address_domain(name) : name,
            .posture = n->text};
        if (!read_domain_posture(r, n, one->domain))
            r->bad = true;
        for (const struct own_recipient *p = o->recipients; p; p = p->next) {
            if (strcmp(p->domain, one->domain) != 0 ||
                strcmp(p->posture, one->posture) == 0)
                continue;
            diagnostics_add(r->list, n->place,
                            "`%s` has the posture `%s` already", p->domain,
                            p->posture);
            r->bad = true;
        }
        *end = one;
        end = &one->next;
    }
}

void read_sending_dns(struct sending_dns_words *dns, const struct node *map)
{
    dns->spf = node_text(map, "spf", dns->spf);
    dns->bounce = node_text(map, "bounce", dns->bounce);
    dns->dkim = node_text(map, "dkim", dns->dkim);
    dns->dmarc = node_text(map, "dmarc", dns->dmarc);
}

/* NULL after a diagnostic. */
static struct organization *read_organization(struct reading *r,
                                              struct fixtures *f,
                                              const char *name,
                                              const struct node *map)
{
    struct organization *o = ARENA_NEW(f->arena, struct organization);
    o->name = name;
    o->place = map->place;
    o->uuid = node_text(map, "uuid", "");
    o->domains = read_texts(f->arena, node_get(map, "domains")).texts;
    o->transport_security = node_text(map, "transport-security", "off");
    o->nta = node_text(map, "nta", "no");
    o->dns = (struct sending_dns_words){"good", "good", "good", "good"};
    read_sending_dns(&o->dns, node_get(map, "dns"));
    o->inbound_direct_delivery =
        node_is_text(node_get(map, "inbound-direct-delivery"), "yes");
    o->accounts = read_accounts(f->arena, node_get(map, "accounts"));
    o->credentials = read_credentials(f->arena, node_get(map, "credentials"));
    check_accounts(r, o, node_get(map, "accounts"));
    o->mail = node_text(map, "mail", "");
    return read_domain_posture(r, node_get(map, "mail"), o->name) ? o : NULL;
}

static void add_organization(struct fixtures *f, struct organization *o)
{
    struct organization **end = &f->organizations;
    while (*end && strcmp((*end)->name, o->name) != 0)
        end = &(*end)->next;
    if (*end)
        o->next = (*end)->next;
    *end = o;
}

static void load_organization(struct reading *r, struct fixtures *f,
                              const char *name)
{
    const struct node *map =
        read_map(r, f, "organizations", name, vocabulary_organization);
    struct organization *o = map ? read_organization(r, f, name, map) : NULL;
    if (o)
        add_organization(f, o);
}

/* Ids of a list of maps, or the keys of a map, under `key`. */
static void load_words(struct fixtures *f, const char *file, const char *key,
                       struct names *out)
{
    struct diagnostics *ignored = diagnostics_create();
    struct node *root;
    if (node_read(f->arena, arena_printf(f->arena, "%s/%s", f->dir, file),
                  ignored, &root) == ST_OK) {
        const struct node *all = node_get(root, key);
        for (const struct node *n = all ? all->first : NULL; n; n = n->next)
            add_name(out, n->key ? n->key : node_text(n, "id", "?"));
    }
    diagnostics_destroy(&ignored);
}

enum status fixtures_load(const char *dir, struct diagnostics *list,
                          struct fixtures **out, struct err *err)
{
    struct fixtures *f = xcalloc(1, sizeof *f);
    f->arena = arena_create();
    f->dir = arena_strdup(f->arena, dir);
    struct reading r = {.arena = f->arena, .fixtures = f, .list = list};
    load_words(f, "clauses.yaml", "clauses", &f->clauses);
    load_words(f, "words/why.yaml", "why", &f->why);
    list_folder(f, "postures", ".yaml", &f->posture_names);
    list_folder(f, "organizations", ".yaml", &f->organization_names);
    list_folder(f, "messages", "", &f->messages);
    load_postures(&r, f);
    for (size_t i = 0; i < f->organization_names.count; i++)
        load_organization(&r, f, f->organization_names.all[i]);
    *out = f;
    if (!r.bad && f->organizations && f->postures)
        return ST_OK;
    fixtures_destroy(out);
    return err_set(
        err, ST_INVAL,
        r.bad ? "%s holds errors" : "%s has no organizations or postures", dir);
}

/* What another organization claims cannot be claimed once more. */
static void check_claims(struct reading *r, const struct fixtures *f,
                         const struct organization *own)
{
    for (const struct organization *o = f->organizations; o; o = o->next)
        for (const char *const *d = o->domains; *d; d++)
            for (const char *const *mine = own->domains; *mine; mine++) {
                if (strcmp(o->name, own->name) == 0 ||
                    !slice_is_nocase(slice_of(*d), *mine))
                    continue;
                diagnostics_add(r->list, own->place,
                                "the domain `%s` belongs to the organization "
                                "`%s` of the fixtures",
                                *mine, o->name);
                r->bad = true;
            }
}

enum status fixtures_add_organization(struct fixtures *f, const char *path,
                                      struct diagnostics *list,
                                      const struct organization **out,
                                      struct err *err)
{
    struct reading r = {.arena = f->arena, .fixtures = f, .list = list};
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *name = arena_text(
        f->arena, (struct slice){file, slice_find(slice_of(file), '.')});
    const struct node *map = read_file(&r, f, path, vocabulary_organization);
    struct organization *o = map ? read_organization(&r, f, name, map) : NULL;
    if (o) {
        read_recipients(&r, o, node_get(map, "recipients"));
        check_claims(&r, f, o);
    }
    if (!o || r.bad)
        return err_set(err, ST_INVAL, "%s holds errors", path);
    if (!fixtures_organization(f, name))
        add_name(&f->organization_names, name);
    add_organization(f, o);
    *out = o;
    return ST_OK;
}

void fixtures_destroy(struct fixtures **fixtures)
{
    if (!*fixtures)
        return;
    arena_destroy(&(*fixtures)->arena);
    free(*fixtures);
    *fixtures = NULL;
}

const char *fixtures_dir(const struct fixtures *fixtures)
{
    return fixtures->dir;
}

const struct posture *fixtures_posture(const struct fixtures *fixtures,
                                       const char *name)
{
    const struct named_posture *p = fixtures->postures;
    while (p && strcmp(p->name, name) != 0)
        p = p->next;
    return p ? p->posture : NULL;
}

const struct organization *fixtures_organization(const struct fixtures *f,
                                                 const char *name)
{
    const struct organization *o = f->organizations;
    while (o && strcmp(o->name, name) != 0)
        o = o->next;
    return o;
}

const char *const *fixtures_postures(const struct fixtures *fixtures)
{
    return fixtures->posture_names.all;
}

const char *const *fixtures_organizations(const struct fixtures *fixtures)
{
    return fixtures->organization_names.all;
}

const char *const *fixtures_clauses(const struct fixtures *fixtures)
{
    return fixtures->clauses.all;
}

const char *const *fixtures_messages(const struct fixtures *fixtures)
{
    return fixtures->messages.all;
}

const char *const *fixtures_why(const struct fixtures *fixtures)
{
    return fixtures->why.all;
}

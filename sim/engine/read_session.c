/* A `session` step: the turns of a dialogue, and the connections that it is
 * held in. */
#include <stdlib.h>
#include <string.h>

#include "engine/read.h"

enum { HELD_MOST = 200 }; /* connections that one step holds open */

static void bad_at(struct reading *r, struct place place, const char *text)
{
    diagnostics_add(r->list, place, "%s", text);
    r->bad = true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *p =
        c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return p ? (int)(p - digits) : -1;
}

/* One escape behind a backslash; how many octets of text it took. */
static size_t unescape_one(const char *p, char *out)
{
    static const char letters[] = "rnt0\\", octets[] = "\r\n\t\0\\";
    const char *at = *p ? strchr(letters, *p) : NULL;
    if (at) {
        *out = octets[at - letters];
        return 1;
    }
    int high = *p == 'x' ? hex_digit(p[1]) : -1;
    int low = high >= 0 ? hex_digit(p[2]) : -1;
    if (low < 0)
        return 0;
    *out = (char)(high * 16 + low);
    return 3;
}

struct slice read_octets(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1);
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        size_t taken = *p == '\\' ? unescape_one(p + 1, &out[n]) : 0;
        if (!taken)
            out[n] = *p;
        n++;
        p += taken;
    }
    return (struct slice){out, n};
}

static void set_text(struct turn *t, struct slice text)
{
    t->text = text.p;
    t->octets = text.n;
}

static const struct credential *find_user(const struct world_spec *world,
                                          const char *user)
{
    for (const struct organization *o = world->organizations; o; o = o->next)
        for (const struct credential *c = o->credentials; c; c = c->next)
            if (strcmp(c->user, user) == 0)
                return c;
    return NULL;
}

static void read_turn(struct reading *r, struct turn *t, const struct node *map,
                      const struct world_spec *world)
{
    const struct node *tls = node_get(map, "tls"), *n = NULL;
    t->place = map->place;
    t->expect = read_texts(r->arena, node_get(map, "expect"));
    t->kind = tls ? TURN_KIND_TLS : TURN_KIND_EXPECT;
    if (tls)
        set_text(t, slice_of(tls->text));
    if ((n = node_get(map, "send"))) {
        t->kind = TURN_KIND_SEND;
        set_text(t, slice_of(n->text));
    } else if ((n = node_get(map, "octets"))) {
        t->kind = TURN_KIND_OCTETS;
        set_text(t, read_octets(r->arena, n->text));
    } else if ((n = node_get(map, "auth"))) {
        t->kind = TURN_KIND_AUTH;
        set_text(t, slice_of(n->text));
        if (!find_user(world, n->text))
            bad_at(r, n->place,
                   "no organization has a credential of this name");
    }
    bool pair = tls && node_get(map, "expect") && map->count == 2;
    if (map->count != 1 && !pair)
        bad_at(r, map->place,
               "expected one of expect, send, octets, auth, tls (with expect)");
}

/* Entries that are about the connection, not a turn of the dialogue. */
static bool is_about_connection(const struct node *n)
{
    return node_get(n, "held") || node_get(n, "hold") ||
           node_get(n, "source") || node_get(n, "listener");
}

static unsigned read_count(struct reading *r, const struct node *n,
                           unsigned most)
{
    unsigned long count;
    if (!slice_number(slice_of(n->text), most, &count) || count == 0) {
        diagnostics_add(r->list, n->place, "expected 1 to %u connections",
                        most);
        r->bad = true;
        return 1;
    }
    return (unsigned)count;
}

/* Where a held connection comes from and leads to was said when it was made. */
static void read_held(struct reading *r, struct step *s,
                      const struct node *list, const struct node *entry,
                      const struct node *held, unsigned held_now)
{
    if (entry != list->first)
        bad_at(r, held->place, "`held` stands first");
    if (!held_now)
        bad_at(r, held->place, "no step before this one holds a connection");
    else
        s->held = read_count(r, held, held_now);
}

static void read_connection(struct reading *r, struct step *s,
                            const struct node *list, unsigned held_now)
{
    for (const struct node *n = list->first; n; n = n->next) {
        const struct node *hold = node_get(n, "hold");
        const struct node *held = node_get(n, "held");
        const struct node *how = node_get(n, "source");
        s->is_other |= strcmp(node_text(n, "source", ""), "other") == 0;
        s->is_at_bounces |=
            strcmp(node_text(n, "listener", ""), "bounces") == 0;
        how = how ? how : node_get(n, "listener");
        if (how && s->held)
            bad_at(r, how->key_place, "said where the connection was made");
        if (held)
            read_held(r, s, list, n, held, held_now);
        if (!hold)
            continue;
        if (n->next)
            bad_at(r, hold->place, "`hold` stands last");
        s->hold = read_count(r, hold, s->held ? s->held : HELD_MOST);
        if (s->held && s->hold != s->held)
            bad_at(r, hold->place, "as many as `held`, or none");
    }
}

void read_session(struct reading *r, struct step *step, const struct node *list,
                  unsigned held_now)
{
    struct turn **end = &step->session;
    for (const struct node *n = list->first; n; n = n->next) {
        if (is_about_connection(n))
            continue;
        *end = ARENA_NEW(r->arena, struct turn);
        read_turn(r, *end, n, step->world);
        end = &(*end)->next;
    }
    read_connection(r, step, list, held_now);
}

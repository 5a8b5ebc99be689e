#include "rules/conversations.h"

#include <stdlib.h>
#include <string.h>

/* An address, and where it stands in the envelope. */
struct place {
    const char *key;
    size_t index;
};

static int by_key(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int by_key_alone(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return strcmp(x->key, y->key);
}

static struct place *sorted_visible(struct arena *arena,
                                    const struct mailbox_list *visible)
{
    struct place *places =
        arena_alloc(arena, (visible->count + 1) * sizeof *places);
    for (size_t i = 0; i < visible->count; i++)
        places[i].key = mailbox_key(arena, &visible->entries[i].mailbox);
    qsort(places, visible->count, sizeof *places, by_key);
    return places;
}

/* For each place in the envelope whether the address stands there first. */
static bool *find_firsts(struct arena *arena, const struct place *envelope,
                         size_t count)
{
    bool *firsts = arena_alloc(arena, (count + 1) * sizeof *firsts);
    struct place *sorted = arena_alloc(arena, (count + 1) * sizeof *sorted);
    memcpy(sorted, envelope, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_key);
    for (size_t i = 0; i < count; i++)
        firsts[sorted[i].index] =
            i == 0 || by_key_alone(&sorted[i - 1], &sorted[i]) != 0;
    return firsts;
}

static void number(struct conversations *c)
{
    unsigned next = 1;
    for (size_t i = 0; i < c->count; i++)
        if (!c->participants[i].is_bcc)
            next = 2;
    for (size_t i = 0; i < c->count; i++) {
        struct participant *p = &c->participants[i];
        p->conversation = p->is_bcc ? next++ : 1;
    }
    c->conversation_count = next - 1;
}

struct conversations conversations_assign(struct arena *arena,
                                          const struct mailbox *envelope,
                                          size_t envelope_count,
                                          const struct mailbox_list *visible)
{
    struct conversations c = {0};
    struct place *places =
        arena_alloc(arena, (envelope_count + 1) * sizeof *places);
    for (size_t i = 0; i < envelope_count; i++)
        places[i] = (struct place){mailbox_key(arena, &envelope[i]), i};
    const bool *firsts = find_firsts(arena, places, envelope_count);
    const struct place *seen = sorted_visible(arena, visible);
    c.participants =
        arena_alloc(arena, (envelope_count + 1) * sizeof *c.participants);
    for (size_t i = 0; i < envelope_count; i++) {
        if (!firsts[i])
            continue;
        bool is_visible = bsearch(&places[i], seen, visible->count,
                                  sizeof *seen, by_key_alone) != NULL;
        c.participants[c.count++] =
            (struct participant){.envelope_index = i, .is_bcc = !is_visible};
    }
    number(&c);
    return c;
}

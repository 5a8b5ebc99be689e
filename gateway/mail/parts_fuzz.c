/* A message by anybody: its entities and parts lie within it and within each
 * other, what is decoded is as long as announced however it is asked for, and
 * texts and names are well-formed UTF-8. */
#include "mail/parts.h"

#include "base/test_fuzz.h"
#include "mail/entity.h"

static void check_entity(const struct entity_tree *tree, int i, size_t n)
{
    const struct entity *e = &tree->entities[i];
    FUZZ_MUST(e->delimiter <= e->start && e->start <= e->body);
    FUZZ_MUST(e->body <= e->end && e->end <= e->next && e->next <= n);
    FUZZ_MUST(e->after > i && e->after <= tree->count);
    FUZZ_MUST(e->content.type && *e->content.type);
    if (i == 0) {
        FUZZ_MUST(e->parent == ENTITY_NONE && e->end == n);
        return;
    }
    const struct entity *parent = &tree->entities[e->parent];
    FUZZ_MUST(e->parent < i && parent->is_parent && !parent->is_whole);
    FUZZ_MUST(parent->body <= e->delimiter && e->next <= parent->next);
    FUZZ_MUST(e->after <= parent->after);
}

static void check_tree(struct arena *arena, struct slice content)
{
    struct entity_tree tree;
    entity_scan(arena, content, &tree);
    FUZZ_MUST(tree.count >= 1 && tree.count <= ENTITY_COUNT_MAX);
    for (int i = 0; i < tree.count; i++) {
        check_entity(&tree, i, content.n);
        if (strcmp(entity_subtype(&tree.entities[i]), "related") != 0)
            continue;
        int root = entity_related_root(&tree, i);
        FUZZ_MUST(root > i && root < tree.entities[i].after);
    }
}

struct heard {
    struct slice octets;
    size_t at;
    bool is_same;
};

static bool hear(void *ctx, struct slice octets)
{
    struct heard *heard = ctx;
    FUZZ_MUST(octets.n <= 65536);
    FUZZ_MUST(octets.n <= heard->octets.n - heard->at);
    heard->is_same =
        heard->is_same &&
        fuzz_eq(octets, fuzz_take(&(struct slice){heard->octets.p + heard->at,
                                                  heard->octets.n - heard->at},
                                  octets.n));
    heard->at += octets.n;
    return true;
}

/* The same octets at once and asked for in pieces. */
static void check_octets(struct arena *arena, const struct mail_part *part,
                         struct prng *prng)
{
    char *octets = arena_alloc(arena, part->decoded_octets + 1);
    struct mail_reader reader;
    size_t n = 0, got;
    mail_part_open(arena, part, &reader);
    do {
        char piece[64];
        size_t room = 3 + prng_below(prng, sizeof piece - 3);
        got = mail_part_read(&reader, piece, room);
        FUZZ_MUST(got <= room && got <= part->decoded_octets - n);
        memcpy(octets + n, piece, got);
        n += got;
    } while (got);
    FUZZ_MUST(n == part->decoded_octets);
    struct heard heard = {{octets, n}, 0, true};
    FUZZ_MUST(mail_part_decode(part, hear, &heard));
    FUZZ_MUST(heard.at == n && heard.is_same);
}

static void check_name(const char *name)
{
    FUZZ_MUST(strlen(name) <= 200 && fuzz_is_utf8(slice_of(name)));
    for (const char *p = name; *p; p++)
        FUZZ_MUST((unsigned char)*p >= ' ' && *p != 127 && *p != '/' &&
                  *p != '\\');
}

static void check_part(struct arena *arena, struct slice content,
                       const struct mail_part *part, struct prng *prng)
{
    FUZZ_MUST(part->kind < MAIL_PART_KIND_COUNT);
    FUZZ_MUST(part->start <= part->body && part->body <= part->end);
    FUZZ_MUST(part->end <= content.n);
    FUZZ_MUST(part->type && part->charset && part->coding);
    FUZZ_MUST(part->kind != MAIL_PART_ATTACHMENT || *part->name);
    FUZZ_MUST(!part->is_lead || part->kind != MAIL_PART_ATTACHMENT);
    check_name(part->name);
    check_octets(arena, part, prng);
    if (part->kind == MAIL_PART_ATTACHMENT)
        return;
    struct slice text = mail_part_text(arena, part);
    FUZZ_MUST(text.n <= MAIL_PART_TEXT_MAX && fuzz_is_utf8(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice content = fuzz_input(data, size);
    struct prng prng = fuzz_prng(content);
    struct mail_part_list list;
    check_tree(arena, content);
    mail_parts(arena, content, &list);
    FUZZ_MUST(list.count >= 1 && list.count <= MAIL_PARTS_MAX);
    for (size_t i = 0; i < list.count; i++) {
        check_part(arena, content, &list.parts[i], &prng);
        FUZZ_MUST(i == 0 || list.parts[i - 1].end <= list.parts[i].start);
    }
    arena_destroy(&arena);
    return 0;
}

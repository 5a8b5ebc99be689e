#include "mail/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mapped.h"
#include "mail/charset.h"
#include "mail/coding.h"
#include "mail/entity.h"
#include "mail/message.h"
#include "mail/name.h"

enum { CHUNK_BYTES = 65536 };

_Static_assert((int)MAIL_PARTS_MAX == (int)ENTITY_COUNT_MAX,
               "an entity is one part at most");

/* --- what is a text ------------------------------------------------------- */

static bool is_text_type(const struct content *content)
{
    return strcmp(content->type, "text/plain") == 0 ||
           strcmp(content->type, "text/html") == 0;
}

/* ATTACH-2: a text body never counts. What has a name or is sent as attachment
 * is none, nor is what a multipart/related has beside its root. A Content-ID
 * alone says nothing of a text: some programs give each part one. */
static bool is_text(const struct entity_tree *tree, int index)
{
    const struct entity *e = &tree->entities[index];
    if (!is_text_type(&e->content) || *e->content.name ||
        e->content.disposition == CONTENT_DISPOSITION_ATTACHMENT)
        return false;
    if (e->parent == ENTITY_NONE)
        return true;
    const struct entity *parent = &tree->entities[e->parent];
    return strcmp(entity_subtype(parent), "related") != 0 ||
           entity_related_root(tree, e->parent) == index;
}

/* The texts that a reader sees first; is_lead by entity. Recursion ends at
 * ENTITY_DEPTH_MAX. */
static bool mark_leads(const struct entity_tree *tree, int index, bool *is_lead)
{
    const struct entity *e = &tree->entities[index];
    if (!e->is_parent)
        return is_lead[index] = is_text(tree, index);
    bool is_alternative = strcmp(entity_subtype(e), "alternative") == 0;
    bool is_found = false;
    if (strcmp(entity_subtype(e), "related") == 0)
        return mark_leads(tree, entity_related_root(tree, index), is_lead);
    for (int i = index + 1; i < e->after; i = tree->entities[i].after) {
        is_found = mark_leads(tree, i, is_lead) || is_found;
        if (is_found && !is_alternative)
            break;
    }
    return is_found;
}

static unsigned alternative_of(const struct entity_tree *tree, int index)
{
    do
        index = tree->entities[index].parent;
    while (index != ENTITY_NONE &&
           strcmp(entity_subtype(&tree->entities[index]), "alternative") != 0);
    return (unsigned)(index + 1);
}

/* --- the list ------------------------------------------------------------- */

static enum mail_part_kind kind_of(const struct entity_tree *tree, int index)
{
    if (!is_text(tree, index))
        return MAIL_PART_ATTACHMENT;
    return strcmp(tree->entities[index].content.type, "text/html") == 0
               ? MAIL_PART_HTML
               : MAIL_PART_TEXT;
}

static void fill(struct arena *arena, const struct entity_tree *tree, int index,
                 struct slice content, struct mail_part *part)
{
    const struct entity *e = &tree->entities[index];
    enum mail_part_kind kind = kind_of(tree, index);
    *part = (struct mail_part){
        .kind = kind,
        .type = e->content.type,
        .charset = *e->content.charset ? e->content.charset : "us-ascii",
        .name = kind == MAIL_PART_ATTACHMENT
                    ? name_of_file(arena, e->content.name, e->content.type)
                    : "",
        .content_id = e->content.id,
        .is_inline = e->content.disposition == CONTENT_DISPOSITION_INLINE,
        .is_whole = e->is_whole,
        .alternative = alternative_of(tree, index),
        .start = e->start,
        .end = e->end,
        .body = e->body,
        .coding = e->content.coding,
        .content = content};
}

static bool add_octets(void *ctx, struct slice octets)
{
    *(size_t *)ctx += octets.n;
    return true;
}

static struct slice body_of(const struct mail_part *part)
{
    return slice_sub(part->content, part->body, part->end - part->body);
}

static size_t count_octets(const struct mail_part *part)
{
    size_t count = 0;
    if (part->is_whole) {
        (void)!mail_part_decode(part, add_octets, &count);
        return count;
    }
    struct decoder decoder;
    decoder_init(&decoder, coding_of(part->coding), body_of(part));
    return decoder_count(&decoder);
}

void mail_parts_of(struct arena *arena, struct slice content,
                   const struct entity_tree *tree, struct mail_part_list *out)
{
    struct mail_part *parts =
        arena_alloc(arena, (size_t)tree->count * sizeof *parts);
    bool *is_lead = arena_alloc(arena, (size_t)tree->count * sizeof *is_lead);
    size_t count = 0;
    (void)mark_leads(tree, 0, is_lead);
    for (int i = 0; i < tree->count; i++) {
        if (tree->entities[i].is_parent)
            continue;
        struct mail_part *part = &parts[count++];
        fill(arena, tree, i, content, part);
        part->is_lead = is_lead[i];
        part->decoded_octets = count_octets(part);
    }
    *out = (struct mail_part_list){parts, count};
}

void mail_parts(struct arena *arena, struct slice content,
                struct mail_part_list *out)
{
    struct entity_tree tree;
    entity_scan(arena, content, &tree);
    mail_parts_of(arena, content, &tree, out);
}

/* --- decoding ------------------------------------------------------------- */

static bool write_pieces(struct slice octets, mail_write_fn *write, void *ctx)
{
    struct slice held = {octets.p, 0};
    while (octets.n) {
        mapped_pass(&held, octets.p);
        struct slice piece = {octets.p,
                              octets.n < CHUNK_BYTES ? octets.n : CHUNK_BYTES};
        if (!write(ctx, piece))
            return false;
        octets = slice_from(octets, piece.n);
    }
    return true;
}

/* The part's header; a message's own without what never leaves (RIGHT-5). */
static bool write_header(const struct mail_part *part, mail_write_fn *write,
                         void *ctx)
{
    struct slice header =
        slice_sub(part->content, part->start, part->body - part->start);
    bool is_going = true;
    while (header.n && is_going && !content_is_end(header)) {
        struct slice field = {header.p, content_field_bytes(header)};
        if (part->start > 0 || mail_is_kept_field(field))
            is_going = write_pieces(field, write, ctx);
        header = slice_from(header, field.n);
    }
    return is_going && write_pieces(SLICE_LITERAL("\r\n"), write, ctx);
}

bool mail_part_decode(const struct mail_part *part, mail_write_fn *write,
                      void *ctx)
{
    struct slice body = body_of(part);
    enum coding coding = coding_of(part->coding);
    if (part->is_whole) {
        if (!write_header(part, write, ctx))
            return false;
        coding = CODING_NONE;
    }
    if (coding == CODING_NONE)
        return write_pieces(body, write, ctx);
    struct decoder decoder;
    char out[CHUNK_BYTES];
    size_t n;
    decoder_init(&decoder, coding, body);
    while ((n = decoder_read(&decoder, out, sizeof out)) > 0)
        if (!write(ctx, (struct slice){out, n}))
            return false;
    return true;
}

static bool gather(void *ctx, struct slice octets)
{
    return buf_add(ctx, octets) == ST_OK;
}

void mail_part_open(struct arena *arena, const struct mail_part *part,
                    struct mail_reader *out)
{
    struct slice body = body_of(part);
    *out = (struct mail_reader){.header = {"", 0}};
    decoder_init(&out->decoder,
                 part->is_whole ? CODING_NONE : coding_of(part->coding), body);
    if (!part->is_whole)
        return;
    struct buf header;
    buf_init(&header, SIZE_MAX);
    (void)!write_header(part, gather, &header);
    out->header = arena_slice(arena, buf_slice(&header));
    buf_release(&header);
}

size_t mail_part_read(struct mail_reader *reader, char *out, size_t room)
{
    size_t n = reader->header.n < room ? reader->header.n : room;
    if (!n)
        return decoder_read(&reader->decoder, out, room);
    memcpy(out, reader->header.p, n);
    reader->header = slice_from(reader->header, n);
    return n;
}

/* --- texts ---------------------------------------------------------------- */

static struct slice unix_lines(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n')
            out[n++] = text.p[i];
    return (struct slice){out, n};
}

struct slice mail_part_text(struct arena *arena, const struct mail_part *part)
{
    struct buf octets;
    struct arena *scratch = arena_create();
    buf_init(&octets, 2 * MAIL_PART_TEXT_MAX); /* more than enough */
    (void)!mail_part_decode(part, gather, &octets);
    struct slice text = charset_to_utf8(scratch, part->charset,
                                        buf_slice(&octets), MAIL_PART_TEXT_MAX);
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        text = slice_from(text, 3);
    text = unix_lines(arena, text);
    buf_release(&octets);
    arena_destroy(&scratch);
    return text;
}

#include "mail/links.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mail/encode.h"
#include "mail/entity.h"
#include "mail/insert.h"
#include "mail/link_notice.h"

struct splice {
    struct arena *arena;
    struct slice content;
    const struct mail_links *links;
    struct entity_tree tree;
    bool *is_gone; /* by entity */
    struct link_told *told;
    size_t told_count;
    struct mail_edits *out;
};

static void add_edit(struct splice *s, struct mail_edit edit)
{
    s->out->edits[s->out->count++] = edit;
}

static bool is_mixed(const struct entity *e)
{
    return strcmp(entity_subtype(e), "mixed") == 0;
}

/* --- what goes ------------------------------------------------------------ */

static void tell(struct splice *s, size_t part)
{
    const struct mail_part *p = &s->links->parts->parts[part];
    s->told[s->told_count++] = (struct link_told){
        p->name, p->decoded_octets,
        arena_printf(s->arena, "%s/%zu", s->links->url, part)};
}

/* Children stand behind their parent: from the last one on. Entities beyond
 * the scanner's limit are not known, so nothing counts as empty then. */
static void find_gone(struct splice *s)
{
    int count = s->tree.count;
    bool *is_kept = arena_alloc(s->arena, (size_t)count * sizeof *is_kept);
    size_t part = s->links->parts->count;
    for (int i = count - 1; i >= 0; i--) {
        const struct entity *e = &s->tree.entities[i];
        if (e->is_parent)
            s->is_gone[i] = !is_kept[i] && count < ENTITY_COUNT_MAX;
        else
            s->is_gone[i] = s->links->is_link[--part];
        if (!s->is_gone[i] && e->parent != ENTITY_NONE)
            is_kept[e->parent] = true;
    }
    for (part = 0; part < s->links->parts->count; part++)
        if (s->links->is_link[part])
            tell(s, part);
}

static void remove_gone(struct splice *s)
{
    for (int i = 1; i < s->tree.count; i++) {
        const struct entity *e = &s->tree.entities[i];
        if (!s->is_gone[i])
            continue;
        if (!s->is_gone[e->parent] || e->parent == 0)
            add_edit(s, (struct mail_edit){
                            e->delimiter, e->next - e->delimiter, {0}});
    }
}

/* --- where the notice goes ------------------------------------------------ */

/* In all or none: a reader may see any of them. */
static bool insert_in_texts(struct splice *s)
{
    bool is_done = false;
    for (size_t i = 0; i < s->links->parts->count; i++) {
        const struct mail_part *part = &s->links->parts->parts[i];
        if (part->is_lead && !insert_is_possible(part))
            return false;
    }
    for (size_t i = 0; i < s->links->parts->count; i++) {
        const struct mail_part *part = &s->links->parts->parts[i];
        if (!part->is_lead)
            continue;
        add_edit(s,
                 insert_notice(
                     s->arena, part,
                     part->kind == MAIL_PART_HTML
                         ? link_notice_html(s->arena, s->told, s->told_count)
                         : link_notice_text(s->arena, s->told, s->told_count)));
        is_done = true;
    }
    return is_done;
}

static const char text_fields[] =
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n";

static const char *coded_notice(struct splice *s)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    const char *text = link_notice_text(s->arena, s->told, s->told_count);
    encode_quoted_printable(&out, slice_of(text));
    text = arena_text(s->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static void insert_part(struct splice *s, const struct entity *mixed)
{
    const char *part =
        arena_printf(s->arena, "--%s\r\n%s\r\n%s\r\n", mixed->content.boundary,
                     text_fields, coded_notice(s));
    add_edit(s, (struct mail_edit){mixed->first_delimiter, 0, slice_of(part)});
}

static void replace_all(struct splice *s)
{
    const struct entity *root = &s->tree.entities[0];
    s->out->count = 0;
    s->out->content_fields =
        arena_printf(s->arena, "MIME-Version: 1.0\r\n%s", text_fields);
    add_edit(s, (struct mail_edit){root->body, s->content.n - root->body,
                                   slice_of(coded_notice(s))});
}

/* The Content-* fields of the message's header, for the part it becomes. */
static const char *own_fields(struct splice *s, const struct entity *root)
{
    struct slice header = {s->content.p, root->body};
    struct buf fields;
    buf_init(&fields, SIZE_MAX);
    while (header.n && !content_is_end(header)) {
        struct slice field = {header.p, content_field_bytes(header)};
        if (slice_starts_nocase(field, "Content-"))
            buf_put(&fields, field);
        header = slice_from(header, field.n);
    }
    const char *text = arena_text(s->arena, buf_slice(&fields));
    buf_release(&fields);
    return text;
}

static void wrap(struct splice *s)
{
    const struct entity *root = &s->tree.entities[0];
    const char *boundary = arena_printf(s->arena, "=_l_%s", s->links->mark);
    s->out->content_fields =
        arena_printf(s->arena,
                     "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n"
                     " boundary=\"%s\"\r\n",
                     boundary);
    const char *before = arena_printf(
        s->arena, "--%s\r\n%s\r\n%s\r\n--%s\r\n%s\r\n", boundary, text_fields,
        coded_notice(s), boundary, own_fields(s, root));
    const char *after = arena_printf(s->arena, "\r\n--%s--\r\n", boundary);
    add_edit(s, (struct mail_edit){root->body, 0, slice_of(before)});
    add_edit(s, (struct mail_edit){s->content.n, 0, slice_of(after)});
}

/* --- all of it ------------------------------------------------------------ */

/* What only comes stands before what goes at the same place. */
static int by_place(const void *a, const void *b)
{
    const struct mail_edit *left = a, *right = b;
    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    return (left->remove > 0) - (right->remove > 0);
}

void mail_link_edits_of(struct arena *arena, struct slice content,
                        const struct entity_tree *tree,
                        const struct mail_links *links, struct mail_edits *out)
{
    struct splice s = {.arena = arena,
                       .content = content,
                       .links = links,
                       .tree = *tree,
                       .out = out};
    const struct entity *root = &s.tree.entities[0];
    size_t count = (size_t)s.tree.count;
    s.is_gone = arena_alloc(arena, count * sizeof *s.is_gone);
    s.told = arena_alloc(arena, count * sizeof *s.told);
    *out = (struct mail_edits){
        .edits = arena_alloc(arena, (count + 2) * sizeof *out->edits)};
    find_gone(&s);
    remove_gone(&s);
    if (!root->is_parent || (s.is_gone[0] && !is_mixed(root)))
        replace_all(&s);
    else if (!insert_in_texts(&s))
        is_mixed(root) ? insert_part(&s, root) : wrap(&s);
    qsort(out->edits, out->count, sizeof *out->edits, by_place);
}

void mail_link_edits(struct arena *arena, struct slice content,
                     const struct mail_links *links, struct mail_edits *out)
{
    struct entity_tree tree;
    entity_scan(arena, content, &tree);
    mail_link_edits_of(arena, content, &tree, links, out);
}

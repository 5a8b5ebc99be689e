/* test_gmime - for tests: messages made of many choices, and parts and links of
 * them held against GMime, which knows nothing of our code. */
#ifndef MAIL_TEST_GMIME_H
#define MAIL_TEST_GMIME_H

#include <gmime/gmime.h>
#include <string.h>

#include "base/base64.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/random.h"
#include "mail/copy.h"
#include "mail/links.h"

enum { DEPTH = 4, CHILDREN = 4, LEAVES = 512, OCTETS = 200 };

/* --- messages --------------------------------------------------------------
 */

struct maker {
    struct arena *arena;
    struct prng prng;
    struct slice choices; /* one octet each, and 0 behind; p NULL: by prng */
    struct buf out;
    unsigned boundaries;
};

static inline uint64_t below(struct maker *m, uint64_t n)
{
    if (!m->choices.p)
        return prng_below(&m->prng, n);
    if (!m->choices.n)
        return 0;
    m->choices.n--;
    return (unsigned char)*m->choices.p++ % n;
}

static inline void put_octets(struct maker *m)
{
    char octets[OCTETS];
    size_t n = (size_t)below(m, OCTETS);
    for (size_t i = 0; i < n; i++)
        octets[i] = (char)below(m, 256);
    struct slice text =
        slice_of(base64_encode(m->arena, (struct slice){octets, n}));
    buf_puts(&m->out, "Content-Transfer-Encoding: base64\r\n\r\n");
    while (text.n) {
        size_t line = 4 * (1 + (size_t)below(m, 19));
        struct slice piece = {text.p, text.n < line ? text.n : line};
        buf_put(&m->out, piece);
        buf_puts(&m->out, "\r\n");
        text = slice_from(text, piece.n);
    }
}

static inline void put_lines(struct maker *m)
{
    static const char *const lines[] = {
        "hello\r\n", "\r\n",       "--\r\n",   "--=_\r\n",   "- x =3D\r\n",
        "=20\r\n",   "soft=\r\n",  "</p>\r\n", "<body>\r\n", "</BODY>",
        "</html>",   "caf=E9\r\n", "no end"};
    for (uint64_t i = below(m, 6); i > 0; i--)
        buf_puts(&m->out, lines[below(m, sizeof lines / sizeof *lines)]);
}

static inline void put_text(struct maker *m, const char *type)
{
    buf_printf(&m->out, "Content-Type: %s; charset=iso-8859-1\r\n", type);
    switch (below(m, 3)) {
    case 0:
        put_octets(m);
        return;
    case 1:
        buf_puts(&m->out,
                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
        break;
    default:
        buf_puts(&m->out, "\r\n");
    }
    put_lines(m);
}

static inline void put_entity(struct maker *m, int depth);

static inline void put_multipart(struct maker *m, const char *type, int depth)
{
    unsigned boundary = m->boundaries++;
    buf_printf(&m->out, "Content-Type: %s;\r\n boundary=\"=_%u x\"\r\n\r\n%s",
               type, boundary, below(m, 2) ? "preamble\r\n" : "");
    for (uint64_t i = 1 + below(m, CHILDREN); i > 0; i--) {
        buf_printf(&m->out, "--=_%u x\r\n", boundary);
        put_entity(m, depth + 1);
        buf_puts(&m->out, "\r\n");
    }
    buf_printf(&m->out, "--=_%u x--%s", boundary,
               below(m, 2) ? "\r\nepilogue\r\n" : "\r\n");
}

static inline void put_entity(struct maker *m, int depth)
{
    static const char *const multiparts[] = {
        "multipart/mixed", "multipart/alternative", "multipart/related",
        "multipart/signed", "Multipart/Mixed"};
    if (depth < DEPTH && below(m, 2)) {
        put_multipart(m, multiparts[below(m, 5)], depth);
        return;
    }
    switch (below(m, 5)) {
    case 0:
        put_text(m, "text/plain");
        return;
    case 1:
        put_text(m, "Text/HTML");
        return;
    case 2:
        buf_puts(&m->out, "Content-Type: message/rfc822\r\n\r\nA: b\r\n");
        put_text(m, "text/plain");
        return;
    default:
        buf_printf(&m->out, "Content-Type: image/png; name=\"%u.png\"\r\n",
                   (unsigned)below(m, 100));
        put_octets(m);
    }
}

/* --- leaves, as GMime has them --------------------------------------------
 */

struct leaf {
    char *type;
    struct slice octets; /* p NULL: not looked into */
};

struct leaves {
    struct arena *arena;
    struct leaf all[LEAVES];
    size_t count;
};

static inline void add_leaf(struct leaves *l, GMimeObject *object)
{
    char *type = g_mime_content_type_get_mime_type(
        g_mime_object_get_content_type(object));
    struct leaf leaf = {.type = arena_strdup(l->arena, type)};
    for (char *p = leaf.type; *p; p++)
        *p = g_ascii_tolower(*p);
    g_free(type);
    if (GMIME_IS_PART(object)) {
        GMimeStream *stream = g_mime_stream_mem_new();
        g_mime_data_wrapper_write_to_stream(
            g_mime_part_get_content(GMIME_PART(object)), stream);
        GByteArray *array =
            g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
        leaf.octets = arena_slice(
            l->arena,
            (struct slice){array->len ? (char *)array->data : "", array->len});
        g_object_unref(stream);
    }
    if (l->count == LEAVES)
        BUG("more than %d leaves", LEAVES);
    l->all[l->count++] = leaf;
}

static inline void add_leaves(struct leaves *l, GMimeObject *object)
{
    if (!GMIME_IS_MULTIPART(object) || GMIME_IS_MULTIPART_SIGNED(object)) {
        add_leaf(l, object);
        return;
    }
    GMimeMultipart *multipart = GMIME_MULTIPART(object);
    for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
        add_leaves(l, g_mime_multipart_get_part(multipart, i));
}

static inline struct leaves *read_leaves(struct arena *arena,
                                         struct slice content)
{
    struct leaves *l = ARENA_NEW(arena, struct leaves);
    l->arena = arena;
    GMimeStream *stream =
        g_mime_stream_mem_new_with_buffer(content.p, content.n);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (!message)
        BUG("GMime reads no message");
    add_leaves(l, g_mime_message_get_mime_part(message));
    g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
    return l;
}

/* --- ours beside GMime's ---------------------------------------------------
 */

static inline bool put(void *ctx, struct slice octets)
{
    buf_put(ctx, octets);
    return true;
}

static inline bool is_same(const struct mail_part *part,
                           const struct leaf *leaf)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    if (!mail_part_decode(part, put, &out))
        BUG("our own writer says no");
    bool same = strcmp(part->type, leaf->type) == 0 &&
                (!leaf->octets.p || slice_eq(buf_slice(&out), leaf->octets));
    buf_release(&out);
    return same;
}

static inline struct slice make_copy(struct arena *arena, struct slice content,
                                     const struct mail_part_list *list,
                                     const bool *is_link)
{
    struct mail_edits edits;
    struct mail_links links = {list, is_link, "https://p/d/T", "M"};
    struct slice body, copy;
    struct err err;
    mail_link_edits(arena, content, &links, &edits);
    struct mail_direct how = {.edits = &edits};
    struct slice head = mail_direct_head(arena, content, &how, &body);
    struct blob *out = blob_create_in(arena, NULL);
    blob_put(out, head);
    mail_edited_body(out, content, body, &edits);
    if (blob_slice(out, &copy, &err) != ST_OK)
        BUG("%s", err.text);
    return copy;
}

/* The texts that are led with have the links, everything else is as before, in
 * the same order; where no text is led with, one part has come. */
static inline const char *compare(const struct mail_part_list *list,
                                  const bool *is_link,
                                  const struct leaves *before,
                                  const struct leaves *after)
{
    size_t at = 0, told = 0;
    for (size_t i = 0; i < list->count; i++)
        told += list->parts[i].is_lead;
    if (told == 0) {
        struct slice first = after->all[at++].octets;
        if (!first.p || !memmem(first.p, first.n, "https://p/d/T/", 14))
            return "no notice";
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct leaf *old = &before->all[i], *now = &after->all[at];
        if (is_link[i])
            continue;
        if (at++ == after->count || strcmp(old->type, now->type) != 0)
            return "a part is missing";
        if (list->parts[i].is_lead
                ? !memmem(now->octets.p, now->octets.n, "https://p/d/T/", 14)
                : !slice_eq(old->octets, now->octets))
            return "a part is not what it was";
    }
    return at == after->count ? NULL : "a part too many";
}

/* What is wrong with our reading of the message that was made; NULL: nothing.
 */
static inline const char *check_message(struct maker *m)
{
    struct arena *arena = m->arena;
    struct slice content = buf_slice(&m->out);
    struct mail_part_list list;
    struct leaves *before = read_leaves(arena, content);
    mail_parts(arena, content, &list);
    if (list.count != before->count)
        return arena_printf(arena, "%zu parts, GMime has %zu:\n%.*s",
                            list.count, before->count, SLICE_ARG(content));
    for (size_t i = 0; i < list.count; i++)
        if (!is_same(&list.parts[i], &before->all[i]))
            return arena_printf(arena, "part %zu of:\n%.*s", i,
                                SLICE_ARG(content));
    bool *is_link = arena_alloc(arena, list.count);
    bool is_any = false;
    for (size_t i = 0; i < list.count; i++) {
        is_link[i] =
            list.parts[i].kind == MAIL_PART_ATTACHMENT && below(m, 2) != 0;
        is_any = is_any || is_link[i];
    }
    if (!is_any)
        return NULL;
    struct slice copy = make_copy(arena, content, &list, is_link);
    const char *wrong =
        compare(&list, is_link, before, read_leaves(arena, copy));
    return wrong ? arena_printf(arena, "%s:\n%.*s\nof:\n%.*s", wrong,
                                SLICE_ARG(copy), SLICE_ARG(content))
                 : NULL;
}

/* The message: a header, and what the choices say. */
static inline void make_message(struct maker *m)
{
    buf_init(&m->out, SIZE_MAX);
    buf_puts(&m->out, "Subject: s\r\nMIME-Version: 1.0\r\n");
    put_entity(m, 0);
}

#endif

/* ATTACH-1, ATTACH-2: in a direct copy each attachment above the limit is a
 * link in the text, and everything else is what it was. */
#include <stdlib.h>
#include <string.h>

#include "checker/judge_internal.h"

enum { LEAVES_MOST = 64, DEPTH_MOST = 16, TOKEN_LETTERS = 64 };

/* A part that is no further multipart, or one that counts whole. */
struct leaf {
    struct mail_view part;
    const char *type;
    bool is_attachment;
    bool is_first_text; /* what a reader sees first: one, or its alternatives */
    size_t octets;      /* decoded */
};

struct leaves {
    struct leaf all[LEAVES_MOST];
    size_t count;
    bool has_text; /* the first text was met */
};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* What counts whole: it must not be changed within (ATTACH-2). */
static bool is_whole(const char *type)
{
    return starts(type, "message/") || strcmp(type, "multipart/signed") == 0 ||
           strcmp(type, "multipart/encrypted") == 0;
}

/* A text body never counts; a text that is sent as a file does. */
static bool is_body_text(struct trial *t, const struct mail_view *part,
                         const char *type)
{
    const char *how = mail_value(t->arena, part, "Content-Disposition");
    return (strcmp(type, "text/plain") == 0 ||
            strcmp(type, "text/html") == 0) &&
           !strcasestr(how, "attachment") && !strcasestr(how, "filename") &&
           !*mail_type_parameter(t->arena, part, "name");
}

static void walk(struct trial *t, const struct mail_view *part, bool is_first,
                 struct leaves *out, unsigned depth)
{
    const char *type = mail_type(t->arena, part);
    struct mail_view *parts;
    if (starts(type, "multipart/") && !is_whole(type) && depth < DEPTH_MOST) {
        bool alternative = strcmp(type, "multipart/alternative") == 0;
        bool first = alternative && !out->has_text;
        size_t n = mail_parts(t->arena, part, &parts);
        for (size_t i = 0; i < n; i++)
            walk(t, &parts[i], is_first || first, out, depth + 1);
        return;
    }
    if (out->count == LEAVES_MOST)
        return;
    struct leaf *leaf = &out->all[out->count++];
    bool text = is_body_text(t, part, type);
    *leaf = (struct leaf){.part = *part,
                          .type = type,
                          .is_attachment = !text,
                          .is_first_text = text && (is_first || !out->has_text),
                          .octets = is_whole(type)
                                        ? part->body.n
                                        : mail_decoded(t->arena, part).n};
    out->has_text |= text;
}

static struct leaves *leaves_of(struct trial *t, const struct mail_view *mail)
{
    struct leaves *out = ARENA_NEW(t->arena, struct leaves);
    walk(t, mail, false, out, 0);
    return out;
}

/* -- which become links ---------------------------------------------------- */

static bool is_linked(const struct trial *t, const struct copy *copy,
                      const struct leaf *leaf)
{
    const struct world_spec *world = witness_world(&t->w, copy->step);
    size_t limit = strtoul(
        world_setting(world, "attachment_link_above", "10000000"), NULL, 10);
    bool at_limit =
        strcmp(world_setting(world, "attachment_link_at_limit", "no"), "yes") ==
        0;
    return leaf->is_attachment &&
           (leaf->octets > limit || (at_limit && leaf->octets == limit));
}

/* Nothing of a message as small as the limit can be above it. */
static size_t linked_count(struct trial *t, const struct copy *copy,
                           struct leaves **sent_out)
{
    const struct world_spec *world = witness_world(&t->w, copy->step);
    size_t limit = strtoul(
        world_setting(world, "attachment_link_above", "10000000"), NULL, 10);
    size_t n = 0;
    *sent_out = NULL;
    if (copy->letter->mail.body.n < limit)
        return 0;
    *sent_out = leaves_of(t, &copy->letter->mail);
    for (size_t i = 0; i < (*sent_out)->count; i++)
        n += is_linked(t, copy, &(*sent_out)->all[i]);
    return n;
}

bool copy_has_links(struct trial *t, const struct copy *copy)
{
    struct leaves *sent;
    return linked_count(t, copy, &sent) > 0;
}

bool copy_is_restructured(struct trial *t, const struct copy *copy)
{
    struct leaves *sent;
    bool has_text = false;
    if (!linked_count(t, copy, &sent))
        return false;
    for (size_t i = 0; i < sent->count; i++)
        has_text |= sent->all[i].is_first_text;
    return !has_text && strcmp(mail_type(t->arena, &copy->letter->mail),
                               "multipart/mixed") != 0;
}

/* -- the links in a text --------------------------------------------------- */

static size_t hex_run(const char *p)
{
    return strspn(p, "0123456789abcdef");
}

/* "https://portal.HOST[:port]/d/TOKEN/N": how many different ones. */
static size_t count_links(struct trial *t, struct slice octets,
                          const char **token)
{
    const char *text = arena_text(t->arena, octets), *at = text;
    const char *portal = TEXT(t, "https://portal.%s", t->w.gateway_host);
    const char *seen[LEAVES_MOST];
    size_t n = 0;
    while ((at = strstr(at, portal))) {
        at += strlen(portal);
        const char *path = at + strcspn(at, "/ \r\n\"<");
        size_t run = starts(path, "/d/") ? hex_run(path + 3) : 0;
        if (run != TOKEN_LETTERS || path[3 + run] != '/')
            continue;
        size_t number = strspn(path + 4 + run, "0123456789");
        const char *link =
            arena_text(t->arena, (struct slice){path, 4 + run + number});
        *token = arena_text(t->arena, (struct slice){path + 3, run});
        size_t i = 0;
        while (i < n && strcmp(seen[i], link) != 0)
            i++;
        if (i == n && number && n < LEAVES_MOST)
            seen[n++] = link;
    }
    return n;
}

static void links_fault(struct trial *t, const struct copy *copy,
                        const char *what, const char *expected, const char *got)
{
    fault(t, place_for(t, copy->recipient), "ATTACH-1",
          TEXT(t, "%s: %s of the direct copy", copy->recipient, what), expected,
          got);
}

/* What was sent, with something put in at one place. */
static bool is_with_insertion(struct slice sent, struct slice got)
{
    size_t head = 0, tail = 0;
    while (sent.n && (sent.p[sent.n - 1] == '\n' || sent.p[sent.n - 1] == '\r'))
        sent.n--;
    while (got.n && (got.p[got.n - 1] == '\n' || got.p[got.n - 1] == '\r'))
        got.n--;
    if (got.n < sent.n)
        return false;
    while (head < sent.n && sent.p[head] == got.p[head])
        head++;
    while (tail < sent.n - head &&
           sent.p[sent.n - 1 - tail] == got.p[got.n - 1 - tail])
        tail++;
    return head + tail == sent.n;
}

static void judge_text(struct trial *t, const struct copy *copy,
                       const struct mail_view *sent,
                       const struct mail_view *got, size_t links)
{
    struct slice text = mail_decoded(t->arena, got);
    const char *token = "";
    size_t n = count_links(t, text, &token);
    if (n != links)
        links_fault(t, copy, "links in a text", TEXT(t, "%zu", links),
                    TEXT(t, "%zu", n));
    if (sent && !is_with_insertion(mail_decoded(t->arena, sent), text))
        links_fault(t, copy, "text", "the sender's with the links put in",
                    "another text");
}

/* -- the whole ------------------------------------------------------------- */

/* As it was, octet by octet; decoded where the copy had to be converted. */
static bool is_same(struct trial *t, const struct copy *copy,
                    const struct leaf *a, const struct leaf *b)
{
    if (!copy_is_converted(t, copy))
        return slice_eq(slice_trim(a->part.octets), slice_trim(b->part.octets));
    return strcmp(a->type, b->type) == 0 &&
           slice_eq(slice_trim(mail_decoded(t->arena, &a->part)),
                    slice_trim(mail_decoded(t->arena, &b->part)));
}

/* Bodies alone: where a part is the whole message, its header is judged there.
 */
static bool is_same_body(const struct leaf *a, const struct leaf *b)
{
    return slice_eq(slice_trim(a->part.body), slice_trim(b->part.body));
}

static void judge_leaf(struct trial *t, const struct copy *copy,
                       const struct leaf *sent, const struct leaf *got,
                       size_t links)
{
    if (sent->is_first_text)
        judge_text(t, copy, &sent->part, &got->part, links);
    else if (!is_same(t, copy, sent, got) && !is_same_body(sent, got))
        links_fault(t, copy, TEXT(t, "part %s", sent->type),
                    "the sender's, octet by octet", got->type);
}

/* Its first octets name each attachment that the engine makes. */
static void judge_absence(struct trial *t, const struct copy *copy,
                          const struct leaf *leaf)
{
    struct slice octets = mail_decoded(t->arena, &leaf->part);
    if (octets.n > 60)
        octets.n = 60;
    struct needle n = needle(t->arena, arena_text(t->arena, octets));
    if (n.text.n && haystack_holds(&copy->haystack, &n))
        links_fault(t, copy, "linked attachment", "none of its octets",
                    "they are there");
}

void judge_linked_body(struct trial *t, const struct copy *copy)
{
    struct leaves *sent, *got = leaves_of(t, &copy->mail);
    size_t links = linked_count(t, copy, &sent), k = 0;
    bool has_first = false;
    for (size_t i = 0; i < sent->count; i++)
        has_first |= sent->all[i].is_first_text;
    if (!has_first) { /* the notice is a new first part */
        if (got->count)
            judge_text(t, copy, NULL, &got->all[0].part, links);
        k = 1;
    }
    for (size_t i = 0; i < sent->count; i++) {
        if (is_linked(t, copy, &sent->all[i])) {
            judge_absence(t, copy, &sent->all[i]);
            continue;
        }
        if (k < got->count)
            judge_leaf(t, copy, &sent->all[i], &got->all[k], links);
        k++;
    }
    if (k != got->count)
        links_fault(t, copy, "parts", TEXT(t, "%zu", k),
                    TEXT(t, "%zu", got->count));
}

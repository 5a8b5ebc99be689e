/* MAIL-1: for a server without 8BITMIME the message is converted. Then its
 * parts are the same once each is decoded, and so is how they are put
 * together. */
#include <string.h>

#include "checker/judge_internal.h"

enum { DEPTH_MAX = 20 };

static bool is_coding(const struct mail_field *f)
{
    return slice_is_nocase(f->name, "Content-Transfer-Encoding");
}

static const struct mail_field *next_field(const struct mail_view *part,
                                           size_t *i)
{
    while (*i < part->count) {
        const struct mail_field *f = &part->fields[(*i)++];
        if (!is_coding(f))
            return f;
    }
    return NULL;
}

static bool same_fields(const struct mail_view *sent,
                        const struct mail_view *got)
{
    size_t i = 0, k = 0;
    for (;;) {
        const struct mail_field *a = next_field(sent, &i);
        const struct mail_field *b = next_field(got, &k);
        if (!a || !b)
            return a == b;
        if (!slice_eq(a->whole, b->whole))
            return false;
    }
}

/* A line end behind the last line is the boundary's. */
static struct slice without_end(struct slice s)
{
    if (s.n >= 2 && memcmp(s.p + s.n - 2, "\r\n", 2) == 0)
        s.n -= 2;
    return s;
}

static const char *difference(struct trial *t, const struct mail_view *sent,
                              const struct mail_view *got, unsigned depth);

static const char *parts_difference(struct trial *t,
                                    const struct mail_view *sent,
                                    const struct mail_view *got, unsigned depth)
{
    struct mail_view *a, *b;
    size_t n = mail_parts(t->arena, sent, &a);
    size_t m = mail_parts(t->arena, got, &b);
    if (n != m)
        return TEXT(t, "%zu parts instead of %zu", m, n);
    for (size_t i = 0; i < n; i++) {
        if (!same_fields(&a[i], &b[i]))
            return TEXT(t, "another header of part %zu", i + 1);
        const char *found = difference(t, &a[i], &b[i], depth + 1);
        if (found)
            return TEXT(t, "part %zu: %s", i + 1, found);
    }
    return NULL;
}

static const char *difference(struct trial *t, const struct mail_view *sent,
                              const struct mail_view *got, unsigned depth)
{
    const char *type = mail_type(t->arena, sent);
    if (depth > DEPTH_MAX)
        return NULL;
    if (strcmp(type, mail_type(t->arena, got)) != 0)
        return TEXT(t, "%s instead of %s", mail_type(t->arena, got), type);
    if (strncmp(type, "multipart/", 10) == 0)
        return parts_difference(t, sent, got, depth);
    struct slice a = mail_decoded(t->arena, sent);
    struct slice b = mail_decoded(t->arena, got);
    if (strcmp(type, "message/rfc822") == 0 ||
        strcmp(type, "message/global") == 0) {
        struct mail_view inner = mail_view(t->arena, a);
        struct mail_view other = mail_view(t->arena, b);
        return same_fields(&inner, &other)
                   ? difference(t, &inner, &other, depth + 1)
                   : "another header within";
    }
    return slice_eq(without_end(a), without_end(b)) ? NULL
                                                    : "other octets, decoded";
}

bool copy_is_converted(struct trial *t, const struct copy *copy)
{
    return !octets_are_ascii(copy->letter->mail.body) &&
           !copy_offered(t, copy, "8BITMIME");
}

void judge_converted_body(struct trial *t, const struct copy *copy)
{
    const char *found = difference(t, &copy->letter->mail, &copy->mail, 0);
    if (found)
        fault(t, place_for(t, copy->recipient), "MAIL-1",
              TEXT(t, "%s: body of the converted copy", copy->recipient),
              "the sender's parts", found);
}

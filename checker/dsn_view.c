#include "checker/dsn_view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct report dsn_report(struct trial *t, const struct copy *copy)
{
    struct report r = {.parts = 0};
    struct mail_view *parts;
    r.parts = mail_parts(t->arena, &copy->mail, &parts);
    if (r.parts)
        r.text = parts[0];
    for (size_t i = 0; i < r.parts; i++) {
        const char *type = mail_type(t->arena, &parts[i]);
        if (strcmp(type, "message/delivery-status") == 0 ||
            strcmp(type, "message/global-delivery-status") == 0)
            r.status = parts[i];
        if (strcmp(type, "text/rfc822-headers") == 0 ||
            strcmp(type, "message/global-headers") == 0)
            r.returned = parts[i];
    }
    return r;
}

/* The n-th group of fields of a delivery status: 0 is the message's, the others
 * are a recipient's each. False beyond the last. */
bool dsn_group(struct trial *t, const struct report *r, size_t n,
               struct mail_view *out)
{
    struct slice rest = r->status.body;
    for (size_t i = 0;; i++) {
        while (rest.n && (rest.p[0] == '\r' || rest.p[0] == '\n'))
            rest = slice_from(rest, 1);
        if (!rest.n)
            return false;
        *out = mail_view(t->arena, rest);
        if (i == n)
            return true;
        rest = out->body;
    }
}

static size_t utf8_put(char *to, unsigned long c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(lead[n] | c);
    return n;
}

/* RFC 6533 3: \x{HEX} stands for a code point, where only ASCII may. */
static const char *unescaped(struct trial *t, struct slice s)
{
    char *text = arena_alloc(t->arena, s.n + 1), *to = text;
    for (size_t i = 0; i < s.n;) {
        char *end;
        unsigned long c = 0;
        if (s.n - i > 3 && memcmp(s.p + i, "\\x{", 3) == 0)
            c = strtoul(arena_text(t->arena, slice_from(s, i + 3)), &end, 16);
        if (!c) {
            *to++ = s.p[i++];
            continue;
        }
        to += utf8_put(to, c);
        while (i < s.n && s.p[i++] != '}')
            ;
    }
    *to = '\0';
    return text;
}

/* "rfc822;bob@hospital.example" to the address; "" otherwise. */
const char *dsn_typed_address(struct trial *t, const char *value)
{
    struct slice rest = slice_of(value);
    struct slice type = slice_trim(slice_cut(&rest, ';'));
    if (slice_is_nocase(type, "utf-8"))
        return unescaped(t, slice_trim(rest));
    return slice_is_nocase(type, "rfc822")
               ? arena_text(t->arena, slice_trim(rest))
               : "";
}

/* The group of a DSN that tells of an address. */
bool dsn_group_of(struct trial *t, const struct copy *copy, const char *address,
                  struct mail_view *out)
{
    struct report r = dsn_report(t, copy);
    for (size_t i = 1; dsn_group(t, &r, i, out); i++) {
        const char *who =
            dsn_typed_address(t, mail_value(t->arena, out, "Final-Recipient"));
        if (address_same(who, address))
            return true;
    }
    return false;
}

const char *dsn_action(struct trial *t, const struct mail_view *group)
{
    return mail_value(t->arena, group, "Action");
}

const char *dsn_copy_action(struct trial *t, const struct copy *copy)
{
    struct report r = dsn_report(t, copy);
    struct mail_view first;
    return dsn_group(t, &r, 1, &first) ? dsn_action(t, &first) : "";
}

const char *dsn_from_xtext(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1), *to = out;
    while (*text) {
        char hex[3] = {text[1], text[1] ? text[2] : '\0', '\0'};
        if (*text == '+' && hex[1]) {
            *to++ = (char)strtoul(hex, NULL, 16);
            text += 3;
        } else {
            *to++ = *text++;
        }
    }
    return out;
}

long long dsn_date(const char *text)
{
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S %z", &tm);
    long zone = tm.tm_gmtoff;
    return end ? (long long)timegm(&tm) - zone : -1;
}

const struct submit *dsn_submit(const struct letter *letter)
{
    return letter->step ? letter->step->submit : NULL;
}

const char *dsn_asked(const struct node *map, const char *address)
{
    const struct node *n = map ? map->first : NULL;
    while (n && strcasecmp(n->key, address) != 0)
        n = n->next;
    return n && n->kind == NODE_KIND_TEXT ? n->text : NULL;
}

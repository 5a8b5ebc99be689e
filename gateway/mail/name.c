#include "mail/name.h"

#include <string.h>

#include "mail/charset.h"

enum { EXTENSION_BYTES_MAX = 20 };

static const char *default_name(const char *type)
{
    static const struct {
        const char *type, *name;
    } names[] = {
        {"message/rfc822", "message.eml"},
        {"message/global", "message.eml"},
        {"application/pdf", "attachment.pdf"},
        {"application/zip", "attachment.zip"},
        {"application/pkcs7-mime", "smime.p7m"},
        {"image/png", "image.png"},
        {"image/jpeg", "image.jpg"},
        {"image/gif", "image.gif"},
        {"text/plain", "attachment.txt"},
        {"text/html", "attachment.html"},
        {"text/calendar", "invitation.ics"},
    };
    if (strncmp(type, "multipart/", 10) == 0)
        return "message.eml";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].type, type) == 0)
            return names[i].name;
    return "attachment.bin";
}

/* Those that change how the rest of a line is shown: C0, DEL, C1, and the
 * marks, embeddings and isolates of Unicode's bidirectional algorithm, with
 * which "exe" can look like "pdf". */
static bool is_shown(struct slice c)
{
    const unsigned char *p = (const unsigned char *)c.p;
    if (c.n == 1)
        return p[0] >= 0x20 && p[0] != 0x7f;
    if (c.n == 2)
        return !(p[0] == 0xc2 && p[1] < 0xa0) &&
               !(p[0] == 0xd8 && p[1] == 0x9c);
    if (c.n == 3 && p[0] == 0xe2 && p[1] == 0x80)
        return p[2] != 0x8e && p[2] != 0x8f && (p[2] < 0xa8 || p[2] > 0xae);
    if (c.n == 3 && p[0] == 0xe2 && p[1] == 0x81)
        return p[2] < 0xa6 || p[2] > 0xa9;
    return true;
}

static struct slice cleaned(struct arena *arena, struct slice name)
{
    char *text = arena_alloc(arena, name.n + 1);
    size_t n = 0;
    while (name.n) {
        size_t bytes = charset_utf8_bytes(name);
        struct slice c = {name.p, bytes ? bytes : 1};
        if (bytes && is_shown(c)) {
            memcpy(text + n, c.p, c.n);
            n += c.n;
        }
        name = slice_from(name, c.n);
    }
    struct slice out = slice_trim((struct slice){text, n});
    while (out.n && (out.p[0] == '.' || out.p[0] == ' '))
        out = slice_from(out, 1);
    return out;
}

static struct slice last_component(struct slice name)
{
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/' || name.p[i - 1] == '\\')
            return slice_from(name, i);
    return name;
}

static const char *shortened(struct arena *arena, struct slice name)
{
    if (name.n <= NAME_BYTES_MAX)
        return arena_text(arena, name);
    struct slice extension = {name.p + name.n, 0};
    for (size_t i = 1; i <= EXTENSION_BYTES_MAX; i++)
        if (name.p[name.n - i] == '.')
            extension = slice_from(name, name.n - i);
    size_t n = NAME_BYTES_MAX - extension.n;
    while (n > 0 && ((unsigned char)name.p[n] & 0xc0) == 0x80)
        n--;
    return arena_printf(arena, "%.*s%.*s", (int)n, name.p,
                        SLICE_ARG(extension));
}

const char *name_of_file(struct arena *arena, const char *name,
                         const char *type)
{
    struct slice whole = cleaned(arena, slice_of(name));
    struct slice last = cleaned(arena, last_component(whole));
    return last.n ? shortened(arena, last) : default_name(type);
}

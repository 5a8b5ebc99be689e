#include "deliver/aside.h"

#include "base/buf.h"

enum { HEADER_BYTES = 65536, LINE_BYTES = 998 };

static const char *const names[] = {
    "Message-ID:", "Date:", "From:", "To:", "Subject:"};
enum { NAME_COUNT = sizeof names / sizeof *names };

static bool is_plain(struct slice line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] < 0x20 || line.p[i] > 0x7e)
            return false;
    return line.n <= LINE_BYTES;
}

/* Which name the line begins with; NAME_COUNT: none. */
static int name_of(struct slice line)
{
    int i = 0;
    while (i < NAME_COUNT && !slice_starts_nocase(line, names[i]))
        i++;
    return i;
}

/* Without its CRLF; *rest is left behind it. */
static struct slice take_line(struct slice *rest)
{
    size_t n = slice_find_crlf(*rest);
    struct slice line = {rest->p, n};
    *rest = slice_from(*rest, n < rest->n ? n + 2 : n);
    return line;
}

struct slice aside_header(struct arena *arena, struct slice content)
{
    struct slice rest = content, lines[NAME_COUNT] = {{NULL, 0}};
    struct buf out;
    if (rest.n > HEADER_BYTES)
        rest.n = HEADER_BYTES;
    while (rest.n) {
        struct slice line = take_line(&rest);
        int i = name_of(line);
        if (line.n == 0)
            break;
        bool is_folded = rest.n && (*rest.p == ' ' || *rest.p == '\t');
        if (i < NAME_COUNT && !lines[i].p && !is_folded && is_plain(line))
            lines[i] = line;
    }
    buf_init(&out, NAME_COUNT * (LINE_BYTES + 2) + 2);
    for (int i = 0; i < NAME_COUNT; i++)
        if (lines[i].p) {
            buf_put(&out, lines[i]);
            buf_puts(&out, "\r\n");
        }
    buf_puts(&out, "\r\n");
    struct slice header = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return header;
}

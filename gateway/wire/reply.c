#include "wire/reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_TEXT_BYTES = REPLY_LINES * REPLY_LINE_BYTES };

bool reply_is(const struct reply *reply, int hundred)
{
    return reply->code / 100 == hundred;
}

static void add_line(struct buf *out, const struct reply *reply, char between,
                     struct slice line)
{
    buf_printf(out, "%d%c", reply->code, between);
    if (reply->status && *reply->status) {
        buf_puts(out, reply->status);
        if (line.n)
            buf_puts(out, " ");
    }
    buf_put(out, line);
}

void reply_format(struct buf *out, const struct reply *reply)
{
    struct slice rest = slice_of(reply->text);
    for (;;) {
        bool last = slice_find(rest, '\n') == rest.n;
        struct slice line = slice_cut(&rest, '\n');
        add_line(out, reply, last ? ' ' : '-', line);
        buf_puts(out, "\r\n");
        if (last)
            return;
    }
}

char *reply_line(struct arena *arena, const struct reply *reply)
{
    const char *end = strrchr(reply->text, '\n');
    struct buf line;
    buf_init(&line, SIZE_MAX);
    add_line(&line, reply, ' ', slice_of(end ? end + 1 : reply->text));
    struct slice s = slice_trim(buf_slice(&line));
    char *text = arena_text(arena, s);
    for (char *p = text; p < text + s.n; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    buf_release(&line);
    return text;
}

struct reply reply_from_line(struct arena *arena, const char *line)
{
    struct slice rest = slice_of(line);
    struct slice code = slice_word(&rest), status = slice_word(&rest);
    return (struct reply){(int)strtol(arena_text(arena, code), NULL, 10),
                          arena_text(arena, status),
                          arena_text(arena, slice_trim(rest))};
}

struct reply *reply_copy(struct arena *arena, const struct reply *reply)
{
    struct reply *copy = ARENA_NEW(arena, struct reply);
    copy->code = reply->code;
    copy->status = arena_strdup(arena, reply->status ? reply->status : "");
    copy->text = arena_strdup(arena, reply->text);
    return copy;
}

void reply_parser_init(struct reply_parser *parser)
{
    *parser = (struct reply_parser){0};
    buf_init(&parser->line, REPLY_LINE_BYTES);
    buf_init(&parser->text, REPLY_TEXT_BYTES);
}

void reply_parser_release(struct reply_parser *parser)
{
    buf_release(&parser->line);
    buf_release(&parser->text);
}

bool reply_parser_is_open(const struct reply_parser *parser)
{
    return parser->lines > 0 || buf_slice(&parser->line).n > 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(struct slice s, size_t at, size_t most)
{
    size_t n = 0;
    while (at + n < s.n && n <= most && is_digit(s.p[at + n]))
        n++;
    return n;
}

/* Length of an enhanced status code (RFC 3463 2) at the front that fits the
 * code's class and is followed by a blank or nothing; 0: none. */
static size_t status_length(struct slice text, int code)
{
    if (text.n < 5 || text.p[0] != '0' + code / 100 || text.p[1] != '.')
        return 0;
    size_t subject = digits(text, 2, 3), at = 2 + subject;
    if (subject < 1 || subject > 3 || at >= text.n || text.p[at] != '.')
        return 0;
    size_t detail = digits(text, at + 1, 3), end = at + 1 + detail;
    if (detail < 1 || detail > 3)
        return 0;
    return end == text.n || text.p[end] == ' ' ? end : 0;
}

/* One line without its end. ST_MORE: others follow. */
static enum status take_line(struct reply_parser *parser, struct slice line,
                             struct err *err)
{
    if (line.n < 3 || digits(line, 0, 3) != 3 || line.p[0] < '2' ||
        line.p[0] > '5')
        return err_set(err, ST_PROTO, "reply begins with \"%.*s\", not a code",
                       (int)(line.n < 16 ? line.n : 16), line.p);
    int code =
        (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + line.p[2] - '0';
    if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
        return err_set(err, ST_PROTO, "octet %d behind the code %d",
                       (unsigned char)line.p[3], code);
    if (parser->lines && code != parser->code)
        return err_set(err, ST_PROTO, "code %d within a reply of code %d", code,
                       parser->code);
    if (parser->lines == REPLY_LINES)
        return err_set(err, ST_PROTO, "reply of more than %d lines",
                       REPLY_LINES);
    bool more = line.n > 3 && line.p[3] == '-';
    struct slice text = slice_from(line, line.n > 4 ? 4 : line.n);
    size_t n = status_length(text, code);
    if (n) {
        memcpy(parser->status, text.p, n);
        parser->status[n] = '\0';
        text = slice_from(text, n < text.n ? n + 1 : n);
    }
    if (parser->lines)
        buf_puts(&parser->text, "\n");
    for (size_t i = 0; i < text.n; i++) /* text is a C string */
        buf_put(&parser->text, (struct slice){text.p[i] ? text.p + i : "?", 1});
    parser->code = code;
    parser->lines++;
    return more ? ST_MORE : ST_OK;
}

static void begin(struct reply_parser *parser)
{
    buf_reset(&parser->text);
    buf_puts(&parser->text, "");
    parser->lines = 0;
    parser->status[0] = '\0';
}

/* Adds up to the next LF to the line; true: the line is whole. */
static bool gather(struct reply_parser *parser, struct slice octets,
                   size_t *used, enum status *status, struct err *err)
{
    struct slice rest = slice_from(octets, *used);
    size_t lf = slice_find(rest, '\n');
    if (buf_add(&parser->line, (struct slice){rest.p, lf}) != ST_OK) {
        *status = err_set(err, ST_PROTO, "reply line above %d octets",
                          REPLY_LINE_BYTES);
        return false;
    }
    *used += lf < rest.n ? lf + 1 : lf;
    return lf < rest.n;
}

enum status reply_parser_feed(struct reply_parser *parser, struct slice octets,
                              size_t *used_out, struct reply *out,
                              struct err *err)
{
    *used_out = 0;
    enum status status = ST_MORE;
    while (*used_out < octets.n && status == ST_MORE) {
        if (!gather(parser, octets, used_out, &status, err))
            return status;
        struct slice line = buf_slice(&parser->line);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (!parser->lines)
            begin(parser);
        status = take_line(parser, line, err);
        buf_reset(&parser->line);
    }
    if (status == ST_OK) {
        *out = (struct reply){parser->code, parser->status,
                              buf_slice(&parser->text).p};
        parser->lines = 0;
    }
    return status;
}

#include "peer/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { HEAD_MOST = 65536, FIELDS_MOST = 128 };

/* How the end of the body is known (RFC 9112 6.3). */
enum framing { FRAMING_LENGTH, FRAMING_CHUNKS, FRAMING_CLOSE };

struct http_reader {
    struct arena *arena;
    const char *of;
    struct buf in;
    size_t at; /* of `in`: what stands before it was read */
    bool has_head;
    enum framing framing;
    size_t length;
    struct buf body; /* of chunks */
    enum http_state state;
    struct http_message *message; /* in the arena */
};

const char *http_field(const struct http_message *message, const char *name,
                       size_t n)
{
    for (size_t i = 0; i < message->field_count; i++)
        if (slice_is_nocase(slice_of(message->fields[i].name), name) &&
            n-- == 0)
            return message->fields[i].value;
    return NULL;
}

struct http_reader *http_reader_create(struct arena *arena, const char *of,
                                       size_t most_octets)
{
    struct http_reader *r = xcalloc(1, sizeof *r);
    r->arena = arena;
    r->message = ARENA_NEW(arena, struct http_message);
    r->of = of ? arena_strdup(arena, of) : NULL;
    buf_init(&r->in, most_octets + HEAD_MOST);
    buf_init(&r->body, most_octets);
    return r;
}

void http_reader_destroy(struct http_reader **reader)
{
    struct http_reader *r = *reader;
    *reader = NULL;
    if (!r)
        return;
    buf_release(&r->in);
    buf_release(&r->body);
    free(r);
}

static enum http_state bad(struct http_reader *r)
{
    return r->state = HTTP_STATE_BAD;
}

static enum http_state done(struct http_reader *r, struct slice body)
{
    r->message->body = arena_slice(r->arena, body);
    return r->state = HTTP_STATE_DONE;
}

/* "GET /x HTTP/1.1" or "HTTP/1.1 200 OK". */
static bool read_start(struct http_reader *r, struct slice line)
{
    struct slice first = slice_cut(&line, ' '), second = slice_cut(&line, ' ');
    unsigned long status;
    if (!r->of) {
        r->message->method = arena_text(r->arena, first);
        r->message->target = arena_text(r->arena, second);
        return first.n && second.n && slice_starts_nocase(line, "HTTP/1.");
    }
    if (!slice_starts_nocase(first, "HTTP/1.") || second.n != 3 ||
        !slice_number(second, 599, &status) || status < 100)
        return false;
    r->message->status = (unsigned)status;
    return true;
}

static bool read_field(struct http_reader *r, struct slice line)
{
    struct slice name = slice_cut(&line, ':');
    struct http_message *m = r->message;
    if (!name.n || name.p[name.n - 1] == ' ' || name.p[0] == ' ' ||
        name.p[0] == '\t' || m->field_count == FIELDS_MOST)
        return false;
    m->fields[m->field_count++] =
        (struct http_field){.name = arena_text(r->arena, name),
                            .value = arena_text(r->arena, slice_trim(line))};
    return true;
}

static bool read_framing(struct http_reader *r)
{
    const char *length = http_field(r->message, "Content-Length", 0);
    const char *coding = http_field(r->message, "Transfer-Encoding", 0);
    unsigned long n = 0;
    unsigned status = r->message->status;
    r->framing = FRAMING_LENGTH;
    r->length = 0;
    if (r->of && (strcmp(r->of, "HEAD") == 0 || status == 204 ||
                  status == 304 || status / 100 == 1))
        return true;
    if (coding) {
        r->framing = FRAMING_CHUNKS;
        return !length && slice_is_nocase(slice_of(coding), "chunked");
    }
    if (length && !slice_number(slice_of(length), r->in.cap, &n))
        return false;
    r->length = n;
    if (!length && r->of)
        r->framing = FRAMING_CLOSE;
    return true;
}

static enum http_state read_head(struct http_reader *r)
{
    struct slice all = buf_slice(&r->in);
    const char *end = memmem(all.p, all.n, "\r\n\r\n", 4);
    if (!end)
        return all.n > HEAD_MOST ? bad(r) : HTTP_STATE_MORE;
    struct slice head = {all.p, (size_t)(end - all.p) + 2};
    bool is_start = true;
    r->message->fields =
        arena_alloc(r->arena, FIELDS_MOST * sizeof *r->message->fields);
    while (head.n) {
        struct slice line = slice_cut(&head, '\n');
        if (!line.n || line.p[line.n - 1] != '\r')
            return bad(r);
        line.n--;
        if (!(is_start ? read_start(r, line) : read_field(r, line)))
            return bad(r);
        is_start = false;
    }
    r->at = (size_t)(end - all.p) + 4;
    r->has_head = true;
    return read_framing(r) ? HTTP_STATE_MORE : bad(r);
}

static bool read_hex(struct slice text, size_t *out)
{
    static const char digits[] = "0123456789abcdef";
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c =
            text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] + 32 : text.p[i];
        const char *p = c ? strchr(digits, c) : NULL;
        if (!p || i >= 8)
            return false;
        *out = *out * 16 + (size_t)(p - digits);
    }
    return text.n > 0;
}

/* One chunk; MORE with *moved false: it is not all there. */
static enum http_state read_chunk(struct http_reader *r, bool *moved)
{
    struct slice rest = slice_from(buf_slice(&r->in), r->at);
    const char *end = memmem(rest.p, rest.n, "\r\n", 2);
    size_t size;
    *moved = false;
    if (!end)
        return HTTP_STATE_MORE;
    struct slice line = {rest.p, (size_t)(end - rest.p)};
    struct slice number = slice_trim(slice_cut(&line, ';'));
    if (!read_hex(number, &size))
        return bad(r);
    size_t head = (size_t)(end - rest.p) + 2;
    if (rest.n < head + size + 2)
        return HTTP_STATE_MORE;
    if (size == 0) { /* trailers are of no use here: none may come */
        if (memcmp(rest.p + head, "\r\n", 2) != 0)
            return bad(r);
        return done(r, buf_slice(&r->body));
    }
    if (memcmp(rest.p + head + size, "\r\n", 2) != 0 ||
        buf_add(&r->body, (struct slice){rest.p + head, size}) != ST_OK)
        return bad(r);
    r->at += head + size + 2;
    *moved = true;
    return HTTP_STATE_MORE;
}

static enum http_state read_body(struct http_reader *r)
{
    struct slice rest = slice_from(buf_slice(&r->in), r->at);
    bool moved = true;
    switch (r->framing) {
    case FRAMING_LENGTH:
        if (rest.n < r->length)
            return HTTP_STATE_MORE;
        rest.n = r->length;
        return done(r, rest);
    case FRAMING_CHUNKS:
        while (moved) {
            enum http_state state = read_chunk(r, &moved);
            if (state != HTTP_STATE_MORE)
                return state;
        }
        break;
    case FRAMING_CLOSE:
        break;
    }
    return HTTP_STATE_MORE;
}

enum http_state http_reader_feed(struct http_reader *r, struct slice octets)
{
    if (r->state != HTTP_STATE_MORE)
        return r->state;
    if (buf_add(&r->in, octets) != ST_OK)
        return bad(r);
    if (!r->has_head)
        read_head(r);
    if (r->has_head && r->state == HTTP_STATE_MORE)
        read_body(r);
    return r->state;
}

enum http_state http_reader_end(struct http_reader *r)
{
    if (r->state != HTTP_STATE_MORE)
        return r->state;
    if (!r->has_head || r->framing != FRAMING_CLOSE)
        return bad(r);
    return done(r, slice_from(buf_slice(&r->in), r->at));
}

const struct http_message *http_reader_message(const struct http_reader *r)
{
    return r->state == HTTP_STATE_DONE ? r->message : NULL;
}

const char *http_escape(struct arena *arena, const char *text)
{
    static const char hex[] = "0123456789ABCDEF", plain[] = "-._*";
    char *out = arena_alloc(arena, 3 * strlen(text) + 1), *p = out;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9');
        if (is_letter || strchr(plain, c)) {
            *p++ = (char)c;
        } else if (c == ' ') {
            *p++ = '+';
        } else {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
    }
    return out;
}

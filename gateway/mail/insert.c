#include "mail/insert.h"

#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "mail/charset.h"
#include "mail/coding.h"
#include "mail/content.h"
#include "mail/encode.h"
#include "mail/seven_bit.h"

enum { LINE_CHARS = 76, WINDOW_BYTES = 65536, QUANTUM = 3 };

static struct slice body_of(const struct mail_part *part)
{
    return slice_sub(part->content, part->body, part->end - part->body);
}

/* --- charset -------------------------------------------------------------- */

/* The first octets tell the order of UTF-16 and UTF-32. */
static const char *charset_of(const struct mail_part *part)
{
    char first[QUANTUM] = {0};
    struct decoder decoder;
    decoder_init(&decoder, coding_of(part->coding), body_of(part));
    size_t n = decoder_read(&decoder, first, sizeof first);
    return charset_of_text(part->charset, (struct slice){first, n});
}

bool insert_is_possible(const struct mail_part *part)
{
    return charset_is_read(part->charset) &&
           (coding_of(part->coding) == CODING_BASE64 ||
            charset_is_ascii_like(charset_of(part)));
}

/* The notice with CRLF, as the text has it. Where the part is 7bit, it stays
 * so. */
static struct slice encoded_notice(struct arena *arena,
                                   const struct mail_part *part,
                                   const char *notice)
{
    struct buf lines;
    bool is_html = part->kind == MAIL_PART_HTML;
    buf_init(&lines, SIZE_MAX);
    for (const char *p = notice; *p; p++) {
        if (*p == '\n')
            buf_puts(&lines, "\r");
        buf_put(&lines, (struct slice){p, 1});
    }
    const char *text = arena_text(arena, buf_slice(&lines));
    buf_release(&lines);
    struct slice out =
        charset_from_utf8(arena, charset_of(part), text, is_html);
    bool is_7bit = !slice_is_nocase(slice_of(part->coding), "8bit") &&
                   !slice_is_nocase(slice_of(part->coding), "binary");
    if (coding_of(part->coding) == CODING_NONE && is_7bit && mail_is_8bit(out))
        out = charset_from_utf8(arena, "us-ascii", text, is_html);
    return out;
}

/* --- where in the decoded text -------------------------------------------- */

struct place {
    size_t at;        /* decoded octets before it */
    bool is_end;      /* behind all of them */
    bool ends_a_line; /* is_end: the text does */
};

static size_t last_match(struct slice s, const char *tag)
{
    size_t n = strlen(tag);
    for (size_t at = s.n; at-- > 0;)
        if (s.p[at] == '<' && s.n - at >= n &&
            slice_starts_nocase(slice_from(s, at), tag))
            return at;
    return s.n;
}

/* Before the last </body>, or the last </html>, or at the end. */
static struct place find_place(const struct mail_part *part)
{
    enum { TAG_BYTES = 6 };
    char window[WINDOW_BYTES];
    size_t held = 0, before = 0, n;
    size_t body = SIZE_MAX, html = SIZE_MAX;
    char last = '\n';
    struct decoder decoder;
    decoder_init(&decoder, coding_of(part->coding), body_of(part));
    while ((n = decoder_read(&decoder, window + held, sizeof window - held))) {
        struct slice s = {window, held + n};
        size_t at = last_match(s, "</body");
        body = at < s.n ? before + at : body;
        at = last_match(s, "</html");
        html = at < s.n ? before + at : html;
        last = s.p[s.n - 1];
        held = s.n < TAG_BYTES ? s.n : TAG_BYTES - 1;
        memmove(window, s.p + s.n - held, held);
        before += s.n - held;
    }
    bool is_tag =
        part->kind == MAIL_PART_HTML && charset_is_ascii_like(charset_of(part));
    size_t tag = body != SIZE_MAX ? body : html;
    if (is_tag && tag != SIZE_MAX)
        return (struct place){.at = tag};
    return (struct place){
        .at = before + held, .is_end = true, .ends_a_line = last == '\n'};
}

/* --- base64 --------------------------------------------------------------- */

static struct slice base64_lines(struct arena *arena, struct slice octets)
{
    struct slice text = slice_of(base64_encode(arena, octets));
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_puts(&out, "\r\n");
    while (text.n) {
        size_t n = text.n < LINE_CHARS ? text.n : LINE_CHARS;
        buf_put(&out, (struct slice){text.p, n});
        buf_puts(&out, "\r\n");
        text = slice_from(text, n);
    }
    struct slice lines = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return lines;
}

/* The quantum that holds the place is written anew with the notice in it. In
 * the middle blanks before the notice fill it up to whole quanta, so that the
 * rest stays as it is. */
static struct mail_edit insert_base64(struct arena *arena, struct slice body,
                                      struct place place, struct slice notice)
{
    char octets[QUANTUM];
    struct decoder d;
    struct buf text;
    size_t n = 0, count = 0, start = 0;
    decoder_init(&d, CODING_BASE64, body);
    do {
        count += n;
        start = d.at;
        n = decoder_read(&d, octets, sizeof octets);
    } while (n && count + n <= place.at &&
             !(place.is_end && n < QUANTUM && count + n == place.at));
    size_t head = place.at - count;
    buf_init(&text, SIZE_MAX);
    buf_put(&text, (struct slice){octets, head});
    for (size_t i = n + notice.n; !place.is_end && i % QUANTUM; i++)
        buf_puts(&text, " ");
    buf_put(&text, notice);
    buf_put(&text, (struct slice){octets + head, n - head});
    while (d.at < body.n && body.p[d.at] == '=')
        d.at++;
    struct slice lines = base64_lines(arena, buf_slice(&text));
    buf_release(&text);
    return (struct mail_edit){start, d.at - start, lines};
}

/* --- quoted-printable -------------------------------------------------------
 */

/* How the last line of raw octets ends: what brings the next one to the start
 * of a line of text. A soft line break joins it otherwise. */
static const char *line_start(struct slice raw)
{
    struct slice line = slice_trim(raw);
    bool ends = raw.n && raw.p[raw.n - 1] == '\n';
    if (line.n && line.p[line.n - 1] == '=')
        return ends ? "\r\n" : "\r\n\r\n";
    return ends || !raw.n ? "" : "\r\n";
}

/* Soft line breaks around it keep the lines short. */
static struct mail_edit insert_quoted(struct arena *arena, struct slice body,
                                      struct place place, struct slice notice)
{
    struct decoder d;
    struct buf text;
    char octet[QUANTUM];
    decoder_init(&d, CODING_QUOTED_PRINTABLE, body);
    for (size_t i = 0; i < place.at && !place.is_end; i++)
        (void)decoder_read(&d, octet, 1);
    size_t at = place.is_end ? body.n : d.at;
    buf_init(&text, SIZE_MAX);
    buf_puts(&text, place.is_end ? line_start(body) : "=\r\n");
    encode_quoted_printable(&text, notice);
    if (!place.is_end)
        buf_puts(&text, "=\r\n");
    struct slice insert = arena_slice(arena, buf_slice(&text));
    buf_release(&text);
    return (struct mail_edit){at, 0, insert};
}

/* What a header that ends without its empty line lacks, for what is put there
 * to stand in the body. */
static const char *header_end(const struct mail_part *part)
{
    struct slice header = {part->content.p + part->start,
                           part->body - part->start};
    if (part->body < part->end || content_is_end(header))
        return "";
    if (!header.n || header.p[header.n - 1] != '\n')
        return header.n ? "\r\n\r\n" : "\r\n";
    header.n -= header.n > 1 && header.p[header.n - 2] == '\r' ? 2 : 1;
    return header.n && header.p[header.n - 1] == '\n' ? "" : "\r\n";
}

struct mail_edit insert_notice(struct arena *arena,
                               const struct mail_part *part, const char *notice)
{
    struct slice body = body_of(part);
    struct place place = find_place(part);
    bool needs_line = place.is_end && !place.ends_a_line;
    if (needs_line && coding_of(part->coding) != CODING_QUOTED_PRINTABLE)
        notice = arena_printf(arena, "\n%s", notice);
    struct slice text = encoded_notice(arena, part, notice);
    struct mail_edit edit = {0};
    switch (coding_of(part->coding)) {
    case CODING_BASE64:
        edit = insert_base64(arena, body, place, text);
        break;
    case CODING_QUOTED_PRINTABLE:
        edit = insert_quoted(arena, body, place, text);
        break;
    case CODING_NONE:
        edit = (struct mail_edit){place.at, 0, text};
        break;
    }
    edit.at += part->body;
    struct slice lead = slice_of(header_end(part));
    if (lead.n) {
        char *both = arena_alloc(arena, lead.n + edit.insert.n);
        memcpy(both, lead.p, lead.n);
        memcpy(both + lead.n, edit.insert.p, edit.insert.n);
        edit.insert = (struct slice){both, lead.n + edit.insert.n};
    }
    return edit;
}

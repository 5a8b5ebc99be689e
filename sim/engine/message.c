#include "engine/message.h"

#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/random.h"
#include "engine/message_attach.h"

enum { MESSAGE_MOST = 64 << 20, WORD_OCTETS = 42, LINE_LETTERS = 76 };

void message_mark(char out[MESSAGE_MARK_BYTES])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char octets[24];
    random_bytes(octets, sizeof octets);
    memcpy(out, "LH-MARK-", 8);
    for (size_t i = 0; i < sizeof octets; i++)
        out[8 + i] = letters[octets[i] % 32];
    out[MESSAGE_MARK_BYTES - 1] = '\0';
}

const char *message_date(struct arena *arena, int64_t now_s)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)now_s;
    struct tm tm;
    gmtime_r(&t, &tm);
    return arena_printf(arena, "%.3s, %d %.3s %d %02d:%02d:%02d +0000",
                        days + 3 * tm.tm_wday, tm.tm_mday,
                        months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
                        tm.tm_min, tm.tm_sec);
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* RFC 2047: words of B, none of which cuts a character in two. */
static void put_encoded(struct arena *arena, struct buf *buf, const char *text)
{
    if (is_ascii(text)) {
        buf_puts(buf, text);
        return;
    }
    size_t n = strlen(text);
    for (size_t at = 0; at < n;) {
        size_t take = n - at < WORD_OCTETS ? n - at : WORD_OCTETS;
        while (at + take < n && ((unsigned char)text[at + take] & 0xc0) == 0x80)
            take--;
        buf_printf(buf, "%s=?utf-8?b?%s?=", at ? "\r\n " : "",
                   base64_encode(arena, (struct slice){text + at, take}));
        at += take;
    }
}

struct writing {
    struct arena *arena;
    const struct message_settings *settings;
    struct buf *buf;
};

static bool is_given(const struct submit *s, const char *name)
{
    for (const struct header_line *h = s->headers; h; h = h->next)
        if (slice_is_nocase(slice_of(h->name), name))
            return true;
    for (size_t i = 0; i < s->left_out.count; i++)
        if (slice_is_nocase(slice_of(s->left_out.texts[i]), name))
            return true;
    return false;
}

static void put_field(struct writing *w, const char *name, const char *value)
{
    if (is_given(w->settings->submit, name))
        return;
    buf_printf(w->buf, "%s: ", name);
    put_encoded(w->arena, w->buf, value);
    buf_puts(w->buf, "\r\n");
}

static void put_addresses(struct writing *w, const char *name,
                          const struct text_list *list)
{
    if (!list->count || is_given(w->settings->submit, name))
        return;
    buf_printf(w->buf, "%s: ", name);
    for (size_t i = 0; i < list->count; i++)
        buf_printf(w->buf, "%s%s", i ? ",\r\n " : "", list->texts[i]);
    buf_puts(w->buf, "\r\n");
}

static void put_own_fields(struct writing *w)
{
    const struct submit *s = w->settings->submit;
    char id[33];
    random_hex(id, 16);
    if (!is_given(s, "From")) /* an address is no text: as it is, RFC 6532 */
        buf_printf(w->buf, "From: %s\r\n", s->from);
    put_addresses(w, "To", &s->to);
    put_addresses(w, "Cc", &s->cc);
    put_field(w, "Subject",
              s->subject ? s->subject
                         : arena_printf(w->arena, "Appointment %s",
                                        w->settings->title));
    put_field(w, "Message-ID",
              arena_printf(w->arena, "<%s@submitter.example>", id));
    put_field(w, "Date", message_date(w->arena, w->settings->now_s));
}

static void put_given_fields(struct writing *w)
{
    const struct submit *s = w->settings->submit;
    for (const struct header_line *h = s->headers; h; h = h->next)
        buf_printf(w->buf, "%s: %s\r\n", h->name, h->value);
}

static void put_base64(struct writing *w, struct slice octets)
{
    const char *text = base64_encode(w->arena, octets);
    for (size_t n = strlen(text); n; n = strlen(text)) {
        size_t take = n < LINE_LETTERS ? n : LINE_LETTERS;
        buf_put(w->buf, (struct slice){text, take});
        buf_puts(w->buf, "\r\n");
        text += take;
    }
}

/* Lines ended by CRLF, whatever ended them before. */
static void put_lines(struct buf *buf, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool cr = text.p[i] == '\r';
        if (cr && i + 1 < text.n && text.p[i + 1] == '\n')
            continue;
        if (text.p[i] == '\n')
            buf_puts(buf, "\r\n");
        else
            buf_put(buf, (struct slice){&text.p[i], 1});
    }
}

static void put_text_part(struct writing *w, const char *type, const char *text)
{
    buf_printf(w->buf, "Content-Type: %s; charset=utf-8\r\n", type);
    if (is_ascii(text)) {
        buf_puts(w->buf, "Content-Transfer-Encoding: 7bit\r\n\r\n");
        put_lines(w->buf, slice_of(text));
        buf_puts(w->buf, "\r\n");
    } else {
        buf_puts(w->buf, "Content-Transfer-Encoding: base64\r\n\r\n");
        put_base64(w, slice_of(text));
    }
}

static bool has_texts(const struct submit *s, const char *which)
{
    return s->texts && strcmp(s->texts, which) == 0;
}

/* The texts as one entity: an alternative, or the one that there is. */
static void put_texts(struct writing *w, const char *boundary)
{
    const struct submit *s = w->settings->submit;
    const char *mark = w->settings->mark;
    const char *text =
        arena_printf(w->arena, "%s\n%s\n",
                     s->text ? s->text : "Your appointment is at ten.", mark);
    const char *html = arena_printf(
        w->arena, "%s\n<p>%s</p>\n",
        s->html ? s->html : "<p>Your appointment is at ten.</p>", mark);
    if (has_texts(s, "plain")) {
        put_text_part(w, "text/plain", text);
        return;
    }
    if (has_texts(s, "html")) {
        put_text_part(w, "text/html", html);
        return;
    }
    buf_printf(w->buf,
               "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n"
               "--%s\r\n",
               boundary, boundary);
    put_text_part(w, "text/plain", text);
    buf_printf(w->buf, "--%s\r\n", boundary);
    put_text_part(w, "text/html", html);
    buf_printf(w->buf, "--%s--\r\n", boundary);
}

static void put_attachment(struct writing *w)
{
    const char *mark = w->settings->mark;
    buf_printf(w->buf,
               "Content-Type: application/octet-stream\r\n"
               "Content-Transfer-Encoding: base64\r\n"
               "Content-Disposition: attachment; filename=\"letter-%s.bin\""
               "\r\n\r\n",
               mark);
    put_base64(w, slice_of(arena_printf(w->arena, "attached: %s\n", mark)));
}

static void put_mixed(struct writing *w, const char *outer, const char *inner)
{
    const struct submit *s = w->settings->submit;
    unsigned n = 0;
    buf_printf(w->buf, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n",
               outer);
    if (!has_texts(s, "none")) {
        buf_printf(w->buf, "--%s\r\n", outer);
        put_texts(w, inner);
    }
    if (s->attachment) {
        buf_printf(w->buf, "--%s\r\n", outer);
        put_attachment(w);
    }
    for (const struct attachment *a = s->attachments; a; a = a->next) {
        buf_printf(w->buf, "--%s\r\n", outer);
        message_attach(w->buf, a, ++n, w->settings->mark);
    }
    buf_printf(w->buf, "--%s--\r\n", outer);
}

static void put_body(struct writing *w)
{
    const struct submit *s = w->settings->submit;
    const struct attachment *first = s->attachments;
    bool texts = !has_texts(s, "none");
    char tail[17];
    random_hex(tail, 8);
    if (!is_given(s, "MIME-Version"))
        buf_puts(w->buf, "MIME-Version: 1.0\r\n");
    if (texts && !s->attachment && !first)
        put_texts(w, arena_printf(w->arena, "inner-%s", tail));
    else if (!texts && !s->attachment && first && !first->next)
        message_attach(w->buf, first, 1, w->settings->mark);
    else
        put_mixed(w, arena_printf(w->arena, "outer-%s", tail),
                  arena_printf(w->arena, "inner-%s", tail));
}

/* `@MARK@` of a file becomes the mark. */
static enum status put_raw(struct writing *w, struct err *err)
{
    const char *path = arena_printf(
        w->arena, "%s/%s", w->settings->messages_dir, w->settings->submit->raw);
    struct diagnostics *list = diagnostics_create();
    struct slice text;
    enum status status = node_load(w->arena, path, list, &text);
    diagnostics_destroy(&list);
    if (status != ST_OK)
        return err_set(err, ST_INVAL, "%s cannot be read", path);
    while (text.n) {
        const char *mark = memmem(text.p, text.n, "@MARK@", 6);
        size_t n = mark ? (size_t)(mark - text.p) : text.n;
        put_lines(w->buf, (struct slice){text.p, n});
        if (mark)
            buf_puts(w->buf, w->settings->mark);
        text = slice_from(text, mark ? n + 6 : n);
    }
    return ST_OK;
}

enum status message_build(struct arena *arena,
                          const struct message_settings *settings,
                          struct slice *out, struct err *err)
{
    struct buf buf;
    struct writing w = {arena, settings, &buf};
    enum status status = ST_OK;
    buf_init(&buf, MESSAGE_MOST);
    buf_puts(&buf, "");
    if (settings->submit->raw) {
        status = put_raw(&w, err);
    } else {
        put_own_fields(&w);
        put_given_fields(&w);
        put_body(&w);
    }
    *out = arena_slice(arena, buf_slice(&buf));
    buf_release(&buf);
    return status;
}

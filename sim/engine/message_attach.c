#include "engine/message_attach.h"

#include <string.h>

#include "base/base64.h"

enum { LINE_LETTERS = 76, QUOTED_LETTERS = 60 };

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* As many octets as asked for, the mark first. */
static struct slice filling(struct arena *arena, size_t octets, unsigned n,
                            const char *mark)
{
    const char *head = arena_printf(arena, "attached %u: %s ", n, mark);
    size_t length = strlen(head);
    char *text = arena_alloc(arena, octets + 1);
    for (size_t i = 0; i < octets; i++)
        text[i] = i < length ? head[i] : (char)('a' + (i * 7 + i / 97) % 26);
    return (struct slice){text, octets};
}

static void put_base64(struct arena *arena, struct buf *out,
                       struct slice octets)
{
    struct slice text = slice_of(base64_encode(arena, octets));
    while (text.n) {
        size_t take = text.n < LINE_LETTERS ? text.n : LINE_LETTERS;
        buf_put(out, (struct slice){text.p, take});
        buf_puts(out, "\r\n");
        text = slice_from(text, take);
    }
}

/* Letters and blanks alone need no quoting but for soft line ends. */
static void put_quoted(struct buf *out, struct slice text)
{
    while (text.n > QUOTED_LETTERS) {
        buf_put(out, (struct slice){text.p, QUOTED_LETTERS});
        buf_puts(out, "=\r\n");
        text = slice_from(text, QUOTED_LETTERS);
    }
    buf_put(out, text);
    buf_puts(out, "\r\n");
}

/* Lines of text, for what has no encoding; their ends count too. */
static void put_lines(struct buf *out, struct slice text)
{
    while (text.n) {
        size_t take = text.n < LINE_LETTERS ? text.n : LINE_LETTERS - 2;
        buf_put(out, (struct slice){text.p, take});
        text = slice_from(text, take);
        buf_puts(out, "\r\n");
        text = slice_from(text, text.n < 2 ? text.n : 2);
    }
}

static void put_message(struct buf *out, struct slice text)
{
    buf_puts(out, "Content-Type: message/rfc822\r\n"
                  "Content-Disposition: attachment\r\n\r\n"
                  "From: old@elsewhere.example\r\nSubject: An older one\r\n"
                  "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n");
    put_lines(out, text);
}

/* RFC 1847 2.1: what is signed, then a signature (of nobody here). */
static void put_signed(struct buf *out, struct slice text)
{
    buf_puts(out, "Content-Type: multipart/signed; boundary=\"signed\"; "
                  "micalg=sha-256;\r\n"
                  " protocol=\"application/pkcs7-signature\"\r\n\r\n"
                  "--signed\r\nContent-Type: text/plain\r\n\r\n");
    put_lines(out, text);
    buf_puts(out, "--signed\r\nContent-Type: application/pkcs7-signature\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
                  "--signed--\r\n");
}

static void put_leaf_head(struct arena *arena, struct buf *out,
                          const struct attachment *a, unsigned n,
                          const char *mark)
{
    bool text = is(a->kind, "text"), inline_part = is(a->kind, "inline");
    const char *name =
        a->name ? a->name : arena_printf(arena, "letter-%u-%s.bin", n, mark);
    buf_printf(out, "Content-Type: %s\r\n",
               a->type       ? a->type
               : text        ? "text/plain; charset=us-ascii"
               : inline_part ? "image/png"
                             : "application/octet-stream");
    buf_printf(out, "Content-Transfer-Encoding: %s\r\n", a->coding);
    if (inline_part)
        buf_printf(out, "Content-ID: <part%u@submitter.example>\r\n", n);
    if (!text)
        buf_printf(out, "Content-Disposition: %s; filename=\"%s\"\r\n",
                   inline_part ? "inline" : "attachment", name);
    buf_puts(out, "\r\n");
}

void message_attach(struct buf *out, const struct attachment *a, unsigned n,
                    const char *mark)
{
    struct arena *arena = arena_create();
    struct slice octets = filling(arena, a->octets, n, mark);
    if (is(a->kind, "message")) {
        put_message(out, octets);
    } else if (is(a->kind, "signed")) {
        put_signed(out, octets);
    } else {
        put_leaf_head(arena, out, a, n, mark);
        if (is(a->coding, "base64"))
            put_base64(arena, out, octets);
        else
            put_quoted(out, octets);
    }
    arena_destroy(&arena);
}

#include "portal/mails.h"

#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "base/random.h"
#include "mail/encode.h"
#include "mail/message.h"
#include "portal/letter.h"

enum {
    ID_OCTETS = 16,
    LINE_OCTETS = 57,
    CHUNK = 57 * 1024,
    WORD_OCTETS = 45,
    NAME_MAX = 100
};

static const char code_text[] =
    "%1$s\n"
    "\n"
    "is the code to read your secure message. It can be used once, for ten\n"
    "minutes at most. Did you not ask for a code? Then you need do nothing.\n"
    "\n"
    "----\n"
    "\n"
    "Met bovenstaande code leest u uw beveiligde bericht. Hij geldt een keer, "
    "en\n"
    "hoogstens tien minuten. Vroeg u geen code? Dan hoeft u niets te doen.\n";

static const char forgotten_text[] =
    "%1$s does not remember the access code of a secure message that you "
    "sent,\n"
    "and asks you to tell it. Please do not send it in a plain mail.\n"
    "\n"
    "----\n"
    "\n"
    "%1$s weet de toegangscode van een beveiligd bericht van u niet meer, en\n"
    "vraagt u die te geven. Stuur hem niet in een gewone e-mail.\n";

static const char *new_id(struct arena *arena)
{
    char *id = arena_alloc(arena, 2 * ID_OCTETS + 1);
    random_hex(id, ID_OCTETS);
    return id;
}

/* A mail of the gateway's own to one address: text in both languages. */
static struct slice own_mail(struct visit *v, const char *to,
                             const char *subject, const char *text)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_printf(&out, "X-Zivver-Transport: %s\r\n",
               mail_transport_name(MAIL_TRANSPORT_NOTIFICATION));
    buf_printf(&out, "X-Zivver-ConversationId: %s\r\n",
               encode_plain(v->arena, v->link.conversation));
    buf_printf(&out, "Date: %s\r\n", mail_date(v->arena, v->now_ms / 1000));
    encode_header(&out, "From", v->settings->from);
    buf_printf(&out, "To: %s\r\n", encode_address(v->arena, to));
    encode_header(&out, "Subject", subject);
    buf_printf(&out, "Message-ID: <p-%s@%s>\r\n", new_id(v->arena),
               v->settings->host_name);
    buf_puts(&out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                   "Content-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    encode_quoted_printable(&out, slice_of(text));
    buf_puts(&out, "\r\n");
    struct slice mail = arena_slice(v->arena, buf_slice(&out));
    buf_release(&out);
    return mail;
}

struct slice mail_code(struct visit *v, const char *code)
{
    return own_mail(v, v->link.address,
                    "Your code for a secure message / Uw code voor een "
                    "beveiligd bericht",
                    arena_printf(v->arena, code_text, code));
}

struct slice mail_forgotten(struct visit *v)
{
    return own_mail(v, v->link.message.sender,
                    "An access code is forgotten / Een toegangscode is "
                    "vergeten",
                    arena_printf(v->arena, forgotten_text, v->link.address));
}

/* --- replies ------------------------------------------------------------- */

static void put_blob(struct blob *out, struct buf *buf)
{
    blob_put(out, buf_slice(buf));
    buf_reset(buf);
}

/* RFC 2045 6.8: lines of 76. */
static void put_base64(struct blob *out, struct slice octets)
{
    for (size_t at = 0; at < octets.n; at += CHUNK) {
        struct arena *arena = arena_create();
        struct slice chunk = slice_from(octets, at);
        if (chunk.n > CHUNK)
            chunk.n = CHUNK;
        for (size_t i = 0; i < chunk.n; i += LINE_OCTETS) {
            struct slice line = slice_from(chunk, i);
            if (line.n > LINE_OCTETS)
                line.n = LINE_OCTETS;
            blob_puts(out, base64_encode(arena, line));
            blob_puts(out, "\r\n");
        }
        arena_destroy(&arena);
    }
}

static bool is_file(const struct form_field *field)
{
    return strcmp(field->name, "attachment") == 0 && field->file &&
           (*field->file || field->value.n);
}

/* RFC 2045 5.1: a type is taken over where it is one, without parameters. */
static const char *safe_type(struct arena *arena, const char *type)
{
    struct slice rest = slice_of(type);
    char *text = arena_text(arena, slice_trim(slice_cut(&rest, ';')));
    static const char token[] = "abcdefghijklmnopqrstuvwxyz0123456789.+-_";
    for (char *p = text; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    size_t a = strspn(text, token);
    size_t b = text[a] == '/' ? strspn(text + a + 1, token) : 0;
    bool good = a && b && !text[a + 1 + b] && strlen(text) < 100 &&
                strncmp(text, "multipart/", 10) != 0 &&
                strncmp(text, "message/", 8) != 0;
    return good ? text : "application/octet-stream";
}

/* RFC 2231 4, one section: it goes into a header as it is. */
static const char *percent(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, 3 * strlen(text) + 1), *p = out;
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
            (c >= 'a' && c <= 'z') || strchr("-._~", c)) {
            *p++ = (char)c;
        } else {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
    }
    return out;
}

static void put_files(struct visit *v, struct blob *out, const char *boundary)
{
    for (size_t i = 0; i < v->form.count; i++) {
        const struct form_field *field = &v->form.fields[i];
        if (!is_file(field))
            continue;
        blob_printf(out,
                    "--%s\r\nContent-Type: %s\r\n"
                    "Content-Transfer-Encoding: base64\r\n"
                    "Content-Disposition: attachment;\r\n"
                    " filename*=UTF-8''%s\r\n\r\n",
                    boundary, safe_type(v->arena, field->type),
                    percent(v->arena, *field->file ? field->file : "file"));
        put_base64(out, field->value);
    }
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text > 0x7e)
            return false;
    return true;
}

/* A display name as a quoted string, or as words of RFC 2047 2: at most 45
 * octets in each, never within a character. */
static void put_phrase(struct arena *arena, struct buf *buf, const char *name)
{
    if (is_ascii(name)) {
        buf_puts(buf, "\"");
        for (; *name; name++)
            buf_printf(buf, *name == '"' || *name == '\\' ? "\\%c" : "%c",
                       *name);
        buf_puts(buf, "\"");
        return;
    }
    while (*name) {
        size_t n = strnlen(name, WORD_OCTETS);
        while (n > 1 && name[n] && ((unsigned char)name[n] & 0xc0) == 0x80)
            n--;
        buf_printf(buf, "=?utf-8?B?%s?=",
                   base64_encode(arena, (struct slice){name, n}));
        name += n;
        if (*name)
            buf_puts(buf, "\r\n ");
    }
}

/* CONV-4: the gateway's address, the guest's name and address shown. */
static void put_from(struct visit *v, struct buf *buf, struct slice content)
{
    const char *name = letter_name(v->arena, content, v->link.address);
    const char *shown =
        *name && strlen(name) <= NAME_MAX
            ? arena_printf(v->arena, "%s (%s) via the portal", name,
                           v->link.address)
            : arena_printf(v->arena, "%s via the portal", v->link.address);
    buf_puts(buf, "From: ");
    put_phrase(v->arena, buf, shown);
    buf_printf(buf, "\r\n <%s>\r\n", v->settings->from);
}

static void put_head(struct visit *v, struct buf *buf, struct slice content)
{
    struct mail_message message = mail_parse(v->arena, content);
    const char *message_id = mail_value(v->arena, &message, "Message-ID");
    const char *text = encode_decode_words(
        v->arena, mail_value(v->arena, &message, "Subject"));
    if (!slice_starts_nocase(slice_of(text), "re:"))
        text = arena_printf(v->arena, "Re: %s", text);
    buf_printf(buf, "Date: %s\r\n", mail_date(v->arena, v->now_ms / 1000));
    put_from(v, buf, content);
    buf_printf(buf, "Reply-To: %s\r\n",
               encode_address(v->arena, v->link.address));
    buf_printf(buf, "To: %s\r\n",
               encode_address(v->arena, v->link.message.sender));
    encode_header(buf, "Subject", text);
    buf_printf(buf, "Message-ID: <r-%s@%s>\r\n", new_id(v->arena),
               v->settings->host_name);
    if (*message_id && strlen(message_id) < 900 &&
        slice_is(slice_of(encode_plain(v->arena, message_id)), message_id))
        buf_printf(buf, "In-Reply-To: %s\r\nReferences: %s\r\n", message_id,
                   message_id);
    buf_puts(buf, "MIME-Version: 1.0\r\n");
}

void mail_reply(struct visit *v, struct slice content, struct blob *out)
{
    struct buf buf;
    const char *boundary = arena_printf(v->arena, "=_r_%s", new_id(v->arena));
    bool files = false;
    for (size_t i = 0; i < v->form.count; i++)
        files |= is_file(&v->form.fields[i]);
    buf_init(&buf, SIZE_MAX);
    put_head(v, &buf, content);
    if (files)
        buf_printf(&buf,
                   "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n\r\n"
                   "--%s\r\n",
                   boundary, boundary);
    buf_puts(&buf, "Content-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    encode_quoted_printable(&buf,
                            slice_of(form_text(v->arena, &v->form, "text")));
    buf_puts(&buf, "\r\n");
    put_blob(out, &buf);
    if (files) {
        put_files(v, out, boundary);
        blob_printf(out, "--%s--\r\n", boundary);
    }
    buf_release(&buf);
}

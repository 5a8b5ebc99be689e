#include "mail/notification.h"

#include <stdint.h>
#include <string.h>

#include "address/mailbox_list.h"
#include "base/buf.h"
#include "mail/encode.h"

enum { RAW_BYTES = 4096, NAME_BYTES = 200 };

/* %1$s: who wrote; %2$s: the link. */
static const char text_part[] =
    "%1$s has sent you a secure message.\n"
    "\n"
    "Read it here:\n"
    "%2$s\n"
    "\n"
    "Please do not answer this mail: a reply goes through the portal behind\n"
    "the link, so that it is as secure as the message itself.\n"
    "\n"
    "----\n"
    "\n"
    "%1$s heeft u een beveiligd bericht gestuurd.\n"
    "\n"
    "Lees het hier:\n"
    "%2$s\n"
    "\n"
    "Beantwoord deze e-mail niet: een antwoord gaat via het portaal achter de\n"
    "link, zodat het even veilig is als het bericht zelf.\n";

static const char html_part[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<title>Secure message</title></head><body>\n"
    "<p>%1$s has sent you a secure message.</p>\n"
    "<p><a href=\"%2$s\">Read the message</a></p>\n"
    "<p>Please do not answer this mail: a reply goes through the portal behind"
    " the link, so that it is as secure as the message itself.</p>\n"
    "<hr>\n"
    "<div lang=\"nl\">\n"
    "<p>%1$s heeft u een beveiligd bericht gestuurd.</p>\n"
    "<p><a href=\"%2$s\">Lees het bericht</a></p>\n"
    "<p>Beantwoord deze e-mail niet: een antwoord gaat via het portaal achter"
    " de link, zodat het even veilig is als het bericht zelf.</p>\n"
    "</div>\n"
    "</body></html>\n";

static const char generic_subject[] =
    "You have received a secure message / U heeft een beveiligd bericht "
    "ontvangen";

/* Blanks for control characters: a name is one line of text. */
static char *one_line(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    return line;
}

/* At most NAME_BYTES, cut between characters. */
static const char *shorten(char *text)
{
    size_t n = strnlen(text, NAME_BYTES);
    while (n > 0 && text[n] && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    text[n] = '\0';
    return text;
}

/* "Name (address)", or the address alone. */
static const char *who_wrote(struct arena *arena,
                             const struct mail_notification *in,
                             const struct mail_message *message)
{
    const char *from = mail_value(arena, message, "From");
    struct mailbox_list list;
    struct err err;
    if (mailbox_list_parse(arena, slice_of(from), &list, &err) != ST_OK ||
        list.count == 0)
        return "Somebody";
    const char *address = mailbox_format(arena, &list.entries[0].mailbox);
    struct slice raw = list.entries[0].display;
    if (raw.n > RAW_BYTES)
        raw.n = RAW_BYTES;
    const char *name = encode_decode_words(arena, arena_text(arena, raw));
    name = shorten(one_line(arena, name));
    if (slice_trim(slice_of(name)).n == 0)
        return address;
    if (strcmp(address, in->from) == 0)
        return name; /* a guest's reply: the address is ours (CONV-4) */
    return arena_printf(arena, "%s (%s)", name, address);
}

static const char *subject(struct arena *arena,
                           const struct mail_notification *in,
                           const struct mail_message *message)
{
    if (in->generic_subject)
        return generic_subject;
    struct slice raw = slice_of(mail_value(arena, message, "Subject"));
    if (raw.n > RAW_BYTES)
        raw.n = RAW_BYTES;
    const char *text = encode_decode_words(arena, arena_text(arena, raw));
    return slice_trim(slice_of(text)).n ? text : generic_subject;
}

static void put_part(struct buf *out, const char *boundary, const char *type,
                     const char *text)
{
    buf_printf(out,
               "--%s\r\nContent-Type: text/%s; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
               boundary, type);
    encode_quoted_printable(out, slice_of(text));
    buf_puts(out, "\r\n");
}

static void put_header(struct arena *arena, struct buf *out,
                       const struct mail_notification *in,
                       const char *subject_text)
{
    buf_printf(out, "X-Zivver-Transport: %s\r\n",
               mail_transport_name(MAIL_TRANSPORT_NOTIFICATION));
    buf_printf(out, "X-Zivver-ConversationId: %s\r\n",
               encode_plain(arena, in->conversation));
    buf_printf(out, "Date: %s\r\n", mail_date(arena, in->now_s));
    encode_header(out, "From", in->from);
    buf_printf(out, "To: %s\r\n", encode_address(arena, in->to));
    encode_header(out, "Subject", subject_text);
    buf_printf(out, "Message-ID: <%s@%s>\r\n", in->mail_id, in->host_name);
    buf_puts(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
}

struct slice mail_notification(struct arena *arena,
                               const struct mail_notification *in)
{
    struct mail_message message = mail_parse(arena, in->content);
    const char *who = who_wrote(arena, in, &message);
    const char *link = arena_printf(arena, "%s/m/%s", in->portal, in->token);
    const char *boundary = arena_printf(arena, "=_n_%s", in->mail_id);
    struct buf out;
    buf_init(&out, SIZE_MAX); /* a bounded Subject and name, and our text */
    put_header(arena, &out, in, subject(arena, in, &message));
    buf_printf(&out,
               "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n"
               "\r\n",
               boundary);
    put_part(&out, boundary, "plain",
             arena_printf(arena, text_part, who, link));
    put_part(&out, boundary, "html",
             arena_printf(arena, html_part, encode_html(arena, who),
                          encode_html(arena, link)));
    buf_printf(&out, "--%s--\r\n", boundary);
    struct slice octets = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return octets;
}

#include "mail/dsn.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "mail/encode.h"
#include "mail/seven_bit.h"

/* What a server said has as many lines as a reply may have; the report tells
 * the beginning. */
enum { DIAGNOSTIC_BYTES = 8192 };

/* What an action says of itself. */
struct wording {
    const char *name;
    const char *subject;
    const char *what; /* "Your message of ... " */
    const char *next; /* what will happen now */
};
static const struct wording wordings[] = {
    [MAIL_DSN_ACTION_FAILED] = {"failed", "Undelivered secure message",
                                "could not be delivered to:",
                                "It will not be tried again."},
    [MAIL_DSN_ACTION_DELAYED] = {"delayed", "Delayed secure message",
                                 "has not been delivered yet to:",
                                 "You need not send it again: it is still "
                                 "being tried."},
    [MAIL_DSN_ACTION_DELIVERED] = {"delivered", "Delivered secure message",
                                   "was delivered to:",
                                   "You asked to be told so."},
    [MAIL_DSN_ACTION_RELAYED] = {"relayed", "Secure message passed on",
                                 "was passed on to the mail server of:",
                                 "You asked to be told so. That server will "
                                 "not report any success."},
    [MAIL_DSN_ACTION_EXPANDED] = {"expanded", "Secure message passed on",
                                  "was delivered to the list:",
                                  "You asked to be told so."},
};
_Static_assert(sizeof wordings / sizeof *wordings == MAIL_DSN_ACTION_COUNT,
               "words for each action");

const char *mail_dsn_action_name(enum mail_dsn_action action)
{
    return wordings[action].name;
}

static void put_header(struct arena *arena, struct buf *out,
                       const struct mail_dsn *in, const char *boundary)
{
    buf_printf(out, "X-Zivver-Transport: %s\r\n",
               mail_transport_name(MAIL_TRANSPORT_DSN));
    buf_printf(out, "Date: %s\r\n", mail_date(arena, in->now_s));
    buf_printf(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\r\n",
               in->host_name);
    buf_printf(out, "To: %s\r\n", encode_address(arena, in->to));
    buf_printf(out, "Subject: %s\r\n", wordings[in->action].subject);
    buf_printf(out, "Message-ID: <%s@%s>\r\n", in->mail_id, in->host_name);
    buf_puts(out, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n");
    buf_printf(out,
               "Content-Type: multipart/report;\r\n"
               " report-type=delivery-status;\r\n boundary=\"%s\"\r\n\r\n",
               boundary);
}

static const char *shortened(struct arena *arena, const char *diagnostic)
{
    struct slice s = slice_most(slice_of(diagnostic), DIAGNOSTIC_BYTES);
    return encode_plain(arena, arena_text(arena, s));
}

static void put_words(struct arena *arena, struct buf *text,
                      const struct mail_dsn_recipient *r)
{
    buf_printf(text, "\n  %s\n  %s (%s)\n", encode_address(arena, r->address),
               encode_plain(arena, r->reason), encode_plain(arena, r->status));
    if (r->diagnostic)
        buf_printf(
            text, "  %s said: %s\n",
            encode_plain(arena, r->remote_mta ? r->remote_mta : "The server"),
            shortened(arena, r->diagnostic));
    if (r->will_retry_until_s)
        buf_printf(text, "  It will be tried until %s.\n",
                   mail_date(arena, r->will_retry_until_s));
}

static void put_explanation(struct arena *arena, struct buf *out,
                            const struct mail_dsn *in, const char *boundary)
{
    const struct wording *wording = &wordings[in->action];
    struct buf text;
    buf_init(&text, SIZE_MAX);
    buf_printf(&text, "Your message of %s\n%s\n",
               mail_date(arena, in->arrival_s), wording->what);
    for (size_t i = 0; i < in->recipient_count; i++)
        put_words(arena, &text, &in->recipients[i]);
    buf_printf(&text, "\n%s This report was made by %s.\n", wording->next,
               in->host_name);
    buf_printf(out,
               "--%s\r\nContent-Description: Explanation\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
               boundary);
    encode_quoted_printable(out, buf_slice(&text));
    buf_puts(out, "\r\n");
    buf_release(&text);
}

/* One character of well-formed UTF-8, as every address here is. */
static unsigned long take_character(const char **p, size_t *n)
{
    unsigned char first = (unsigned char)**p;
    size_t more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    unsigned long c = more ? first & (0x3fU >> more) : first;
    if (more >= *n)
        more = *n - 1;
    for (size_t i = 1; i <= more; i++)
        c = c << 6 | ((unsigned char)(*p)[i] & 0x3f);
    *p += more + 1;
    *n -= more + 1;
    return c;
}

/* RFC 6533 3: as it is, or in seven bits, so that any server takes the report.
 */
static void put_final_recipient(struct arena *arena, struct buf *out,
                                const char *address, bool is_global)
{
    const char *p = address;
    size_t n = strlen(address);
    if (!mail_is_8bit(slice_of(address))) {
        buf_printf(out, "Final-Recipient: rfc822; %s\r\n",
                   encode_plain(arena, address));
        return;
    }
    buf_puts(out, "Final-Recipient: utf-8; ");
    if (is_global)
        buf_puts(out, address);
    while (n && !is_global) {
        unsigned long c = take_character(&p, &n);
        if (c > 0x7e || c < 0x21 || c == '\\' || c == '+' || c == '=')
            buf_printf(out, "\\x{%lX}", c);
        else
            buf_printf(out, "%c", (char)c);
    }
    buf_puts(out, "\r\n");
}

static void put_date(struct arena *arena, struct buf *out, const char *name,
                     int64_t wall_s)
{
    if (wall_s)
        buf_printf(out, "%s: %s\r\n", name, mail_date(arena, wall_s));
}

static bool is_reply(const char *text)
{
    return strspn(text, "0123456789") == 3;
}

/* RFC 3464 2.3. Where no server spoke, the gateway is the one who knows. */
static void put_recipient(struct arena *arena, struct buf *out,
                          const struct mail_dsn *in,
                          const struct mail_dsn_recipient *r, bool is_global)
{
    const char *diagnostic = r->diagnostic ? r->diagnostic : r->reason;
    bool is_success = in->action != MAIL_DSN_ACTION_FAILED &&
                      in->action != MAIL_DSN_ACTION_DELAYED;
    buf_puts(out, "\r\n");
    if (r->orcpt)
        encode_header(out, "Original-Recipient", encode_plain(arena, r->orcpt));
    put_final_recipient(arena, out, encode_address(arena, r->address),
                        is_global);
    buf_printf(out, "Action: %s\r\n", wordings[in->action].name);
    buf_printf(out, "Status: %s\r\n", encode_plain(arena, r->status));
    if (r->remote_mta)
        buf_printf(out, "Remote-MTA: dns; %s\r\n",
                   encode_plain(arena, r->remote_mta));
    if (r->diagnostic || !is_success)
        encode_header(out, "Diagnostic-Code",
                      arena_printf(arena, "%s; %s",
                                   is_reply(diagnostic) ? "smtp" : "x-lasthop",
                                   shortened(arena, diagnostic)));
    put_date(arena, out, "Last-Attempt-Date", r->last_attempt_s);
    put_date(arena, out, "Will-Retry-Until", r->will_retry_until_s);
}

static void put_status(struct arena *arena, struct buf *out,
                       const struct mail_dsn *in, const char *boundary)
{
    bool is_global = mail_is_8bit(slice_of(in->to)); /* RFC 6533 4 */
    buf_printf(out,
               "--%s\r\nContent-Description: Delivery report\r\n"
               "Content-Type: message/%s\r\n%s\r\n",
               boundary,
               is_global ? "global-delivery-status" : "delivery-status",
               is_global ? "Content-Transfer-Encoding: 8bit\r\n" : "");
    if (in->envid)
        encode_header(out, "Original-Envelope-Id",
                      encode_plain(arena, in->envid));
    buf_printf(out, "Reporting-MTA: dns; %s\r\n", in->host_name);
    buf_printf(out, "Arrival-Date: %s\r\n", mail_date(arena, in->arrival_s));
    for (size_t i = 0; i < in->recipient_count; i++)
        put_recipient(arena, out, in, &in->recipients[i], is_global);
    buf_puts(out, "\r\n");
}

static void put_original(struct arena *arena, struct buf *out,
                         const struct mail_dsn *in, const char *boundary)
{
    struct mail_message message = mail_parse(arena, in->content);
    bool is_global; /* RFC 6533 4, in seven bits */
    struct buf fields;
    buf_init(&fields, SIZE_MAX);
    for (size_t i = 0; i < message.field_count; i++)
        if (message.fields[i].name.n && mail_is_kept(&message.fields[i]))
            buf_put(&fields, message.fields[i].raw);
    is_global = mail_is_8bit(buf_slice(&fields));
    buf_printf(out,
               "--%s\r\nContent-Description: Header of the message\r\n"
               "Content-Type: %s\r\n"
               "Content-Transfer-Encoding: %s\r\n\r\n",
               boundary,
               is_global ? "message/global-headers" : "text/rfc822-headers",
               is_global ? "quoted-printable" : "7bit");
    if (is_global)
        encode_quoted_printable(out, buf_slice(&fields));
    else
        buf_put(out, buf_slice(&fields));
    buf_release(&fields);
    buf_puts(out, "\r\n");
}

struct slice mail_dsn(struct arena *arena, const struct mail_dsn *in)
{
    const char *boundary = arena_printf(arena, "=_d_%s", in->mail_id);
    struct buf out;
    buf_init(&out, SIZE_MAX);
    put_header(arena, &out, in, boundary);
    put_explanation(arena, &out, in, boundary);
    put_status(arena, &out, in, boundary);
    put_original(arena, &out, in, boundary);
    buf_printf(&out, "--%s--\r\n", boundary);
    struct slice octets = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return octets;
}

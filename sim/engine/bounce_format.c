#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "engine/bounce.h"

enum { SLACK_OCTETS = 8192 };

static bool is_form(const struct bounce_settings *s, const char *form)
{
    return strcmp(s->bounce->form, form) == 0;
}

static void put_head(struct buf *out, const struct bounce_settings *s)
{
    char date[64];
    time_t now = (time_t)s->now_s;
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    bool person = is_form(s, "vacation") || is_form(s, "person");
    if (person)
        buf_printf(out, "From: <%s>\r\n", s->bounce->of);
    else
        buf_printf(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\r\n",
                   s->host);
    buf_printf(out,
               "To: <%s>\r\nDate: %s\r\nMessage-ID: <bounce.%lld@%s>\r\n"
               "Subject: %s\r\nMIME-Version: 1.0\r\n",
               s->to, date, (long long)s->now_s, s->host,
               is_form(s, "vacation") ? "Out of office"
               : is_form(s, "person") ? "Re: Appointment"
                                      : "Undelivered Mail Returned to Sender");
    if (!is_form(s, "person"))
        buf_puts(out, "Auto-Submitted: auto-replied\r\n");
}

/* RFC 3464 with RET=FULL, as many hosts do whatever they were asked. */
static void put_report(struct buf *out, const struct bounce_settings *s)
{
    const struct bounce *b = s->bounce;
    buf_printf(out,
               "Content-Type: multipart/report; report-type=delivery-status; "
               "boundary=\"back\"\r\n\r\n"
               "--back\r\nContent-Type: text/plain\r\n\r\n"
               "This is the mail system at %s. About %s: %s (%s).\r\n\r\n"
               "--back\r\nContent-Type: message/delivery-status\r\n\r\n"
               "Reporting-MTA: dns; %s\r\n\r\n"
               "Final-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s\r\n",
               s->host, b->of, b->action, b->status, s->host, b->of, b->action,
               b->status);
    if (b->status[0] != '2')
        buf_printf(out, "Diagnostic-Code: smtp; %c50 %s no such mailbox\r\n",
                   b->status[0], b->status);
    buf_puts(out, "\r\n--back\r\nContent-Type: message/rfc822\r\n\r\n");
    buf_put(out, s->original);
    buf_puts(out, "\r\n--back--\r\n");
}

static void put_text(struct buf *out, const struct bounce_settings *s)
{
    buf_puts(out, "Content-Type: text/plain\r\n\r\n");
    if (is_form(s, "vacation"))
        buf_puts(out, "I am on holiday until Monday.\r\n");
    else if (is_form(s, "person"))
        buf_puts(out, "Thank you, that suits me well.\r\n");
    else
        buf_printf(out,
                   "I could not deliver your message to <%s>:\r\n"
                   "550 5.1.1 no such mailbox\r\n\r\n"
                   "--- What you sent:\r\n",
                   s->bounce->of);
    if (is_form(s, "plain"))
        buf_put(out, s->original);
}

struct slice bounce_format(struct arena *arena,
                           const struct bounce_settings *settings)
{
    struct buf buf;
    buf_init(&buf, settings->original.n + SLACK_OCTETS);
    put_head(&buf, settings);
    if (is_form(settings, "report"))
        put_report(&buf, settings);
    else
        put_text(&buf, settings);
    struct slice octets = arena_slice(arena, buf_slice(&buf));
    buf_release(&buf);
    return octets;
}

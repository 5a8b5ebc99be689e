#include "deliver/outgoing.h"

#include "base/blob.h"
#include "base/log.h"
#include "base/mapped.h"
#include "mail/dkim_seal.h"
#include "mail/seven_bit.h"

void outgoing_init(struct outgoing *out, const struct transport_mail *mail)
{
    *out = (struct outgoing){.content = mail->content,
                             .body = mail->body,
                             .seal = mail->seal,
                             .held = {mail->content.p, 0},
                             .arena = arena_create()};
}

void outgoing_release(struct outgoing *out)
{
    arena_destroy(&out->arena);
}

/* Content and body become one that is 7-bit; false: that would break it. */
static bool convert(struct outgoing *out, const char *spool)
{
    struct blob *whole = blob_create_in(out->arena, spool);
    struct blob *converted = blob_create_in(out->arena, spool);
    struct slice octets;
    struct err err;
    blob_put(whole, out->content);
    blob_put(whole, out->body);
    enum status status = blob_slice(whole, &octets, &err);
    if (status == ST_OK && !mail_to_7bit(converted, out->arena, octets)) {
        return false;
    }
    if (status == ST_OK) {
        status = blob_slice(converted, &out->content, &err);
    }
    if (status != ST_OK) {
        log_error("deliver", "message not converted", "error=%s", err.text);
        out->is_broken = true;
    }
    blob_reset(whole);
    out->body = (struct slice){0};
    out->held = (struct slice){out->content.p, 0};
    return true;
}

const char *outgoing_adapt(struct outgoing *out,
                           const struct client_offers *offers,
                           struct client_transaction *t, const char *spool)
{
    t->smtputf8 = mail_is_8bit(t->recipient) || mail_is_8bit(t->reverse_path) ||
                  mail_is_8bit(mail_header_octets(out->content));
    if (t->smtputf8 && !offers->smtputf8) {
        return "5.6.7";
    }
    t->content_8bit = mail_is_8bit(out->content) || mail_is_8bit(out->body);
    if (t->content_8bit && !offers->eightbitmime && !t->smtputf8) {
        t->content_8bit = false;
        if (!convert(out, spool)) {
            return "5.6.3";
        }
    }
    if (out->seal != NULL && !out->is_broken) {
        out->content =
            dkim_seal(out->arena, out->seal, out->content, &out->body);
        out->held = (struct slice){out->content.p, 0};
    }
    mapped_release(out->body);
    t->content_bytes = out->content.n + out->body.n;
    bool is_limited = offers->size && offers->size_bytes > 0;
    return is_limited && t->content_bytes > offers->size_bytes ? "5.3.4" : NULL;
}

bool outgoing_next(struct outgoing *out, struct slice *piece)
{
    if (out->content.n == 0) {
        out->content = out->body;
        out->body = (struct slice){0};
        out->held = (struct slice){out->content.p, 0};
    }
    mapped_pass(&out->held, out->content.p);
    *piece = out->content;
    if (piece->n > CLIENT_PIECE_BYTES) {
        piece->n = CLIENT_PIECE_BYTES;
    }
    out->is_broken = out->is_broken || !mapped_touch(*piece);
    if (piece->n == 0 || out->is_broken) {
        return false;
    }
    out->content = slice_from(out->content, piece->n);
    return true;
}

struct outgoing_reports outgoing_reports(const struct transport_mail *mail)
{
    struct outgoing_reports reports = {.mail = {.ret = DSN_RET_HDRS},
                                       .rcpt = {.notify = mail->notify}};
    if (mail->envid != NULL) {
        reports.mail.has_envid = true;
        reports.mail.envid = slice_of(mail->envid);
    }
    if (mail->orcpt != NULL) {
        reports.rcpt.has_orcpt = true;
        reports.rcpt.orcpt = slice_of(mail->orcpt);
        reports.rcpt.orcpt_type = slice_cut(&reports.rcpt.orcpt, ';');
    }
    return reports;
}

#include "deliver/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "mail/copy.h"
#include "mail/dsn.h"
#include "mail/notification.h"

enum { MAIL_ID_BYTES = 16 };

static enum mail_transport transport_of(const struct decision *decision)
{
    if (decision->idd) {
        return MAIL_TRANSPORT_IDD;
    }
    return decision->method == METHOD_NTA7516 ? MAIL_TRANSPORT_NTA7516
                                              : MAIL_TRANSPORT_DIRECT;
}

static struct slice notification(struct arena *arena,
                                 const struct compose_wish *wish)
{
    const struct deliver_settings *settings = wish->settings;
    const struct store_recipient *recipient = wish->item->recipient;
    struct mail_notification in = {.from = settings->from,
                                   .host_name = settings->host_name,
                                   .to = recipient->address,
                                   .content = wish->item->message->content,
                                   .generic_subject = settings->generic_subject,
                                   .conversation = recipient->conversation,
                                   .portal = settings->portal,
                                   .token = recipient->link_token,
                                   .mail_id = recipient->mail_id,
                                   .now_s = wish->now_ms / 1000};
    return mail_notification(arena, &in);
}

struct transport_mail compose(struct arena *arena,
                              const struct compose_wish *wish)
{
    const struct store_item *item = wish->item;
    if (item->kind == STORE_KIND_DSN) {
        return (struct transport_mail){.reverse_path = "",
                                       .recipient = item->dsn->to,
                                       .content = item->dsn->content};
    }
    struct transport_mail mail = {.reverse_path = item->recipient->return_path,
                                  .recipient = item->recipient->address};
    if (wish->decision->delivery == DELIVERY_DIRECT) {
        enum mail_transport transport = transport_of(wish->decision);
        bool is_nta = transport == MAIL_TRANSPORT_NTA7516;
        mail.content = mail_direct_copy(
            arena, item->message->content,
            &(struct mail_direct){
                .transport = transport,
                .idd_uuid = wish->idd_uuid,
                .extra_field = is_nta ? wish->settings->nta_header : NULL});
        mail.asks_report = is_nta;
    } else {
        mail.content = notification(arena, wish);
    }
    return mail;
}

bool compose_dsn_allowed(const struct store_item *item)
{
    unsigned notify = item->recipient->notify;
    return item->message->reverse_path[0] != '\0' &&
           (notify == 0 || (notify & STORE_NOTIFY_FAILURE) != 0);
}

/* The status in the sender's terms. */
static const char *reason_of(const struct attempt_report *report)
{
    static const struct {
        const char *status;
        const char *reason;
    } reasons[] = {
        {"5.7.10",
         "The recipient could only have been verified by e-mail, "
         "over a connection weaker than the minimum of this message."},
        {"5.1.2", "The recipient's domain does not exist."},
        {"5.1.10", "The recipient's domain accepts no mail."},
        {"5.4.4", "The recipient's domain has no usable mail server."},
        {"4.4.7", "The recipient's mail server could not be reached in time."},
    };
    if (report->reply != NULL) {
        return "The recipient's mail server did not accept the message.";
    }
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (report->status != NULL &&
            strcmp(reasons[i].status, report->status) == 0) {
            return reasons[i].reason;
        }
    }
    return "The message could not be delivered.";
}

struct store_dsn compose_dsn(struct arena *arena,
                             const struct deliver_settings *settings,
                             const struct store_item *item,
                             const struct attempt_report *report,
                             int64_t now_ms)
{
    char id[2 * MAIL_ID_BYTES + 1];
    random_hex(id, MAIL_ID_BYTES);
    const struct store_message *message = item->message;
    struct mail_dsn_recipient recipient = {
        .address = item->recipient->address,
        .orcpt = item->recipient->orcpt,
        .status = report->status != NULL ? report->status : "5.0.0",
        .remote_mta = report->reply != NULL ? report->host : NULL,
        .reply = report->reply,
        .reason = reason_of(report)};
    struct mail_dsn in = {.host_name = settings->host_name,
                          .to = message->reverse_path,
                          .content = message->content,
                          .envid = message->envid,
                          .mail_id = id,
                          .arrival_s = message->accepted_ms / 1000,
                          .now_s = now_ms / 1000,
                          .recipients = &recipient,
                          .recipient_count = 1};
    return (struct store_dsn){.to = message->reverse_path,
                              .recipients = item->recipient->address,
                              .content = mail_dsn(arena, &in)};
}

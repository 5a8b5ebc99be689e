#include "deliver/compose.h"

#include <stdlib.h>
#include <string.h>

#include "mail/copy.h"
#include "mail/notification.h"

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
    /* NTA-8: the gateway is the originator of this hop, and learns of every
     * failure whatever the sender wants to be told. */
    struct transport_mail mail = {.reverse_path = item->recipient->return_path,
                                  .recipient = item->recipient->address,
                                  .notify = STORE_NOTIFY_FAILURE |
                                            STORE_NOTIFY_DELAY};
    if (wish->decision->delivery == DELIVERY_DIRECT) {
        enum mail_transport transport = transport_of(wish->decision);
        bool is_nta = transport == MAIL_TRANSPORT_NTA7516;
        mail.content = mail_direct_head(
            arena, item->message->content,
            &(struct mail_direct){
                .transport = transport,
                .idd_uuid = wish->idd_uuid,
                .extra_field = is_nta ? wish->settings->nta_header : NULL},
            &mail.body);
        mail.notify |= item->recipient->notify & STORE_NOTIFY_SUCCESS;
        mail.envid = item->message->envid;
        mail.orcpt = item->recipient->orcpt;
    } else {
        mail.content = notification(arena, wish);
    }
    return mail;
}

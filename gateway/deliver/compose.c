#include "deliver/compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/blob.h"
#include "mail/copy.h"
#include "mail/links.h"
#include "mail/notification.h"
#include "mail/scan.h"

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

/* What is not larger than the limit as it stands is not larger when decoded. */
bool compose_needs_scan(const struct deliver_settings *settings,
                        const struct store_item *item, enum delivery delivery)
{
    return delivery == DELIVERY_DIRECT &&
           attachment_is_link(&settings->attachments, false,
                              item->message->content.n);
}

/* ATTACH-1: the large attachments as links; NULL where there is none. */
static const struct mail_edits *
links(struct arena *arena, const struct compose_wish *wish, unsigned *count_out)
{
    const struct attachment_settings *limit = &wish->settings->attachments;
    struct slice content = wish->item->message->content;
    if (wish->scan == NULL) {
        return NULL;
    }
    struct mail_part_list list = mail_scan_parts(arena, wish->scan, content);
    bool *is_link = arena_alloc(arena, list.count * sizeof *is_link);
    for (size_t i = 0; i < list.count; i++) {
        const struct mail_part *part = &list.parts[i];
        is_link[i] = attachment_is_link(
            limit, part->kind != MAIL_PART_ATTACHMENT, part->decoded_octets);
        *count_out += is_link[i];
    }
    if (*count_out == 0) {
        return NULL;
    }
    struct mail_edits *edits = ARENA_NEW(arena, struct mail_edits);
    struct mail_links in = {
        .parts = &list,
        .is_link = is_link,
        .url = arena_printf(arena, "%s/d/%s", wish->settings->portal,
                            wish->item->recipient->link_token),
        .mark = wish->item->recipient->mail_id};
    mail_link_edits_of(arena, content, &wish->scan->tree, &in, edits);
    return edits;
}

static enum status direct(struct arena *arena, const struct compose_wish *wish,
                          struct transport_mail *mail, struct err *err)
{
    const struct store_item *item = wish->item;
    enum mail_transport transport = transport_of(wish->decision);
    bool is_nta = transport == MAIL_TRANSPORT_NTA7516;
    struct mail_direct how = {.transport = transport,
                              .idd_uuid = wish->idd_uuid,
                              .extra_field =
                                  is_nta ? wish->settings->nta_header : NULL,
                              .edits = links(arena, wish, &mail->links)};
    mail->notify |= item->recipient->notify & STORE_NOTIFY_SUCCESS;
    mail->envid = item->message->envid;
    mail->orcpt = item->recipient->orcpt;
    mail->content =
        mail_direct_head(arena, item->message->content, &how, &mail->body);
    if (how.edits == NULL) {
        return ST_OK;
    }
    struct blob *edited = blob_create_in(arena, wish->spool);
    mail_edited_body(edited, item->message->content, mail->body, how.edits);
    return blob_slice(edited, &mail->body, err);
}

/* MAIL-2: below the From domain where that leads back here. What the gateway
 * itself says comes from its own domain, and so does the path. */
static const char *reverse_path(struct arena *arena,
                                const struct compose_wish *wish)
{
    const struct deliver_settings *settings = wish->settings;
    const char *stored = wish->item->recipient->return_path;
    int local = (int)strcspn(stored, "@");
    if (wish->decision->delivery == DELIVERY_DIRECT &&
        wish->sender->bounce == TRI_YES) {
        return arena_printf(arena, "%.*s@" SENDER_DNS_LABEL ".%s", local,
                            stored, wish->sender->domain);
    }
    return arena_printf(arena, "%.*s@%s", local, stored,
                        settings->return_host != NULL ? settings->return_host
                                                      : settings->host_name);
}

enum status compose(struct arena *arena, const struct compose_wish *wish,
                    struct transport_mail *out, struct err *err)
{
    const struct store_item *item = wish->item;
    if (item->kind == STORE_KIND_DSN) {
        *out = (struct transport_mail){.reverse_path = "",
                                       .recipient = item->dsn->to,
                                       .content = item->dsn->content};
        return ST_OK;
    }
    /* KEEP-4: it stands in the database as long as it may be needed. */
    bool has_link = wish->decision->delivery != DELIVERY_DIRECT || wish->scan;
    if (has_link && item->recipient->link_token == NULL) {
        return err_set(err, ST_PERM, "recipient %lld: no token for its link",
                       (long long)item->id);
    }
    /* NTA-8: the gateway is the originator of this hop, and learns of every
     * failure whatever the sender wants to be told. */
    *out = (struct transport_mail){.reverse_path = reverse_path(arena, wish),
                                   .recipient = item->recipient->address,
                                   .notify = STORE_NOTIFY_FAILURE |
                                             STORE_NOTIFY_DELAY};
    if (wish->decision->delivery == DELIVERY_DIRECT) {
        return direct(arena, wish, out, err);
    }
    out->content = notification(arena, wish);
    return ST_OK;
}

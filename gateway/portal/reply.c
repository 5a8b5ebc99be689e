#include "portal/reply.h"

#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "portal/events.h"
#include "portal/mails.h"
#include "portal/page.h"
#include "portal/render.h"

enum { ID_OCTETS = 12, PATH_OCTETS = 16, TOKEN_OCTETS = 32 };

struct reply {
    struct store_message message;
    struct store_recipient recipient;
    struct store_accept accept;
};

static const char *hex(struct arena *arena, size_t octets)
{
    char *text = arena_alloc(arena, 2 * octets + 1);
    random_hex(text, octets);
    return text;
}

static void on_stored(void *ctx, const struct store_answer *answer)
{
    struct visit *v = ctx;
    struct reply *reply = v->extra;
    if (visit_is_over(v))
        return;
    if (answer->status != ST_OK) {
        log_warn("portal", "reply not stored", "why=%s", answer->err.text);
        visit_fault(v, 503);
        return;
    }
    v->world->journal(v->world->ctx, &reply->accept.event);
    v->world->on_mail(v->world->ctx);
    visit_redirect(v, arena_printf(v->arena, "%s?note=sent", v->path));
}

/* What a reply to a reply belongs to: the sender's answer to a guest starts a
 * new conversation. */
static const char *conversation_of(struct visit *v)
{
    if (strcmp(v->link.message.kind, "reply") != 0)
        return v->link.conversation;
    char *uuid = arena_alloc(v->arena, UUID_TEXT_BYTES);
    random_uuid(uuid);
    return uuid;
}

/* The sender alone, by the order of methods with the owner's policy; a failure
 * is told to the guest. */
static void fill(struct visit *v, struct reply *reply)
{
    struct arena *arena = v->arena;
    const struct portal_link *link = &v->link;
    reply->recipient = (struct store_recipient){
        .address = link->message.sender,
        .conversation = conversation_of(v),
        .right = "none",
        .return_path = arena_printf(arena, "b-%s@%s", hex(arena, PATH_OCTETS),
                                    v->settings->host_name),
        .link_token = hex(arena, TOKEN_OCTETS),
        .mail_id = arena_printf(arena, "n-%s", hex(arena, ID_OCTETS))};
    reply->message =
        (struct store_message){.id = hex(arena, ID_OCTETS),
                               .kind = "reply",
                               .accepted_ms = v->now_ms,
                               .organization = link->message.organization,
                               .sender = link->address,
                               .reverse_path = link->address};
}

static bool is_empty(struct visit *v)
{
    for (size_t i = 0; i < v->form.count; i++)
        if (strcmp(v->form.fields[i].name, "attachment") == 0 &&
            v->form.fields[i].value.n)
            return false;
    return slice_trim(slice_of(form_text(v->arena, &v->form, "text"))).n == 0;
}

static void store_reply(struct visit *v)
{
    struct reply *reply = ARENA_NEW(v->arena, struct reply);
    struct err err;
    fill(v, reply);
    if (blob_slice(v->blob, &reply->message.content, &err) != ST_OK) {
        log_warn("portal", "reply not stored", "why=%s", err.text);
        visit_fault(v, 503);
        return;
    }
    reply->accept = (struct store_accept){
        .message = &reply->message,
        .recipients = &reply->recipient,
        .recipient_count = 1,
        .content = blob_is_file(v->blob) ? v->blob : NULL,
        .event = event_reply(v, reply->message.id, &reply->recipient)};
    v->extra = reply;
    visit_wait(v);
    store_accept(v->world->store, &reply->accept, on_stored, v);
}

/* What cannot be sent is shown again, but for its files. */
struct refusal {
    int status;
    enum text why;
};

static void make_refusal(struct visit *v, const struct portal_link *links,
                         size_t count)
{
    const struct refusal *refusal = v->extra;
    (void)count;
    v->ready = page_message(v, links, refusal->why,
                            form_text(v->arena, &v->form, "text"));
}

static void show_refusal(struct visit *v, const struct portal_link *links,
                         size_t count)
{
    const struct refusal *refusal = v->extra;
    (void)links, (void)count;
    visit_page(v, refusal->status, v->ready);
}

static void refuse(struct visit *v, const struct portal_link *link, int status,
                   enum text why)
{
    struct refusal *refusal = ARENA_NEW(v->arena, struct refusal);
    *refusal = (struct refusal){status, why};
    v->extra = refusal;
    render_links(v, link, 1, make_refusal, show_refusal);
}

static void make_reply(struct visit *v, const struct portal_link *links,
                       size_t count)
{
    (void)count;
    mail_reply(v, links->message.content, v->blob);
}

static void send_made(struct visit *v, const struct portal_link *links,
                      size_t count)
{
    (void)links, (void)count;
    store_reply(v);
}

void reply_send(struct visit *v, const struct portal_link *link)
{
    if (is_empty(v)) {
        refuse(v, link, 400, TEXT_ERROR_EMPTY);
        return;
    }
    if (v->request.body.n > v->settings->reply_bytes) {
        refuse(v, link, 413, TEXT_ERROR_TOO_LARGE);
        return;
    }
    /* A hijacked session is no machine for sending. */
    if (link->replies >= v->settings->replies_per_hour) {
        refuse(v, link, 429, TEXT_ERROR_REPLIES);
        return;
    }
    v->blob = blob_create(store_spool(v->world->store));
    render_links(v, link, 1, make_reply, send_made);
}

#include "app/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/blob.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "mail/copy.h"
#include "rules/admission.h"
#include "store/hand.h"

enum { ID_OCTETS = 12, PATH_OCTETS = 16, TOKEN_OCTETS = 32 };

struct intake {
    const struct intake_world *world;
    struct arena *arena; /* holds the intake too */
    struct store_message message;
    struct blob *content;
    struct store_recipient *recipients;
    size_t count;
    struct store_event event;
    struct wishes wishes;
    intake_done_fn *done; /* NULL: forgotten */
    void *ctx;
};

struct standing_question {
    const struct organizations *organizations;
    const struct config_organization *organization;
};

static enum standing ask_standing(void *ctx, const struct mailbox *address)
{
    const struct standing_question *q = ctx;
    return organizations_standing(q->organizations, q->organization, address);
}

static bool owns_domain(void *ctx, struct slice domain)
{
    const struct standing_question *q = ctx;
    return organizations_owner(q->organizations, domain) == q->organization;
}

static char *hex_text(struct arena *arena, size_t octets)
{
    char *text = arena_alloc(arena, 2 * octets + 1);
    random_hex(text, octets);
    return text;
}

static bool parse_envelope(struct arena *arena, const struct envelope *envelope,
                           struct mailbox *out)
{
    struct err err;
    for (size_t i = 0; i < envelope->recipient_count; i++)
        if (mailbox_parse(arena, envelope->recipients[i].address, &out[i],
                          &err) != ST_OK)
            return false;
    return true;
}

static const char **make_conversations(struct arena *arena, unsigned count)
{
    const char **ids = arena_alloc(arena, (count + 1) * sizeof *ids);
    for (unsigned i = 1; i <= count; i++) {
        char *uuid = arena_alloc(arena, UUID_TEXT_BYTES);
        random_uuid(uuid);
        ids[i] = uuid;
    }
    return ids;
}

static const char *orcpt_text(struct arena *arena,
                              const struct rcpt_params *params)
{
    if (!params->has_orcpt)
        return NULL;
    return arena_printf(arena, "%.*s;%.*s", SLICE_ARG(params->orcpt_type),
                        SLICE_ARG(params->orcpt));
}

/* In both vocabularies the bits are RFC 3461's, in its order. */
_Static_assert((int)DSN_NOTIFY_NEVER == (int)STORE_NOTIFY_NEVER &&
                   (int)DSN_NOTIFY_SUCCESS == (int)STORE_NOTIFY_SUCCESS &&
                   (int)DSN_NOTIFY_FAILURE == (int)STORE_NOTIFY_FAILURE &&
                   (int)DSN_NOTIFY_DELAY == (int)STORE_NOTIFY_DELAY,
               "NOTIFY bits");

static void fill_recipients(struct intake *in, const struct envelope *envelope,
                            const struct mailbox *mailboxes,
                            const struct admission *admission)
{
    struct arena *arena = in->arena;
    const struct conversations *all = &admission->conversations;
    const char **ids = make_conversations(arena, all->conversation_count);
    in->count = all->count;
    in->recipients = arena_alloc(arena, all->count * sizeof *in->recipients);
    for (size_t i = 0; i < all->count; i++) {
        const struct participant *p = &all->participants[i];
        const struct rcpt_params *params =
            &envelope->recipients[p->envelope_index].params;
        const struct wish *wish = &admission->wishes.wishes[i];
        in->recipients[i] = (struct store_recipient){
            .address = mailbox_format(arena, &mailboxes[p->envelope_index]),
            .conversation = ids[p->conversation],
            .notify = params->notify,
            .orcpt = orcpt_text(arena, params),
            .right = right_name(wish->right),
            .right_value = wish->right == RIGHT_NONE
                               ? NULL
                               : arena_text(arena, wish->value),
            .return_path =
                arena_printf(arena, "b-%s@%s", hex_text(arena, PATH_OCTETS),
                             in->world->config->host_name),
            .link_token = hex_text(arena, TOKEN_OCTETS),
            .mail_id = arena_printf(arena, "n-%s", hex_text(arena, ID_OCTETS)),
        };
    }
}

/* What the completed message could not be kept for. */
static enum status slice_content(struct intake *in, struct reply *refusal)
{
    struct err err;
    if (blob_slice(in->content, &in->message.content, &err) == ST_OK)
        return ST_OK;
    log_error("submission", "content cannot be kept", "error=%s", err.text);
    *refusal =
        blob_is_full(in->content) ? server_reply_full : server_reply_not_stored;
    return ST_TEMP;
}

static void fill_message(struct intake *in, const struct intake_client *client,
                         const struct server_want *want,
                         const struct admission *admission)
{
    struct arena *arena = in->arena;
    const struct envelope *envelope = want->envelope;
    struct store_message *m = &in->message;
    int64_t now_ms = clock_wall_ms();
    const char *id = hex_text(arena, ID_OCTETS);
    *m = (struct store_message){
        .id = id,
        .accepted_ms = now_ms,
        .organization = arena_strdup(arena, client->organization->name),
        .sender = mailbox_format(arena, &admission->sender.mailbox),
        .reverse_path = arena_text(arena, envelope->reverse_path),
        .envid = envelope->params.has_envid
                     ? arena_text(arena, envelope->params.envid)
                     : NULL,
        .ret_full = envelope->params.ret == DSN_RET_FULL,
        .direct_delivery = admission->wishes.direct_delivery,
        .email_permitted = admission->wishes.email_permitted,
    };
    in->content = blob_create_in(arena, store_spool(in->world->store));
    mail_complete(
        in->content, arena,
        &(struct mail_completion){.content = want->content,
                                  .id = id,
                                  .host_name = in->world->config->host_name,
                                  .client_helo = client->helo,
                                  .client_ip = client->ip,
                                  .is_authenticated = !client->is_by_spf,
                                  .now_s = now_ms / 1000});
}

static void on_stored(void *ctx, const struct store_answer *answer)
{
    struct intake *in = ctx;
    const struct intake_world *world = in->world;
    struct reply reply = server_reply_not_stored;
    if (answer->status == ST_OK) {
        journal_event(world->journal, &in->event);
        for (size_t i = 0; i < in->wishes.warning_count; i++)
            journal_warning(world->journal, in->message.id,
                            warning_name(in->wishes.warnings[i].word),
                            in->wishes.warnings[i].recipient);
        world->on_accepted(world->ctx, in->message.id);
        reply = server_reply_stored;
        reply.text = arena_printf(in->arena, "Accepted as %s", in->message.id);
    } else if (answer->fault == STORE_FAULT_FULL) {
        reply = server_reply_full;
    }
    if (in->done)
        in->done(in->ctx, &reply);
    struct arena *arena = in->arena;
    arena_destroy(&arena);
}

/* Admission, then everything that the store is given. */
static enum status prepare(struct intake *in,
                           const struct intake_client *client,
                           const struct server_want *want,
                           struct reply *refusal)
{
    const struct intake_world *world = in->world;
    const struct envelope *envelope = want->envelope;
    const struct config_settings *settings = &world->config->settings;
    struct mailbox *mailboxes =
        arena_alloc(in->arena, envelope->recipient_count * sizeof *mailboxes);
    struct wishes_settings wishes = {
        (enum code_keyword)settings->access_code_keyword,
        settings->invalid_access_right != 0};
    HAND_STEP_WHOLE(store_hand(world->store),
                    &((struct hand_work){.kind = HAND_INTAKE}));
    struct standing_question question = {world->organizations,
                                         client->organization};
    struct admission admission;
    if (!parse_envelope(in->arena, envelope, mailboxes)) {
        *refusal = (struct reply){554, "5.1.3", "Unreadable recipient"};
        return ST_PERM;
    }
    admission_check(in->arena,
                    &(struct admission_request){
                        .message = want->content,
                        .envelope = mailboxes,
                        .envelope_count = envelope->recipient_count,
                        .has_smtputf8 = envelope->params.smtputf8,
                        .received_max = (size_t)settings->received_fields,
                        .settings = &wishes,
                        .find_account = ask_standing,
                        .owns_domain = client->is_by_spf ? owns_domain : NULL,
                        .ctx = &question},
                    &admission);
    if (admission.refusal) {
        *refusal = reply_from_line(in->arena, admission.refusal);
        return ST_PERM;
    }
    fill_message(in, client, want, &admission);
    if (slice_content(in, refusal) != ST_OK)
        return ST_TEMP;
    fill_recipients(in, envelope, mailboxes, &admission);
    in->wishes = admission.wishes;
    struct mail_message parsed = mail_parse(in->arena, in->message.content);
    in->event =
        journal_accepted(in->arena, &in->message, in->recipients, in->count,
                         mail_value(in->arena, &parsed, "Message-ID"));
    return ST_OK;
}

enum status intake_begin(const struct intake_world *world,
                         const struct intake_client *client,
                         const struct server_want *want, intake_done_fn *done,
                         void *ctx, struct arena *arena, struct intake **out,
                         struct reply *refusal)
{
    struct arena *own = arena_create();
    struct intake *in = ARENA_NEW(own, struct intake);
    *in =
        (struct intake){.world = world, .arena = own, .done = done, .ctx = ctx};
    struct reply reply;
    if (prepare(in, client, want, &reply) != ST_OK) {
        *refusal = *reply_copy(arena, &reply);
        arena_destroy(&own);
        return ST_PERM;
    }
    struct store_accept accept = {.message = &in->message,
                                  .recipients = in->recipients,
                                  .recipient_count = in->count,
                                  .content = in->content,
                                  .event = in->event};
    store_accept(world->store, &accept, on_stored, in);
    *out = in;
    return ST_OK;
}

void intake_forget(struct intake **intake)
{
    if (*intake)
        (*intake)->done = NULL;
    *intake = NULL;
}

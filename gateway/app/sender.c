#include "app/sender.h"

#include "base/clock.h"
#include "rules/ip.h"
#include "session/server.h"

struct sender {
    struct arena *arena; /* holds the sender too */
    const struct sender_world *world;
    struct slice domain; /* of the reverse-path; the HELO name for <> */
    const char *ip;
    struct spf_check *check;
    sender_done *done;
    void *ctx;
};

/* The reverse-path is one that the session has parsed. */
static bool parse_path(struct arena *arena, struct slice path,
                       struct mailbox *out)
{
    struct err err;
    *out = (struct mailbox){.is_literal = false};
    return !path.n || mailbox_parse(arena, path, out, &err) == ST_OK;
}

const struct reply *
sender_with_credentials(struct arena *arena, const struct sender_world *world,
                        const struct config_organization *organization,
                        const struct sender_question *question)
{
    static const struct reply unreadable = {501, "5.1.7",
                                            "Unreadable reverse-path"};
    struct mailbox path;
    if (!parse_path(arena, question->reverse_path, &path))
        return &unreadable;
    if (mailbox_is_null(&path) || world->config->settings.foreign_reverse_path)
        return &server_reply_mail_ok;
    if (organizations_owner(world->organizations, path.domain) == organization)
        return &server_reply_mail_ok;
    struct reply refusal = {
        550, "5.7.1",
        arena_printf(arena, "The domain of <%s> is not your organization's",
                     mailbox_show(arena, &path))};
    return reply_copy(arena, &refusal);
}

/* Where the organization lists no addresses, any will do. */
static bool is_allowed_from(const struct config_organization *organization,
                            const char *client)
{
    const char *const *blocks = organization->spf_addresses.items;
    struct ip_block block;
    struct ip ip;
    if (!organization->spf_addresses.count)
        return true;
    if (!ip_parse(slice_of(client), &ip))
        return false;
    ip_unmap(&ip);
    for (size_t i = 0; i < organization->spf_addresses.count; i++)
        if (ip_block_parse(slice_of(blocks[i]), &block) &&
            ip_block_has(&block, &ip))
            return true;
    return false;
}

/* AUTH-4, as far as MAIL can tell; NULL: nothing is against it. */
static const char *objection(struct arena *arena, const struct sender *sender,
                             const struct config_organization *organization)
{
    if (!organization)
        return arena_printf(arena,
                            "550 5.7.1 SPF pass, but no organization here "
                            "claims %.*s",
                            SLICE_ARG(sender->domain));
    if (organization->spf_authentication != 0)
        return arena_printf(arena,
                            "550 5.7.1 SPF pass, but %.*s needs credentials",
                            SLICE_ARG(sender->domain));
    if (!is_allowed_from(organization, sender->ip))
        return arena_printf(arena,
                            "550 5.7.1 SPF pass, but %.*s needs credentials "
                            "from [%s]",
                            SLICE_ARG(sender->domain), sender->ip);
    return NULL;
}

static void on_verdict(void *ctx, const struct spf_verdict *verdict)
{
    struct sender *sender = ctx;
    struct arena *arena = sender->arena;
    const struct config_organization *organization = NULL;
    const char *refusal = spf_refusal(arena, verdict);
    struct reply reply = server_reply_mail_ok;
    sender->check = NULL;
    if (!refusal) {
        organization =
            organizations_owner(sender->world->organizations, sender->domain);
        refusal = objection(arena, sender, organization);
    }
    if (refusal) {
        organization = NULL;
        reply = reply_from_line(arena, refusal);
    }
    sender->done(sender->ctx, organization, &reply);
    arena_destroy(&arena);
}

/* As the directory has its domains; it is compared as it is by SPF. */
static struct slice lower(struct arena *arena, struct slice s)
{
    char *text = arena_text(arena, s);
    for (size_t i = 0; i < s.n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    return (struct slice){text, s.n};
}

struct sender *sender_by_spf(const struct sender_world *world,
                             const struct sender_question *question,
                             sender_done *done, void *ctx)
{
    struct arena *arena = arena_create();
    struct sender *sender = ARENA_NEW(arena, struct sender);
    struct mailbox path;
    bool is_path = parse_path(arena, question->reverse_path, &path);
    struct slice domain =
        is_path && mailbox_is_null(&path) ? question->helo : path.domain;
    *sender = (struct sender){.arena = arena,
                              .world = world,
                              .domain = lower(arena, domain),
                              .ip = arena_strdup(arena, question->ip),
                              .done = done,
                              .ctx = ctx};
    struct spf_request request = {.client = sender->ip,
                                  .helo = question->helo,
                                  .local = path.local,
                                  .domain = sender->domain,
                                  .receiver = world->config->host_name,
                                  .now_s = clock_wall_s()};
    struct spf_check_settings settings = {
        .loop = world->loop,
        .resolver = world->resolver,
        .timeout_ms = world->config->settings.spf_timeout_ms,
        .may_ask = question->may_look_up,
        .ctx = question->ctx};
    sender->check = spf_check_begin(&settings, &request, on_verdict, sender);
    return sender;
}

void sender_cancel(struct sender **sender)
{
    struct sender *s = *sender;
    *sender = NULL;
    if (!s)
        return;
    struct arena *arena = s->arena;
    spf_check_cancel(&s->check);
    arena_destroy(&arena);
}

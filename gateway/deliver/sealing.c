#include "deliver/sealing.h"

#include <string.h>

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL ? at + 1 : address;
}

static void take(struct sealing *sealing)
{
    const struct sender_dns_answer *answer = &sealing->answer;
    sealing->seal = (struct dkim_seal){.domain = answer->domain,
                                       .seen = answer->seen,
                                       .seen_count = answer->seen_count,
                                       .signers = answer->signers,
                                       .now_s = sealing->now_s};
}

static void on_done(void *ctx)
{
    struct sealing *sealing = ctx;
    sealing->query = NULL;
    take(sealing);
    sealing->on_done(sealing->ctx);
}

bool sealing_ask(struct sealing *sealing, const char *from,
                 struct slice content)
{
    static const struct dkim_ring none = {NULL, 0};
    const struct deliver_settings *settings = sealing->settings;
    struct sender_dns_wish wish = {
        .resolver = sealing->resolver,
        .ring = settings->keys != NULL ? settings->keys : &none,
        .domain = domain_of(from),
        .host_name = settings->host_name,
        .return_host = settings->return_host != NULL ? settings->return_host
                                                     : settings->host_name,
        .discovery = settings->discovery,
        .content = content};
    if (sealing->seal.domain != NULL &&
        strcasecmp(sealing->seal.domain, wish.domain) == 0) {
        return true;
    }
    sealing->query = sender_dns_start(sealing->arena, &wish, &sealing->answer,
                                      on_done, sealing);
    if (sealing->query != NULL) {
        return false;
    }
    take(sealing);
    return true;
}

void sealing_cancel(struct sealing *sealing)
{
    sender_dns_cancel(&sealing->query);
}

#include "deliver/nta.h"

#include <ctype.h>
#include <string.h>

#include "base/zone.h"
#include "rules/nta.h"

static int month_of(const struct nta *nta)
{
    int year, month;
    zone_month(nta->now_ms / 1000, &year, &month);
    return nta_month_of(year, month);
}

/* --- the sender's side ---------------------------------------------------- */

static void on_sender(bool is_met, enum why why, void *ctx)
{
    struct nta *nta = ctx;
    nta->sender = NULL;
    nta->facts->sender_nta_open = false;
    nta->facts->sender_nta = is_met;
    nta->facts->sender_nta_why = why;
    nta->on_done(nta->ctx);
}

static const char *domain_of(struct arena *arena, const char *address)
{
    const char *at = strrchr(address, '@');
    char *domain = arena_strdup(arena, at != NULL ? at + 1 : address);
    for (char *p = domain; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    return domain;
}

bool nta_ask_sender(struct nta *nta)
{
    const struct directory *directory = nta->world->directory;
    const char *from = nta->message->sender;
    if (nta->message->kind != NULL &&
        strcmp(nta->message->kind, "reply") == 0) {
        nta->facts->sender_nta_open = false;
        nta->facts->sender_nta = false; /* CONV-4: a guest never meets it */
        nta->facts->sender_nta_why = WHY_SENDER_NOT_NTA;
        return true;
    }
    if (directory->account(directory->self, from) != ACCOUNT_ACTIVE) {
        nta->facts->sender_nta_open = false;
        nta->facts->sender_nta = false;
        nta->facts->sender_nta_why = WHY_SENDER_WITHOUT_2FA;
        return true;
    }
    nta->sender_wish =
        (struct nta_sender_wish){.domain = domain_of(nta->arena, from),
                                 .month = month_of(nta),
                                 .discovery = nta->discovery};
    if (nta->keys != NULL) {
        nta->sender_wish.keys =
            dkim_ring_find(nta->arena, nta->keys, nta->sender_wish.domain);
    }
    nta->sender = nta_sender_start(nta->world->resolver, &nta->sender_wish,
                                   on_sender, nta);
    return false;
}

/* --- the recipient's side ------------------------------------------------- */

static void answer(struct nta *nta, enum nta_recipient state, enum why why)
{
    nta->facts->nta_recipient = state;
    nta->facts->nta_recipient_why = why;
    nta->on_done(nta->ctx);
}

/* A certificate's word does not explain that DANE is missing. */
static enum why weakness_of(const struct reach *reach)
{
    return reach->level >= LEVEL_TLS ? WHY_NO_DANE : reach->why;
}

static void on_reached(const struct reached *reached, void *ctx)
{
    struct nta *nta = ctx;
    nta->reach = NULL;
    nta->reached = reached;
    switch (reached->reach.outcome) {
    case REACH_REACHED:
        answer(nta, NTA_RECIPIENT_MET, WHY_NO_DANE);
        return;
    case REACH_TOO_WEAK:
        answer(nta, NTA_RECIPIENT_UNMET, weakness_of(&reached->reach));
        return;
    case REACH_WEAK_AND_UNREACHABLE: /* NTA-5: ORDER-5(2) is not for rank 2 */
        answer(nta, NTA_RECIPIENT_UNKNOWN, WHY_NO_CONNECTION);
        return;
    case REACH_UNKNOWN:
        answer(nta, NTA_RECIPIENT_UNKNOWN, reached->reach.why);
        return;
    case REACH_REFUSED:
        answer(nta, NTA_RECIPIENT_REFUSED, WHY_REFUSED_BY_SERVER);
        return;
    case REACH_UNASKED:
        break;
    }
    BUG("reach outcome %d", (int)reached->reach.outcome);
}

static void measure(struct nta *nta)
{
    const struct hosts *hops =
        nta->answer.has_hops ? nta->answer.hosts : nta->mx;
    if (nta->answer.state != NTA_RECIPIENT_MET) {
        answer(nta, nta->answer.state, nta->answer.why);
        return;
    }
    struct reach_wish wish = {.minimum = MINIMUM_DANE};
    nta->reach = reach_start(nta->arena, nta->world->transport, hops, &wish,
                             on_reached, nta);
}

static void find(struct nta *nta, nta_recipient_on_done *on_done)
{
    struct nta_recipient_wish wish = {
        .domain = nta->domain, .month = month_of(nta), .seed = nta->seed};
    nta->recipient = nta_recipient_start(nta->arena, nta->world->resolver,
                                         &wish, on_done, nta);
}

static void take(struct nta *nta, const struct nta_recipient_answer *found)
{
    nta->recipient = NULL;
    nta->answer = *found;
    nta->is_answered = true;
}

static void on_recipient(const struct nta_recipient_answer *found, void *ctx)
{
    struct nta *nta = ctx;
    take(nta, found);
    measure(nta);
}

static void on_destination(const struct nta_recipient_answer *found, void *ctx)
{
    struct nta *nta = ctx;
    take(nta, found);
    nta->facts->destination =
        found->state == NTA_RECIPIENT_MET && found->has_hops
            ? DESTINATION_USABLE
        : found->state == NTA_RECIPIENT_UNKNOWN ? DESTINATION_LOOKUP_FAILED
                                                : DESTINATION_NO_HOST;
    nta->on_done(nta->ctx);
}

void nta_ask_destination(struct nta *nta)
{
    find(nta, on_destination);
}

void nta_ask_recipient(struct nta *nta, const struct hosts *mx)
{
    nta->mx = mx;
    if (nta->is_answered) {
        measure(nta);
    } else {
        find(nta, on_recipient);
    }
}

void nta_cancel(struct nta *nta)
{
    nta_sender_cancel(&nta->sender);
    nta_recipient_cancel(&nta->recipient);
    reach_cancel(&nta->reach);
}

#include <string.h>

#include "base/random.h"
#include "deliver/attempt.h"
#include "deliver/places.h"

void attempt_gather(const struct deliver_settings *settings,
                    const struct directory *directory,
                    const struct store_item *item, int64_t now_ms,
                    struct facts *facts)
{
    const struct store_message *message = item->message;
    const char *address = item->recipient->address;
    facts_init(facts);
    facts->direct_delivery = message->direct_delivery;
    facts->email_permitted = message->email_permitted;
    if (!right_find(slice_of(item->recipient->right), &facts->right)) {
        BUG("an item that stored_check did not see");
    }
    facts->account = directory->account(directory->self, address);
    facts->idd = directory->inbound(directory->self, address) != NULL;
    facts->idd_requires_account = settings->idd_requires_account;
    facts->policy = directory->policy(directory->self, message->organization);
    facts->dane_satisfies = settings->dane_satisfies;
    facts->host_wait_over =
        now_ms >= message->accepted_ms + settings->unknown_host_wait_ms;
    if (!method_find(slice_of(item->method), &facts->decided_last)) {
        facts->decided_last = METHOD_NONE;
    }
}

void attempt_gather_shares(const struct directory *directory,
                           const struct store_item *item, struct facts *facts)
{
    const char *address = item->recipient->address;
    const char *organization = item->message->organization;
    facts->shares = (struct shares){
        .known = true,
        .sms =
            directory->share(directory->self, organization, address, RIGHT_SMS),
        .access_code = directory->share(directory->self, organization, address,
                                        RIGHT_ACCESS_CODE)};
}

enum store_heard attempt_heard(const struct attempt_report *report,
                               int64_t took_ms)
{
    bool is_silent =
        report->why == WHY_NO_CONNECTION || report->why == WHY_LOOKUP_FAILED;
    if (report->reply != NULL || report->delivery == DELIVERY_DIRECT ||
        report->delivery == DELIVERY_NOTIFICATION) {
        return STORE_HEARD;
    }
    return report->delivery == DELIVERY_DEFERRED && is_silent &&
                   took_ms >= PLACES_PATIENCE_MS
               ? STORE_HEARD_NOTHING
               : STORE_HEARD_UNKNOWN;
}

void attempt_take_reply(struct arena *arena, struct attempt_report *report,
                        const struct transport_reply *reply)
{
    if (reply->line[0] != '\0') {
        report->reply = arena_strdup(arena, reply->line);
    }
    if (reply->status[0] != '\0') {
        report->status = arena_strdup(arena, reply->status);
    }
}

void attempt_take_reason(struct arena *arena, struct attempt_report *report,
                         const struct reached *reached)
{
    if (reached == NULL) {
        return;
    }
    if (reached->reply.line[0] != '\0') {
        attempt_take_reply(arena, report, &reached->reply);
        report->host = reached->reply_host;
        return;
    }
    for (size_t i = 0; i < reached->count && report->status == NULL; i++) {
        if (reached->hosts[i].why == WHY_BARRED) {
            report->status = "4.7.5";
            report->host = reached->hosts[i].name;
        }
    }
}

enum destination attempt_destination(enum hosts_kind kind)
{
    switch (kind) {
    case HOSTS_USABLE:
        return DESTINATION_USABLE;
    case HOSTS_NO_DOMAIN:
        return DESTINATION_NO_DOMAIN;
    case HOSTS_NULL_MX:
        return DESTINATION_NULL_MX;
    case HOSTS_NONE:
        return DESTINATION_NO_HOST;
    case HOSTS_LOOK_UP_FAILED:
        return DESTINATION_LOOKUP_FAILED;
    case HOSTS_KIND_COUNT:
        break;
    }
    BUG("hosts %d", (int)kind);
}

uint64_t attempt_seed(const struct deliver_settings *settings)
{
    uint64_t seed = settings->random_seed;
    if (seed == 0) {
        random_bytes(&seed, sizeof seed);
    }
    return seed;
}

bool attempt_minimum_of(enum method method, enum policy policy,
                        bool dane_satisfies, enum minimum *out)
{
    enum minimum pkix = dane_satisfies ? MINIMUM_PKIX : MINIMUM_CERTIFICATE;
    if (method == METHOD_DIRECT_DELIVERY) {
        *out = pkix;
        return true;
    }
    if (method == METHOD_INBOUND_DIRECT_DELIVERY) {
        *out = MINIMUM_PKIX;
        return true;
    }
    if (method != METHOD_TRANSPORT_SECURITY || policy == POLICY_OFF) {
        return false;
    }
    *out = policy == POLICY_TLS    ? MINIMUM_TLS
           : policy == POLICY_DANE ? MINIMUM_DANE
                                   : pkix;
    return true;
}

const char *attempt_from(const struct deliver_settings *settings,
                         const struct store_message *message)
{
    bool is_reply =
        message->kind != NULL && strcmp(message->kind, "reply") == 0;
    return is_reply ? settings->from : message->sender;
}

const char *attempt_domain(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL ? at + 1 : address;
}

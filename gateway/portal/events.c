#include "portal/events.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/random.h"

enum { ID_OCTETS = 16 };

static void put(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text);
    if (!value) /* an address that is no UTF-8 */
        value = json_string("?");
    if (json_object_set_new(object, key, value) != 0)
        BUG("journal key %s", key);
}

static json_t *begin(struct visit *v, const char *event, char **id)
{
    json_t *object = json_object();
    *id = arena_alloc(v->arena, 2 * ID_OCTETS + 1);
    random_hex(*id, ID_OCTETS);
    put(object, "event", event);
    put(object, "id", *id);
    json_object_set_new(object, "time", json_integer(v->now_ms / 1000));
    return object;
}

static struct store_event end(struct visit *v, json_t *object, const char *id)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (!text)
        BUG("event cannot be written");
    struct store_event event = {id, arena_strdup(v->arena, text)};
    free(text);
    json_decref(object);
    return event;
}

struct store_event event_opened(struct visit *v, const struct portal_link *link,
                                const char *method, bool attachment)
{
    char *id;
    json_t *object = begin(v, "opened", &id);
    put(object, "message", link->message.id);
    put(object, "recipient", link->address);
    put(object, "conversation", link->conversation);
    put(object, "method", method);
    put(object, "what", attachment ? "attachment" : "message");
    return end(v, object, id);
}

struct store_event event_reply(struct visit *v, const char *message,
                               const struct store_recipient *recipient)
{
    char *id;
    json_t *object = begin(v, "reply", &id);
    put(object, "message", message);
    put(object, "conversation", recipient->conversation);
    put(object, "of", v->link.message.id);
    put(object, "sender", v->link.address);
    put(object, "recipient", recipient->address);
    return end(v, object, id);
}

struct store_event event_sms(struct visit *v, bool sent)
{
    char *id;
    json_t *object = begin(v, "sms", &id);
    put(object, "message", v->link.message.id);
    put(object, "recipient", v->link.address);
    put(object, "conversation", v->link.conversation);
    put(object, "outcome", sent ? "sent" : "failed");
    return end(v, object, id);
}

/* The lines of a submission. */
#include "app/journal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"

enum { ID_OCTETS = 16 };

/* Text from outside may be no UTF-8: what is not ASCII is masked then. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    if (value)
        return value;
    char *masked = xstrdup(text);
    for (char *p = masked; *p; p++)
        if ((unsigned char)*p > 0x7e)
            *p = '?';
    value = json_string(masked);
    free(masked);
    return value;
}

static void put(json_t *object, const char *key, const char *text)
{
    if (json_object_set_new(object, key, text_value(text)) != 0)
        BUG("journal key %s", key);
}

static json_t *begin(const char *event, char id[2 * ID_OCTETS + 1])
{
    json_t *object = json_object();
    random_hex(id, ID_OCTETS);
    put(object, "event", event);
    put(object, "id", id);
    json_object_set_new(object, "time", json_integer(clock_wall_s()));
    return object;
}

static char *end(struct arena *arena, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (!text)
        BUG("event cannot be written");
    char *line = arena_strdup(arena, text);
    free(text);
    json_decref(object);
    return line;
}

static void write_event(struct journal *journal, json_t *object)
{
    struct arena *arena = arena_create();
    journal_line(journal, end(arena, object));
    arena_destroy(&arena);
}

void journal_listening(struct journal *journal, const char *address,
                       uint16_t port, const char *host)
{
    char id[2 * ID_OCTETS + 1];
    json_t *event = begin("listening", id);
    bool v6 = strchr(address, ':') != NULL;
    char *where = xasprintf(v6 ? "[%s]:%u" : "%s:%u", address, port);
    put(event, "address", where);
    put(event, "host", host);
    free(where);
    write_event(journal, event);
}

void journal_refused(struct journal *journal, const char *stage,
                     const char *reply, const char *client)
{
    char id[2 * ID_OCTETS + 1];
    json_t *event = begin("refused", id);
    put(event, "stage", stage);
    put(event, "reply", reply);
    put(event, "client", client);
    write_event(journal, event);
}

void journal_refusals(struct journal *journal, const char *client,
                      unsigned long count, int64_t since_s)
{
    char id[2 * ID_OCTETS + 1];
    json_t *event = begin("refusals", id);
    put(event, "client", client);
    json_object_set_new(event, "count", json_integer((json_int_t)count));
    json_object_set_new(event, "since", json_integer(since_s));
    write_event(journal, event);
}

void journal_handshake_refused(struct journal *journal, const char *client,
                               const char *version, const char *reason)
{
    char id[2 * ID_OCTETS + 1];
    json_t *event = begin("handshake-refused", id);
    put(event, "client", client);
    put(event, "version", version);
    put(event, "reason", reason);
    write_event(journal, event);
}

void journal_warning(struct journal *journal, const char *message,
                     const char *word, const char *recipient)
{
    char id[2 * ID_OCTETS + 1];
    json_t *event = begin("warning", id);
    put(event, "message", message);
    put(event, "word", word);
    if (recipient)
        put(event, "recipient", recipient);
    write_event(journal, event);
}

struct store_event journal_accepted(struct arena *arena,
                                    const struct store_message *message,
                                    const struct store_recipient *recipients,
                                    size_t count, const char *message_id)
{
    char id[2 * ID_OCTETS + 1];
    json_t *event = begin("accepted", id);
    put(event, "message", message->id);
    put(event, "organization", message->organization);
    put(event, "sender", message->sender);
    put(event, "reverse_path", message->reverse_path);
    put(event, "message_id", message_id);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_object();
        put(one, "recipient", recipients[i].address);
        put(one, "conversation", recipients[i].conversation);
        json_array_append_new(list, one);
    }
    json_object_set_new(event, "recipients", list);
    return (struct store_event){arena_strdup(arena, id), end(arena, event)};
}

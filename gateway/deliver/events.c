#include "deliver/events.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"

/* Text from outside may be no UTF-8: what is not ASCII is masked then. */
static json_t *text_json(const char *text)
{
    json_t *value = json_string(text != NULL ? text : "");
    if (value != NULL) {
        return value;
    }
    char *masked = xstrdup(text);
    for (char *p = masked; *p != '\0'; p++) {
        if ((unsigned char)*p > 126) {
            *p = '?';
        }
    }
    value = json_string(masked);
    free(masked);
    return value;
}

static void put(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, text_json(text));
}

static void put_if(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        put(object, key, text);
    }
}

static json_t *begin(struct event_line *line, const char *event)
{
    json_t *object = json_object();
    random_hex(line->id, EVENT_ID_BYTES);
    put(object, "event", event);
    put(object, "id", line->id);
    json_object_set_new(object, "time", json_integer(clock_wall_s()));
    return object;
}

static struct event_line end(struct arena *arena, struct event_line *line,
                             json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (text == NULL) {
        BUG("event cannot be written");
    }
    line->line = arena_strdup(arena, text);
    free(text);
    json_decref(object);
    return *line;
}

static void put_recipient(json_t *object, const struct store_item *item)
{
    put(object, "message", item->message->id);
    put(object, "recipient", item->recipient->address);
}

static void put_server(json_t *object, const struct attempt_report *report)
{
    put_if(object, "host", report->host);
    put_if(object, "tls", report->tls);
    if (report->is_measured) {
        put(object, "level", level_name(report->level));
    }
}

static json_t *hosts_json(const struct reached *reached)
{
    json_t *hosts = json_array();
    for (size_t i = 0; i < reached->count; i++) {
        const struct reach_host *host = &reached->hosts[i];
        json_t *one = json_object();
        put(one, "host", host->name);
        if (host->kind == MEASURE_MEASURED) {
            put(one, "level", level_name(host->level));
        }
        put(one, "why", why_name(host->why));
        json_array_append_new(hosts, one);
    }
    return hosts;
}

/* What was measured for that rank; NULL: nothing. */
static const struct reached *reached_by(const struct attempt_report *report,
                                        enum method method, enum policy policy,
                                        bool dane_satisfies)
{
    enum minimum minimum;
    if (method == METHOD_NTA7516) {
        return report->nta_reached;
    }
    return attempt_minimum_of(method, policy, dane_satisfies, &minimum)
               ? report->reached[minimum]
               : NULL;
}

static json_t *not_json(const struct attempt_report *report, enum policy policy,
                        bool dane_satisfies)
{
    json_t *all = json_array();
    for (size_t i = 0; i < report->decision->not_applied_count; i++) {
        const struct not_applied *not = &report->decision->not_applied[i];
        json_t *one = json_object();
        put(one, "method", method_name(not ->method));
        put(one, "why", why_name(not ->why));
        const struct reached *reached =
            reached_by(report, not ->method, policy, dane_satisfies);
        if (reached != NULL) {
            json_object_set_new(one, "hosts", hosts_json(reached));
        }
        json_array_append_new(all, one);
    }
    return all;
}

static void add_note(json_t *notes, const char *host, const char *note)
{
    json_t *one = json_object();
    put(one, "host", host);
    put(one, "note", note);
    json_array_append_new(notes, one);
}

/* What was noticed while looking for the hosts (TRANSPORT-4). */
static void put_notes(json_t *object, const struct store_item *item,
                      const struct hosts *hosts)
{
    if (hosts == NULL || (hosts->note_count == 0 && hosts->failure == NULL)) {
        return;
    }
    json_t *notes = json_array();
    if (hosts->failure != NULL) {
        const char *at = strrchr(item->recipient->address, '@');
        add_note(notes, at != NULL ? at + 1 : item->recipient->address,
                 hosts->failure);
    }
    for (size_t i = 0; i < hosts->note_count; i++) {
        add_note(notes, hosts->note[i].name, hosts->note[i].note);
    }
    json_object_set_new(object, "notes", notes);
}

struct event_line event_decided(struct arena *arena,
                                const struct store_item *item,
                                const struct attempt_report *report,
                                enum policy policy, bool dane_satisfies)
{
    struct event_line line;
    json_t *object = begin(&line, "decided");
    put_recipient(object, item);
    json_object_set_new(object, "attempt",
                        json_integer((json_int_t)item->attempts + 1));
    put(object, "conversation", item->recipient->conversation);
    put(object, "method", method_name(report->method));
    put(object, "delivery", delivery_name(report->delivery));
    json_object_set_new(object, "idd", json_boolean(report->idd));
    put_server(object, report);
    put_if(object, "status", report->status);
    if (report->delivery == DELIVERY_DEFERRED) {
        put(object, "why", why_name(report->why));
    }
    json_object_set_new(object, "not",
                        not_json(report, policy, dane_satisfies));
    put_notes(object, item, report->hosts);
    return end(arena, &line, object);
}

struct event_line event_outcome(struct arena *arena,
                                const struct store_item *item,
                                const struct attempt_report *report, bool dsn)
{
    struct event_line line;
    json_t *object = begin(&line, "outcome");
    put_recipient(object, item);
    put(object, "conversation", item->recipient->conversation);
    put(object, "method", method_name(report->method));
    put(object, "delivery", delivery_name(report->delivery));
    json_object_set_new(object, "idd", json_boolean(report->idd));
    put_server(object, report);
    put_if(object, "reply", report->reply);
    put_if(object, "status", report->status);
    json_object_set_new(object, "dsn", json_boolean(dsn));
    return end(arena, &line, object);
}

struct event_line event_deferred(struct arena *arena,
                                 const struct store_item *item,
                                 const struct attempt_report *report,
                                 int64_t until_ms)
{
    struct event_line line;
    json_t *object = begin(&line, "deferred");
    if (item->kind == STORE_KIND_DSN) {
        put(object, "message", item->message->id);
        json_object_set_new(object, item->dsn->conversation ? "mail" : "dsn",
                            json_true());
        put(object, "to", item->dsn->to);
    } else {
        put_recipient(object, item);
        put(object, "conversation", item->recipient->conversation);
        put(object, "method", method_name(report->method));
    }
    json_object_set_new(object, "until", json_integer((until_ms + 999) / 1000));
    put(object, "why", why_name(report->why));
    put_if(object, "status", report->status);
    put_if(object, "reply", report->reply);
    return end(arena, &line, object);
}

struct event_line event_mailed(struct arena *arena,
                               const struct store_item *item,
                               const struct attempt_report *report,
                               const char *outcome)
{
    struct event_line line;
    json_t *object = begin(&line, "mailed");
    put(object, "message", item->message->id);
    put(object, "to", item->dsn->to);
    put(object, "what", item->dsn->action);
    put(object, "conversation", item->dsn->conversation);
    put(object, "outcome", outcome);
    put_if(object, "host", report->host);
    put_if(object, "tls", report->tls);
    return end(arena, &line, object);
}

struct event_line event_dsn(struct arena *arena, const struct store_item *item,
                            const struct attempt_report *report,
                            const char *outcome)
{
    struct event_line line;
    json_t *object = begin(&line, "dsn");
    put(object, "message", item->message->id);
    put(object, "to", item->dsn->to);
    json_t *recipients = json_array();
    struct slice all = slice_of(item->dsn->recipients);
    struct arena *words = arena_create();
    for (struct slice word = slice_word(&all); word.n > 0;
         word = slice_word(&all)) {
        json_array_append_new(recipients, text_json(arena_text(words, word)));
    }
    arena_destroy(&words);
    json_object_set_new(object, "recipients", recipients);
    put(object, "action", item->dsn->action);
    put(object, "outcome", outcome);
    put_if(object, "host", report->host);
    put_if(object, "tls", report->tls);
    return end(arena, &line, object);
}

struct event_line event_bounced(struct arena *arena,
                                const struct store_item *item,
                                const char *status)
{
    struct event_line line;
    json_t *object = begin(&line, "bounced");
    put_recipient(object, item);
    put(object, "status", status);
    return end(arena, &line, object);
}

struct event_line event_settled(struct arena *arena)
{
    struct event_line line;
    return end(arena, &line, begin(&line, "settled"));
}

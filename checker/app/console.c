/* A decision comes before its outcome: its reasons are kept until then. */
#include "kit/console.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "kit/console_words.h"

enum { KEY_BYTES = 512, TIME_BYTES = 16 };

struct console {
    FILE *to;
    char *host;
    json_t *numbers; /* message: number */
    json_t *reasons; /* "message recipient": the `not` of the last decision */
};

struct console *console_create(FILE *to, const char *host)
{
    struct console *c = xcalloc(1, sizeof *c);
    c->to = to;
    c->host = xstrdup(host);
    c->numbers = json_object();
    c->reasons = json_object();
    return c;
}

void console_destroy(struct console **console)
{
    struct console *c = *console;
    *console = NULL;
    if (!c)
        return;
    json_decref(c->numbers);
    json_decref(c->reasons);
    free(c->host);
    free(c);
}

static const char *text(const json_t *event, const char *key)
{
    const char *value = json_string_value(json_object_get(event, key));
    return value ? value : "";
}

static bool is_yes(const json_t *event, const char *key)
{
    return json_is_true(json_object_get(event, key));
}

static long long number_of(struct console *c, const json_t *event)
{
    const char *id = text(event, "message");
    json_t *number = json_object_get(c->numbers, id);
    if (!number) {
        number = json_integer((json_int_t)json_object_size(c->numbers) + 1);
        json_object_set_new(c->numbers, id, number);
    }
    return (long long)json_integer_value(number);
}

static const char *key_of(const json_t *event, char *out)
{
    snprintf(out, KEY_BYTES, "%s %s", text(event, "message"),
             text(event, "recipient"));
    return out;
}

/* -- submissions ----------------------------------------------------------- */

static void tell_accepted(struct console *c, const json_t *event)
{
    const char *id = text(event, "message_id");
    fprintf(
        c->to, "message %lld  accepted from %s (%s) for %zu recipients%s%s\n",
        number_of(c, event), text(event, "sender"), text(event, "organization"),
        json_array_size(json_object_get(event, "recipients")), *id ? ", " : "",
        id);
}

static void tell_refused(struct console *c, const json_t *event)
{
    const char *stage = text(event, "stage"), *reply = text(event, "reply");
    const char *says = console_refusal(stage, reply);
    fprintf(c->to, "refused    %s at %s: %s\n", text(event, "client"),
            console_stage(stage), reply);
    if (says)
        fprintf(c->to, "           %s\n", says);
}

static void tell_refusals(struct console *c, const json_t *event)
{
    fprintf(c->to, "refused    %s %lld more times in that minute\n",
            text(event, "client"),
            (long long)json_integer_value(json_object_get(event, "count")));
}

static void tell_handshake(struct console *c, const json_t *event)
{
    const char *version = text(event, "version");
    const char *reason = text(event, "reason");
    fprintf(c->to, "refused    %s in the TLS handshake", text(event, "client"));
    if (*version)
        fprintf(c->to, " (offers TLS %s at most)", version);
    fprintf(c->to, ": %s\n           %s (name: %s)\n", reason,
            console_handshake(version, reason), c->host);
}

static void tell_warning(struct console *c, const json_t *event)
{
    const char *word = text(event, "word"), *says = console_warning(word);
    const char *who = text(event, "recipient");
    fprintf(c->to, "message %lld  warning%s%s: %s\n", number_of(c, event),
            *who ? " about " : "", who, says ? says : word);
}

/* -- recipients ------------------------------------------------------------ */

static void keep_reasons(struct console *c, const json_t *event)
{
    char key[KEY_BYTES];
    json_t *reasons = json_object_get(event, "not");
    if (reasons)
        json_object_set(c->reasons, key_of(event, key), reasons);
}

static void tell_reasons(struct console *c, const json_t *event)
{
    char key[KEY_BYTES];
    json_t *all = json_object_get(c->reasons, key_of(event, key));
    size_t i;
    const json_t *one;
    json_array_foreach(all, i, one)
    {
        fprintf(c->to, "%s%s: %s", i ? ", " : "           not ",
                text(one, "method"), text(one, "why"));
    }
    if (json_array_size(all))
        fputs("\n", c->to);
    json_object_del(c->reasons, key);
}

static void tell_server(struct console *c, const json_t *event)
{
    const char *host = text(event, "host"), *tls = text(event, "tls");
    const char *level = text(event, "level");
    if (!*host)
        return;
    fprintf(c->to, " at %s", host);
    if (strcmp(text(event, "delivery"), "failed") == 0)
        return;
    fprintf(c->to, "%s%s", *tls ? " over TLS " : " in plain text", tls);
    if (*level)
        fprintf(c->to, " (%s)", level);
}

static void tell_outcome(struct console *c, const json_t *event)
{
    const char *delivery = text(event, "delivery");
    const char *method = text(event, "method"), *status = text(event, "status");
    const char *reply = text(event, "reply");
    bool is_failed = strcmp(delivery, "failed") == 0;
    fprintf(c->to, "message %lld  %s: ", number_of(c, event),
            text(event, "recipient"));
    if (is_failed)
        fprintf(c->to, "failed");
    else if (strcmp(delivery, "direct") == 0)
        fprintf(c->to, "the message itself, delivered%s",
                is_yes(event, "idd") ? " into the inbox (IDD)" : "");
    else
        fprintf(c->to, "a notification, sent");
    tell_server(c, event);
    fprintf(c->to, "; %s (%s)\n", method, console_method(method));
    if (is_failed)
        fprintf(c->to, "           status %s%s%s, %s\n", status,
                *reply ? ": " : "", reply,
                is_yes(event, "dsn") ? "reported to the sender"
                                     : "no report (NOTIFY or null path)");
    tell_reasons(c, event);
}

static void tell_deferred(struct console *c, const json_t *event)
{
    char at[TIME_BYTES] = "later";
    time_t until = (time_t)json_integer_value(json_object_get(event, "until"));
    struct tm tm;
    const char *reply = text(event, "reply");
    if (until && localtime_r(&until, &tm))
        strftime(at, sizeof at, "%H:%M:%S", &tm);
    fprintf(c->to, "message %lld  %s%s waits (%s%s%s), tried again at %s\n",
            number_of(c, event), is_yes(event, "dsn") ? "report to " : "",
            is_yes(event, "dsn") ? text(event, "to") : text(event, "recipient"),
            text(event, "why"), *reply ? "; " : "", reply, at);
    tell_reasons(c, event);
}

static void tell_dsn(struct console *c, const json_t *event)
{
    fprintf(c->to, "message %lld  report to %s: %s", number_of(c, event),
            text(event, "to"), text(event, "outcome"));
    tell_server(c, event);
    fputs("\n", c->to);
}

static void tell_nothing(struct console *c, const json_t *event)
{
    (void)c;
    (void)event;
}

static void tell_raw(struct console *c, const json_t *event)
{
    char *line = json_dumps(event, JSON_COMPACT);
    fprintf(c->to, "%s\n", line ? line : "?");
    free(line);
}

void console_tell(struct console *console, const json_t *event)
{
    static const struct {
        const char *event;
        void (*tell)(struct console *, const json_t *);
    } all[] = {
        {"accepted", tell_accepted}, {"refused", tell_refused},
        {"refusals", tell_refusals}, {"handshake-refused", tell_handshake},
        {"warning", tell_warning},   {"decided", keep_reasons},
        {"outcome", tell_outcome},   {"deferred", tell_deferred},
        {"dsn", tell_dsn},           {"listening", tell_nothing},
        {"settled", tell_nothing},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].event, text(event, "event")) == 0) {
            all[i].tell(console, event);
            return;
        }
    }
    tell_raw(console, event);
}

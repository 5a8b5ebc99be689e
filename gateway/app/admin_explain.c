/* explain: the latest decision for each recipient, and what became of it. */
#include <stdio.h>
#include <string.h>

#include "app/admin_read.h"
#include "deliver/notice.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is(const json_t *object, const char *key, const char *word)
{
    return strcmp(text_of(object, key), word) == 0;
}

static void print_if(const char *lead, const json_t *object, const char *key)
{
    const char *text = text_of(object, key);
    if (*text)
        printf("%s%s", lead, text);
}

/* --- the decision --------------------------------------------------------- */

static const char *way_of(const json_t *decided)
{
    static const struct {
        const char *delivery, *says;
    } ways[] = {
        {"direct", "the message itself goes to the recipient's server"},
        {"notification", "the recipient gets a link to the message"},
        {"failed", "it cannot be delivered"},
        {"deferred", "nothing can be decided yet; it is tried again"},
    };
    if (json_is_true(json_object_get(decided, "idd")))
        return "the message itself goes into the recipient's inbox (IDD)";
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (is(decided, "delivery", ways[i].delivery))
            return ways[i].says;
    return text_of(decided, "delivery");
}

static void print_server(const json_t *decided)
{
    if (!*text_of(decided, "host"))
        return;
    printf("  server %s", text_of(decided, "host"));
    print_if(", TLS ", decided, "tls");
    print_if(", level ", decided, "level");
    putchar('\n');
    if (is(decided, "method", "transport-security") &&
        is(decided, "level", "tls"))
        puts("  warning: nobody proved whose server it is; the organization's "
             "policy tls allows that (POLICY-1)");
}

static void print_status(const json_t *event)
{
    const char *status = text_of(event, "status");
    const char *reason = notice_reason(status);
    if (*status)
        printf("  status %s%s%s\n", status, reason ? ": " : "",
               reason ? reason : "");
}

static void print_rank(const json_t *rank)
{
    size_t i;
    json_t *host;
    printf("    %s: %s\n", text_of(rank, "method"), text_of(rank, "why"));
    json_array_foreach(json_object_get(rank, "hosts"), i, host)
    {
        printf("      host %s: %s", text_of(host, "host"),
               text_of(host, "why"));
        print_if(", level ", host, "level");
        putchar('\n');
    }
}

/* ORDER-3: the chosen rank, and why none above it applied. */
static void print_decided(const json_t *decided)
{
    size_t i;
    json_t *rank, *note;
    printf("  attempt %lld decided: %s, %s",
           (long long)json_integer_value(json_object_get(decided, "attempt")),
           text_of(decided, "method"), way_of(decided));
    print_if(" (", decided, "why");
    puts(*text_of(decided, "why") ? ")" : "");
    print_server(decided);
    print_status(decided);
    if (json_array_size(json_object_get(decided, "not")))
        puts("  not, in their order:");
    json_array_foreach(json_object_get(decided, "not"), i, rank)
        print_rank(rank);
    json_array_foreach(json_object_get(decided, "notes"), i, note)
        printf("  note %s: %s\n", text_of(note, "host"), text_of(note, "note"));
}

/* --- what became of it ---------------------------------------------------- */

static void print_latest(const json_t *row)
{
    const json_t *latest = json_object_get(row, "latest");
    const json_t *decided = json_object_get(row, "decided");
    if (is(latest, "event", "deferred"))
        printf("  waits until %s: %s\n", text_of(row, "due"),
               text_of(latest, "why"));
    else if (is(latest, "event", "bounced"))
        puts("  came back after the server had accepted it");
    else
        printf("  %s at %s\n",
               is(latest, "delivery", "failed") ? "failed" : "sent",
               text_of(row, "outcome"));
    if (*text_of(latest, "reply"))
        printf("  the server said: %s\n", text_of(latest, "reply"));
    if (!is(decided, "status", text_of(latest, "status")))
        print_status(latest);
    if (json_is_true(json_object_get(latest, "dsn")))
        puts("  the sender is told by a status notification");
}

static json_t *parsed(const char *line)
{
    json_t *object = line ? json_loads(line, 0, NULL) : NULL;
    return object ? object : json_null();
}

struct explain {
    const struct admin *admin;
    json_t *rows;
};

static void print_row(const json_t *row, bool is_first)
{
    const json_t *decided = json_object_get(row, "decided");
    if (is_first)
        printf("message %s from %s (%s), accepted %s\n",
               text_of(row, "message"), text_of(row, "sender"),
               text_of(row, "organization"), text_of(row, "accepted"));
    printf("%s: %s\n", text_of(row, "recipient"),
           *text_of(row, "delivery") ? text_of(row, "delivery")
                                     : "not delivered yet");
    if (json_is_object(decided))
        print_decided(decided);
    else
        puts("  nothing was decided yet");
    if (json_is_object(json_object_get(row, "latest")))
        print_latest(row);
}

static void explain_row(void *ctx, const struct store_row *r)
{
    struct explain *e = ctx;
    admin_row(e->rows, r);
    size_t count = json_array_size(e->rows);
    json_t *row = json_array_get(e->rows, count - 1);
    json_object_set_new(row, "decided", parsed(r->decided));
    json_object_set_new(row, "latest", parsed(r->latest));
    if (!e->admin->json)
        print_row(row, count == 1);
}

int admin_explain(struct admin *admin)
{
    struct store_reader *reader;
    struct err err;
    struct explain e = {admin, json_array()};
    const char *recipient = admin->arg_count > 1 ? admin->args[1] : NULL;
    enum status status = store_reader_open(admin->config->state, &reader, &err);
    if (status == ST_OK)
        status = store_reader_message(reader, admin->args[0], recipient,
                                      explain_row, &e, &err);
    store_reader_close(&reader);
    size_t count = json_array_size(e.rows);
    if (status == ST_OK && count && admin->json) {
        json_dumpf(e.rows, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(e.rows);
    if (status != ST_OK && status != ST_NONE)
        return admin_unreadable(&err);
    return count ? ADMIN_DONE
                 : admin_refuse("no message or conversation `%s`%s%s is kept "
                                "here",
                                admin->args[0], recipient ? " to " : "",
                                recipient ? recipient : "");
}

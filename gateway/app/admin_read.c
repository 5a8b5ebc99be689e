/* queue, conversations, explain: what the database of a gateway holds. */
#include <stdio.h>
#include <string.h>

#include "app/admin.h"
#include "store/reader.h"

static int unreadable(const struct err *err)
{
    admin_refuse("%s", err->text);
    return ADMIN_ENVIRONMENT;
}

/* --- queue, conversations ------------------------------------------------- */

static void add_row(void *rows, const struct store_row *r)
{
    json_t *row = json_object();
    json_object_set_new(row, "message", admin_text(r->message));
    json_object_set_new(row, "organization", admin_text(r->organization));
    json_object_set_new(row, "sender", admin_text(r->sender));
    json_object_set_new(row, "recipient", admin_text(r->recipient));
    json_object_set_new(row, "conversation", admin_text(r->conversation));
    json_object_set_new(row, "report", json_boolean(r->is_report));
    json_object_set_new(row, "accepted", admin_time(r->accepted_ms));
    json_object_set_new(row, "method", admin_text(r->method));
    json_object_set_new(row, "delivery", admin_text(r->delivery));
    json_object_set_new(row, "outcome", admin_time(r->outcome_ms));
    json_object_set_new(row, "opened", admin_time(r->opened_ms));
    json_object_set_new(row, "attempts", json_integer(r->attempts));
    json_object_set_new(row, "due", admin_time(r->due_ms));
    json_array_append_new(rows, row);
}

typedef enum status ask_fn(struct store_reader *reader, store_row_fn *each,
                           void *ctx, struct err *err);

static int list_rows(struct admin *admin, ask_fn *ask,
                     const char *const *columns)
{
    struct store_reader *reader;
    struct err err;
    json_t *rows = json_array();
    enum status status = store_reader_open(admin->config->state, &reader, &err);
    if (status == ST_OK)
        status = ask(reader, add_row, rows, &err);
    store_reader_close(&reader);
    /* A gateway that never ran has no database, and nothing in it. */
    if (status == ST_NONE)
        fprintf(stderr, "lasthop-gateway: %s: no gateway has run here yet\n",
                admin->config->state);
    if (status == ST_OK || status == ST_NONE)
        return admin_print(admin, rows, columns);
    json_decref(rows);
    return unreadable(&err);
}

static int list_queue(struct admin *admin)
{
    static const char *const columns[] = {
        "due", "message", "sender", "recipient", "method", "attempts", NULL};
    return list_rows(admin, store_reader_queue, columns);
}

static int list_conversations(struct admin *admin)
{
    static const char *const columns[] = {
        "conversation", "accepted", "message", "sender", "recipient",
        "method",       "delivery", "opened",  NULL};
    return list_rows(admin, store_reader_conversations, columns);
}

/* --- explain -------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void print_if(const char *lead, const json_t *object, const char *key)
{
    const char *text = text_of(object, key);
    if (*text)
        printf("%s%s", lead, text);
}

static void print_server(const json_t *decided)
{
    if (!*text_of(decided, "host"))
        return;
    printf("  server %s", text_of(decided, "host"));
    print_if(", TLS ", decided, "tls");
    print_if(", level ", decided, "level");
    putchar('\n');
}

static void print_hosts(const json_t * not )
{
    size_t i;
    json_t *host;
    json_array_foreach(json_object_get(not, "hosts"), i, host)
    {
        printf("      %s: %s", text_of(host, "host"), text_of(host, "why"));
        print_if(", level ", host, "level");
        putchar('\n');
    }
}

/* ORDER-3: the chosen rank, and why none above it applied. */
static void print_decided(const json_t *decided)
{
    static const struct {
        const char *delivery, *says;
    } ways[] = {
        {"direct", "the message itself goes to the recipient's server"},
        {"notification", "the recipient gets a link to the message"},
        {"failed", "it cannot be delivered"},
        {"deferred", "nothing can be decided yet; it is tried again"},
    };
    const char *delivery = text_of(decided, "delivery"), *says = delivery;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].delivery, delivery) == 0)
            says = ways[i].says;
    printf("  attempt %lld decided: %s, %s",
           (long long)json_integer_value(json_object_get(decided, "attempt")),
           text_of(decided, "method"), says);
    print_if(" (", decided, "why");
    puts(*text_of(decided, "why") ? ")" : "");
    print_server(decided);
    print_if("  status ", decided, "status");
    fputs(*text_of(decided, "status") ? "\n" : "", stdout);
    size_t i;
    json_t * not ;
    json_array_foreach(json_object_get(decided, "not"), i, not )
    {
        printf("  %s%s: %s\n", i ? "    " : "not ", text_of(not, "method"),
               text_of(not, "why"));
        print_hosts(not );
    }
}

struct explain {
    const struct admin *admin;
    json_t *rows;
};

static void explain_row(void *ctx, const struct store_row *r)
{
    struct explain *e = ctx;
    json_t *decided = r->decided ? json_loads(r->decided, 0, NULL) : NULL;
    add_row(e->rows, r);
    size_t count = json_array_size(e->rows);
    json_object_set_new(json_array_get(e->rows, count - 1), "decided",
                        decided ? json_incref(decided) : json_null());
    if (!e->admin->json) {
        if (count == 1)
            printf("message %s from %s (%s), accepted %s\n", r->message,
                   r->sender, r->organization,
                   text_of(json_array_get(e->rows, 0), "accepted"));
        printf("%s: %s\n", r->recipient,
               r->delivery ? r->delivery : "not delivered yet");
        if (decided)
            print_decided(decided);
        else
            puts("  nothing was decided yet");
    }
    json_decref(decided);
}

static int explain(struct admin *admin)
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
        return unreadable(&err);
    return count ? ADMIN_DONE
                 : admin_refuse("no message `%s`%s%s is kept here",
                                admin->args[0], recipient ? " to " : "",
                                recipient ? recipient : "");
}

const struct admin_action admin_read_actions[] = {
    {"queue", "", 0, 0, ADMIN_JSON, false, list_queue, "[--json]"},
    {"conversations", "", 0, 0, ADMIN_JSON, false, list_conversations,
     "[--json]"},
    {"explain", "", 1, 2, ADMIN_JSON, false, explain,
     "MESSAGE [RECIPIENT] [--json]"},
    {0},
};

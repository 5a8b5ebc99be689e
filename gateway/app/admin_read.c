/* queue, conversations: what the database of a gateway holds. */
#include <stdio.h>
#include <string.h>

#include "app/admin_queue.h"
#include "app/admin_read.h"

int admin_unreadable(const struct err *err)
{
    admin_refuse("%s", err->text);
    return ADMIN_ENVIRONMENT;
}

/* --- queue, conversations ------------------------------------------------- */

void admin_row(void *rows, const struct store_row *r)
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
    json_object_set_new(row, "note",
                        admin_text(r->is_aside ? "set aside" : NULL));
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
        status = ask(reader, admin_row, rows, &err);
    store_reader_close(&reader);
    /* A gateway that never ran has no database, and nothing in it. */
    if (status == ST_NONE)
        fprintf(stderr, "lasthop-gateway: %s: no gateway has run here yet\n",
                admin->config->state);
    if (status == ST_OK || status == ST_NONE)
        return admin_print(admin, rows, columns);
    json_decref(rows);
    return admin_unreadable(&err);
}

static int queue(struct admin *admin)
{
    static const char *const columns[] = {"due",       "message", "sender",
                                          "recipient", "method",  "attempts",
                                          "note",      NULL};
    if (admin->arg_count == 2 && strcmp(admin->args[0], "release") == 0)
        return admin_queue_release(admin);
    if (admin->arg_count)
        return admin_refuse_value("queue: `%s`: expected release MESSAGE, or "
                                  "nothing",
                                  admin->args[0]);
    return list_rows(admin, store_reader_queue, columns);
}

static int list_conversations(struct admin *admin)
{
    static const char *const columns[] = {
        "conversation", "accepted", "message", "sender", "recipient",
        "method",       "delivery", "opened",  NULL};
    return list_rows(admin, store_reader_conversations, columns);
}

const struct admin_action admin_read_actions[] = {
    {"queue", "", 0, 2, ADMIN_JSON, false, queue, "[release MESSAGE] [--json]"},
    {"conversations", "", 0, 0, ADMIN_JSON, false, list_conversations,
     "[--json]"},
    {"explain", "", 1, 2, ADMIN_JSON, false, admin_explain,
     "MESSAGE|CONVERSATION [RECIPIENT] [--json]"},
    {0},
};

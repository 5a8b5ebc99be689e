#include "deliver/stored.h"

#include <string.h>

#include "address/mailbox.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "rules/words.h"

enum {
    NAME_BYTES = 1000,   /* of an organization, a right, an identifier */
    ENVID_BYTES = 100,   /* RFC 3461 4.4 */
    ORCPT_BYTES = 500,   /* RFC 3461 4.2 */
    LIST_BYTES = 100000, /* of addresses */
    NOTIFY_MOST = 15,
    ATTEMPTS_MOST = 1000000
};

/* The year 9999: what is behind it was never a clock's. */
static const int64_t time_most_ms = 253402300799999;

/* --- one column ----------------------------------------------------------- */

static enum status fault(struct err *err, const char *column, const char *text,
                         const char *expected)
{
    return err_set(err, ST_INVAL, "%s: met %s%.60s%s, expected %s", column,
                   text ? "\"" : "", text ? text : "nothing", text ? "\"" : "",
                   expected);
}

/* A line of text; no control characters. */
static bool is_line(const char *text, size_t most)
{
    size_t n = text ? strlen(text) : 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return n > 0 && n <= most;
}

static enum status check_line(const char *column, const char *text, size_t most,
                              struct err *err)
{
    return is_line(text, most) ? ST_OK
                               : fault(err, column, text, "a line of text");
}

static bool is_address(const char *text)
{
    struct mailbox mailbox;
    struct err err;
    if (!is_line(text, MAILBOX_BYTES_MAX))
        return false;
    struct arena *arena = arena_create();
    bool is_one = mailbox_parse(arena, slice_of(text), &mailbox, &err) == ST_OK;
    arena_destroy(&arena);
    return is_one;
}

static enum status check_address(const char *column, const char *text,
                                 struct err *err)
{
    return is_address(text) ? ST_OK : fault(err, column, text, "an address");
}

static bool is_path(const char *text)
{
    return text && (!*text || is_address(text));
}

static enum status check_number(const char *column, int64_t value, int64_t most,
                                struct err *err)
{
    return value >= 0 && value <= most
               ? ST_OK
               : err_set(err, ST_INVAL, "%s: met %lld, expected 0 to %lld",
                         column, (long long)value, (long long)most);
}

static bool is_optional(const char *text, size_t most)
{
    return !text || !*text || is_line(text, most);
}

/* --- rows ----------------------------------------------------------------- */

static enum status check_message(const struct store_message *m, struct err *err)
{
    bool is_known_kind = !m->kind || strcmp(m->kind, "mail") == 0 ||
                         strcmp(m->kind, "reply") == 0;
    enum status status = check_line("message.id", m->id, NAME_BYTES, err);
    if (status == ST_OK)
        status = check_line("message.organization", m->organization, NAME_BYTES,
                            err);
    if (status == ST_OK)
        status = check_address("message.sender", m->sender, err);
    if (status == ST_OK && !is_path(m->reverse_path))
        status = fault(err, "message.reverse_path", m->reverse_path,
                       "an address, or none");
    if (status == ST_OK && !is_known_kind)
        status = fault(err, "message.kind", m->kind, "mail or reply");
    if (status == ST_OK && !is_optional(m->envid, ENVID_BYTES))
        status = fault(err, "message.envid", m->envid, "an ENVID");
    if (status == ST_OK)
        status = check_number("message.accepted_ms", m->accepted_ms,
                              time_most_ms, err);
    return status;
}

static enum status check_words(const struct store_item *item, struct err *err)
{
    const struct store_recipient *r = item->recipient;
    enum right right;
    enum method method;
    if (!r->right || !right_find(slice_of(r->right), &right))
        return fault(err, "recipient.right", r->right,
                     "none, sms or access-code");
    if (right != RIGHT_NONE && !is_line(r->right_value, NAME_BYTES))
        return fault(err, "recipient.right_value", r->right_value ? "?" : NULL,
                     "the value of the right"); /* a secret is not shown */
    if (!item->method || !method_find(slice_of(item->method), &method))
        return fault(err, "recipient.method", item->method, "a method");
    return ST_OK;
}

static enum status check_recipient(const struct store_item *item,
                                   struct err *err)
{
    const struct store_recipient *r = item->recipient;
    enum status status = check_address("recipient.address", r->address, err);
    if (status == ST_OK)
        status = check_line("recipient.conversation", r->conversation,
                            NAME_BYTES, err);
    if (status == ST_OK)
        status = check_words(item, err);
    if (status == ST_OK && !is_optional(r->orcpt, ORCPT_BYTES))
        status = fault(err, "recipient.orcpt", r->orcpt, "an ORCPT");
    if (status == ST_OK)
        status = check_line("recipient.return_path", r->return_path, NAME_BYTES,
                            err);
    if (status == ST_OK && !is_optional(r->link_token, NAME_BYTES))
        status = fault(err, "recipient.link_token", NULL, "a token");
    if (status == ST_OK)
        status = check_line("recipient.mail_id", r->mail_id, NAME_BYTES, err);
    if (status == ST_OK)
        status = check_number("recipient.notify", r->notify, NOTIFY_MOST, err);
    if (status == ST_OK)
        status =
            check_number("recipient.reported", r->reported, NOTIFY_MOST, err);
    if (status == ST_OK)
        status = check_number("recipient.attempts", item->attempts,
                              ATTEMPTS_MOST, err);
    return status;
}

static enum status check_dsn(const struct store_item *item, struct err *err)
{
    const struct store_dsn *d = item->dsn;
    enum status status = check_address("dsn.goes_to", d->to, err);
    if (status == ST_OK)
        status = check_line("dsn.recipients", d->recipients, LIST_BYTES, err);
    if (status == ST_OK)
        status = check_line("dsn.action", d->action, NAME_BYTES, err);
    if (status == ST_OK && !is_optional(d->conversation, NAME_BYTES))
        status = fault(err, "dsn.conversation", d->conversation,
                       "a conversation, or none");
    if (status == ST_OK && d->content.n == 0)
        status = fault(err, "dsn.content", NULL, "a mail");
    if (status == ST_OK)
        status =
            check_number("dsn.created_ms", item->created_ms, time_most_ms, err);
    if (status == ST_OK)
        status = check_number("dsn.until_ms", d->until_ms, time_most_ms, err);
    if (status == ST_OK)
        status =
            check_number("dsn.attempts", item->attempts, ATTEMPTS_MOST, err);
    return status;
}

enum status stored_check(const struct store_item *item, struct err *err)
{
    enum status status = check_message(item->message, err);
    if (status == ST_OK && item->kind == STORE_KIND_RECIPIENT)
        status = check_recipient(item, err);
    if (status == ST_OK && item->kind == STORE_KIND_DSN)
        status = check_dsn(item, err);
    return status == ST_OK
               ? ST_OK
               : err_wrap(err, "%s %lld",
                          item->kind == STORE_KIND_DSN ? "status notification"
                                                       : "recipient",
                          (long long)item->id);
}

bool stored_can_tell(const struct store_item *item)
{
    const struct store_message *m = item->message;
    const struct store_recipient *r = item->recipient;
    struct err err;
    return is_path(m->reverse_path) && is_optional(m->envid, ENVID_BYTES) &&
           is_address(r->address) && is_optional(r->orcpt, ORCPT_BYTES) &&
           check_number("", m->accepted_ms, time_most_ms, &err) == ST_OK;
}

bool stored_is_usable(struct store_item *item)
{
    struct err err;
    if (stored_check(item, &err) == ST_OK)
        return true;
    const char *id = item->message->id;
    log_error("deliver", "what is stored is not right",
              "message=%.100s what=\"%s\"", id ? id : "?", err.text);
    if (item->created_ms < 0 || item->created_ms > clock_wall_ms())
        item->created_ms = clock_wall_ms();
    return false;
}

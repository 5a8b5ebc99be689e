#include "deliver/notice.h"

#include <string.h>

#include "base/random.h"
#include "deliver/aside.h"
#include "deliver/stored.h"

enum { MAIL_ID_BYTES = 16 };

static unsigned bit_of(enum mail_dsn_action action)
{
    switch (action) {
    case MAIL_DSN_ACTION_FAILED:
        return STORE_NOTIFY_FAILURE;
    case MAIL_DSN_ACTION_DELAYED:
        return STORE_NOTIFY_DELAY;
    case MAIL_DSN_ACTION_DELIVERED:
    case MAIL_DSN_ACTION_RELAYED:
    case MAIL_DSN_ACTION_EXPANDED:
        return STORE_NOTIFY_SUCCESS;
    case MAIL_DSN_ACTION_COUNT:
        break;
    }
    BUG("action %d", (int)action);
}

bool notice_is_wanted(const struct store_item *item,
                      enum mail_dsn_action action, bool delay_default)
{
    unsigned notify = item->recipient->notify;
    unsigned bit = bit_of(action);
    if (!stored_can_tell(item))
        return false;
    if (notify == 0) { /* RFC 3461 4.1: it is the server's to choose */
        notify = STORE_NOTIFY_FAILURE;
        notify |= delay_default ? STORE_NOTIFY_DELAY : 0;
    }
    return item->message->reverse_path[0] != '\0' && (notify & bit) != 0 &&
           (item->recipient->reported & bit) == 0;
}

const char *notice_reason(const char *status)
{
    static const struct {
        const char *status;
        const char *reason;
    } reasons[] = {
        {"5.7.10",
         "The recipient could only have been verified by e-mail, "
         "over a connection weaker than the minimum of this message."},
        {"5.1.2", "The recipient's domain does not exist."},
        {"5.1.10", "The recipient's domain accepts no mail."},
        {"5.4.4", "The recipient's domain has no usable mail server."},
        {"5.6.7", "The recipient's mail server does not take "
                  "internationalised addresses."},
        {"5.6.3", "The recipient's mail server takes only seven-bit messages, "
                  "and this one cannot be converted."},
        {"5.3.4", "The message is too big for the recipient's mail server."},
        {"4.3.0", "The message could not be processed here in time."},
        {"4.4.7", "The recipient's mail server could not be reached in time."},
        {"4.7.5", "The recipient's mail server could not prove in time that it "
                  "is the right one (DANE or MTA-STS)."},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (strcmp(reasons[i].status, status) == 0) {
            return reasons[i].reason;
        }
    }
    return NULL;
}

static const char *reason_of_failure(const struct notice *notice)
{
    if (notice->is_later) {
        return "The recipient's mail server accepted the message, but could "
               "not deliver it.";
    }
    if (notice->diagnostic != NULL) {
        return "The recipient's mail server did not accept the message.";
    }
    const char *reason = notice_reason(notice->status);
    return reason != NULL ? reason : "The message could not be delivered.";
}

/* The action and the status in the sender's terms. */
static const char *reason_of(const struct notice *notice)
{
    switch (notice->action) {
    case MAIL_DSN_ACTION_FAILED:
        return reason_of_failure(notice);
    case MAIL_DSN_ACTION_DELAYED:
        if (notice->is_later) {
            return "The recipient's mail server has accepted it, and is still "
                   "trying to deliver it.";
        }
        return notice->diagnostic != NULL
                   ? "The recipient's mail server does not take it now."
                   : "The recipient's mail server cannot be reached now.";
    case MAIL_DSN_ACTION_DELIVERED:
        return "The recipient's mail server says that it was delivered.";
    case MAIL_DSN_ACTION_RELAYED:
        return "The recipient's mail server has accepted it.";
    case MAIL_DSN_ACTION_EXPANDED:
        return "It was delivered to a list, which sends it to its members.";
    case MAIL_DSN_ACTION_COUNT:
        break;
    }
    BUG("action %d", (int)notice->action);
}

struct store_dsn notice_compose(struct arena *arena,
                                const struct deliver_settings *settings,
                                const struct store_item *item,
                                const struct notice *notice)
{
    char id[2 * MAIL_ID_BYTES + 1];
    random_hex(id, MAIL_ID_BYTES);
    const struct store_message *message = item->message;
    bool is_aside = item->guard == STORE_GUARD_ASIDE; /* KEEP-4 */
    int64_t now_s = notice->now_ms / 1000;
    struct mail_dsn_recipient recipient = {
        .address = item->recipient->address,
        .orcpt = item->recipient->orcpt,
        .status = notice->status,
        .remote_mta = notice->host,
        .diagnostic = notice->diagnostic,
        .reason = reason_of(notice),
        .last_attempt_s = notice->is_later ? 0 : now_s,
        .will_retry_until_s = notice->will_retry_until_ms / 1000};
    struct mail_dsn in = {.action = notice->action,
                          .host_name = settings->host_name,
                          .to = message->reverse_path,
                          .content = is_aside
                                         ? aside_header(arena, message->content)
                                         : message->content,
                          .envid = message->envid,
                          .mail_id = id,
                          .arrival_s = message->accepted_ms / 1000,
                          .now_s = now_s,
                          .recipients = &recipient,
                          .recipient_count = 1};
    return (struct store_dsn){.to = message->reverse_path,
                              .recipients = item->recipient->address,
                              .action = mail_dsn_action_name(notice->action),
                              .reports = bit_of(notice->action),
                              .content = mail_dsn(arena, &in)};
}

struct notice notice_of(const struct attempt_report *report,
                        enum mail_dsn_action action, int64_t now_ms)
{
    static const char *const unsaid[] = {
        [MAIL_DSN_ACTION_FAILED] = "5.0.0",
        [MAIL_DSN_ACTION_DELAYED] = "4.4.1", /* no answer from host */
        [MAIL_DSN_ACTION_DELIVERED] = "2.0.0",
        [MAIL_DSN_ACTION_RELAYED] = "2.0.0",
        [MAIL_DSN_ACTION_EXPANDED] = "2.0.0",
    };
    bool has_reply = report->reply != NULL;
    return (struct notice){.action = action,
                           .status = report->status != NULL ? report->status
                                                            : unsaid[action],
                           .host = has_reply ? report->host : NULL,
                           .diagnostic = report->reply,
                           .now_ms = now_ms};
}

#include "deliver/bounce.h"

#include "base/log.h"
#include "deliver/events.h"
#include "deliver/notice.h"
#include "mail/report.h"

bool bounce_take(struct arena *arena, const struct deliver_settings *settings,
                 const struct bounce *bounce, struct store_record *out,
                 struct store_dsn *dsn)
{
    const struct store_item *item = bounce->item;
    struct mail_report report;
    if (!mail_report_read(arena, bounce->content, bounce->is_null_path,
                          &report)) {
        log_info("bounces", "no report", "message=%s", item->message->id);
        return false;
    }
    bool is_failure = report.action == MAIL_DSN_ACTION_FAILED;
    bool is_told =
        notice_is_wanted(item, report.action, settings->delay_notice_default);
    *out = (struct store_record){.item = item, .change = STORE_CHANGE_BOUNCED};
    if (is_failure) {
        struct event_line event = event_bounced(arena, item, report.status);
        out->event =
            (struct store_event){arena_strdup(arena, event.id), event.line};
    }
    if (is_told) {
        *dsn = notice_compose(arena, settings, item,
                              &(struct notice){.action = report.action,
                                               .status = report.status,
                                               .host = report.remote_mta,
                                               .diagnostic = report.diagnostic,
                                               .is_later = true,
                                               .now_ms = bounce->now_ms});
        out->dsn = dsn;
    }
    log_info("bounces", "report", "message=%s action=%s status=%s told=%d",
             item->message->id, mail_dsn_action_name(report.action),
             report.status, is_told);
    return is_failure || is_told;
}

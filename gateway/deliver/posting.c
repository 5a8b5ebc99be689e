#include "deliver/posting.h"

#include "base/log.h"

static void run(void *ctx)
{
    struct posting *posting = ctx;
    HAND_STEP(posting->hold);
    posting->status =
        compose(posting->arena, &posting->wish, &posting->mail, &posting->err);
}

static void on_composed(void *ctx)
{
    struct posting *posting = ctx;
    if (posting->status != ST_OK) {
        log_error("deliver", "mail not composed", "reason=\"%s\"",
                  posting->err.text);
    }
    posting->on_done(posting->ctx);
}

static void start_composing(void *ctx)
{
    struct posting *posting = ctx;
    HAND_STEP(posting->hold);
    const struct store_item *item = posting->wish.item;
    posting->wish.scan = scans_found(&posting->share);
    size_t octets = item->message != NULL ? item->message->content.n : 0;
    workers_put(posting->world->workers,
                &(struct work_order){octets, run, on_composed, posting},
                &posting->work);
}

/* The directory may change while the mail is made. */
static void find_uuid(struct posting *posting)
{
    const struct directory *directory = posting->world->directory;
    const char *uuid = directory->inbound(
        directory->self, posting->wish.item->recipient->address);
    if (uuid != NULL) {
        posting->wish.idd_uuid = arena_strdup(posting->arena, uuid);
    }
}

void posting_start(struct posting *posting)
{
    const struct compose_wish *wish = &posting->wish;
    bool is_recipient = wish->item->kind == STORE_KIND_RECIPIENT;
    if (is_recipient && wish->decision->idd) {
        find_uuid(posting);
    }
    if (is_recipient && compose_needs_scan(wish->settings, wish->item,
                                           wish->decision->delivery)) {
        posting->share.hold = posting->hold;
        scans_ask(posting->world->scans, wish->item->message, &posting->share,
                  start_composing, posting);
        return;
    }
    start_composing(posting);
}

void posting_cancel(struct posting *posting)
{
    work_cancel(&posting->work);
    scans_release(&posting->share);
}

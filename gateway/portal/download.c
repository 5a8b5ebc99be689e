#include "portal/download.h"

#include <stdlib.h>

#include "base/blob.h"
#include "base/log.h"
#include "base/mapped.h"
#include "store/hand.h"

enum { PIECE_BYTES = 65536, THE_DOWNLOAD = -2 };

struct download {
    struct arena *arena;
    struct blob *blob; /* the whole message */
    struct slice content;
    struct mail_reader reader;
    char piece[PIECE_BYTES];
    struct hand *hand;
    struct hand_work work;
};

/* A large message is a file, and stays readable even if it is removed; a small
 * one is copied. */
static enum status open_content(struct download *d, const char *spool,
                                const struct store_message *message,
                                struct err *err)
{
    enum status status =
        blob_open(spool, message->id, message->content.n, &d->blob, err);
    if (status == ST_NONE) {
        d->blob = blob_create(spool);
        blob_put(d->blob, message->content);
        status = ST_OK;
    }
    return status == ST_OK ? blob_slice(d->blob, &d->content, err) : status;
}

struct download *download_create(struct store *store,
                                 const struct portal_link *link,
                                 const struct mail_part *part)
{
    struct download *d = xcalloc(1, sizeof *d);
    struct mail_part own = *part;
    struct err err;
    d->arena = arena_create();
    d->hand = store_hand(store);
    d->work = (struct hand_work){HAND_PAGE, link->message.n, THE_DOWNLOAD};
    HAND_STEP_WHOLE(d->hand, &d->work);
    if (open_content(d, store_spool(store), &link->message, &err) != ST_OK) {
        log_error("portal", "content not readable", "message=%s error=%s",
                  link->message.id, err.text);
        download_destroy(d);
        return NULL;
    }
    own.content = d->content;
    mail_part_open(d->arena, &own, &d->reader);
    return d;
}

void download_destroy(void *download)
{
    struct download *d = download;
    blob_destroy(&d->blob);
    arena_destroy(&d->arena);
    free(d);
}

bool download_pull(void *download, struct slice *piece)
{
    struct download *d = download;
    HAND_STEP_WHOLE(d->hand, &d->work);
    size_t from = d->reader.decoder.at;
    size_t n = mail_part_read(&d->reader, d->piece, sizeof d->piece);
    *piece = (struct slice){d->piece, n};
    if (mapped_is_damaged(d->content)) {
        log_error("portal", "content not readable", "octets=%zu", d->content.n);
        return false;
    }
    mapped_release((struct slice){d->reader.decoder.octets.p + from,
                                  d->reader.decoder.at - from});
    return true;
}

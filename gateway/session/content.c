/* The octets of the message that a transaction brings (CONN-6). */
#include "base/log.h"

#include "session/server_internal.h"

static const struct reply too_large = {552, "5.3.4", "Message too large"};

void content_reset(struct server_session *s)
{
    blob_reset(s->content);
    s->content_last = '\0';
    s->is_too_large = false;
}

void content_add(struct server_session *s, struct slice octets)
{
    size_t most = s->settings->message_bytes_max;
    if (!octets.n)
        return;
    if (s->is_too_large)
        return;
    if (octets.n > most - blob_bytes(s->content)) {
        s->is_too_large = true;
        blob_reset(s->content);
        return;
    }
    s->content_last = octets.p[octets.n - 1];
    blob_put(s->content, octets);
}

void content_end_line(struct server_session *s)
{
    if (blob_bytes(s->content) && s->content_last != '\n')
        content_add(s, SLICE_LITERAL("\r\n"));
}

const struct reply *content_refusal(const struct server_session *s)
{
    if (s->is_too_large)
        return &too_large;
    if (!blob_has_failed(s->content))
        return NULL;
    return blob_is_full(s->content) ? &server_reply_full
                                    : &server_reply_not_stored;
}

void content_want_store(struct server_session *s)
{
    struct slice content;
    struct err err;
    const struct reply *refusal = content_refusal(s);
    if (!refusal && blob_slice(s->content, &content, &err) != ST_OK) {
        log_error("smtp", "content cannot be kept", "error=%s", err.text);
        refusal = content_refusal(s);
    }
    if (refusal) {
        server_say(s, SERVER_STAGE_DATA, refusal);
        server_reset_transaction(s);
        server_set_state(s, SERVER_STATE_READY);
        return;
    }
    s->want = (struct server_want){.kind = SERVER_WANT_STORE,
                                   .envelope = &s->envelope,
                                   .authenticated = s->user,
                                   .content = content};
}

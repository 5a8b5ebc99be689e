/* data = "DATA" CRLF, then lines up to CRLF "." CRLF
 * RFC 5321 4.1.1.4 and 4.5.2, CONN-5, CONN-6. */
#include "session/server_internal.h"

enum { PIECE_BYTES = 65536 };

static const struct reply go = {354, NULL, "End data with <CRLF>.<CRLF>"};
static const struct reply bare = {550, "5.5.2", "Bare CR or LF is not allowed"};
static const struct reply closing = {421, "4.7.0", "Closing"};

void proceed_data(struct server_session *s, const struct command *command)
{
    (void)command;
    server_say(s, SERVER_STAGE_DATA, &go);
    dot_decoder_init(&s->decoder);
    content_reset(s);
    s->discarded = 0;
    server_set_state(s, SERVER_STATE_DATA);
}

void data_void(struct server_session *s)
{
    bool is_data = s->state == SERVER_STATE_DATA ||
                   s->state == SERVER_STATE_VOID ||
                   s->state == SERVER_STATE_CHUNK;
    enum server_stage stage =
        is_data ? SERVER_STAGE_DATA : SERVER_STAGE_SESSION;
    server_say(s, stage, &bare);
    server_say(s, stage, &closing);
    server_close(s);
}

size_t data_feed(struct server_session *s, struct slice octets)
{
    size_t used;
    if (octets.n > PIECE_BYTES)
        octets.n = PIECE_BYTES;
    buf_reset(&s->piece);
    enum dot_event event =
        dot_decoder_feed(&s->decoder, octets, &used, &s->piece);
    if (s->decoder.is_bare) {
        if (s->state != SERVER_STATE_VOID) {
            content_reset(s);
            server_set_state(s, SERVER_STATE_VOID);
        }
        s->discarded += used;
        if (event == DOT_EVENT_END ||
            s->discarded > s->settings->message_bytes_max)
            data_void(s);
        return used;
    }
    content_add(s, buf_slice(&s->piece));
    if (event == DOT_EVENT_END)
        content_want_store(s);
    return used;
}

void data_resume(struct server_session *s, const struct reply *reply)
{
    server_say(s, SERVER_STAGE_DATA, reply);
    server_reset_transaction(s);
    server_set_state(s, SERVER_STATE_READY);
    if (reply->code == 421)
        server_close(s);
}

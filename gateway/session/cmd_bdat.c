/* bdat = "BDAT" SP chunk-size [SP "LAST"] CRLF, then that many octets
 * RFC 3030 2, CONN-5, CONN-7. A chunk that is refused is read all the same; a
 * message ends its transaction with the first refusal, so that chunks sent
 * behind it meet 503. */
#include "session/server_internal.h"

#include <limits.h>

static const struct reply syntax = {501, "5.5.4", "Syntax: BDAT size [LAST]"};
static const struct reply closing = {421, "4.7.0", "Closing"};
static const struct reply wrong_order = {503, "5.5.1",
                                         "Command out of sequence"};

/* False: this is no chunk whose octets could be counted. */
static bool parse(struct slice args, unsigned long long *size, bool *is_last)
{
    struct slice number = slice_word(&args), last = slice_word(&args);
    *size = 0;
    *is_last = last.n > 0;
    for (size_t i = 0; i < number.n; i++) {
        unsigned digit = (unsigned)(number.p[i] - '0');
        if (digit > 9 || *size > (ULLONG_MAX - digit) / 10)
            return false;
        *size = *size * 10 + digit;
    }
    return number.n > 0 && !slice_trim(args).n &&
           (!last.n || slice_is_nocase(last, "LAST"));
}

/* A CR whose LF has not come is held back: it may come with the next chunk.
 */
static void keep(struct server_session *s, struct slice octets)
{
    struct chunk *chunk = &s->chunk;
    for (size_t i = 0; i < octets.n && !chunk->is_bare; i++) {
        char c = octets.p[i];
        chunk->is_bare = (c == '\n') != chunk->has_cr;
        chunk->has_cr = c == '\r';
    }
    if (chunk->is_bare || chunk->refusal)
        return;
    content_add(s, octets);
    chunk->refusal = content_refusal(s);
}

/* All octets of the chunk have come. */
static void end_chunk(struct server_session *s)
{
    const struct chunk *chunk = &s->chunk;
    if (chunk->is_misplaced) {
        server_set_state(s, chunk->state_before);
        server_say(s, SERVER_STAGE_DATA, chunk->refusal);
    } else if (chunk->is_bare || (chunk->is_last && chunk->has_cr)) {
        server_set_state(s, SERVER_STATE_VOID);
        data_void(s);
    } else if (chunk->refusal) {
        server_say(s, SERVER_STAGE_DATA, chunk->refusal);
        server_reset_transaction(s);
        server_set_state(s, SERVER_STATE_READY);
    } else if (chunk->is_last) {
        server_set_state(s, SERVER_STATE_CHUNKS);
        content_end_line(s);
        content_want_store(s);
    } else {
        struct reply reply = {250, "2.0.0",
                              arena_printf(s->command.arena,
                                           "%zu octets received so far",
                                           blob_bytes(s->content))};
        server_set_state(s, SERVER_STATE_CHUNKS);
        server_say(s, SERVER_STAGE_DATA, &reply);
    }
}

void bdat_begin(struct server_session *s, const struct command *command)
{
    struct chunk *chunk = &s->chunk;
    bool is_first = s->state == SERVER_STATE_RCPT;
    bool has_cr = !is_first && chunk->has_cr;
    *chunk = (struct chunk){.has_cr = has_cr, .state_before = s->state};
    if (!parse(command->args, &chunk->left, &chunk->is_last)) {
        server_say(s, SERVER_STAGE_DATA, &syntax);
        server_say(s, SERVER_STAGE_DATA, &closing);
        server_close(s);
        return;
    }
    if (!is_first && s->state != SERVER_STATE_CHUNKS) {
        chunk->is_misplaced = true;
        chunk->refusal = &wrong_order;
    }
    s->discarded = 0;
    server_set_state(s, SERVER_STATE_CHUNK);
    if (!chunk->left)
        end_chunk(s);
}

size_t bdat_feed(struct server_session *s, struct slice octets)
{
    struct chunk *chunk = &s->chunk;
    if (octets.n > chunk->left)
        octets.n = (size_t)chunk->left;
    if (!chunk->is_misplaced)
        keep(s, octets);
    chunk->left -= octets.n;
    s->discarded += chunk->is_bare ? octets.n : 0;
    if (s->discarded > s->settings->message_bytes_max) {
        data_void(s);
        return octets.n;
    }
    if (!chunk->left)
        end_chunk(s);
    return octets.n;
}

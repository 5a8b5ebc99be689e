#include "session/client_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const char *const phase_names[] = {
    "greeting", "ehlo", "starttls", "ehlo-tls", "mail",
    "rcpt",     "data", "content",  "rset",     "quit"};
_Static_assert(sizeof phase_names / sizeof *phase_names == CLIENT_PHASE_COUNT,
               "phase names");

const char *client_phase_name(enum client_phase phase)
{
    return phase_names[phase];
}

const char *client_verdict_name(enum client_verdict verdict)
{
    static const char *const names[] = {"none",      "accepted", "temporary",
                                        "permanent", "protocol", "lost"};
    _Static_assert(sizeof names / sizeof *names == CLIENT_VERDICT_COUNT,
                   "verdict names");
    return names[verdict];
}

void client_set_state(struct client_session *c, enum client_state state)
{
    static const char *const names[] = {"waiting", "starttls", "ready",
                                        "content", "over"};
    _Static_assert(sizeof names / sizeof *names == CLIENT_STATE_COUNT,
                   "state names");
    log_debug("smtp-out", "state", "from=%s to=%s phase=%s", names[c->state],
              names[state], phase_names[c->phase]);
    c->state = state;
}

static void forget_taken(struct client_session *c)
{
    buf_consume(&c->out, c->taken);
    c->taken = 0;
}

static void expect(struct client_session *c, enum client_phase phase)
{
    if (c->pending_count == CLIENT_PENDING_MAX)
        BUG("too many replies pending");
    c->pending[c->pending_count++] = phase;
    c->phase = c->pending[0];
    client_set_state(c, CLIENT_STATE_WAITING);
}

void client_say(struct client_session *c, enum client_phase phase,
                const char *line)
{
    buf_puts(&c->out, line);
    c->progress++;
    buf_puts(&c->out, "\r\n");
    expect(c, phase);
}

void client_decide(struct client_session *c, enum client_verdict verdict,
                   enum client_phase phase, const struct reply *reply)
{
    if (c->result.verdict != CLIENT_VERDICT_NONE)
        return;
    c->result = (struct client_result){
        verdict, phase, reply ? reply_copy(c->arena, reply) : NULL};
}

void client_decide_by(struct client_session *c, enum client_phase phase,
                      const struct reply *reply)
{
    client_decide(c,
                  reply_is(reply, 4)   ? CLIENT_VERDICT_TEMPORARY
                  : reply_is(reply, 5) ? CLIENT_VERDICT_PERMANENT
                                       : CLIENT_VERDICT_PROTOCOL,
                  phase, reply);
}

void client_over(struct client_session *c)
{
    c->pending_count = 0;
    client_set_state(c, CLIENT_STATE_OVER);
}

struct client_session *
client_session_create(const struct client_settings *settings)
{
    struct client_session *c = xcalloc(1, sizeof *c);
    c->settings = settings;
    c->life = arena_create();
    c->arena = arena_create();
    reply_parser_init(&c->parser);
    buf_init(&c->out, CLIENT_OUTPUT_BYTES);
    expect(c, CLIENT_PHASE_GREETING);
    return c;
}

void client_session_destroy(struct client_session **client)
{
    struct client_session *c = *client;
    if (!c)
        return;
    reply_parser_release(&c->parser);
    buf_release(&c->out);
    arena_destroy(&c->life);
    arena_destroy(&c->arena);
    free(c);
    *client = NULL;
}

static enum client_phase take_pending(struct client_session *c)
{
    enum client_phase phase = c->pending[0];
    memmove(c->pending, c->pending + 1,
            --c->pending_count * sizeof *c->pending);
    return c->phase = phase;
}

/* A reply that no command waits for: only that the server is going away, or,
 * while content is being sent, that it will not have it. */
static void take_unasked(struct client_session *c, const struct reply *reply)
{
    if (c->state == CLIENT_STATE_CONTENT)
        client_decide_by(c, CLIENT_PHASE_CONTENT, reply);
    else
        client_decide(c,
                      reply->code == 421 ? CLIENT_VERDICT_TEMPORARY
                                         : CLIENT_VERDICT_PROTOCOL,
                      c->phase, reply);
    client_over(c);
}

static void take_reply(struct client_session *c, const struct reply *reply,
                       bool has_behind)
{
    c->progress++;
    bool is_asked = c->pending_count > 0;
    enum client_phase phase = is_asked ? take_pending(c) : c->phase;
    if (c->settings->on_reply)
        c->settings->on_reply(c->settings->ctx, phase, reply);
    if (!is_asked) {
        take_unasked(c, reply);
    } else if (phase == CLIENT_PHASE_QUIT) {
        client_decide(c, CLIENT_VERDICT_NONE, phase, reply);
        client_over(c);
    } else if (reply->code == 421) { /* RFC 5321 3.8: it closes now */
        client_decide_by(c, phase, reply);
        client_over(c);
    } else if (phase <= CLIENT_PHASE_EHLO_TLS) {
        client_start_reply(c, phase, reply, has_behind);
    } else {
        client_transaction_reply(c, phase, reply);
    }
}

void client_session_feed(struct client_session *c, struct slice octets)
{
    forget_taken(c);
    while (octets.n && c->state != CLIENT_STATE_OVER) {
        struct reply reply;
        struct err err;
        size_t used;
        if (c->state == CLIENT_STATE_STARTTLS) {
            client_decide(c, CLIENT_VERDICT_PROTOCOL, CLIENT_PHASE_STARTTLS,
                          NULL);
            client_over(c);
            return;
        }
        enum status status =
            reply_parser_feed(&c->parser, octets, &used, &reply, &err);
        if (status == ST_PROTO) {
            log_info("smtp-out", "no smtp reply", "phase=%s what=%s",
                     phase_names[c->phase], err.text);
            client_decide(c, CLIENT_VERDICT_PROTOCOL, c->phase, NULL);
            client_over(c);
            return;
        }
        octets = slice_from(octets, used);
        if (status == ST_OK)
            take_reply(c, &reply, octets.n > 0);
    }
}

struct slice client_session_take(struct client_session *c)
{
    forget_taken(c);
    struct slice out = buf_slice(&c->out);
    c->taken = out.n;
    return out;
}

enum client_state client_session_state(const struct client_session *c)
{
    return c->state;
}

void client_session_tls_ready(struct client_session *c)
{
    if (c->state != CLIENT_STATE_STARTTLS)
        BUG("TLS without STARTTLS");
    forget_taken(c);
    c->is_tls = true;
    c->offers = (struct client_offers){0};
    client_say_hello(c, CLIENT_PHASE_EHLO_TLS);
}

void client_session_lost(struct client_session *c)
{
    forget_taken(c);
    if (c->state == CLIENT_STATE_OVER)
        return;
    if (!c->is_quitting)
        client_decide(c, CLIENT_VERDICT_LOST,
                      c->state == CLIENT_STATE_CONTENT ? CLIENT_PHASE_CONTENT
                      : c->pending_count               ? c->pending[0]
                                                       : c->phase,
                      NULL);
    client_over(c);
}

int64_t client_session_deadline_ms(const struct client_session *c)
{
    bool is_ours =
        c->state == CLIENT_STATE_READY || c->state == CLIENT_STATE_OVER;
    return is_ours ? 0 : c->settings->reply_timeout_ms;
}

unsigned client_session_progress(const struct client_session *c)
{
    return c->progress;
}

const struct client_offers *
client_session_offers(const struct client_session *c)
{
    return &c->offers;
}

bool client_session_is_tls(const struct client_session *c)
{
    return c->is_tls;
}

const struct reply *
client_session_starttls_refusal(const struct client_session *c)
{
    return c->starttls_refusal;
}

const struct client_result *
client_session_result(const struct client_session *c)
{
    return &c->result;
}

void client_session_quit(struct client_session *c)
{
    if (c->state != CLIENT_STATE_READY)
        BUG("quit while %s", phase_names[c->phase]);
    forget_taken(c);
    c->is_quitting = true;
    client_say(c, CLIENT_PHASE_QUIT, "QUIT");
}

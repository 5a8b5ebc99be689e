/* One transaction: RFC 5321 3.3, in one group where the server pipelines (RFC
 * 2920 3.1). A recipient that is refused gets no content: where DATA is
 * answered by 354 all the same, the lone dot ends it. */
#include "session/client_internal.h"

enum { COMMAND_BYTES = 2048 };

static bool is_sendable(struct slice path)
{
    for (size_t i = 0; i < path.n; i++)
        if ((unsigned char)path.p[i] < ' ' || path.p[i] == 127)
            return false;
    return path.n < COMMAND_BYTES / 2;
}

static const char *format_mail(struct client_session *c,
                               const struct client_transaction *t)
{
    struct buf line;
    buf_init(&line, COMMAND_BYTES);
    buf_printf(&line, "MAIL FROM:<%.*s>", SLICE_ARG(t->reverse_path));
    if (c->offers.size && t->content_bytes)
        buf_printf(&line, " SIZE=%zu", t->content_bytes);
    if (c->offers.eightbitmime && t->content_8bit)
        buf_puts(&line, " BODY=8BITMIME");
    if (t->smtputf8)
        buf_puts(&line, " SMTPUTF8");
    if (c->offers.dsn && t->mail)
        mail_params_format(&line, t->mail);
    char *text = arena_text(c->arena, buf_slice(&line));
    buf_release(&line);
    return text;
}

static const char *format_rcpt(struct client_session *c,
                               const struct client_transaction *t)
{
    struct buf line;
    buf_init(&line, COMMAND_BYTES * 2);
    buf_printf(&line, "RCPT TO:<%.*s>", SLICE_ARG(t->recipient));
    if (c->offers.dsn && t->rcpt)
        rcpt_params_format(&line, t->rcpt);
    char *text = arena_text(c->arena, buf_slice(&line));
    buf_release(&line);
    return text;
}

/* The first command of the transaction, and all of them when pipelining. */
static void say_all(struct client_session *c)
{
    if (c->is_dirty) {
        c->is_dirty = false;
        client_say(c, CLIENT_PHASE_RSET, "RSET");
        if (!c->offers.pipelining)
            return;
    }
    client_say(c, CLIENT_PHASE_MAIL, c->mail);
    if (!c->offers.pipelining)
        return;
    client_say(c, CLIENT_PHASE_RCPT, c->rcpt);
    client_say(c, CLIENT_PHASE_DATA, "DATA");
}

void client_session_begin(struct client_session *c,
                          const struct client_transaction *t)
{
    if (c->state != CLIENT_STATE_READY)
        BUG("transaction while %s", client_phase_name(c->phase));
    buf_consume(&c->out, c->taken);
    c->taken = 0;
    c->result = (struct client_result){.verdict = CLIENT_VERDICT_NONE};
    arena_destroy(&c->arena);
    c->arena = arena_create();
    c->is_alone = false;
    dot_encoder_init(&c->encoder);
    if (!is_sendable(t->reverse_path) || !is_sendable(t->recipient)) {
        static const struct reply unsendable = {
            553, "5.1.3", "Address cannot be transmitted"};
        client_decide_by(c, CLIENT_PHASE_MAIL, &unsendable);
        return;
    }
    c->mail = format_mail(c, t);
    c->rcpt = format_rcpt(c, t);
    say_all(c);
}

/* Nothing more of this transaction is awaited. */
static void finish(struct client_session *c)
{
    c->is_dirty = c->result.verdict != CLIENT_VERDICT_ACCEPTED && !c->is_alone;
    client_set_state(c, CLIENT_STATE_READY);
}

static void take_go_ahead(struct client_session *c)
{
    if (c->result.verdict == CLIENT_VERDICT_NONE) {
        client_set_state(c, CLIENT_STATE_CONTENT);
        return;
    }
    c->is_alone = true;
    client_say(c, CLIENT_PHASE_CONTENT, ".");
}

static void take_end(struct client_session *c, const struct reply *reply)
{
    if (reply_is(reply, 2))
        client_decide(c, CLIENT_VERDICT_ACCEPTED, CLIENT_PHASE_CONTENT, reply);
    else
        client_decide_by(c, CLIENT_PHASE_CONTENT, reply);
    finish(c);
}

static void say_next(struct client_session *c, enum client_phase phase)
{
    if (phase == CLIENT_PHASE_RSET)
        client_say(c, CLIENT_PHASE_MAIL, c->mail);
    else if (phase == CLIENT_PHASE_MAIL)
        client_say(c, CLIENT_PHASE_RCPT, c->rcpt);
    else
        client_say(c, CLIENT_PHASE_DATA, "DATA");
}

void client_transaction_reply(struct client_session *c, enum client_phase phase,
                              const struct reply *reply)
{
    if (phase == CLIENT_PHASE_CONTENT) {
        take_end(c, reply);
        return;
    }
    if (phase == CLIENT_PHASE_DATA && reply->code == 354) {
        take_go_ahead(c);
        return;
    }
    if (phase == CLIENT_PHASE_DATA || !reply_is(reply, 2))
        client_decide_by(c, phase, reply);
    if (c->pending_count) /* of the same group */
        return;
    if (c->result.verdict != CLIENT_VERDICT_NONE)
        finish(c);
    else
        say_next(c, phase);
}

void client_session_content(struct client_session *c, struct slice piece)
{
    if (c->state != CLIENT_STATE_CONTENT || piece.n > CLIENT_PIECE_BYTES)
        BUG("content of %zu while %s", piece.n, client_phase_name(c->phase));
    buf_consume(&c->out, c->taken);
    c->taken = 0;
    c->progress++;
    dot_encoder_feed(&c->encoder, piece, &c->out);
}

void client_session_content_end(struct client_session *c)
{
    struct buf end;
    if (c->state != CLIENT_STATE_CONTENT)
        BUG("end of content while %s", client_phase_name(c->phase));
    buf_consume(&c->out, c->taken);
    c->taken = 0;
    buf_init(&end, 16);
    dot_encoder_end(&c->encoder, &end);
    struct slice line = buf_slice(&end);
    /* The last CRLF is client_say's. */
    client_say(c, CLIENT_PHASE_CONTENT,
               arena_text(c->arena, (struct slice){line.p, line.n - 2}));
    buf_release(&end);
}

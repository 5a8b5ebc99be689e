/* The frame: octets to lines and data, lines to the verb table, answers of the
 * shell to the verb that asked. */
#include "session/server_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
    OUT_BYTES = 1048576,
    OUT_ENOUGH_BYTES = 32768 /* nothing more is consumed until it is taken */
};

const struct reply server_reply_auth_ok = {235, "2.7.0",
                                           "Authentication successful"};
const struct reply server_reply_auth_wrong = {
    535, "5.7.8", "Authentication credentials invalid"};
const struct reply server_reply_auth_locked = {
    454, "4.7.0", "Too many failed authentications, try again later"};
const struct reply server_reply_auth_busy = {
    454, "4.7.0", "Too many authentications at once, try again later"};
const struct reply server_reply_mail_ok = {250, "2.1.0", "Sender ok"};
const struct reply server_reply_rcpt_ok = {250, "2.1.5", "Recipient ok"};
const struct reply server_reply_unauthorised = {530, "5.7.0",
                                                "Authentication required"};
const struct reply server_reply_stored = {250, "2.0.0", "Message accepted"};
const struct reply server_reply_full = {452, "4.3.1",
                                        "No room for it now, try again"};
const struct reply server_reply_not_stored = {
    451, "4.3.0", "Cannot be stored now, try again"};
const struct reply server_reply_idle = {421, "4.4.2",
                                        "Nothing heard for too long, closing"};
const struct reply server_reply_shutdown = {421, "4.3.2",
                                            "Service is stopping, closing"};
const struct reply server_reply_too_many = {421, "4.7.0",
                                            "Too many sessions, closing"};

static const struct reply unknown_command = {500, "5.5.2",
                                             "Command not recognised"};
static const struct reply needs_tls = {530, "5.7.0",
                                       "Must issue a STARTTLS command first"};
static const struct reply wrong_order = {503, "5.5.1",
                                         "Command out of sequence"};
static const struct reply line_too_long = {500, "5.5.2",
                                           "Line above 2048 octets"};
static const struct reply auth_too_long = {500, "5.5.6",
                                           "AUTH line above 12288 octets"};
static const struct reply too_often = {421, "4.7.0",
                                       "Too many refused commands, closing"};
static const struct reply no_args = {501, "5.5.4", "No parameter allowed"};

const char *server_stage_name(enum server_stage stage)
{
    static const char *const names[] = {"connect", "ehlo",   "starttls",
                                        "auth",    "mail",   "rcpt",
                                        "data",    "session"};
    _Static_assert(sizeof names / sizeof *names == SERVER_STAGE_COUNT,
                   "stage names");
    return names[stage];
}

void server_set_state(struct server_session *s, enum server_state state)
{
    static const char *const names[] = {"new",    "ready", "mail", "rcpt",
                                        "auth",   "data",  "void", "chunk",
                                        "chunks", "over"};
    _Static_assert(sizeof names / sizeof *names == SERVER_STATE_COUNT,
                   "state names");
    log_debug("smtp", "state", "from=%s to=%s", names[s->state], names[state]);
    s->state = state;
}

void server_say(struct server_session *s, enum server_stage stage,
                const struct reply *reply)
{
    reply_format(&s->out, reply);
    s->progress++;
    s->octets = 0;
    if (reply->code < 400)
        return;
    s->refusals++;
    if (!s->settings->on_refused)
        return;
    struct arena *arena = arena_create();
    s->settings->on_refused(s->settings->ctx, stage, reply_line(arena, reply));
    arena_destroy(&arena);
}

void server_close(struct server_session *s)
{
    server_reset_transaction(s);
    server_set_state(s, SERVER_STATE_OVER);
    s->want = (struct server_want){.kind = SERVER_WANT_CLOSE};
}

void server_reset_transaction(struct server_session *s)
{
    arena_destroy(&s->transaction);
    s->envelope = (struct envelope){0};
    s->recipients_size = 0;
    content_reset(s);
    buf_release(&s->piece);
}

const struct reply *check_no_args(const struct server_session *s,
                                  struct command *command)
{
    (void)s;
    return command->args.n ? &no_args : NULL;
}

struct server_session *
server_session_create(const struct server_settings *settings)
{
    struct server_session *s = xcalloc(1, sizeof *s);
    s->settings = settings;
    s->is_silent = true;
    s->life = arena_create();
    line_reader_init(&s->reader);
    buf_init(&s->out, OUT_BYTES);
    buf_init(&s->piece, SIZE_MAX);
    s->content = blob_create(settings->spool);
    buf_printf(&s->out, "220 %s ESMTP\r\n", settings->host_name);
    return s;
}

static void end_command(struct server_session *s)
{
    secret_release(&s->plain.secret);
    s->plain = (struct sasl_plain){0};
    arena_destroy(&s->command.arena);
}

void server_session_destroy(struct server_session **session)
{
    struct server_session *s = *session;
    if (!s)
        return;
    end_command(s);
    server_reset_transaction(s);
    blob_destroy(&s->content);
    line_reader_release(&s->reader);
    buf_release(&s->out);
    arena_destroy(&s->life);
    free(s);
    *session = NULL;
}

static const struct reply *refusal_of(const struct server_session *s,
                                      const struct verb_rule *rule,
                                      struct command *command)
{
    bool is_plain = !s->tls[0] && !s->settings->is_open;
    if (is_plain && (!rule || !rule->in_plain))
        return &needs_tls;
    if (!rule)
        return &unknown_command;
    if (!(rule->states & 1U << s->state))
        return &wrong_order;
    return rule->check ? rule->check(s, command) : NULL;
}

static void take_command(struct server_session *s, struct slice line,
                         bool has_behind)
{
    end_command(s);
    struct command *command = &s->command;
    *command =
        (struct command){.arena = arena_create(), .has_behind = has_behind};
    command->verb = smtp_verb_parse(line, &command->args);
    const struct verb_rule *rule = verb_rule_find(command->verb);
    const struct reply *no = refusal_of(s, rule, command);
    if (no) {
        server_say(s, rule ? rule->stage : SERVER_STAGE_SESSION, no);
        /* Its octets would follow, and they are no commands (CONN-7). */
        if (command->verb == SMTP_VERB_BDAT && no == &needs_tls)
            server_close(s);
        return;
    }
    rule->proceed(s, command);
}

static void take_long_line(struct server_session *s)
{
    if (s->state == SERVER_STATE_AUTH) {
        s->reader.is_response = false;
        server_set_state(s, SERVER_STATE_READY);
    }
    /* Before TLS AUTH is refused before anything else about it (CONN-2). */
    const struct reply *reply = !s->reader.is_auth ? &line_too_long
                                : s->tls[0]        ? &auth_too_long
                                                   : &needs_tls;
    server_say(s, s->reader.is_auth ? SERVER_STAGE_AUTH : SERVER_STAGE_SESSION,
               reply);
}

static size_t feed_line(struct server_session *s, struct slice octets)
{
    size_t used;
    struct slice line;
    enum line_event event = line_reader_feed(&s->reader, octets, &used, &line);
    s->progress += event != LINE_EVENT_MORE;
    switch (event) {
    case LINE_EVENT_MORE:
        break;
    case LINE_EVENT_BARE:
        data_void(s);
        break;
    case LINE_EVENT_TOO_LONG:
        take_long_line(s);
        break;
    case LINE_EVENT_READY:
        if (s->state == SERVER_STATE_AUTH)
            auth_take_response(s, line);
        else
            take_command(s, line, used < octets.n);
        if (s->command.verb == SMTP_VERB_AUTH)
            line_reader_wipe(&s->reader);
        break;
    case LINE_EVENT_COUNT:
        BUG("line event");
    }
    return used;
}

/* What take gave away is gone with the next call. */
static void forget_taken(struct server_session *s)
{
    buf_consume(&s->out, s->taken);
    s->taken = 0;
}

static size_t feed_open_want(struct server_session *s, struct slice octets)
{
    if (s->want.kind == SERVER_WANT_CLOSE)
        return octets.n;
    if (s->want.kind == SERVER_WANT_STARTTLS) {
        log_info("smtp", "octets behind starttls", "count=%zu", octets.n);
        server_close(s); /* CONN-3: never executed */
        return octets.n;
    }
    return 0;
}

/* CONN-10: between two commands. Whoever proved who he is may be wrong as often
 * as he likes (of 1000 recipients many may be misspelt); a stranger may not. */
static void end_command_of_stranger(struct server_session *s)
{
    bool is_between =
        s->state == SERVER_STATE_NEW || s->state == SERVER_STATE_READY ||
        s->state == SERVER_STATE_MAIL || s->state == SERVER_STATE_RCPT ||
        s->state == SERVER_STATE_CHUNKS;
    if (s->is_known || s->refusals < REFUSALS_MAX || !is_between ||
        s->want.kind != SERVER_WANT_NONE)
        return;
    server_say(s, SERVER_STAGE_SESSION, &too_often);
    server_close(s);
}

/* The rest of a void message is only waited for (CONN-5). */
static bool is_discarding(const struct server_session *s)
{
    return s->state == SERVER_STATE_VOID ||
           (s->state == SERVER_STATE_CHUNK && s->chunk.is_bare);
}

static size_t feed_some(struct server_session *s, struct slice octets)
{
    bool is_data =
        s->state == SERVER_STATE_DATA || s->state == SERVER_STATE_VOID;
    if (!is_data && s->state != SERVER_STATE_CHUNK)
        return feed_line(s, octets);
    bool was_discarding = is_discarding(s);
    uint64_t before = s->progress;
    size_t used = is_data ? data_feed(s, octets) : bdat_feed(s, octets);
    if (is_discarding(s) != was_discarding) /* of another patience */
        s->octets = 0;
    else if (s->progress == before)
        s->octets += used;
    return used;
}

size_t server_session_feed(struct server_session *s, struct slice octets)
{
    size_t done = 0;
    forget_taken(s);
    if (octets.n && s->want.kind != SERVER_WANT_NONE)
        return feed_open_want(s, octets);
    while (done < octets.n && s->want.kind == SERVER_WANT_NONE &&
           buf_slice(&s->out).n < OUT_ENOUGH_BYTES) {
        struct slice rest = slice_from(octets, done);
        done += feed_some(s, rest);
        end_command_of_stranger(s);
    }
    return s->want.kind == SERVER_WANT_CLOSE ? octets.n : done;
}

struct slice server_session_take(struct server_session *s)
{
    forget_taken(s);
    struct slice out = buf_slice(&s->out);
    s->taken = out.n;
    s->is_silent = false;
    return out;
}

const struct server_want *server_session_want(const struct server_session *s)
{
    return &s->want;
}

void server_session_resume(struct server_session *s, const struct reply *reply)
{
    enum server_want_kind kind = s->want.kind;
    forget_taken(s);
    s->want = (struct server_want){.kind = SERVER_WANT_NONE};
    switch (kind) {
    case SERVER_WANT_AUTH:
        auth_resume(s, reply);
        break;
    case SERVER_WANT_MAIL:
        mail_resume(s, reply);
        break;
    case SERVER_WANT_RCPT:
        rcpt_resume(s, reply);
        break;
    case SERVER_WANT_STORE:
        data_resume(s, reply);
        break;
    case SERVER_WANT_NONE:
    case SERVER_WANT_STARTTLS:
    case SERVER_WANT_PAUSE:
    case SERVER_WANT_CLOSE:
    case SERVER_WANT_COUNT:
        BUG("resume without a question");
    }
    end_command_of_stranger(s);
}

void server_session_tls_ready(struct server_session *s, const char *version)
{
    if (s->want.kind != SERVER_WANT_STARTTLS)
        BUG("TLS without STARTTLS");
    forget_taken(s);
    s->want = (struct server_want){.kind = SERVER_WANT_NONE};
    server_reset_transaction(s);
    line_reader_release(&s->reader);
    line_reader_init(&s->reader);
    snprintf(s->tls, sizeof s->tls, "%s", version);
    s->progress++;
    s->helo = (struct slice){0};
    s->is_esmtp = false;
    server_set_state(s, SERVER_STATE_NEW);
}

void server_session_end(struct server_session *s, const struct reply *reply)
{
    forget_taken(s);
    if (s->state == SERVER_STATE_OVER)
        return;
    if (s->is_silent)
        buf_reset(&s->out);
    if (s->want.kind == SERVER_WANT_STARTTLS) /* no plain text in there */
        server_close(s);
    if (s->state == SERVER_STATE_OVER)
        return;
    server_say(s, s->is_silent ? SERVER_STAGE_CONNECT : SERVER_STAGE_SESSION,
               reply);
    server_close(s);
}

void server_session_timed_out(struct server_session *s)
{
    forget_taken(s);
    if (is_discarding(s))
        data_void(s);
    else if (s->want.kind == SERVER_WANT_PAUSE)
        auth_pause_over(s);
    else
        server_session_end(s, &server_reply_idle);
    end_command_of_stranger(s);
}

int64_t server_session_deadline_ms(const struct server_session *s)
{
    if (s->want.kind == SERVER_WANT_PAUSE)
        return s->want.pause_ms;
    if (is_discarding(s))
        return s->settings->discard_timeout_ms;
    if (s->want.kind == SERVER_WANT_NONE ||
        s->want.kind == SERVER_WANT_STARTTLS)
        return s->settings->idle_timeout_ms;
    return 0;
}

uint64_t server_session_progress(const struct server_session *s)
{
    return s->progress;
}

uint64_t server_session_message_octets(const struct server_session *s)
{
    return s->octets;
}

struct slice server_session_helo(const struct server_session *s)
{
    return s->helo;
}

bool server_session_is_esmtp(const struct server_session *s)
{
    return s->is_esmtp;
}

struct slice server_session_tls_version(const struct server_session *s)
{
    return slice_of(s->tls);
}

struct slice server_session_user(const struct server_session *s)
{
    return s->user;
}

/* A chain of stages: what is sent at each stands in enter(), what follows a
 * reply in on_reply(). */
#include "peer/submitter.h"

#include <event2/buffer.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "peer/reply.h"
#include "peer/stream.h"

enum { LIMIT_MS = 30000 };

enum stage {
    STAGE_CONNECT,
    STAGE_EHLO,
    STAGE_STARTTLS,
    STAGE_TLS_EHLO,
    STAGE_AUTH,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA,
    STAGE_CHUNK,
    STAGE_CONTENT,
    STAGE_QUIT,
    STAGE_COUNT
};

static const char *const stage_names[] = {
    "connect", "ehlo", "starttls", "tls-ehlo", "auth", "mail",
    "rcpt",    "data", "chunk",    "content",  "quit"};
_Static_assert(sizeof stage_names / sizeof *stage_names == STAGE_COUNT,
               "a name for each stage");

struct submitter {
    struct loop *loop;
    struct submitter_settings settings;
    submitter_done *on_done;
    void *ctx;
    struct arena *arena;
    struct stream *stream;
    SSL_CTX *tls;
    struct loop_timer *limit;
    enum stage stage;
    size_t recipient; /* whose RCPT is open */
    size_t sent;      /* octets of content, by BDAT */
    unsigned answers; /* given to the challenges of AUTH */
    size_t accepted_count;
    const char *command; /* the last one, as it is shown */
    struct reply reply;
    struct submitter_reply *replies;
    size_t reply_size;
    bool has_ended;
    struct submitter_result result;
};

/* --- The end --- */

/* The first cause stands; the connection then ends in order. */
static void fail(struct submitter *s, const char *why)
{
    if (s->has_ended || s->result.failure)
        return;
    s->result.failure = arena_strdup(s->arena, why);
    transcript_note(&s->result.transcript, s->arena, "%s", why);
    stream_close(s->stream);
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    struct submitter *s = ctx;
    if (end != STREAM_END_HERE && !s->result.failure)
        s->result.failure = arena_strdup(s->arena, why);
    transcript_note(&s->result.transcript, s->arena, "%s", why);
    s->has_ended = true;
    s->result.replies = s->replies;
    loop_timer_cancel(&s->limit);
    if (s->on_done)
        s->on_done(s->ctx, &s->result); /* may destroy: touch s no more */
}

static void on_limit(void *ctx)
{
    struct submitter *s = ctx;
    if (!s->result.failure)
        s->result.failure = arena_printf(s->arena, "no answer in time (at %s)",
                                         stage_names[s->stage]);
    stream_cut(s->stream);
}

/* --- Sending --- */

static void send_line(struct submitter *s, const char *line, const char *shown)
{
    s->command = arena_strdup(s->arena, shown ? shown : line);
    transcript_add(&s->result.transcript, s->arena, TRANSCRIPT_WHO_CLIENT,
                   slice_of(s->command));
    stream_send(s->stream, slice_of(line));
    stream_send(s->stream, SLICE_LITERAL("\r\n"));
}

const char *submitter_plain_token(struct arena *arena, const char *user,
                                  const char *password)
{
    size_t user_n = strlen(user), password_n = strlen(password);
    char *plain = arena_alloc(arena, user_n + password_n + 2);
    memcpy(plain + 1, user, user_n);
    memcpy(plain + user_n + 2, password, password_n);
    return base64_encode(arena, (struct slice){plain, user_n + password_n + 2});
}

static const char *password_of(const struct submitter *s)
{
    return s->settings.password ? s->settings.password : "";
}

static const char *plain_token(struct submitter *s)
{
    return submitter_plain_token(s->arena, s->settings.user, password_of(s));
}

static void send_auth(struct submitter *s)
{
    switch (s->settings.auth) {
    case SUBMITTER_AUTH_INITIAL:
        send_line(s, arena_printf(s->arena, "AUTH PLAIN %s", plain_token(s)),
                  "AUTH PLAIN ***");
        break;
    case SUBMITTER_AUTH_PLAIN:
        send_line(s, "AUTH PLAIN", NULL);
        break;
    case SUBMITTER_AUTH_LOGIN:
        send_line(s, "AUTH LOGIN", NULL);
        break;
    }
}

/* The answer to a 334; false: there is none. */
static bool answer_challenge(struct submitter *s)
{
    const char *answer = NULL;
    if (s->settings.auth == SUBMITTER_AUTH_PLAIN && s->answers == 0)
        answer = plain_token(s);
    else if (s->settings.auth == SUBMITTER_AUTH_LOGIN && s->answers < 2)
        answer =
            base64_encode(s->arena, slice_of(s->answers == 0 ? s->settings.user
                                                             : password_of(s)));
    s->answers++;
    if (answer)
        send_line(s, answer, "***");
    return answer != NULL;
}

static void send_mail(struct submitter *s)
{
    const char *parameters = s->settings.mail_parameters;
    bool has_some = parameters && *parameters;
    send_line(s,
              arena_printf(s->arena, "MAIL FROM:<%s>%s%s",
                           s->settings.reverse_path, has_some ? " " : "",
                           has_some ? parameters : ""),
              NULL);
}

static void send_rcpt(struct submitter *s)
{
    const struct submitter_recipient *to =
        &s->settings.recipients[s->recipient];
    bool has_some = to->parameters && *to->parameters;
    send_line(s,
              arena_printf(s->arena, "RCPT TO:<%s>%s%s", to->address,
                           has_some ? " " : "", has_some ? to->parameters : ""),
              NULL);
}

/* RFC 5321 4.5.2: a line that begins with a dot gets another one. */
static void send_content(struct submitter *s)
{
    struct slice rest = s->settings.content;
    struct buf out;
    buf_init(&out, 2 * rest.n + 16);
    bool is_ended = true;
    while (rest.n) {
        const char *lf = memchr(rest.p, '\n', rest.n);
        size_t n = lf ? (size_t)(lf - rest.p) + 1 : rest.n;
        if (rest.p[0] == '.')
            buf_puts(&out, ".");
        buf_put(&out, (struct slice){rest.p, n});
        is_ended = lf != NULL;
        rest = slice_from(rest, n);
    }
    buf_puts(&out, is_ended ? ".\r\n" : "\r\n.\r\n");
    stream_send(s->stream, buf_slice(&out));
    transcript_note(&s->result.transcript, s->arena,
                    "%zu octets of content and the end of data",
                    s->settings.content.n);
    s->command = "";
    buf_release(&out);
}

/* The next BDAT with its octets; the stage says whether it is the last. */
static void send_chunk(struct submitter *s)
{
    struct slice rest = slice_from(s->settings.content, s->sent);
    bool is_last = s->stage == STAGE_CONTENT;
    if (!is_last)
        rest.n = s->settings.chunk_bytes;
    send_line(
        s, arena_printf(s->arena, "BDAT %zu%s", rest.n, is_last ? " LAST" : ""),
        NULL);
    stream_send(s->stream, rest);
    s->sent += rest.n;
}

static void enter(struct submitter *s, enum stage stage);

static void enter_next_chunk(struct submitter *s)
{
    size_t left = s->settings.content.n - s->sent;
    enter(s, left > s->settings.chunk_bytes ? STAGE_CHUNK : STAGE_CONTENT);
}

static void enter(struct submitter *s, enum stage stage)
{
    s->stage = stage;
    switch (stage) {
    case STAGE_CONNECT:
        s->command = "";
        break;
    case STAGE_EHLO:
    case STAGE_TLS_EHLO:
        send_line(s, arena_printf(s->arena, "EHLO %s", s->settings.helo), NULL);
        break;
    case STAGE_STARTTLS:
        send_line(s, "STARTTLS", NULL);
        break;
    case STAGE_AUTH:
        send_auth(s);
        break;
    case STAGE_MAIL:
        send_mail(s);
        break;
    case STAGE_RCPT:
        send_rcpt(s);
        break;
    case STAGE_DATA:
        send_line(s, "DATA", NULL);
        break;
    case STAGE_CHUNK:
        send_chunk(s);
        break;
    case STAGE_CONTENT:
        if (s->settings.chunk_bytes)
            send_chunk(s);
        else
            send_content(s);
        break;
    case STAGE_QUIT:
        send_line(s, "QUIT", NULL);
        break;
    case STAGE_COUNT:
        BUG("no stage");
    }
}

/* --- Replies --- */

static void record(struct submitter *s)
{
    /* A chunk that is refused is the end of the content. */
    enum stage stage = s->stage == STAGE_CHUNK && s->reply.code / 100 != 2
                           ? STAGE_CONTENT
                           : s->stage;
    if (s->result.reply_count == s->reply_size) {
        s->reply_size = s->reply_size ? 2 * s->reply_size : 16;
        s->replies = xrealloc(s->replies, s->reply_size * sizeof *s->replies);
    }
    s->replies[s->result.reply_count++] = (struct submitter_reply){
        .stage = stage_names[stage],
        .command = s->command,
        .recipient = s->stage == STAGE_RCPT
                         ? s->settings.recipients[s->recipient].address
                         : NULL,
        .code = s->reply.code,
        .reply = s->reply.text,
    };
}

static bool offers(const char *reply, const char *capability)
{
    struct slice rest = slice_of(reply);
    slice_cut(&rest, '\n'); /* the first line is the host's name */
    while (rest.n) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.n > 4 &&
            slice_is_nocase(slice_trim(slice_from(line, 4)), capability))
            return true;
    }
    return false;
}

static void start_tls(struct submitter *s)
{
    s->tls = tls_client_create(s->settings.tls);
    stream_start_tls(s->stream, s->tls, false, s->settings.server_name);
}

static void begin_transaction(struct submitter *s)
{
    s->recipient = 0;
    enter(s, s->settings.user ? STAGE_AUTH : STAGE_MAIL);
}

/* After a refusal that ends the attempt. */
static void give_up(struct submitter *s)
{
    if (s->stage == STAGE_CONNECT)
        fail(s, "refused in the greeting");
    else
        enter(s, STAGE_QUIT);
}

static void after_rcpt(struct submitter *s, bool is_good)
{
    s->accepted_count += is_good;
    if (++s->recipient < s->settings.recipient_count)
        enter(s, STAGE_RCPT);
    else if (s->accepted_count && s->settings.chunk_bytes)
        enter_next_chunk(s);
    else
        enter(s, s->accepted_count ? STAGE_DATA : STAGE_QUIT);
}

static void after_good(struct submitter *s, const char *text)
{
    switch (s->stage) {
    case STAGE_CONNECT:
        enter(s, STAGE_EHLO);
        break;
    case STAGE_EHLO:
        if (s->settings.is_plain)
            begin_transaction(s);
        else if (offers(text, "STARTTLS"))
            enter(s, STAGE_STARTTLS);
        else
            fail(s, "STARTTLS is not offered");
        break;
    case STAGE_STARTTLS:
        start_tls(s);
        break;
    case STAGE_TLS_EHLO:
        begin_transaction(s);
        break;
    case STAGE_AUTH:
        enter(s, STAGE_MAIL);
        break;
    case STAGE_MAIL:
        enter(s, s->settings.recipient_count ? STAGE_RCPT : STAGE_QUIT);
        break;
    case STAGE_DATA:
        enter(s, STAGE_CONTENT);
        break;
    case STAGE_CHUNK:
        enter_next_chunk(s);
        break;
    case STAGE_CONTENT:
        s->result.is_accepted = true;
        enter(s, STAGE_QUIT);
        break;
    case STAGE_RCPT:
    case STAGE_QUIT:
    case STAGE_COUNT:
        break;
    }
}

static void on_reply(struct submitter *s)
{
    const char *text = s->reply.text;
    unsigned kind = s->reply.code / 100;
    bool is_good = kind == (s->stage == STAGE_DATA ? 3 : 2);
    bool is_final = s->reply.code == 421;
    if (s->stage == STAGE_AUTH && s->reply.code == 334 && answer_challenge(s)) {
        s->reply = (struct reply){0};
        return;
    }
    record(s);
    s->reply = (struct reply){0};
    if (is_final)
        fail(s, arena_printf(s->arena, "the service closes (at %s)",
                             stage_names[s->stage]));
    else if (s->stage == STAGE_QUIT)
        stream_close(s->stream);
    else if (s->stage == STAGE_RCPT)
        after_rcpt(s, is_good);
    else if (is_good)
        after_good(s, text);
    else
        give_up(s);
}

static void on_data(void *ctx)
{
    struct submitter *s = ctx;
    /* What stands behind the 220 to STARTTLS belongs to the handshake. */
    while (!s->has_ended && !s->result.failure && !(s->tls && !s->result.tls)) {
        enum status status = reply_take(&s->reply, stream_input(s->stream),
                                        s->arena, &s->result.transcript);
        if (status == ST_MORE)
            return;
        if (status != ST_OK) {
            fail(s, "the other side sent no SMTP reply");
            return;
        }
        on_reply(s);
    }
}

static void on_tls(void *ctx, const char *failure)
{
    struct submitter *s = ctx;
    if (failure) {
        fail(s, arena_printf(s->arena, "TLS handshake failed: %s", failure));
        return;
    }
    const SSL *ssl = stream_tls(s->stream);
    s->result.tls = tls_connection_version(ssl);
    s->result.cipher = arena_strdup(s->arena, SSL_get_cipher_name(ssl));
    transcript_note(&s->result.transcript, s->arena, "TLS %s %s", s->result.tls,
                    s->result.cipher);
    const char *fault = pki_verify(s->settings.pki, ssl,
                                   s->settings.server_name, s->settings.now_s);
    s->result.is_verified = !fault;
    if (fault)
        fail(s, arena_printf(s->arena, "the certificate of %s: %s",
                             s->settings.server_name, fault));
    else
        enter(s, STAGE_TLS_EHLO);
}

/* --- Life --- */

struct submitter *submitter_start(struct loop *loop,
                                  const struct submitter_settings *settings,
                                  submitter_done *on_done, void *ctx)
{
    struct submitter *s = xcalloc(1, sizeof *s);
    s->loop = loop;
    s->settings = *settings;
    s->on_done = on_done;
    s->ctx = ctx;
    s->arena = arena_create();
    enter(s, STAGE_CONNECT);
    struct stream_events events = {
        .on_data = on_data, .on_tls = on_tls, .on_end = on_end, .ctx = s};
    s->stream = stream_connect(loop, settings->local_address, settings->address,
                               settings->port, &events);
    s->limit = loop_after(
        loop, settings->limit_ms ? settings->limit_ms : LIMIT_MS, on_limit, s);
    return s;
}

void submitter_destroy(struct submitter **submitter)
{
    struct submitter *s = *submitter;
    *submitter = NULL;
    if (!s)
        return;
    loop_timer_cancel(&s->limit);
    stream_destroy(&s->stream);
    tls_context_destroy(&s->tls);
    arena_destroy(&s->arena);
    free(s->replies);
    free(s);
}

const struct submitter_result *
submitter_result(const struct submitter *submitter)
{
    return submitter->has_ended ? &submitter->result : NULL;
}

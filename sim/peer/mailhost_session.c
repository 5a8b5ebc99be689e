/* One connection of a mail host: octets in, every one kept, and content.
 *
 * All octets lie in one buffer from the first to the last; `at` is where the
 * next line begins. Content is copied out once, at its end. */
#include <event2/buffer.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "peer/mailhost_private.h"

enum { OCTETS_CAP = 256 << 20 };

/* --- Content --- */

/* Undoes dot-stuffing: RFC 5321 4.5.2. */
static struct slice unstuff(const struct mailhost_conn *c, size_t end,
                            char **storage)
{
    struct slice rest = {c->octets.p + c->content, end - c->content};
    char *out = *storage = xmalloc(rest.n + 1);
    size_t n = 0;
    while (rest.n) {
        size_t length = slice_find_crlf(rest);
        length = length < rest.n ? length + 2 : length;
        size_t skip = rest.p[0] == '.' ? 1 : 0;
        memcpy(out + n, rest.p + skip, length - skip);
        n += length - skip;
        rest = slice_from(rest, length);
    }
    return (struct slice){out, n};
}

static void deliver(struct mailhost_conn *c, struct slice content,
                    bool is_complete, const char *reply)
{
    struct mailhost_message message = {
        .session = &c->session,
        .reverse_path = c->reverse_path,
        .parameters = c->parameters,
        .recipients = c->recipients,
        .recipient_count = c->recipient_count,
        .content = content,
        .is_complete = is_complete,
        .is_accepted = reply[0] == '2',
        .reply = reply,
    };
    c->session.octets = buf_slice(&c->octets);
    if (message.is_accepted)
        c->session.message_count++;
    if (c->host->events.on_message)
        c->host->events.on_message(c->host->events.ctx, &message);
    mailhost_reset(c);
}

static void finish_content(struct mailhost_conn *c, size_t end)
{
    transcript_note(&c->session.transcript, c->arena,
                    "%zu octets of content and the end of data",
                    end - c->content);
    char *storage;
    struct slice content = unstuff(c, end, &storage);
    const char *refusal = mailhost_refuse_content(c, content);
    c->phase = MAILHOST_PHASE_COMMAND;
    const char *reply = mailhost_say(c, MAILHOST_STAGE_CONTENT,
                                     refusal ? refusal : "250 2.6.0 received");
    deliver(c, content, true, reply);
    free(storage);
}

/* The connection ends within the content. */
static void abandon_content(struct mailhost_conn *c, size_t end)
{
    transcript_note(&c->session.transcript, c->arena,
                    "%zu octets of content without the end of data",
                    end - c->content);
    char *storage;
    deliver(c, unstuff(c, end, &storage), false, "");
    free(storage);
}

/* Whether the prescribed end within the content has come. */
static bool drops_content(struct mailhost_conn *c)
{
    size_t most = mailhost_settings_of(c)->drop_in_data_bytes;
    if (c->phase != MAILHOST_PHASE_CONTENT || !most ||
        c->octets.n - c->content < most)
        return false;
    abandon_content(c, c->content + most);
    mailhost_hang_up(c);
    stream_cut(c->stream);
    return true;
}

/* --- Octets --- */

/* A CR or LF alone, among what came since `from`: evidence of a fault. */
static void look_for_bare_ends(struct mailhost_conn *c, size_t from)
{
    const char *p = c->octets.p;
    for (size_t i = from ? from - 1 : 0; i < c->octets.n; i++) {
        bool is_bare_lf = p[i] == '\n' && (i == 0 || p[i - 1] != '\r');
        bool is_bare_cr =
            p[i] == '\r' && i + 1 < c->octets.n && p[i + 1] != '\n';
        if (is_bare_lf || is_bare_cr)
            c->session.has_bare_line_end = true;
    }
}

static void take_lines(struct mailhost_conn *c);

static void on_delayed(void *ctx)
{
    struct mailhost_conn *c = ctx;
    loop_timer_cancel(&c->timer);
    c->phase = c->delayed;
    c->is_due = true;
    take_lines(c);
}

/* Whether the line must wait before it is answered. */
static bool is_delayed(struct mailhost_conn *c, struct slice line)
{
    int64_t delay_ms = mailhost_settings_of(c)->delay_ms;
    bool is_answered =
        c->phase == MAILHOST_PHASE_COMMAND || slice_is(line, ".");
    if (c->is_due || !delay_ms || !is_answered)
        return false;
    c->delayed = c->phase;
    c->phase = MAILHOST_PHASE_DELAY;
    c->timer = loop_after(c->host->loop, delay_ms, on_delayed, c);
    return true;
}

static void take_line(struct mailhost_conn *c, struct slice line)
{
    size_t start = c->at;
    c->at += line.n + 2;
    if (c->phase == MAILHOST_PHASE_COMMAND)
        mailhost_obey(c, line);
    else if (slice_is(line, "."))
        finish_content(c, start);
    else
        return;
    c->is_due = false;
    c->answered = c->octets.n;
}

/* Takes the lines that are complete, one after the other. */
static void take_lines(struct mailhost_conn *c)
{
    while (c->phase == MAILHOST_PHASE_COMMAND ||
           c->phase == MAILHOST_PHASE_CONTENT) {
        if (drops_content(c))
            return;
        struct slice rest = {c->octets.p + c->at, c->octets.n - c->at};
        struct slice line = {rest.p, slice_find_crlf(rest)};
        if (line.n == rest.n)
            return;
        if (is_delayed(c, line))
            return;
        take_line(c, line);
    }
}

static void on_data(void *ctx)
{
    struct mailhost_conn *c = ctx;
    struct evbuffer *input = stream_input(c->stream);
    size_t n = evbuffer_get_length(input);
    size_t from = c->octets.n;
    struct slice octets = {(const char *)evbuffer_pullup(input, -1), n};
    enum status status = buf_add(&c->octets, octets);
    evbuffer_drain(input, n);
    if (status != ST_OK) {
        mailhost_hang_up(c);
        stream_cut(c->stream);
        return;
    }
    look_for_bare_ends(c, from);
    take_lines(c);
}

static void on_tls(void *ctx, const char *failure)
{
    struct mailhost_conn *c = ctx;
    if (failure) {
        c->session.tls_failure = arena_strdup(c->arena, failure);
        transcript_note(&c->session.transcript, c->arena,
                        "TLS handshake failed: %s", failure);
        return; /* the stream ends by itself */
    }
    const SSL *ssl = stream_tls(c->stream);
    c->session.tls = tls_connection_version(ssl);
    c->session.cipher = arena_strdup(c->arena, SSL_get_cipher_name(ssl));
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    c->session.sni = sni ? arena_strdup(c->arena, sni) : NULL;
    c->session.helo = "";
    transcript_note(&c->session.transcript, c->arena, "TLS %s %s, SNI %s",
                    c->session.tls, c->session.cipher, sni ? sni : "absent");
    mailhost_reset(c);
    c->phase = MAILHOST_PHASE_COMMAND;
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    struct mailhost_conn *c = ctx;
    if (c->phase == MAILHOST_PHASE_CONTENT ||
        (c->phase == MAILHOST_PHASE_DELAY &&
         c->delayed == MAILHOST_PHASE_CONTENT))
        abandon_content(c, c->octets.n);
    if (!*c->session.closed_by)
        c->session.closed_by = end == STREAM_END_HERE ? "host" : "client";
    c->session.is_truncated = end == STREAM_END_TRUNCATED ||
                              end == STREAM_END_FAILED ||
                              (end == STREAM_END_PEER && !c->has_quit);
    transcript_note(&c->session.transcript, c->arena, "%s", why);
    mailhost_conn_destroy(c);
}

/* --- Life --- */

void mailhost_conn_create(struct mailhost *host, int fd, const char *client)
{
    struct mailhost_conn *c = xcalloc(1, sizeof *c);
    c->host = host;
    c->arena = arena_create();
    buf_init(&c->octets, OCTETS_CAP);
    mailhost_reset(c);
    c->session = (struct mailhost_session){
        .host = host,
        .number = ++host->number,
        .client = arena_strdup(c->arena, client),
        .helo = "",
        .closed_by = "",
    };
    c->next = host->conns;
    host->conns = c;
    host->open_count++;
    struct stream_events events = {
        .on_data = on_data, .on_tls = on_tls, .on_end = on_end, .ctx = c};
    c->stream = stream_accept(host->loop, fd, &events);
    transcript_note(&c->session.transcript, c->arena, "connected from %s",
                    client);
    mailhost_say(c, MAILHOST_STAGE_GREETING,
                 arena_printf(c->arena, "220 %s ESMTP", host->settings.name));
}

void mailhost_conn_destroy(struct mailhost_conn *c)
{
    struct mailhost *host = c->host;
    if (!*c->session.closed_by)
        c->session.closed_by = "host";
    c->session.octets = buf_slice(&c->octets);
    if (host->events.on_close)
        host->events.on_close(host->events.ctx, &c->session);
    struct mailhost_conn **link = &host->conns;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    host->open_count--;
    loop_timer_cancel(&c->timer);
    stream_destroy(&c->stream);
    buf_release(&c->octets);
    free(c->recipients);
    arena_destroy(&c->arena);
    free(c);
}

struct mailhost_conn *mailhost_conn_next(const struct mailhost_conn *conn)
{
    return conn->next;
}

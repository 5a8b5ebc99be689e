/* What a mail host answers to each command. */
#include <string.h>

#include "peer/mailhost_private.h"

/* --- Saying --- */

void mailhost_hang_up(struct mailhost_conn *c)
{
    if (c->phase == MAILHOST_PHASE_CLOSING)
        return;
    c->phase = MAILHOST_PHASE_CLOSING;
    c->session.closed_by = "host";
}

static void record_reply(struct mailhost_conn *c, const char *reply)
{
    struct slice rest = slice_of(reply);
    while (rest.n)
        transcript_add(&c->session.transcript, c->arena, TRANSCRIPT_WHO_SERVER,
                       slice_trim(slice_cut(&rest, '\n')));
}

enum { DRIP_MS = 20 };

/* One octet more of a reply that has no end. */
static void drip(void *ctx)
{
    struct mailhost_conn *c = ctx;
    loop_timer_cancel(&c->timer);
    stream_send(c->stream, SLICE_LITERAL("2"));
    c->timer = loop_after(c->host->loop, DRIP_MS, drip, c);
}

/* Sends one reply, the prescribed one where there is one; answers what was
 * sent: "" when the connection was ended instead. */
static const char *say(struct mailhost_conn *c, const char *prescribed,
                       const char *usual)
{
    const char *reply = prescribed ? prescribed : usual;
    reply = arena_strdup(c->arena, reply); /* settings may change */
    if (!strcmp(reply, "close")) {
        mailhost_hang_up(c);
        transcript_note(&c->session.transcript, c->arena,
                        "closed instead of a reply");
        stream_cut(c->stream);
        return "";
    }
    if (!strcmp(reply, "drips")) {
        transcript_note(&c->session.transcript, c->arena,
                        "a reply that has no end, octet by octet");
        c->phase = MAILHOST_PHASE_DRIP;
        drip(c);
        return "";
    }
    record_reply(c, reply);
    size_t n = strlen(reply);
    stream_send(c->stream, slice_of(reply));
    if (!n || reply[n - 1] != '\n')
        stream_send(c->stream, SLICE_LITERAL("\r\n"));
    if (!strncmp(reply, "421", 3)) {
        mailhost_hang_up(c);
        stream_close(c->stream);
    }
    return reply;
}

const char *mailhost_say(struct mailhost_conn *c, enum mailhost_stage stage,
                         const char *usual)
{
    return say(c, mailhost_reply(c, stage), usual);
}

static void say_plain(struct mailhost_conn *c, const char *usual)
{
    (void)say(c, NULL, usual);
}

/* --- Commands --- */

void mailhost_reset(struct mailhost_conn *c)
{
    c->reverse_path = NULL;
    c->parameters = "";
    c->is_8bit = c->is_utf8 = false;
    c->recipient_count = 0;
}

static bool offers_tls(const struct mailhost_conn *c)
{
    return !c->session.tls && mailhost_settings_of(c)->tls &&
           mailhost_settings_of(c)->starttls != MAILHOST_STARTTLS_ABSENT;
}

static void list_capabilities(struct mailhost_conn *c, struct buf *reply)
{
    const char *const *list = mailhost_capabilities(c);
    size_t count = 0;
    const char *words[64];
    if (offers_tls(c))
        words[count++] =
            mailhost_settings_of(c)->starttls == MAILHOST_STARTTLS_STRIPPED
                ? "XXXXXXXX"
                : "STARTTLS";
    for (; *list && count < 64; list++)
        words[count++] = *list;
    buf_printf(reply, "250%c%s", count ? '-' : ' ',
               mailhost_settings_of(c)->name);
    for (size_t i = 0; i < count; i++)
        buf_printf(reply, "\r\n250%c%s", i + 1 < count ? '-' : ' ', words[i]);
}

static void do_ehlo(struct mailhost_conn *c, struct slice argument)
{
    mailhost_reset(c);
    c->session.helo = arena_text(c->arena, slice_trim(argument));
    struct buf reply;
    buf_init(&reply, 65536);
    list_capabilities(c, &reply);
    mailhost_say(c,
                 c->session.tls ? MAILHOST_STAGE_TLS_EHLO : MAILHOST_STAGE_EHLO,
                 reply.p);
    buf_release(&reply);
}

static void do_helo(struct mailhost_conn *c, struct slice argument)
{
    mailhost_reset(c);
    c->session.helo = arena_text(c->arena, slice_trim(argument));
    say_plain(c,
              arena_printf(c->arena, "250 %s", mailhost_settings_of(c)->name));
}

static void do_starttls(struct mailhost_conn *c, struct slice argument)
{
    (void)argument;
    enum mailhost_starttls how = mailhost_settings_of(c)->starttls;
    if (!offers_tls(c) || how == MAILHOST_STARTTLS_STRIPPED) {
        say_plain(c, "502 5.5.1 command not implemented");
        return;
    }
    const char *reply =
        mailhost_say(c, MAILHOST_STAGE_STARTTLS,
                     how == MAILHOST_STARTTLS_REFUSED
                         ? "454 4.7.0 TLS not available at the moment"
                         : "220 2.0.0 go ahead");
    if (reply[0] != '2' || c->phase == MAILHOST_PHASE_CLOSING)
        return;
    c->phase = MAILHOST_PHASE_HANDSHAKE;
    if (how == MAILHOST_STARTTLS_GARBAGE) {
        stream_send_raw(c->stream, SLICE_LITERAL("this is no TLS at all\r\n"));
        c->session.tls_failure = "garbage was sent instead of a handshake";
    } else if (how == MAILHOST_STARTTLS_CLOSES) {
        c->session.tls_failure = "closed instead of a handshake";
    } else {
        stream_start_tls(c->stream, mailhost_settings_of(c)->tls, true, NULL);
        return;
    }
    mailhost_hang_up(c);
    stream_close(c->stream);
}

/* Takes "<path>" and the parameters behind it apart; false: no brackets. */
static bool cut_path(struct slice text, struct slice *path,
                     struct slice *parameters)
{
    text = slice_trim(text);
    if (!text.n || text.p[0] != '<')
        return false;
    size_t end = slice_find(text, '>');
    if (end == text.n)
        return false;
    *path = (struct slice){text.p + 1, end - 1};
    *parameters = slice_trim(slice_from(text, end + 1));
    return true;
}

static void do_mail(struct mailhost_conn *c, struct slice argument)
{
    struct slice path, parameters;
    if (!slice_starts_nocase(argument, "FROM:") ||
        !cut_path(slice_from(argument, 5), &path, &parameters)) {
        say_plain(c, "501 5.5.4 syntax: MAIL FROM:<address>");
        return;
    }
    if (!*c->session.helo || c->reverse_path) {
        say_plain(c, "503 5.5.1 bad sequence of commands");
        return;
    }
    const char *refusal = mailhost_refuse_path(c, path, parameters);
    const char *reply = mailhost_say(c, MAILHOST_STAGE_MAIL,
                                     refusal ? refusal : "250 2.1.0 ok");
    if (reply[0] != '2')
        return;
    c->reverse_path = arena_text(c->arena, path);
    c->parameters = arena_text(c->arena, parameters);
    c->is_8bit = strcasestr(c->parameters, "BODY=8BITMIME") != NULL;
    c->is_utf8 = strcasestr(c->parameters, "SMTPUTF8") != NULL;
}

static void add_recipient(struct mailhost_conn *c, struct slice path,
                          struct slice parameters)
{
    if (c->recipient_count == c->recipient_size) {
        size_t size = c->recipient_size ? 2 * c->recipient_size : 8;
        c->recipients = xrealloc(c->recipients, size * sizeof *c->recipients);
        c->recipient_size = size;
    }
    c->recipients[c->recipient_count++] = (struct mailhost_recipient){
        arena_text(c->arena, path), arena_text(c->arena, parameters)};
}

static void do_rcpt(struct mailhost_conn *c, struct slice argument)
{
    struct slice path, parameters;
    if (!slice_starts_nocase(argument, "TO:") ||
        !cut_path(slice_from(argument, 3), &path, &parameters)) {
        say_plain(c, "501 5.5.4 syntax: RCPT TO:<address>");
        return;
    }
    if (!c->reverse_path) {
        say_plain(c, "503 5.5.1 bad sequence of commands");
        return;
    }
    const char *refusal = mailhost_refuse_path(c, path, parameters);
    const char *reply = say(c, mailhost_rcpt_reply(c, path),
                            refusal ? refusal : "250 2.1.5 ok");
    if (reply[0] == '2')
        add_recipient(c, path, parameters);
}

static void do_data(struct mailhost_conn *c, struct slice argument)
{
    (void)argument;
    if (!c->recipient_count) {
        say_plain(c, "503 5.5.1 no valid recipients");
        return;
    }
    const char *reply =
        mailhost_say(c, MAILHOST_STAGE_DATA, "354 end with CRLF.CRLF");
    if (reply[0] != '3' || c->phase == MAILHOST_PHASE_CLOSING)
        return;
    c->phase = MAILHOST_PHASE_CONTENT;
    c->content = c->at;
}

static void do_rset(struct mailhost_conn *c, struct slice argument)
{
    (void)argument;
    mailhost_reset(c);
    say_plain(c, "250 2.0.0 ok");
}

static void do_noop(struct mailhost_conn *c, struct slice argument)
{
    (void)argument;
    say_plain(c, "250 2.0.0 ok");
}

static void do_quit(struct mailhost_conn *c, struct slice argument)
{
    (void)argument;
    c->has_quit = true;
    mailhost_say(c, MAILHOST_STAGE_QUIT, "221 2.0.0 bye");
    mailhost_hang_up(c);
    stream_close(c->stream);
}

static const struct {
    const char *verb;
    void (*act)(struct mailhost_conn *, struct slice argument);
} verbs[] = {
    {"EHLO", do_ehlo}, {"HELO", do_helo}, {"STARTTLS", do_starttls},
    {"MAIL", do_mail}, {"RCPT", do_rcpt}, {"DATA", do_data},
    {"RSET", do_rset}, {"NOOP", do_noop}, {"QUIT", do_quit},
};

void mailhost_obey(struct mailhost_conn *c, struct slice line)
{
    transcript_add(&c->session.transcript, c->arena, TRANSCRIPT_WHO_CLIENT,
                   line);
    bool is_early = c->at - line.n - 2 < c->answered;
    if (is_early && !mailhost_offers(c, "PIPELINING")) {
        say_plain(c, "503 5.5.0 pipelining is not offered");
        return;
    }
    struct slice argument = line;
    struct slice verb = slice_cut(&argument, ' ');
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (slice_is_nocase(verb, verbs[i].verb)) {
            verbs[i].act(c, argument);
            return;
        }
    say_plain(c, "500 5.5.2 unknown command");
}

/* server_script - dialogues for the tests of the server session.
 *
 * A script is an array of lines, played twice, whole and octet by octet:
 *   "C: EHLO a"   the client sends a line; neighbours are sent together
 *   "C| raw"      octets without CRLF
 *   "S: 250 2.1"  the next line out begins like this
 *   "S."          no more output
 *   "T: 1.3"      STARTTLS is wanted; the handshake is done
 *   "A: app"      the latest AUTH asked for this user
 *   "M: a@b>c@d"  the latest message stored: reverse-path and recipients
 *   "D: text"     its content, CRLF shown as |
 *   "M: none"     nothing was stored
 *   "R: rcpt 550" the latest refusal: stage and beginning of the reply
 *   "I:"          the deadline passes
 *   "X:"          the session wants to close
 * The shell of these tests knows app/pass, and tempuser with a temporary
 * fault; it authorises MAIL for the authenticated. */
#ifndef SESSION_SERVER_SCRIPT_H
#define SESSION_SERVER_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "session/server.h"

struct script_run {
    struct server_session *session;
    struct server_settings settings;
    struct reply store_reply;
    struct buf out;  /* not yet expected */
    struct buf in;   /* not yet sent */
    struct buf mail; /* "a@b>c@d" */
    struct buf data;
    char auth[64], refusal[256];
    size_t piece;
};

static void script_on_refused(void *ctx, enum server_stage stage,
                              const char *reply)
{
    struct script_run *run = ctx;
    snprintf(run->refusal, sizeof run->refusal, "%s %s",
             server_stage_name(stage), reply);
}

static void script_stored(struct script_run *run,
                          const struct server_want *want)
{
    const struct envelope *e = want->envelope;
    buf_reset(&run->mail);
    buf_reset(&run->data);
    buf_puts(&run->data, "");
    buf_printf(&run->mail, "%.*s", SLICE_ARG(e->reverse_path));
    for (size_t i = 0; i < e->recipient_count; i++)
        buf_printf(&run->mail, ">%.*s", SLICE_ARG(e->recipients[i].address));
    for (size_t i = 0; i < want->content.n; i++)
        if (want->content.p[i] != '\n')
            buf_printf(&run->data, "%c",
                       want->content.p[i] == '\r' ? '|' : want->content.p[i]);
}

static bool script_answer(struct script_run *run)
{
    static const struct reply down = {454, "4.7.0", "Temporary failure"};
    static const struct reply nobody = {550, "5.1.1", "No such address"};
    const struct server_want *want = server_session_want(run->session);
    const struct reply *reply;
    if (want->kind == SERVER_WANT_AUTH) {
        bool ok = slice_is(want->user, "app") &&
                  secret_eq(want->secret, slice_of("pass"));
        snprintf(run->auth, sizeof run->auth, "%.*s", SLICE_ARG(want->user));
        reply = slice_is(want->user, "tempuser") ? &down
                : ok                             ? &server_reply_auth_ok
                                                 : &server_reply_auth_wrong;
    } else if (want->kind == SERVER_WANT_MAIL) {
        reply = want->authenticated.n || run->settings.is_open
                    ? &server_reply_mail_ok
                    : &server_reply_unauthorised;
    } else if (want->kind == SERVER_WANT_RCPT) {
        reply = slice_is(want->recipient, "known@gw.example")
                    ? &server_reply_rcpt_ok
                    : &nobody;
    } else if (want->kind == SERVER_WANT_STORE) {
        script_stored(run, want);
        reply = &run->store_reply;
    } else {
        return false;
    }
    server_session_resume(run->session, reply);
    return true;
}

static void script_take(struct script_run *run)
{
    buf_put(&run->out, server_session_take(run->session));
}

static void script_feed(struct script_run *run, struct slice octets)
{
    for (;;) {
        size_t used = server_session_feed(run->session, octets);
        octets = slice_from(octets, used);
        script_take(run);
        bool answered = script_answer(run);
        script_take(run);
        if (!answered && used == 0)
            break;
    }
    assert_int_equal(octets.n, 0);
}

static void script_send(struct script_run *run)
{
    struct slice in = buf_slice(&run->in);
    while (in.n) {
        size_t n = in.n < run->piece ? in.n : run->piece;
        script_feed(run, (struct slice){in.p, n});
        in = slice_from(in, n);
    }
    buf_reset(&run->in);
}

static void script_expect(struct script_run *run, const char *want)
{
    struct slice out = buf_slice(&run->out);
    char got[512];
    size_t end = slice_find(out, '\n');
    snprintf(got, sizeof got, "%.*s", (int)(end < out.n ? end - 1 : end),
             out.p);
    if (end == out.n || strncmp(got, want, strlen(want)) != 0)
        fail_msg("got \"%s\", want \"%s\"", got, want);
    buf_consume(&run->out, end + 1);
}

static void script_head(const char *got, const char *want)
{
    if (strncmp(got, want, strlen(want)) != 0)
        fail_msg("got \"%s\", want \"%s\"", got, want);
}

static void script_check(struct script_run *run, char what, const char *text)
{
    const struct server_want *want = server_session_want(run->session);
    switch (what) {
    case 'S':
        script_expect(run, text);
        break;
    case 'T':
        assert_int_equal(want->kind, SERVER_WANT_STARTTLS);
        server_session_tls_ready(run->session, text);
        break;
    case 'A':
        assert_string_equal(run->auth, text);
        break;
    case 'M':
        assert_string_equal(
            buf_slice(&run->mail).n ? buf_slice(&run->mail).p : "none", text);
        break;
    case 'D':
        assert_string_equal(buf_slice(&run->data).p, text);
        break;
    case 'R':
        script_head(run->refusal, text);
        break;
    case 'I':
        server_session_timed_out(run->session);
        script_take(run);
        break;
    case 'X':
        assert_int_equal(buf_slice(&run->out).n, 0);
        assert_int_equal(want->kind, SERVER_WANT_CLOSE);
        break;
    default:
        fail_msg("script line %c", what);
    }
}

static void script_play(struct script_run *run, const char *const *lines)
{
    for (; *lines; lines++) {
        const char *line = *lines;
        if (line[0] == 'C') {
            buf_puts(&run->in, line + 3);
            buf_puts(&run->in, line[1] == ':' ? "\r\n" : "");
            continue;
        }
        script_send(run);
        if (strcmp(line, "S.") == 0)
            assert_int_equal(buf_slice(&run->out).n, 0);
        else
            script_check(run, line[0], line[2] ? line + 3 : "");
    }
    script_send(run);
}

static struct script_run script_defaults(void)
{
    return (struct script_run){.settings = {.host_name = "gw.example",
                                            .recipients_max = 3,
                                            .message_bytes_max = 100,
                                            .idle_timeout_ms = 300000,
                                            .discard_timeout_ms = 5000,
                                            .on_refused = script_on_refused},
                               .store_reply = {250, "2.0.0", "Stored"}};
}

static inline void script_play_as(struct script_run run, size_t piece,
                                  const char *const *lines)
{
    run.settings.ctx = &run;
    run.piece = piece;
    buf_init(&run.out, 1000000);
    buf_init(&run.in, 1000000);
    buf_init(&run.mail, 10000);
    buf_init(&run.data, 10000);
    buf_puts(&run.data, "");
    run.session = server_session_create(&run.settings);
    script_take(&run);
    script_play(&run, lines);
    server_session_destroy(&run.session);
    buf_release(&run.out);
    buf_release(&run.in);
    buf_release(&run.mail);
    buf_release(&run.data);
}

static inline void script_with(struct script_run run, const char *const *lines)
{
    script_play_as(run, 1000000, lines);
    script_play_as(run, 1, lines);
}

#define SCRIPT(...)                                                            \
    script_with(script_defaults(), (const char *const[]){__VA_ARGS__, NULL})

/* Greeting, TLS and EHLO; then AUTH. */
#define IN_TLS                                                                 \
    "S: 220 gw.example ESMTP", "C: EHLO a.example", "S: 250-gw.example",       \
        "S: 250-STARTTLS", "S: 250-PIPELINING", "S: 250 ENHANCEDSTATUSCODES",  \
        "C: STARTTLS", "S: 220 2.0.0", "T: 1.3", "C: EHLO a.example",          \
        "S: 250-gw.example", "S: 250-SIZE 100", "S: 250-8BITMIME",             \
        "S: 250-PIPELINING", "S: 250-ENHANCEDSTATUSCODES",                     \
        "S: 250-AUTH PLAIN LOGIN", "S: 250-SMTPUTF8", "S: 250-CHUNKING",       \
        "S: 250 DSN"
#define LOGGED_IN IN_TLS, "C: AUTH PLAIN AGFwcABwYXNz", "S: 235 2.7.0", "A: app"

#endif

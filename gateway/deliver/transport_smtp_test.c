/* The transport against a scripted server on loopback, in this process. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "deliver/transport_smtp.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/workers.h"

enum {
    LINES = 8,
    TEXT_BYTES = 1000,
    PATIENCE_MS = 10000,
    SEEN_BYTES = 2000000
};

/* How the server answers: its greeting, then one text for each line that
 * starts with the word. "" answers nothing, "close" closes. */
struct script {
    const char *greeting;
    struct {
        const char *word;
        const char *reply;
    } line[LINES];
};

#define POLITE                                                                 \
    {"EHLO", "250-mx\r\n250 SIZE 10000000\r\n"}, {"MAIL", "250 2.1.0 ok\r\n"}, \
        {"DATA", "354 go\r\n"}, {".", "250 2.0.0 taken\r\n"},                  \
    {                                                                          \
        "QUIT", "221 bye\r\n"                                                  \
    }

struct world {
    struct loop *loop;
    struct listener *listener;
    const struct script *script;
    struct conn *server;
    bool in_data;
    struct buf seen; /* every line, with "|" between */
    struct workers *workers;
    struct tls_client *tls;
    struct transport_smtp_settings settings;
    struct transport *transport;
    struct measure measure;
    struct sent sent;
    bool is_opened;
    bool is_sent;
    unsigned closed;
    struct loop_timer *drip; /* of a server that never ends a reply */
    unsigned dripped;
};

enum { DRIP_MS = 5, DRIP_MOST = 1500 };

/* One octet more of a line that has no end. */
static void on_drip(void *ctx)
{
    struct world *w = ctx;
    if (w->server == NULL || ++w->dripped == DRIP_MOST) {
        return;
    }
    conn_write(w->server, (struct slice){"2", 1});
    loop_timer_start(w->drip, DRIP_MS);
}

static void answer_line(struct world *w, struct slice line)
{
    if (w->in_data && !slice_is(line, ".")) {
        return;
    }
    w->in_data = false;
    for (size_t i = 0; i < LINES && w->script->line[i].word != NULL; i++) {
        if (!slice_starts_nocase(line, w->script->line[i].word)) {
            continue;
        }
        const char *reply = w->script->line[i].reply;
        if (strcmp(reply, "close") == 0) {
            conn_close(&w->server);
            return;
        }
        if (strcmp(reply, "drip") == 0) {
            on_drip(w);
            return;
        }
        w->in_data = reply[0] == '3';
        conn_write(w->server, slice_of(reply));
        return;
    }
    conn_write(w->server, SLICE_LITERAL("250 ok\r\n"));
}

static void on_server(struct conn *conn, enum conn_event event, void *ctx)
{
    struct world *w = ctx;
    if (event == CONN_EVENT_EOF || event == CONN_EVENT_ERROR) {
        conn_close(&w->server);
        return;
    }
    if (event != CONN_EVENT_DATA) {
        return;
    }
    for (;;) {
        struct slice input = conn_input(conn);
        size_t end = slice_find(input, '\n');
        if (end == input.n) {
            return;
        }
        struct slice line = slice_trim((struct slice){input.p, end});
        buf_put(&w->seen, line);
        buf_puts(&w->seen, "|");
        struct arena *arena = arena_create();
        line = arena_slice(arena, line);
        conn_consume(conn, end + 1);
        answer_line(w, line);
        arena_destroy(&arena);
        if (w->server == NULL) {
            return;
        }
    }
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct world *w = ctx;
    assert_null(w->server);
    w->server = conn;
    conn_set_handler(conn, on_server, w);
    if (strcmp(w->script->greeting, "close") == 0) {
        conn_close(&w->server);
    } else {
        conn_write(conn, slice_of(w->script->greeting));
    }
}

static void on_opened(struct outbound *outbound, const struct measure *measure,
                      void *ctx)
{
    struct world *w = ctx;
    (void)outbound;
    w->measure = *measure;
    w->is_opened = true;
}

static void on_sent(struct outbound *outbound, const struct sent *sent,
                    void *ctx)
{
    struct world *w = ctx;
    (void)outbound;
    w->sent = *sent;
    w->is_sent = true;
}

static void on_closed(void *ctx)
{
    struct world *w = ctx;
    w->closed++;
}

static void run_until(struct world *w, const bool *flag)
{
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    while (!*flag) {
        assert_true(clock_mono_ms() < end_ms);
        loop_run_once(w->loop, 100);
    }
}

static void run_until_closed(struct world *w, unsigned count)
{
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    while (w->closed < count) {
        assert_true(clock_mono_ms() < end_ms);
        loop_run_once(w->loop, 100);
    }
    assert_int_equal(w->closed, count);
}

static void open_world(struct world *w, const struct script *script)
{
    struct err err;
    *w = (struct world){.script = script};
    buf_init(&w->seen, SEEN_BYTES);
    buf_puts(&w->seen, "");
    w->loop = loop_create();
    w->drip = loop_timer_create(w->loop, on_drip, w);
    w->workers = workers_create(w->loop);
    const struct listener_settings at = {.address = "127.0.0.1"};
    assert_int_equal(
        listener_create(w->loop, &at, on_accept, w, &w->listener, &err), ST_OK);
    assert_int_equal(tls_client_create(NULL, &w->tls, &err), ST_OK);
    w->settings = (struct transport_smtp_settings){
        .host_name = "gateway.example",
        .smtp_port = listener_port(w->listener),
        .connect_timeout_ms = PATIENCE_MS,
        .reply_timeout_ms = PATIENCE_MS,
        .workers = w->workers,
        .tls = w->tls};
    w->transport = transport_smtp_create(w->loop, &w->settings);
    w->transport->on_closed = on_closed;
    w->transport->on_closed_ctx = w;
}

static void close_world(struct world *w)
{
    assert_int_equal(w->transport->open_count(w->transport->self), 0);
    transport_smtp_destroy(&w->transport);
    tls_client_destroy(&w->tls);
    workers_destroy(&w->workers);
    loop_destroy(&w->loop);
    buf_release(&w->seen);
}

static struct outbound *open_host(struct world *w, const char *address)
{
    static const char *addresses[1];
    static struct mail_host host;
    addresses[0] = address;
    host = (struct mail_host){
        .name = "mx.example", .addresses = addresses, .address_count = 1};
    const struct transport_target target = {.host = &host};
    struct outbound *outbound =
        w->transport->open(w->transport->self, &target, on_opened, w);
    assert_false(w->is_opened);
    run_until(w, &w->is_opened);
    return outbound;
}

static void send_mail(struct world *w, struct outbound *outbound,
                      struct slice content)
{
    const struct transport_mail mail = {.reverse_path = "r@gateway.example",
                                        .recipient = "bob@mx.example",
                                        .content = content};
    w->transport->send(outbound, &mail, on_sent, w);
    assert_false(w->is_sent);
    run_until(w, &w->is_sent);
}

static void test_transport_sends_and_quits(void **state)
{
    (void)state;
    static const struct script polite = {"220 mx\r\n", {POLITE}};
    struct world w;
    open_world(&w, &polite);
    struct outbound *outbound = open_host(&w, "127.0.0.1");
    assert_int_equal(w.measure.kind, MEASURE_MEASURED);
    assert_int_equal(w.measure.why, WHY_NO_STARTTLS);
    assert_true(w.measure.usable);
    send_mail(&w, outbound, SLICE_LITERAL("Subject: x\r\n\r\n.dot\r\n"));
    assert_int_equal(w.sent.kind, SENT_ACCEPTED);
    assert_string_equal(w.sent.reply.line, "250 2.0.0 taken");
    assert_int_equal(w.closed, 0);
    w.transport->quit(outbound);
    assert_int_equal(w.transport->open_count(w.transport->self), 1);
    run_until_closed(&w, 1);
    assert_string_equal(w.seen.p,
                        "EHLO gateway.example|"
                        "MAIL FROM:<r@gateway.example> SIZE=20|"
                        "RCPT TO:<bob@mx.example>|DATA|Subject: x||..dot|.|"
                        "QUIT|");
    close_world(&w);
}

static void test_transport_large_content_arrives_whole(void **state)
{
    (void)state;
    static const struct script polite = {"220 mx\r\n", {POLITE}};
    enum { LINE = 100, COUNT = 10000 };
    struct buf content;
    struct world w;
    buf_init(&content, LINE * COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        buf_printf(&content, "%098zu\r\n", i);
    }
    open_world(&w, &polite);
    struct outbound *outbound = open_host(&w, "127.0.0.1");
    send_mail(&w, outbound, buf_slice(&content));
    assert_int_equal(w.sent.kind, SENT_ACCEPTED);
    w.transport->quit(outbound);
    run_until_closed(&w, 1);
    assert_non_null(strstr(w.seen.p, "000009999|.|QUIT|"));
    assert_true(w.seen.n > COUNT * (LINE - 1));
    buf_release(&content);
    close_world(&w);
}

static void test_transport_nobody_listens_is_unknown(void **state)
{
    (void)state;
    static const struct script polite = {"220 mx\r\n", {POLITE}};
    struct world w;
    open_world(&w, &polite);
    struct outbound *outbound = open_host(&w, "127.0.0.2");
    assert_int_equal(w.measure.kind, MEASURE_UNKNOWN);
    assert_int_equal(w.measure.why, WHY_NO_CONNECTION);
    w.transport->quit(outbound);
    run_until_closed(&w, 1);
    close_world(&w);
}

static void test_transport_refusals_are_measured(void **state)
{
    (void)state;
    static const struct {
        struct script script;
        enum measure_kind kind;
        enum why why;
        const char *reply;
    } rows[] = {
        {{"554 5.3.2 no\r\n", {POLITE}},
         MEASURE_REFUSED,
         WHY_REFUSED_BY_SERVER,
         "554 5.3.2 no"},
        {{"421 4.3.2 full\r\n", {POLITE}},
         MEASURE_UNKNOWN,
         WHY_NO_CONNECTION,
         "421 4.3.2 full"},
        {{"close", {POLITE}}, MEASURE_UNKNOWN, WHY_NO_CONNECTION, ""},
        {{"220 mx\r\n", {{"EHLO", "close"}}},
         MEASURE_UNKNOWN,
         WHY_NO_CONNECTION,
         ""},
        {{"220 mx\r\n",
          {{"EHLO", "250-mx\r\n250 STARTTLS\r\n"},
           {"STARTTLS", "220 go\r\n250 injected\r\n"}}},
         MEASURE_MEASURED,
         WHY_HANDSHAKE_FAILED,
         ""},
        {{"220 mx\r\n",
          {{"EHLO", "250-mx\r\n250 STARTTLS\r\n"},
           {"STARTTLS", "454 4.7.0 later\r\n"},
           {"QUIT", "221 bye\r\n"}}},
         MEASURE_MEASURED,
         WHY_STARTTLS_REFUSED,
         ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        open_world(&w, &rows[i].script);
        struct outbound *outbound = open_host(&w, "127.0.0.1");
        if (w.measure.kind != rows[i].kind || w.measure.why != rows[i].why) {
            fail_msg("row %zu: got %d %s", i, (int)w.measure.kind,
                     why_name(w.measure.why));
        }
        assert_string_equal(w.measure.reply.line, rows[i].reply);
        w.transport->quit(outbound);
        run_until_closed(&w, 1);
        close_world(&w);
    }
}

static void test_transport_failures_while_sending(void **state)
{
    (void)state;
    static const struct {
        struct script script;
        enum sent_kind kind;
        const char *status;
    } rows[] = {
        {{"220 mx\r\n", {{"RCPT", "550 5.1.1 no\r\n"}}},
         SENT_PERMANENT,
         "5.1.1"},
        {{"220 mx\r\n", {{"RCPT", "450 4.2.1 grey\r\n"}}},
         SENT_TEMPORARY,
         "4.2.1"},
        {{"220 mx\r\n", {{"DATA", "354 go\r\n"}, {".", "554 5.6.0 bad\r\n"}}},
         SENT_PERMANENT,
         "5.6.0"},
        {{"220 mx\r\n", {{"DATA", "354 go\r\n"}, {".", "close"}}},
         SENT_LOST,
         ""},
        {{"220 mx\r\n", {{"MAIL", "close"}}}, SENT_LOST, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        open_world(&w, &rows[i].script);
        struct outbound *outbound = open_host(&w, "127.0.0.1");
        assert_true(w.measure.usable);
        send_mail(&w, outbound, SLICE_LITERAL("x: y\r\n\r\nz\r\n"));
        if (w.sent.kind != rows[i].kind) {
            fail_msg("row %zu: got %d", i, (int)w.sent.kind);
        }
        assert_string_equal(w.sent.reply.status, rows[i].status);
        w.transport->quit(outbound);
        run_until_closed(&w, 1);
        close_world(&w);
    }
}

/* CONN-11: neither octets one by one nor replies one by one go on for ever. */
static void test_transport_slow_server_is_given_up(void **state)
{
    (void)state;
    static const struct {
        struct script script;
        int64_t reply_ms, transaction_ms;
    } rows[] = {
        {{"220 mx\r\n", {{"MAIL", "drip"}}}, 100, PATIENCE_MS},
        {{"220 mx\r\n", {{"DATA", "354 go\r\n"}, {".", "drip"}}},
         100,
         PATIENCE_MS},
        {{"220 mx\r\n", {{"DATA", "354 go\r\n"}, {".", "drip"}}},
         PATIENCE_MS,
         100},
        {{"220 mx\r\n", {{"RCPT", ""}}}, PATIENCE_MS, 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        open_world(&w, &rows[i].script);
        w.settings.reply_timeout_ms = rows[i].reply_ms;
        w.settings.transaction_timeout_ms = rows[i].transaction_ms;
        transport_smtp_destroy(&w.transport);
        w.transport = transport_smtp_create(w.loop, &w.settings);
        w.transport->on_closed = on_closed;
        w.transport->on_closed_ctx = &w;
        struct outbound *outbound = open_host(&w, "127.0.0.1");
        assert_true(w.measure.usable);
        send_mail(&w, outbound, SLICE_LITERAL("x: y\r\n\r\nz\r\n"));
        assert_int_equal(w.sent.kind, SENT_LOST);
        assert_true(w.dripped < DRIP_MOST);
        w.transport->quit(outbound);
        run_until_closed(&w, 1);
        close_world(&w);
    }
}

static void test_transport_slow_greeting_is_unknown(void **state)
{
    (void)state;
    static const struct script script = {"2", {{"EHLO", "250 ok\r\n"}}};
    struct world w;
    open_world(&w, &script);
    w.settings.reply_timeout_ms = 100;
    transport_smtp_destroy(&w.transport);
    w.transport = transport_smtp_create(w.loop, &w.settings);
    w.transport->on_closed = on_closed;
    w.transport->on_closed_ctx = &w;
    loop_timer_start(w.drip, 50);
    struct outbound *outbound = open_host(&w, "127.0.0.1");
    assert_int_equal(w.measure.kind, MEASURE_UNKNOWN);
    assert_true(w.dripped < DRIP_MOST);
    w.transport->quit(outbound);
    run_until_closed(&w, 1);
    close_world(&w);
}

/* What is being made is waited for: the caller may free it afterwards. */
static void test_transport_quit_while_the_mail_is_made(void **state)
{
    (void)state;
    static const struct script polite = {"220 mx\r\n", {POLITE}};
    struct world w;
    open_world(&w, &polite);
    struct outbound *outbound = open_host(&w, "127.0.0.1");
    const struct transport_mail mail = {.reverse_path = "a@b.example",
                                        .recipient = "c@d.example",
                                        .content =
                                            SLICE_LITERAL("x: y\r\n\r\nz\r\n")};
    w.transport->send(outbound, &mail, on_sent, &w);
    w.transport->quit(outbound);
    run_until_closed(&w, 1);
    assert_false(w.is_sent);
    assert_int_equal(workers_count(w.workers), 0);
    close_world(&w);
}

static void test_transport_quit_before_it_is_open(void **state)
{
    (void)state;
    static const struct script polite = {"220 mx\r\n", {POLITE}};
    static const char *const addresses[] = {"127.0.0.1"};
    static const struct mail_host hosts[] = {
        {.name = "mx.example", .addresses = addresses, .address_count = 1},
        {.name = "none.example", .addresses = addresses, .address_count = 0}};
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        open_world(&w, &polite);
        const struct transport_target target = {.host = &hosts[i]};
        struct outbound *outbound =
            w.transport->open(w.transport->self, &target, on_opened, &w);
        w.transport->quit(outbound);
        run_until_closed(&w, 1);
        assert_false(w.is_opened);
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transport_sends_and_quits),
        cmocka_unit_test(test_transport_large_content_arrives_whole),
        cmocka_unit_test(test_transport_nobody_listens_is_unknown),
        cmocka_unit_test(test_transport_refusals_are_measured),
        cmocka_unit_test(test_transport_failures_while_sending),
        cmocka_unit_test(test_transport_slow_server_is_given_up),
        cmocka_unit_test(test_transport_slow_greeting_is_unknown),
        cmocka_unit_test(test_transport_quit_while_the_mail_is_made),
        cmocka_unit_test(test_transport_quit_before_it_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

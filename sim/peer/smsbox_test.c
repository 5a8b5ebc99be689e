#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <event2/buffer.h>

#include "peer/smsbox.h"
#include "peer/stream.h"

enum { LIMIT_MS = 30000 };

struct world {
    struct loop *loop;
    struct smsbox *box;
    struct stream *stream;
    char heard[1024];
    bool ended;
    char to[32], text[64], why[64];
    unsigned count;
};

static void on_message(void *ctx, const struct smsbox_message *m)
{
    struct world *w = ctx;
    w->count++;
    snprintf(w->to, sizeof w->to, "%s", m->to);
    snprintf(w->text, sizeof w->text, "%s", m->text);
    snprintf(w->why, sizeof w->why, "%s", m->is_accepted ? "" : m->why);
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct err err;
    struct smsbox_settings settings = {
        .address = "127.0.0.1", .path = "/send", .token = "secret"};
    w->loop = loop_create();
    if (smsbox_create(w->loop, &settings, on_message, w, &w->box, &err) !=
        ST_OK)
        return -1;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    stream_destroy(&w->stream);
    smsbox_destroy(&w->box);
    loop_destroy(&w->loop);
    free(w);
    return 0;
}

static void on_data(void *ctx)
{
    struct world *w = ctx;
    struct evbuffer *in = stream_input(w->stream);
    size_t n = strlen(w->heard);
    n += (size_t)evbuffer_remove(in, w->heard + n, sizeof w->heard - 1 - n);
    w->heard[n] = '\0';
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    (void)end;
    (void)why;
    ((struct world *)ctx)->ended = true;
}

static bool has_ended(void *ctx)
{
    return ((struct world *)ctx)->ended;
}

static bool has_come(void *ctx)
{
    return ((struct world *)ctx)->count > 0;
}

static void ask(struct world *w, const char *body, loop_condition *until)
{
    char request[512];
    struct stream_events events = {
        .on_data = on_data, .on_end = on_end, .ctx = w};
    snprintf(request, sizeof request,
             "POST /send HTTP/1.1\r\nHost: sms.example\r\nContent-Length: "
             "%zu\r\n\r\n%s",
             strlen(body), body);
    stream_destroy(&w->stream);
    w->heard[0] = '\0';
    w->ended = false;
    w->count = 0;
    w->stream = stream_connect(w->loop, NULL, "127.0.0.1", smsbox_port(w->box),
                               &events);
    stream_send(w->stream, slice_of(request));
    assert_true(loop_run_until(w->loop, until, w, LIMIT_MS));
}

#define GOOD                                                                   \
    "{\"to\":\"+31612345678\",\"text\":\"123456\",\"token\":\"secret\"}"

static void test_smsbox_takes_what_is_right(void **state)
{
    struct world *w = *state;
    ask(w, GOOD, has_ended);
    assert_non_null(strstr(w->heard, "200 OK"));
    assert_string_equal(w->to, "+31612345678");
    assert_string_equal(w->text, "123456");
    assert_string_equal(w->why, "");
}

static void test_smsbox_refuses_what_is_wrong(void **state)
{
    static const struct {
        const char *body, *status;
    } rows[] = {
        {"{\"to\":\"+316\",\"text\":\"1\",\"token\":\"other\"}", "401"},
        {"{\"to\":\"0612\",\"text\":\"1\",\"token\":\"secret\"}", "400"},
        {"{\"to\":\"+316\",\"token\":\"secret\"}", "400"},
        {"no JSON", "401"}};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(w, rows[i].body, has_ended);
        if (!strstr(w->heard, rows[i].status) || !*w->why)
            fail_msg("%s: got %s, want %s", rows[i].body, w->heard,
                     rows[i].status);
    }
}

static void test_smsbox_faults(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_int_equal(smsbox_set_fault(w->box, SMSBOX_FAULT_REFUSES, &err),
                     ST_OK);
    ask(w, GOOD, has_ended);
    assert_non_null(strstr(w->heard, "503"));
    assert_int_equal(smsbox_set_fault(w->box, SMSBOX_FAULT_SILENT, &err),
                     ST_OK);
    ask(w, GOOD, has_come);
    assert_string_equal(w->heard, "");
    assert_true(*w->why);
    assert_int_equal(smsbox_set_fault(w->box, SMSBOX_FAULT_DOWN, &err), ST_OK);
    ask(w, GOOD, has_ended);
    assert_int_equal(w->count, 0);
    assert_int_equal(smsbox_set_fault(w->box, SMSBOX_FAULT_SLOW, &err), ST_OK);
    ask(w, GOOD, has_ended);
    assert_non_null(strstr(w->heard, "200 OK"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_smsbox_takes_what_is_right, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_smsbox_refuses_what_is_wrong,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_smsbox_faults, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

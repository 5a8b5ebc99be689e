/* test_end - one end of a connection that notes what it is told, for the tests
 * of net. Everything waits on the loop, at most END_WAIT_MS. */
#ifndef NET_TEST_END_H
#define NET_TEST_END_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/conn.h"

enum { END_WAIT_MS = 5000 };

struct end {
    struct conn *conn;
    struct buf got;
    unsigned seen; /* bits of conn_event */
    bool keeps;    /* does not consume */
    struct loop *loop;
    struct listener *listener;
    uint16_t port;
};

static inline void end_on_event(struct conn *conn, enum conn_event event,
                                void *ctx)
{
    struct end *end = ctx;
    assert_ptr_equal(conn, end->conn);
    end->seen |= 1U << event;
    if (event == CONN_EVENT_DATA && !end->keeps) {
        assert_int_equal(buf_add(&end->got, conn_input(conn)), ST_OK);
        conn_consume(conn, conn_input(conn).n);
    }
}

static inline void end_on_accept(struct conn *conn, void *ctx)
{
    struct end *end = ctx;
    assert_null(end->conn);
    end->conn = conn;
    conn_set_handler(conn, end_on_event, end);
}

static inline void end_init(struct end *end, struct loop *loop)
{
    *end = (struct end){.loop = loop};
    buf_init(&end->got, 100000000);
}

static inline void end_listen(struct end *end, struct loop *loop,
                              const char *path)
{
    struct err err;
    struct listener_settings at = {.address = path ? NULL : "127.0.0.1",
                                   .path = path};
    end_init(end, loop);
    assert_int_equal(
        listener_create(loop, &at, end_on_accept, end, &end->listener, &err),
        ST_OK);
    end->port = listener_port(end->listener);
}

static inline void end_connect(struct end *end, struct loop *loop,
                               uint16_t port, const char *path)
{
    struct conn_settings to = {.address = "127.0.0.1",
                               .port = port,
                               .path = path,
                               .connect_timeout_ms = END_WAIT_MS};
    end_init(end, loop);
    end->conn = conn_connect(loop, &to, end_on_event, end);
}

static inline void end_wait(struct end *end, enum conn_event event)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!(end->seen & 1U << event)) {
        loop_run_once(end->loop, 50);
        if (clock_mono_ms() > until)
            fail_msg("no %s; seen %x", conn_event_name(event), end->seen);
    }
    end->seen &= ~(1U << event);
}

static inline void end_wait_octets(struct end *end, const char *text)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    size_t n = strlen(text);
    while (buf_slice(&end->got).n < n && clock_mono_ms() < until)
        loop_run_once(end->loop, 50);
    if (!slice_is(buf_slice(&end->got), text))
        fail_msg("got \"%.*s\", want \"%s\"", SLICE_ARG(buf_slice(&end->got)),
                 text);
    buf_reset(&end->got);
}

static inline void end_say(struct end *end, const char *text)
{
    conn_write(end->conn, slice_of(text));
}

static inline void end_release(struct end *end)
{
    conn_abort(&end->conn);
    listener_destroy(&end->listener);
    buf_release(&end->got);
}

/* Until all connections of the loop are gone. */
static inline void end_wait_none(struct loop *loop)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (conn_count(loop) > 0 && clock_mono_ms() < until)
        loop_run_once(loop, 50);
    assert_int_equal(conn_count(loop), 0);
}

#endif

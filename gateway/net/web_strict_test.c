/* What is no request gets the application's page and the end of the connection,
 * and nobody sees it (PORTAL-3, RFC 9112); what is one is answered. All of it
 * over TLS, written at once and octet by octet. The grammar itself is
 * request_reader_test's. */
#include "net/test_web.h"

struct row {
    const char *octets;
    int status; /* of the last answer */
    int asked;  /* requests that the application saw */
};

#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define SECOND "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"
#define CLOSES "Connection: close\r\n"

static const struct row rows[] = {
    {"GET nonsense\r\n\r\n", 400, 0},
    {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, 0},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, 0},
    {"GET / HTTP/1.1\r\nHost a\r\n\r\n", 400, 0},
    {"GET / HTTP/1.1\r\n\r\n", 400, 0},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, 0},
    {POST "Content-Length: -1\r\n\r\n", 400, 0},
    {POST "Expect: tea\r\nContent-Length: 3\r\n\r\nabc", 417, 0},
    {POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, 0},
    {POST "Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab", 400, 0},
    {POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
          "0\r\n\r\n" SECOND,
     400, 0},
    /* A body that begins like a request is none. */
    {POST "Content-Length : 35\r\n\r\n" SECOND, 400, 0},
    {CHUNKED "+5\r\nhello\r\n0\r\n\r\n" SECOND, 400, 0},
    {CHUNKED "0x5\r\nhello\r\n0\r\n\r\n" SECOND, 400, 0},
    {CHUNKED "5\nhello\r\n0\r\n\r\n" SECOND, 400, 0},
    {CHUNKED "5\r\nhello0\r\n\r\n" SECOND, 400, 0},
    {POST "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n", 413, 0},
    {CHUNKED "3E9\r\n", 413, 0},
    {POST "X: a\r\n folded\r\n\r\n", 400, 0},
    /* Two in one write: the second goes the way of the first, or alone. */
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET  / HTTP/1.1\r\n", 400, 1},
    {POST "Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\n", 400, 1},
    {"GET / HTTP/1.1\r\nHost: a\r\n" CLOSES "\r\n" SECOND, 403, 1},
    {"\r\nGET / HTTP/1.1\r\nHost: a\r\n" CLOSES "\r\n", 403, 1},
    {POST "Transfer-Encoding:\tchunked\r\n" CLOSES "\r\n"
          "5;name=value\r\nhello\r\n0\r\nHost: b\r\n\r\n",
     403, 1},
    {"GET / HTTP/1.0\r\n\r\n", 403, 1},
    {POST "Content-Length: 3\r\n\r\nabc\r\n"
          "GET / HTTP/1.1\r\nHost: a\r\n" CLOSES "\r\n",
     403, 2},
};

static void say(struct world *w, struct end *end, const char *octets, bool all)
{
    if (all) {
        end_say(end, octets);
        return;
    }
    for (const char *p = octets; *p; p++) { /* a TLS record each */
        conn_write(end->conn, (struct slice){p, 1});
        loop_run_once(w->loop, 0);
    }
}

static int last_status(const char *got)
{
    const char *last = NULL;
    unsigned long status = 0;
    for (const char *p = got; (p = strstr(p, "HTTP/1.1 ")); p++)
        last = p;
    return last && slice_number((struct slice){last + 9, 3}, 999, &status)
               ? (int)status
               : 0;
}

static void check(struct world *w, const struct row *row, bool all)
{
    struct end end;
    w->asked = 0;
    shake_hands(w, &end);
    say(w, &end, row->octets, all);
    assert_cut_off(w, &end);
    char *got = xasprintf("%.*s", SLICE_ARG(buf_slice(&end.got)));
    if (last_status(got) != row->status || w->asked != row->asked)
        fail_msg("\"%s\": got %d, asked %d, want %d, %d", row->octets,
                 last_status(got), w->asked, row->status, row->asked);
    if (row->status != 403)
        assert_non_null(strstr(got, "text/x-fault\r\n"));
    assert_non_null(strstr(got, "Connection: close\r\n"));
    free(got);
    end_release(&end);
}

static void test_web_strict_at_once_and_bytewise(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(w, &rows[i], true);
        check(w, &rows[i], false);
    }
}

static void wait_for(struct world *w, struct end *end, const char *text)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!buf_slice(&end->got).n || !strstr(end->got.p, text)) {
        loop_run_once(w->loop, 50);
        if (clock_mono_ms() > until)
            fail_msg("no %s", text);
    }
}

static void test_web_body_that_is_held_back_is_asked_for(void **state)
{
    struct world *w = *state;
    struct end end;
    shake_hands(w, &end);
    end_say(&end, POST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    wait_for(w, &end, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(w->asked, 0);
    end_say(&end, "abc");
    wait_for(w, &end, "HTTP/1.1 403 Forbidden\r\n");
    assert_string_equal(w->seen, "POST / ? a [abc]");
    end_release(&end);
}

/* The end of what the client sends is not the end of what it reads. */
static void test_web_client_that_says_no_more_is_answered(void **state)
{
    struct world *w = *state;
    struct end end;
    w->holds = true;
    shake_hands(w, &end);
    end_say(&end, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET");
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!w->held && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    reply(w, w->held);
    wait_for(w, &end, "HTTP/1.1 403 ");
    end_release(&end);
}

/* A line of the chunked coding without an end is not kept. */
static void test_web_endless_chunk_line_is_cut_off(void **state)
{
    struct world *w = *state;
    struct end end;
    static char line[1 << 20];
    memset(line, 0x61, sizeof line - 1);
    shake_hands(w, &end);
    end_say(&end, POST "Content-Type: text/large\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n1;");
    end_say(&end, line);
    assert_cut_off(w, &end);
    assert_int_equal(last_status(end.got.p), 413);
    assert_int_equal(w->asked, 0);
    end_release(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_web_strict_at_once_and_bytewise),
        TEST(test_web_body_that_is_held_back_is_asked_for),
        TEST(test_web_client_that_says_no_more_is_answered),
        TEST(test_web_endless_chunk_line_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

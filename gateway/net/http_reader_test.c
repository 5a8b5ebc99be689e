/* Answers are read whole and octet by octet; what two readers could read
 * differently is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/http_reader.h"

struct row {
    const char *octets;
    enum status gives;
    int status;
    const char *body;
    const char *failure; /* a part of its text */
    bool ends;           /* the connection ends behind the octets */
};

static const struct row rows[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", ST_OK, 200, "abc",
     "", false},
    {"HTTP/1.1 200\nContent-Length: 0\n\n", ST_OK, 200, "", "", false},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", ST_OK, 404, "no",
     "", false},
    {"HTTP/1.1 204 No Content\r\n\r\n", ST_OK, 204, "", "", false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
     "\r\nx",
     ST_OK, 200, "x", "", false},
    {"HTTP/1.0 200 OK\r\n\r\nall of it", ST_OK, 200, "all of it", "", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
     "A;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n",
     ST_OK, 200, "abc0123456789", "", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", ST_PROTO, 0, NULL,
     "ended early", true},
    {"HTTP/1.1 200 OK\r\nContent-Le", ST_PROTO, 0, NULL, "ended early", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
     ST_PROTO, 0, NULL, "ended early", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", ST_MORE, 0, NULL, "",
     false},
    {"SSH-2.0-x\r\n", ST_PROTO, 0, NULL, "status line", false},
    {"HTTP/2 200\r\n", ST_PROTO, 0, NULL, "status line", false},
    {"HTTP/1.1 20 OK\r\n", ST_PROTO, 0, NULL, "status line", false},
    {"HTTP/1.1 200 OK\r\nno field\r\n", ST_PROTO, 0, NULL, "no field", false},
    {"HTTP/1.1 200 OK\r\nX : y\r\n", ST_PROTO, 0, NULL, "no field", false},
    {"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n", ST_PROTO, 0, NULL, "no field",
     false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n", ST_PROTO,
     0, NULL, "Content-Length", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", ST_PROTO, 0, NULL,
     "Content-Length", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
     "\r\n",
     ST_PROTO, 0, NULL, "beside chunks", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", ST_PROTO, 0, NULL,
     "Transfer-Encoding", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3x\r\n", ST_PROTO, 0,
     NULL, "chunk size", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n",
     ST_PERM, 0, NULL, "too large", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
     ST_PROTO, 0, NULL, "end of chunk", false},
    {"HTTP/1.1 200 OK\r\nContent-Type: a\r\nContent-Type: b\r\n", ST_PROTO, 0,
     NULL, "Content-Type", false},
    {"HTTP/1.1 101 Switching Protocols\r\n", ST_PROTO, 0, NULL, "status line",
     false},
    {"HTTP/1.1 999 x\r\n", ST_PROTO, 0, NULL, "status line", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n", ST_PROTO,
     0, NULL, "Content-Length", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n", ST_PROTO, 0, NULL,
     "Content-Length", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n", ST_PROTO, 0, NULL,
     "Content-Length", false},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n", ST_PROTO, 0, NULL,
     "Transfer-Encoding", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\n", ST_PROTO, 0,
     NULL, "chunk size", false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc", ST_PROTO, 0,
     NULL, "control", false},
    {"HTTP/1.1 200 OK\r\nX: a\rb\r\n", ST_PROTO, 0, NULL, "CR", false},
    {"HTTP/1.1 200 OK\r\nX(Y): a\r\n", ST_PROTO, 0, NULL, "no field", false},
    /* the cap of these tests is 16 octets */
    {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n", ST_PERM,
     0, NULL, "too large", false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n", ST_PERM, 0, NULL,
     "too large", false},
    {"HTTP/1.1 200 OK\r\n\r\n01234567890123456", ST_PERM, 0, NULL, "too large",
     false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n"
     "01234567890123456\r\n",
     ST_PERM, 0, NULL, "too large", false},
};

static void check(const struct row *row, size_t step)
{
    struct http_reader reader;
    struct err err = {.text = ""};
    enum status got = ST_MORE;
    size_t n = strlen(row->octets);
    http_reader_init(&reader, 16);
    for (size_t at = 0; at < n && got == ST_MORE; at += step) {
        size_t piece = n - at < step ? n - at : step;
        got = http_reader_feed(&reader, (struct slice){row->octets + at, piece},
                               &err);
    }
    if (got == ST_MORE && row->ends)
        got = http_reader_end(&reader, &err);
    if (got != row->gives || !strstr(err.text, row->failure))
        fail_msg("\"%s\": got %s (%s), want %s (%s)", row->octets,
                 status_name(got), err.text, status_name(row->gives),
                 row->failure);
    if (got == ST_OK && (reader.status != row->status ||
                         !slice_is(buf_slice(&reader.body), row->body)))
        fail_msg("\"%s\": got %d \"%.*s\"", row->octets, reader.status,
                 SLICE_ARG(buf_slice(&reader.body)));
    http_reader_release(&reader);
}

static void test_http_reader_whole_and_bytewise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(&rows[i], SIZE_MAX / 2);
        check(&rows[i], 1);
    }
}

static void test_http_reader_head_has_a_cap(void **state)
{
    (void)state;
    struct http_reader reader;
    struct err err;
    enum status got = ST_MORE;
    http_reader_init(&reader, 16);
    for (int i = 0; i < 10000 && got == ST_MORE; i++)
        got = http_reader_feed(&reader,
                               i ? SLICE_LITERAL("X: y\r\n")
                                 : SLICE_LITERAL("HTTP/1.1 200 OK\r\n"),
                               &err);
    assert_int_equal(got, ST_PERM);
    http_reader_release(&reader);
}

/* Interim answers, trailers, extensions: none goes on for ever. */
static void test_http_reader_endless_answers_end(void **state)
{
    (void)state;
    static const char *const endless[][2] = {
        {"", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
         "X: y\r\n"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", ";x=y"},
        {"HTTP/1.1 200 OK\r\n\r\n", "a"},
    };
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        struct http_reader reader;
        struct err err;
        http_reader_init(&reader, 16);
        enum status got =
            http_reader_feed(&reader, slice_of(endless[i][0]), &err);
        size_t taken = 0;
        for (; got == ST_MORE && taken < 100000; taken += strlen(endless[i][1]))
            got = http_reader_feed(&reader, slice_of(endless[i][1]), &err);
        assert_int_equal(got, ST_PERM);
        assert_in_range(taken, 1, HTTP_HEAD_BYTES + 100);
        http_reader_release(&reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_reader_whole_and_bytewise),
        cmocka_unit_test(test_http_reader_head_has_a_cap),
        cmocka_unit_test(test_http_reader_endless_answers_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

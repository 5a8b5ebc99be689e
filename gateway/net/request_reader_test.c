/* Requests are read whole and octet by octet; what two readers could read
 * differently is none (PORTAL-3, RFC 9112). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "net/request_reader.h"

enum { HEAD_MAX = 4096, BODY_MAX = 16 };

/* A literal with its NUL octets, and what it comes to: 0 is MORE, 200 a request
 * and what follows it in octets, all else the refusal. */
struct row {
    const char *octets;
    size_t n;
    int gives;
    const char *seen; /* "METHOD path ?query [body]", + what is noted of it */
    size_t left;
};
#define ROW(text, ...)                                                         \
    {                                                                          \
        text, sizeof(text) - 1, __VA_ARGS__                                    \
    }

#define BAD(text, status) ROW(text, status, NULL, 0)

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct row good[] = {
    ROW(GET "\r\n", 200, "GET / ? []", 0),
    ROW("\r\n" GET "\r\n", 200, "GET / ? []", 0),
    ROW("HEAD /a/b%20c?x=%41&y=/? HTTP/1.1\r\nHost: h.example:443\r\n\r\n", 200,
        "HEAD /a/b%20c ?x=%41&y=/? []", 0),
    ROW(GET "\r\nGET /2 ", 200, "GET / ? []", 7),
    ROW("GET / HTTP/1.9\r\nHost: a\r\n\r\n", 200, "GET / ? []", 0),
    ROW("GET / HTTP/1.0\r\n\r\n", 200, "GET / ? [] close", 0),
    ROW("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200,
        "GET / ? [] close", 0),
    ROW(GET "Connection: Keep-Alive, Close\r\n\r\n", 200, "GET / ? [] close",
        0),
    ROW(GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", 200,
        "GET / ? [] close", 0),
    ROW(GET "Connection: closer\r\n\r\n", 200, "GET / ? []", 0),
    ROW("GET https://a.example/x?y HTTP/1.1\r\nHost: a\r\n\r\n", 200,
        "GET /x ?y []", 0),
    ROW("GET HTTP://a.example?y HTTP/1.1\r\nHost: a\r\n\r\n", 200,
        "GET / ?y []", 0),
    ROW("GET https://a.example HTTP/1.1\r\nHost: a\r\n\r\n", 200, "GET / ? []",
        0),
    ROW("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200, "OTHER * ? []", 0),
    ROW("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 200, "OTHER a:443 ? []",
        0),
    ROW("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 200,
        "OTHER / ? [x]", 0),
    ROW("GET / HTTP/1.1\r\nhOST:\t [2001:db8::1]:\t\r\n\r\n", 200, "GET / ? []",
        0),
    ROW(GET "X:\r\nY:  a \t b\xe9 \r\n\r\n", 200, "GET / ? []", 0),
    ROW(POST "Content-Length: 3\r\n\r\nabcGET", 200, "POST / ? [abc]", 3),
    ROW(POST "Content-Length:\t0003 \r\n\r\nabc", 200, "POST / ? [abc]", 0),
    ROW(POST "Content-Length: 3\r\n\r\n\0\r\n", 200, "POST / ? [", 0),
    ROW(GET "Content-Length: 0\r\n\r\n", 200, "GET / ? []", 0),
    ROW(POST "Transfer-Encoding:\tCHUNKED \r\n\r\n3\r\nabc\r\n0\r\n\r\n.", 200,
        "POST / ? [abc]", 1),
    ROW(CHUNKED "0\r\n\r\n", 200, "POST / ? []", 0),
    ROW(CHUNKED "5;name=value\r\nhello\r\n000\r\n\r\n", 200, "POST / ? [hello]",
        0),
    ROW(CHUNKED "5 ; a ;b = \"x;\\\"\t\"\r\nhello\r\n0;z\r\n\r\n", 200,
        "POST / ? [hello]", 0),
    ROW(CHUNKED "0000000000000A\r\n0123456789\r\n6\r\nabcdef\r\n0\r\n\r\n", 200,
        "POST / ? [0123456789abcdef]", 0),
    ROW(CHUNKED "1\r\n\n\r\n0\r\nHost: b\r\nContent-Length: 5\r\n\r\nG", 200,
        "POST / ? [\n]", 1),
    ROW(POST "Content-Length: 3\r\nExpect: 100-Continue\r\n\r\nabc", 200,
        "POST / ? [abc] continue", 0),
    ROW(POST "Expect: 100-continue\r\n\r\n", 200, "POST / ? []", 0),
    ROW("POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: tea\r\n\r\nabc", 200,
        "POST / ? [abc] close", 0),
    ROW(POST "Content-Length: 3\r\n\r\nab", 0, "", 0),
    ROW("\r\n", 0, "", 0),
    ROW("GET / HTTP/1.1\r\nHost: a\r\n", 0, "", 0),
};

static const struct row bad[] = {
    /* the request line */
    BAD("\r\n\r\n", 400),
    BAD("\n", 400),
    BAD(" GET / HTTP/1.1\r\n", 400),
    BAD("GET  / HTTP/1.1\r\n", 400),
    BAD("GET /  HTTP/1.1\r\n", 400),
    BAD("GET\t/\tHTTP/1.1\r\n", 400),
    BAD("GET / HTTP/1.1 \r\n", 400),
    BAD("GET / HTTP/1.1\n", 400),
    BAD("GET / HTTP/1.1\r\r\n", 400),
    BAD("GET / HTTP/1.1\rX", 400),
    BAD("GET /\r\n", 400),
    BAD("GET\r\n", 400),
    BAD("GET / nonsense\r\n", 400),
    BAD("GET / HTTP/1.10\r\n", 400),
    BAD("GET / HTTP/11\r\n", 400),
    BAD("GET / HTTP/1.\r\n", 400),
    BAD("GET / HTTP/1\r\n", 400),
    BAD("GET / http/1.1\r\n", 400),
    BAD("GET / HTTPS/1.1\r\n", 400),
    BAD("GET / HTTP/+1.1\r\n", 400),
    BAD("GET / HTTP/2.0\r\n", 505),
    BAD("GET / HTTP/0.9\r\n", 505),
    BAD("PRI * HTTP/2.0\r\n", 505),
    BAD("G\0T / HTTP/1.1\r\n", 400),
    BAD("GE(T) / HTTP/1.1\r\n", 400),
    BAD("G\xe9T / HTTP/1.1\r\n", 400),
    BAD("\x16\x03\x01", 400),
    BAD("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    BAD("get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    BAD("BREW / HTTP/1.1\r\n\r\n", 400),
    /* its target */
    BAD("GET a HTTP/1.1\r\n", 400),
    BAD("GET * HTTP/1.1\r\n", 400),
    BAD("GET a:443 HTTP/1.1\r\n", 400),
    BAD("CONNECT / HTTP/1.1\r\n", 400),
    BAD("CONNECT a HTTP/1.1\r\n", 400),
    BAD("GET /#a HTTP/1.1\r\n", 400),
    BAD("GET /\x7f HTTP/1.1\r\n", 400),
    BAD("GET /\xc3\xa9 HTTP/1.1\r\n", 400),
    BAD("GET /\"<> HTTP/1.1\r\n", 400),
    BAD("GET /%4 HTTP/1.1\r\n", 400),
    BAD("GET /%zz HTTP/1.1\r\n", 400),
    BAD("GET /?% HTTP/1.1\r\n", 400),
    BAD("GET ftp://a/ HTTP/1.1\r\n", 400),
    BAD("GET https:/// HTTP/1.1\r\n", 400),
    BAD("GET https://u@a/ HTTP/1.1\r\n", 400),
    BAD("GET https://a:b/ HTTP/1.1\r\n", 400),
    BAD("GET ?x HTTP/1.1\r\n", 400),
    /* fields */
    BAD("GET / HTTP/1.1\r\n\r\n", 400),
    BAD(GET "Host: a\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a/\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: :443\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: [a]\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: a\xe9\r\n\r\n", 400),
    BAD("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\n Host: a\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost : a\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost\t: a\r\n", 400),
    BAD(GET "Host a\r\n", 400),
    BAD(GET ": a\r\n", 400),
    BAD(GET " folded\r\n", 400),
    BAD(GET "\tfolded\r\n", 400),
    BAD(GET "X: a\n", 400),
    BAD(GET "X: a\rY: b\r\n", 400),
    BAD(GET "X: a\0b\r\n", 400),
    BAD(GET "X: a\x0b\r\n", 400),
    BAD(GET "X: a\x7f\r\n", 400),
    BAD(GET "X(Y): a\r\n", 400),
    BAD(GET "X\xe9: a\r\n", 400),
    BAD(GET "\"X\": a\r\n", 400),
    BAD(GET "\n", 400),
    /* lengths */
    BAD(POST "Content-Length : 3\r\n", 400),
    BAD(POST "Content-Length:\r\n\r\n", 400),
    BAD(POST "Content-Length: +3\r\n\r\n", 400),
    BAD(POST "Content-Length: -3\r\n\r\n", 400),
    BAD(POST "Content-Length: 0x3\r\n\r\n", 400),
    BAD(POST "Content-Length: 3a\r\n\r\n", 400),
    BAD(POST "Content-Length: 1 2\r\n\r\n", 400),
    BAD(POST "Content-Length: 3, 3\r\n\r\n", 400),
    BAD(POST "Content-Length: 3;\r\n\r\n", 400),
    BAD(POST "Content-Length: 3.0\r\n\r\n", 400),
    BAD(POST "Content-Length: \"3\"\r\n\r\n", 400),
    BAD(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400),
    BAD(POST "Content-Length: 3\r\ncontent-length: 4\r\n\r\n", 400),
    BAD(POST "Content-Length: 17\r\n\r\n", 413),
    BAD(POST "Content-Length: 18446744073709551619\r\n\r\n", 413),
    BAD(POST "Content-Length: 99999999999999999999999999\r\n\r\n", 413),
    BAD(POST "Content-Length: 17\r\nExpect: 100-continue\r\n\r\n", 413),
    BAD(POST "Content-Length: 3\r\nExpect: tea\r\n\r\n", 417),
    BAD(POST "Content-Length: 3\r\nExpect: 100-continue, tea\r\n\r\n", 417),
    BAD(POST "Content-Length: 3\r\nExpect: 100-continue\r\n"
             "Expect: 100-continue\r\n\r\n",
        417),
    /* codings */
    BAD(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400),
    BAD(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    BAD(POST "Content-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: gzip\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: identity\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked,\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked;q=1\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: xchunked\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding:\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked\0\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked\x0b\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chun\r\n ked\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        400),
    BAD("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        400),
    /* chunks */
    BAD(CHUNKED "+5\r\n", 400),
    BAD(CHUNKED "-5\r\n", 400),
    BAD(CHUNKED "0x5\r\n", 400),
    BAD(CHUNKED "5h\r\n", 400),
    BAD(CHUNKED " 5\r\n", 400),
    BAD(CHUNKED "5 \r\n", 400),
    BAD(CHUNKED "5\t\r\n", 400),
    BAD(CHUNKED "\r\n", 400),
    BAD(CHUNKED ";a\r\n", 400),
    BAD(CHUNKED "5\n", 400),
    BAD(CHUNKED "5\rX", 400),
    BAD(CHUNKED "5\0\r\n", 400),
    BAD(CHUNKED "5;\r\n", 400),
    BAD(CHUNKED "5;a=\r\n", 400),
    BAD(CHUNKED "5;a b\r\n", 400),
    BAD(CHUNKED "5;a=\"b\r\n", 400),
    BAD(CHUNKED "5;a=\"b\\\r\n", 400),
    BAD(CHUNKED "5;a=b\n", 400),
    BAD(CHUNKED "5,a\r\n", 400),
    BAD(CHUNKED "3\r\nabcd", 400),
    BAD(CHUNKED "3\r\nabc\n", 400),
    BAD(CHUNKED "3\r\nabc\rX", 400),
    BAD(CHUNKED "3\r\nabc0\r\n", 400),
    BAD(CHUNKED "11\r\n", 413),
    BAD(CHUNKED "F\r\n0123456789abcde\r\n2\r\n", 413),
    BAD(CHUNKED "FFFFFFFFFFFFFFFF\r\n", 413),
    BAD(CHUNKED "10000000000000000\r\n", 400),
    BAD(CHUNKED "100000000000000000000000000000005\r\n", 400),
    BAD(CHUNKED "0\r\nno field\r\n", 400),
    BAD(CHUNKED "0\r\nA : b\r\n", 400),
    BAD(CHUNKED "0\r\nA: b\n", 400),
    BAD(CHUNKED "0\r\n folded\r\n", 400),
    BAD(CHUNKED "0\r\nA: b\0\r\n", 400),
};

static void describe(const struct request_reader *reader, char *out, size_t n)
{
    const struct web_request *r = &reader->request;
    snprintf(out, n, "%s %s ?%s [%.*s]%s%s", r->method, r->path, r->query,
             SLICE_ARG(r->body), reader->wants_continue ? " continue" : "",
             reader->closes ? " close" : "");
}

static int outcome(const struct request_reader *reader)
{
    return reader->state == REQUEST_WHOLE    ? 200
           : reader->state == REQUEST_BROKEN ? reader->status
                                             : 0;
}

/* As a connection feeds it: what is not taken comes again. */
static size_t feed(struct request_reader *reader, struct slice all, size_t step,
                   struct err *err)
{
    size_t at = 0;
    while (at < all.n && reader->state < REQUEST_WHOLE) {
        size_t n = all.n - at < step ? all.n - at : step;
        struct slice piece = {all.p + at, n};
        if (request_reader_feed(reader, &piece, err) == REQUEST_HEAD)
            (void)request_reader_admit(reader, BODY_MAX, err);
        at += n - piece.n;
    }
    return all.n - at;
}

static void check(const struct row *row, size_t step)
{
    struct request_reader reader;
    struct err err = {.text = ""};
    char seen[256] = "";
    request_reader_init(&reader, HEAD_MAX);
    size_t left =
        feed(&reader, (struct slice){row->octets, row->n}, step, &err);
    describe(&reader, seen, sizeof seen);
    if (outcome(&reader) != row->gives)
        fail_msg("\"%s\" in steps of %zu: got %d (%s), want %d", row->octets,
                 step, outcome(&reader), err.text, row->gives);
    if (row->gives == 200 &&
        (strncmp(seen, row->seen, strlen(row->seen)) != 0 || left != row->left))
        fail_msg("\"%s\": got \"%s\" and %zu left", row->octets, seen, left);
    request_reader_release(&reader);
}

static void test_request_good_whole_and_bytewise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        check(&good[i], SIZE_MAX / 2);
        check(&good[i], 1);
        check(&good[i], 7);
    }
}

static void test_request_broken_whole_and_bytewise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(&bad[i], SIZE_MAX / 2);
        check(&bad[i], 1);
        check(&bad[i], 7);
    }
}

/* Each beginning of a good request waits for more, and its end there is a
 * broken one; so no octet decides too early. */
static void test_request_beginnings_wait_and_end_broken(void **state)
{
    (void)state;
    struct slice all =
        SLICE_LITERAL(CHUNKED "5;a=\"b\"\r\nhello\r\n0\r\nT: u\r\n\r\n");
    for (size_t n = 0; n < all.n; n++) {
        struct request_reader reader;
        struct err err;
        request_reader_init(&reader, HEAD_MAX);
        (void)feed(&reader, (struct slice){all.p, n}, 1, &err);
        assert_int_equal(outcome(&reader), 0);
        (void)request_reader_end(&reader, &err);
        assert_int_equal(outcome(&reader), n ? 400 : 0);
        request_reader_release(&reader);
    }
}

/* Without an end: what comes is refused before more than `most` was taken. */
static void assert_bounded(const char *begin, const char *again, int status,
                           size_t most)
{
    struct request_reader reader;
    struct err err;
    size_t taken = strlen(begin);
    request_reader_init(&reader, HEAD_MAX);
    (void)feed(&reader, slice_of(begin), SIZE_MAX / 2, &err);
    while (reader.state < REQUEST_WHOLE && taken <= most) {
        (void)feed(&reader, slice_of(again), SIZE_MAX / 2, &err);
        taken += strlen(again);
    }
    if (outcome(&reader) != status)
        fail_msg("\"%s\" and \"%s\" again and again: got %d behind %zu", begin,
                 again, outcome(&reader), taken);
    request_reader_release(&reader);
}

static void test_request_everything_has_a_cap(void **state)
{
    (void)state;
    assert_bounded("GET /", "aaaaaaaa", 414, HEAD_MAX + 16);
    assert_bounded("A", "aaaaaaaa", 414, HEAD_MAX + 16);
    assert_bounded(GET, "a", 431, HEAD_MAX + 16);
    assert_bounded(GET "X: ", "aaaaaaaa", 431, HEAD_MAX + 16);
    assert_bounded(GET, "Abcd: abcdefgh1234567890abcdefgh1234567890\r\n", 431,
                   HEAD_MAX + 64);
    assert_bounded(GET, "A:\r\n", 431, HEAD_MAX + 16);
    assert_bounded(CHUNKED, "0", 413, HTTP_CHUNK_LINE_BYTES + 512);
    assert_bounded(CHUNKED "1;", "aaaaaaaa", 413, HTTP_CHUNK_LINE_BYTES + 512);
    assert_bounded(CHUNKED "0\r\n", "A: aaaaaaaaaaaa\r\n", 413,
                   HTTP_CHUNK_EXTRA_BYTES + 512);
    assert_bounded(CHUNKED "0\r\n", "aaaaaaaa", 413,
                   HTTP_CHUNK_LINE_BYTES + 512);
}

static void test_request_fields_are_found_in_any_case(void **state)
{
    (void)state;
    struct request_reader reader;
    struct err err;
    request_reader_init(&reader, HEAD_MAX);
    (void)feed(&reader,
               SLICE_LITERAL(GET "coOKie: a=b\r\nX: y\r\nx: z\r\n\r\n"), 1,
               &err);
    assert_int_equal(reader.state, REQUEST_WHOLE);
    assert_string_equal(web_field_of(&reader.request, "Cookie"), "a=b");
    assert_string_equal(web_field_of(&reader.request, "X"), "y");
    assert_null(web_field_of(&reader.request, "Y"));
    request_reader_release(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_good_whole_and_bytewise),
        cmocka_unit_test(test_request_broken_whole_and_bytewise),
        cmocka_unit_test(test_request_beginnings_wait_and_end_broken),
        cmocka_unit_test(test_request_everything_has_a_cap),
        cmocka_unit_test(test_request_fields_are_found_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "peer/http.h"

struct row {
    const char *of, *octets;
    enum http_state state; /* when nothing more comes */
    const char *body;
};

static const struct row rows[] = {
    {NULL, "POST /send HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
     HTTP_STATE_DONE, "body"},
    {NULL, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_STATE_DONE, ""},
    {NULL, "GET /\r\n\r\n", HTTP_STATE_BAD, NULL},
    {NULL, "GET / HTTP/1.1\nHost: x\r\n\r\n", HTTP_STATE_BAD, NULL},
    {NULL, "GET / HTTP/1.1\r\n Host: x\r\n\r\n", HTTP_STATE_BAD, NULL},
    {NULL,
     "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: "
     "chunked\r\n\r\n",
     HTTP_STATE_BAD, NULL},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", HTTP_STATE_DONE,
     "ok"},
    {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", HTTP_STATE_BAD,
     NULL},
    {"GET", "HTTP/1.1 200 OK\r\n\r\nuntil the end", HTTP_STATE_DONE,
     "until the end"},
    {"GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\none\r\n"
     "A\r\n and a two\r\n0\r\n\r\n",
     HTTP_STATE_DONE, "one and a two"},
    {"GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nonex\r\n",
     HTTP_STATE_BAD, NULL},
    {"GET", "HTTP/1.1 204 No\r\n\r\n", HTTP_STATE_DONE, ""},
    {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", HTTP_STATE_DONE,
     ""},
    {"GET", "HTTP/1.1 20 OK\r\n\r\n", HTTP_STATE_BAD, NULL},
};

static void read_row(const struct row *row, size_t step)
{
    struct arena *arena = arena_create();
    struct http_reader *r = http_reader_create(arena, row->of, 100);
    struct slice rest = slice_of(row->octets);
    while (rest.n) {
        struct slice part = {rest.p, step && step < rest.n ? step : rest.n};
        http_reader_feed(r, part);
        rest = slice_from(rest, part.n);
    }
    enum http_state state = http_reader_end(r);
    const struct http_message *m = http_reader_message(r);
    if (state != row->state || !m != !row->body ||
        (m && !slice_is(m->body, row->body)))
        fail_msg("%s (by %zu): got state %d, want %d", row->octets, step, state,
                 row->state);
    http_reader_destroy(&r);
    arena_destroy(&arena);
}

static void test_http_whole_and_bytewise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_row(&rows[i], 0);
        read_row(&rows[i], 1);
    }
}

static void test_http_larger_than_cap_bad(void **state)
{
    (void)state;
    struct row row = {"GET",
                      "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n",
                      HTTP_STATE_BAD, NULL};
    read_row(&row, 0);
}

static void test_http_escape(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    assert_string_equal(http_escape(arena, "a b&c=d+\xc3\xa9"),
                        "a+b%26c%3Dd%2B%C3%A9");
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_whole_and_bytewise),
        cmocka_unit_test(test_http_larger_than_cap_bad),
        cmocka_unit_test(test_http_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "wire/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_reply_format_puts_status_in_every_line(void **state)
{
    (void)state;
    static const struct {
        struct reply reply;
        const char *want;
    } rows[] = {
        {{250, "2.1.0", "Ok"}, "250 2.1.0 Ok\r\n"},
        {{220, NULL, "host"}, "220 host\r\n"},
        {{250, "", "a\nPIPELINING\nDSN"},
         "250-a\r\n250-PIPELINING\r\n250 DSN\r\n"},
        {{550, "5.6.0", "a\nb"}, "550-5.6.0 a\r\n550 5.6.0 b\r\n"},
        {{334, NULL, ""}, "334 \r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 1000);
        reply_format(&out, &rows[i].reply);
        assert_string_equal(buf_slice(&out).p, rows[i].want);
        buf_release(&out);
    }
}

static void test_reply_line_is_the_last_one_and_clean(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct reply reply = {550, "5.1.1", "gone\nnobody \x01\xff here"};
    assert_string_equal(reply_line(arena, &reply), "550 5.1.1 nobody ?? here");
    struct reply bare = {421, NULL, ""};
    assert_string_equal(reply_line(arena, &bare), "421");
    arena_destroy(&arena);
}

static void parse(struct slice in, size_t piece, struct buf *out)
{
    struct reply_parser parser;
    reply_parser_init(&parser);
    while (in.n) {
        struct slice now = {in.p, in.n < piece ? in.n : piece};
        size_t used;
        struct reply reply;
        struct err err;
        enum status status =
            reply_parser_feed(&parser, now, &used, &reply, &err);
        in = slice_from(in, used);
        if (status == ST_OK)
            buf_printf(out, "%d/%s/%s;", reply.code, reply.status, reply.text);
        if (status == ST_PROTO) {
            buf_puts(out, "proto");
            break;
        }
    }
    if (reply_parser_is_open(&parser))
        buf_puts(out, "open");
    reply_parser_release(&parser);
}

static void check_parse(const char *in, const char *want)
{
    for (size_t piece = 1; piece < 500; piece = piece < 4 ? piece + 1 : 500) {
        struct buf out;
        buf_init(&out, 10000);
        buf_puts(&out, "");
        parse(slice_of(in), piece, &out);
        assert_string_equal(buf_slice(&out).p, want);
        buf_release(&out);
    }
}

static void test_reply_from_line_has_its_three_parts(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct reply reply = reply_from_line(arena, "550 5.7.23 SPF fail: no");
    assert_int_equal(reply.code, 550);
    assert_string_equal(reply.status, "5.7.23");
    assert_string_equal(reply.text, "SPF fail: no");
    assert_string_equal(reply_line(arena, &reply), "550 5.7.23 SPF fail: no");
    arena_destroy(&arena);
}

static void test_reply_parser_takes_what_servers_say(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"250 ok\r\n", "250//ok;"},
        {"250\r\n354 go\r\n", "250//;354//go;"},
        {"250 \n", "250//;"},
        {"550 5.1.1 no such user\r\n", "550/5.1.1/no such user;"},
        {"550 5.1.1\r\n", "550/5.1.1/;"},
        {"550 2.1.1 odd\r\n", "550//2.1.1 odd;"},
        {"550 5.1.1000 odd\r\n", "550//5.1.1000 odd;"},
        {"250 2.1.9x\r\n", "250//2.1.9x;"},
        {"250-a\r\n250-SIZE 10\r\n250 DSN\r\n", "250//a\nSIZE 10\nDSN;"},
        {"550-5.7.1 a\r\n550 5.7.1 b\r\n", "550/5.7.1/a\nb;"},
        {"250-a\r\n", "open"},
        {"25", "open"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_parse(rows[i].in, rows[i].want);
}

static void test_reply_parser_refuses_what_is_no_reply(void **state)
{
    (void)state;
    check_parse("HTTP/1.1 200 OK\r\n", "proto");
    check_parse("\r\n", "proto");
    check_parse("150 early\r\n", "proto");
    check_parse("650 late\r\n", "proto");
    check_parse("25 \r\n", "proto");
    check_parse("2500 x\r\n", "proto");
    check_parse("250-a\r\n550 b\r\n", "protoopen");
}

static void test_reply_parser_caps_lines(void **state)
{
    (void)state;
    static char in[REPLY_LINE_BYTES + 100];
    memset(in, 'x', sizeof in - 1);
    memcpy(in, "250 ", 4);
    check_parse(in, "protoopen");
    struct buf many;
    buf_init(&many, 10000);
    for (int i = 0; i <= REPLY_LINES; i++)
        buf_puts(&many, "250-x\r\n");
    check_parse(buf_slice(&many).p, "protoopen");
    buf_release(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply_format_puts_status_in_every_line),
        cmocka_unit_test(test_reply_line_is_the_last_one_and_clean),
        cmocka_unit_test(test_reply_from_line_has_its_three_parts),
        cmocka_unit_test(test_reply_parser_takes_what_servers_say),
        cmocka_unit_test(test_reply_parser_refuses_what_is_no_reply),
        cmocka_unit_test(test_reply_parser_caps_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "wire/dot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* One result line: "content|rest" after the end, "content" before it, with
 * "bare" or "long" in front. */
static void decode(struct slice in, size_t piece, size_t cap, struct buf *out)
{
    struct dot_decoder decoder;
    struct buf content;
    bool end = false;
    dot_decoder_init(&decoder);
    buf_init(&content, cap);
    buf_puts(&content, "");
    while (in.n && !end) {
        struct slice now = {in.p, in.n < piece ? in.n : piece};
        size_t used;
        end = dot_decoder_feed(&decoder, now, &used, &content) == DOT_EVENT_END;
        in = slice_from(in, used);
    }
    if (decoder.is_bare)
        buf_puts(out, "bare");
    else if (decoder.too_long)
        buf_puts(out, "long");
    else
        buf_put(out, buf_slice(&content));
    if (end)
        buf_printf(out, "|%.*s", SLICE_ARG(in));
    buf_release(&content);
}

static void check_decode(const char *in, const char *want, size_t cap)
{
    for (size_t piece = 1; piece < 100; piece = piece < 4 ? piece + 1 : 100) {
        struct buf out;
        buf_init(&out, 10000);
        buf_puts(&out, "");
        decode(slice_of(in), piece, cap, &out);
        assert_string_equal(buf_slice(&out).p, want);
        buf_release(&out);
    }
}

static void test_dot_decoder_ends_at_crlf_dot_crlf_alone(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {".\r\nQUIT", "|QUIT"},
        {"a\r\n.\r\nQUIT", "a\r\n|QUIT"},
        {"a\r\n..b\r\n.c\r\n...\r\n.\r\n", "a\r\n.b\r\nc\r\n..\r\n|"},
        {"a.\r\n.\r\n", "a.\r\n|"},
        {"a\r\n.", "a\r\n"},
        /* the smuggling class: no end, and the message is void */
        {"a\n.\nMAIL", "bare|MAIL"},
        {"a\n.\r\nMAIL", "bare|MAIL"},
        {"a\r\n.\nMAIL", "bare|MAIL"},
        {"a\r\n.\rMAIL", "bare|MAIL"},
        {"a\r.\r\nMAIL", "bare|MAIL"},
        {"a\r\r\n.\r\nMAIL", "bare|MAIL"},
        {"a\nb\r\nc\r\n.\r\nMAIL", "bare|MAIL"},
        {"a\rb", "bare"},
        {".\nMAIL", "bare|MAIL"},
        {"\n.\r\n", "bare|"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_decode(rows[i].in, rows[i].want, 1000);
}

static void test_dot_decoder_above_cap_discards_to_the_end(void **state)
{
    (void)state;
    check_decode("abc\r\n.\r\nNOOP", "abc\r\n|NOOP", 5);
    check_decode("abcd\r\n.\r\nNOOP", "long|NOOP", 5);
    check_decode("abcd\r\nef\r\n.\r\nNOOP", "long|NOOP", 5);
}

static void check_encode(const char *in, const char *want)
{
    for (size_t piece = 1; piece < 100; piece = piece < 4 ? piece + 1 : 100) {
        struct slice rest = slice_of(in);
        struct dot_encoder encoder;
        struct buf out;
        buf_init(&out, 1000);
        dot_encoder_init(&encoder);
        while (rest.n) {
            size_t n = rest.n < piece ? rest.n : piece;
            dot_encoder_feed(&encoder, (struct slice){rest.p, n}, &out);
            rest = slice_from(rest, n);
        }
        dot_encoder_end(&encoder, &out);
        assert_string_equal(buf_slice(&out).p, want);
        buf_release(&out);
    }
}

static void test_dot_encoder_stuffs_and_ends(void **state)
{
    (void)state;
    check_encode("", ".\r\n");
    check_encode("a\r\n", "a\r\n.\r\n");
    check_encode("a", "a\r\n.\r\n");
    check_encode(".\r\n..b\r\nc.d\r\n", "..\r\n...b\r\nc.d\r\n.\r\n");
    check_encode("a\n.\nb\r.\r", "a\r\n..\r\nb\r\n..\r\n.\r\n");
    check_encode("a\r\r\n", "a\r\n\r\n.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dot_decoder_ends_at_crlf_dot_crlf_alone),
        cmocka_unit_test(test_dot_decoder_above_cap_discards_to_the_end),
        cmocka_unit_test(test_dot_encoder_stuffs_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

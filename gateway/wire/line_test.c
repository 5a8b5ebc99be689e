#include "wire/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"

/* Feeds pieces of the given size; writes "[line]", "long", "bare". */
static void run(struct slice in, size_t piece, struct buf *out)
{
    struct line_reader reader;
    line_reader_init(&reader);
    while (in.n) {
        struct slice now = {in.p, in.n < piece ? in.n : piece}, line;
        size_t used;
        enum line_event event = line_reader_feed(&reader, now, &used, &line);
        in = slice_from(in, used);
        if (event == LINE_EVENT_READY)
            buf_printf(out, "[%.*s]", SLICE_ARG(line));
        if (event == LINE_EVENT_TOO_LONG)
            buf_puts(out, reader.is_auth ? "long-auth " : "long ");
        if (event == LINE_EVENT_BARE) {
            buf_puts(out, "bare");
            break;
        }
    }
    line_reader_release(&reader);
}

static void check(struct slice in, const char *want)
{
    size_t pieces[] = {in.n ? in.n : 1, 1, 3};
    for (size_t i = 0; i < 3; i++) {
        struct buf out;
        buf_init(&out, 100000);
        buf_puts(&out, "");
        run(in, pieces[i], &out);
        assert_string_equal(buf_slice(&out).p, want);
        buf_release(&out);
    }
}

static void test_line_reader_splits_at_crlf_alone(void **state)
{
    (void)state;
    check(slice_of("EHLO a\r\nNOOP\r\n\r\nrest"), "[EHLO a][NOOP][]");
    check(slice_of("EHLO a\nNOOP\r\n"), "bare");
    check(slice_of("NOOP\r\nEHLO a\rNOOP\r\n"), "[NOOP]bare");
    check(slice_of("NOOP\r\r\n"), "bare");
    check(slice_of("\n"), "bare");
}

static struct slice filled(const char *head, size_t bytes, const char *tail)
{
    char *p = xmalloc(bytes + strlen(tail) + 1);
    memset(p, 'x', bytes);
    memcpy(p, head, strlen(head));
    memcpy(p + bytes - 2, "\r\n", 2);
    memcpy(p + bytes, tail, strlen(tail) + 1);
    return slice_of(p);
}

static void check_filled(const char *head, size_t bytes, const char *want)
{
    struct slice in = filled(head, bytes, "QUIT\r\n");
    struct buf text;
    buf_init(&text, 100000);
    if (!*want)
        buf_printf(&text, "[%.*s]", (int)bytes - 2, in.p);
    buf_printf(&text, "%s[QUIT]", want);
    check(in, buf_slice(&text).p);
    buf_release(&text);
    free((void *)(uintptr_t)in.p);
}

static void test_line_reader_at_the_caps(void **state)
{
    (void)state;
    check_filled("NOOP ", LINE_COMMAND_BYTES, "");
    check_filled("NOOP ", LINE_COMMAND_BYTES + 1, "long ");
    check_filled("NOOP ", LINE_AUTH_BYTES * 3, "long ");
    check_filled("auth PLAIN ", LINE_AUTH_BYTES, "");
    check_filled("AUTH PLAIN ", LINE_AUTH_BYTES + 1, "long-auth ");
    check_filled("AUTH PLAIN ", LINE_AUTH_BYTES * 3, "long-auth ");
}

static void test_line_reader_response_has_auth_cap(void **state)
{
    (void)state;
    struct line_reader reader;
    struct slice in = filled("", 5000, ""), line;
    size_t used;
    line_reader_init(&reader);
    reader.is_response = true;
    assert_int_equal(line_reader_feed(&reader, in, &used, &line),
                     LINE_EVENT_READY);
    assert_int_equal(line.n, 4998);
    line_reader_wipe(&reader);
    assert_int_equal(line.p[0], 0);
    line_reader_release(&reader);
    free((void *)(uintptr_t)in.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_reader_splits_at_crlf_alone),
        cmocka_unit_test(test_line_reader_at_the_caps),
        cmocka_unit_test(test_line_reader_response_has_auth_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

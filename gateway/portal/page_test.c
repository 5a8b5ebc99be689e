/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "portal/page.h"
#include "portal/letter.h"

enum { TEXTS = 1900, HEAD_BYTES = 1 << 20 };

static size_t count_of(struct slice in, const char *what)
{
    size_t count = 0, n = strlen(what);
    while (in.n) {
        const char *at = memmem(in.p, in.n, what, n);
        if (!at)
            break;
        count++;
        in = slice_from(in, (size_t)(at - in.p) + n);
    }
    return count;
}

/* A message of so many texts of so many octets, all of them that one. */
static struct slice message_of(struct arena *arena, size_t count, size_t octets,
                               char octet)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_puts(&out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    char *text = arena_alloc(arena, octets);
    memset(text, octet, octets);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&out, "--b\r\nContent-Type: text/plain\r\n\r\n");
        buf_put(&out, (struct slice){text, octets});
        buf_puts(&out, "\r\n");
    }
    buf_puts(&out, "--b--\r\n");
    struct slice message = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return message;
}

static struct slice page_of(struct arena *arena, struct slice content)
{
    struct visit *v = ARENA_NEW(arena, struct visit);
    v->arena = arena;
    v->path = "/m/1";
    v->request.method = "GET";
    v->request.query = "";
    struct portal_link link = {
        .address = "bob@h.example",
        .message = {.sender = "jansen@clinic.example", .content = content}};
    return page_message(v, &link, TEXT_COUNT, "");
}

/* Whatever a message holds, its page is bounded, and nothing of it is lost. */
static void test_page_of_many_texts_is_bounded(void **state)
{
    (void)state;
    static const struct {
        size_t count, octets;
        char octet;
        bool is_whole;
    } rows[] = {
        {3, 100, 'x', true},
        {TEXTS, 1000, 'x', true},
        {TEXTS, 9000, 'x', false},
        {1, 3 << 20, '<', true}, /* each is four in the page */
        {2, 3 << 20, 'x', false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct slice html =
            page_of(arena, message_of(arena, rows[i].count, rows[i].octets,
                                      rows[i].octet));
        size_t shown = count_of(html, "<pre ");
        size_t left = count_of(html, "data-attachment=");
        assert_int_equal(shown + left, rows[i].count);
        if (rows[i].is_whole != (left == 0))
            fail_msg("row %zu: %zu shown, %zu left", i, shown, left);
        assert_true(html.n <= 4 * LETTER_TEXT_MAX + HEAD_BYTES);
        arena_destroy(&arena);
    }
}

static void test_page_octets_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {{"", ""},
                {"abc", "abc"},
                {"<a b='c' d=\"e\">&amp;", "&lt;a b=&#39;c&#39; d=&quot;e&quot;"
                                           "&gt;&amp;amp;"},
                {"caf\xc3\xa9 <", "caf\xc3\xa9 &lt;"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page page = {0};
        buf_init(&page.out, SIZE_MAX);
        buf_puts(&page.out, "");
        page_octets(&page, slice_of(rows[i].text));
        assert_true(slice_is(buf_slice(&page.out), rows[i].want));
        buf_release(&page.out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_of_many_texts_is_bounded),
        cmocka_unit_test(test_page_octets_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

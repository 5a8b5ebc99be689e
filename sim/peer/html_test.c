#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "peer/html.h"

static const char text[] =
    "<!DOCTYPE html><html lang=en><head><title>A &amp; B</title>"
    "<style>p > a { color: red }</style></head><body>"
    "<!-- <form> --><main data-page='verify' data-error=\"wrong\">"
    "<p>One<br>two &#8364; &#x41;</p>"
    "<form method=post action=/m/x/verify data-form=verify>"
    "<input type=hidden name=csrf value='a&quot;b'>"
    "<INPUT name=code required><button>Go</button></form>"
    "<ul><li data-participant=a@x>a<li data-participant=b@x>b</ul>"
    "<pre data-part=0>  two\n lines</pre>"
    "<p>3 < 4</p></main>";

static void test_html_finds_and_reads(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct html_page page = html_read(arena, slice_of(text));
    size_t main_ = html_find(&page, "main", "data-page", NULL, 0, 0);
    assert_true(main_ < page.count);
    assert_string_equal(html_attribute(&page.elements[main_], "data-error"),
                        "wrong");
    size_t form = html_find(&page, "form", NULL, NULL, 0, 0);
    assert_string_equal(html_attribute(&page.elements[form], "action"),
                        "/m/x/verify");
    size_t end = page.elements[form].end;
    size_t csrf = html_find(&page, "input", "name", "csrf", form, end);
    assert_string_equal(html_attribute(&page.elements[csrf], "value"), "a\"b");
    assert_true(html_find(&page, "input", "name", "code", form, end) < end);
    assert_true(html_find(&page, "li", NULL, NULL, form, end) == page.count);
    assert_true(html_find(&page, "form", NULL, NULL, form + 1, 0) ==
                page.count);
    size_t p = html_find(&page, "p", NULL, NULL, 0, 0);
    assert_string_equal(html_text(arena, &page, p), "Onetwo \xe2\x82\xac A");
    size_t pre = html_find(&page, "pre", NULL, NULL, 0, 0);
    assert_string_equal(html_raw_text(arena, &page, pre), "  two\n lines");
    assert_non_null(strstr(html_text(arena, &page, page.count), "3 < 4"));
    arena_destroy(&arena);
}

static void test_html_takes_anything(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        struct arena *arena = arena_create();
        html_read(arena, (struct slice){text, n});
        html_read(arena, (struct slice){text + n, sizeof text - n});
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html_finds_and_reads),
        cmocka_unit_test(test_html_takes_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Any page: its elements nest, and what is asked of them lies within it. */
#include "peer/html.h"

#include "base/test_fuzz.h"

static void check_element(const struct html_page *page, size_t i)
{
    const struct html_element *e = &page->elements[i];
    FUZZ_MUST(e->name && e->end > i && e->end <= page->count);
    FUZZ_MUST(*e->name || e->text);
    for (size_t k = i + 1; k < e->end; k++)
        FUZZ_MUST(page->elements[k].end <= e->end);
    for (size_t k = 0; k < e->attribute_count; k++) {
        FUZZ_MUST(e->attributes[k].name && e->attributes[k].value);
        FUZZ_MUST(html_attribute(e, e->attributes[k].name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct html_page page = html_read(arena, fuzz_input(data, size));
    size_t most = page.count < 200 ? page.count : 200;
    for (size_t i = 0; i < most; i++)
        check_element(&page, i);
    for (size_t i = 0; i < most; i += 1 + most / 8) {
        FUZZ_MUST(strlen(html_text(arena, &page, i)) <= 4 * size);
        FUZZ_MUST(strlen(html_raw_text(arena, &page, i)) <= 4 * size);
    }
    FUZZ_MUST(html_text(arena, &page, page.count));
    FUZZ_MUST(html_find(&page, "a", "href", NULL, 0, 0) <= page.count);
    FUZZ_MUST(html_find(&page, NULL, "data-form", "code", 0, 0) <= page.count);
    arena_destroy(&arena);
    return 0;
}

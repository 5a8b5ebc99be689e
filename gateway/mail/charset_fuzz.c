/* The first line names a charset, the rest is text in it: what comes out is
 * well-formed UTF-8 within the limit, and says nothing that did not stand
 * there. Back again what it does not have is replaced. */
#include "mail/charset.h"

#include "base/test_fuzz.h"

enum { SMALL = 16, LARGE = 1 << 20 };

static void check(struct arena *arena, const char *charset, struct slice in)
{
    struct slice text = charset_to_utf8(arena, charset, in, LARGE);
    FUZZ_MUST(text.n <= LARGE && fuzz_is_utf8(text));
    struct slice front = charset_to_utf8(arena, charset, in, SMALL);
    FUZZ_MUST(front.n <= SMALL && fuzz_is_utf8(front));
    FUZZ_MUST(front.n <= text.n && memcmp(front.p, text.p, front.n) == 0);
    /* The same again: nothing of the memory behind the input is in it. */
    char *copy = malloc(in.n + 1);
    memcpy(copy, in.p, in.n);
    struct slice again =
        charset_to_utf8(arena, charset, (struct slice){copy, in.n}, LARGE);
    free(copy);
    FUZZ_MUST(fuzz_eq(text, again));
    const char *utf8 = arena_text(arena, text);
    (void)charset_from_utf8(arena, charset, utf8, false);
    struct slice html = charset_from_utf8(arena, charset, utf8, true);
    if (charset_is_ascii_like(charset) && !memchr(utf8, '<', strlen(utf8)))
        FUZZ_MUST(!fuzz_has(html, '<'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    const char *charset = arena_text(arena, slice_cut(&in, '\n'));
    check(arena, charset, in);
    arena_destroy(&arena);
    return 0;
}

/* The page of a message by anybody (PORTAL-3): every tag and attribute in it is
 * ours, nothing runs, nothing leads away, and it is well-formed UTF-8. */
#include "portal/page.h"

#include "address/header.h"
#include "base/test_fuzz.h"

static bool is_one_of(struct slice s, const char *const *words)
{
    for (; *words; words++)
        if (slice_is(s, *words))
            return true;
    return false;
}

static bool has_prefix(struct slice s, const char *prefix)
{
    return s.n >= strlen(prefix) && memcmp(s.p, prefix, strlen(prefix)) == 0;
}

static void check_attribute(struct slice name, struct slice value)
{
    static const char *const plain[] = {"lang",
                                        "charset",
                                        "name",
                                        "content",
                                        "rel",
                                        "class",
                                        "id",
                                        "dir",
                                        "role",
                                        "for",
                                        "rows",
                                        "type",
                                        "enctype",
                                        "method",
                                        "title",
                                        "value",
                                        "xmlns",
                                        "viewBox",
                                        "d",
                                        "width",
                                        "height",
                                        "fill",
                                        "stroke",
                                        "stroke-width",
                                        "cx",
                                        "cy",
                                        "r",
                                        "x",
                                        "y",
                                        "rx",
                                        "aria-hidden",
                                        "aria-label",
                                        "aria-current",
                                        "focusable",
                                        "hreflang",
                                        "stroke-linecap",
                                        "stroke-linejoin",
                                        NULL};
    static const char *const paths[] = {"href", "src", "action", NULL};
    FUZZ_MUST(!fuzz_has(value, '<') && !fuzz_has(value, '>'));
    if (is_one_of(name, paths)) {
        FUZZ_MUST(value.n && (value.p[0] == '/' || value.p[0] == '#' ||
                              value.p[0] == '?'));
        FUZZ_MUST(value.n < 2 || value.p[1] != '/');
    } else {
        FUZZ_MUST(is_one_of(name, plain) || has_prefix(name, "data-"));
    }
}

/* name="value", or a bare word of ours. */
static void check_attributes(struct slice rest)
{
    static const char *const bare[] = {"sandbox", "multiple", NULL};
    for (;;) {
        while (rest.n && (*rest.p == ' ' || *rest.p == '\n'))
            fuzz_take(&rest, 1);
        if (!rest.n || (rest.n == 1 && *rest.p == '/'))
            return;
        size_t n = 0;
        while (n < rest.n && !strchr("= \n/", rest.p[n]))
            n++;
        struct slice name = fuzz_take(&rest, n);
        if (!rest.n || *rest.p != '=') {
            FUZZ_MUST(is_one_of(name, bare));
            continue;
        }
        fuzz_take(&rest, 1);
        FUZZ_MUST(rest.n && *rest.p == '"');
        fuzz_take(&rest, 1);
        n = slice_find(rest, '"');
        FUZZ_MUST(n < rest.n);
        check_attribute(name, fuzz_take(&rest, n));
        fuzz_take(&rest, 1);
    }
}

static void check_tag(struct slice tag)
{
    static const char *const names[] = {
        "!DOCTYPE", "html",    "head",   "meta",  "title",  "link",
        "body",     "a",       "header", "div",   "span",   "main",
        "footer",   "p",       "h1",     "h2",    "dl",     "dt",
        "dd",       "ul",      "li",     "bdi",   "pre",    "iframe",
        "details",  "summary", "form",   "input", "button", "label",
        "textarea", "nav",     "svg",    "path",  "rect",   "circle",
        NULL};
    size_t n = 0;
    bool is_end = tag.n && tag.p[0] == '/';
    if (is_end)
        fuzz_take(&tag, 1);
    while (n < tag.n && !strchr(" \n/", tag.p[n]))
        n++;
    struct slice name = fuzz_take(&tag, n);
    FUZZ_MUST(is_one_of(name, names));
    if (slice_is(name, "iframe") && !is_end)
        FUZZ_MUST(has_prefix(tag, " sandbox src="));
    if (!slice_is(name, "!DOCTYPE"))
        check_attributes(tag);
}

static void check_page(struct slice html)
{
    FUZZ_MUST(fuzz_is_utf8(html) && !fuzz_has(html, '\0'));
    while (html.n) {
        size_t start = slice_find(html, '<');
        FUZZ_MUST(slice_find(html, '>') >= start);
        fuzz_take(&html, start + 1);
        if (!html.n)
            return;
        size_t end = slice_find(html, '>');
        FUZZ_MUST(end < html.n);
        check_tag(fuzz_take(&html, end));
        fuzz_take(&html, 1);
    }
}

static void show(struct arena *arena, struct slice content, bool is_alone)
{
    static const char *const all[] = {"bob@b.example", "carl@c.example"};
    struct visit visit = {.arena = arena,
                          .path = "/m/0123",
                          .language = LANGUAGE_DUTCH,
                          .request = {.method = "GET", .query = "note=sent"}};
    struct portal_link link = {
        .message = {.content = content, .sender = "a@a.example"},
        .address = "bob@b.example",
        .participants = all,
        .participant_count = is_alone ? 1 : 2};
    const char *draft = arena_text(arena, content);
    check_page(page_message(&visit, &link, TEXT_COUNT, ""));
    if (fuzz_is_utf8(slice_of(draft)))
        check_page(page_message(&visit, &link, TEXT_ERROR_EMPTY, draft));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice content = fuzz_crlf(arena, fuzz_input(data, size));
    struct header header;
    struct err err;
    if (header_parse(arena, content, &header, &err) == ST_OK) {
        show(arena, content, true);
        show(arena, content, false);
    }
    arena_destroy(&arena);
    return 0;
}

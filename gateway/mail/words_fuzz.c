/* Header values: encoded words become well-formed UTF-8, whatever stands in
 * them; what we encode stays in its field and is read back as it was. */
#include "mail/encode.h"

#include "base/test_fuzz.h"
#include "mail/name.h"

/* One field: CRLF before a blank, or at the end; printable ASCII else. */
static void check_field(struct slice field)
{
    FUZZ_MUST(field.n > 2 && field.p[field.n - 2] == '\r' &&
              field.p[field.n - 1] == '\n');
    for (size_t i = 0; i + 2 < field.n; i++) {
        unsigned char c = (unsigned char)field.p[i];
        if (c == '\r')
            FUZZ_MUST(field.p[i + 1] == '\n' && field.p[i + 2] == ' ');
        else if (c == '\n')
            FUZZ_MUST(i > 0 && field.p[i - 1] == '\r');
        else
            FUZZ_MUST(c >= ' ' && c < 127);
    }
}

/* As encode_header sees a value: control characters are blanks. */
static const char *as_one_line(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = ' ';
    return arena_text(arena, slice_trim(slice_of(line)));
}

static const char *unfolded(struct arena *arena, struct slice field)
{
    char *value = arena_text(arena, field), *to = value;
    for (const char *p = value + strlen("S:"); *p; p++)
        if (*p != '\r' && *p != '\n')
            *to++ = *p;
    *to = '\0';
    return arena_text(arena, slice_trim(slice_of(value)));
}

static void check_header(struct arena *arena, const char *text)
{
    struct buf out;
    buf_init(&out, 8 * strlen(text) + 256);
    encode_header(&out, "S", text);
    struct slice field = buf_slice(&out);
    check_field(field);
    const char *back = encode_decode_words(arena, unfolded(arena, field));
    FUZZ_MUST(fuzz_same(back, as_one_line(arena, text)));
    buf_release(&out);
}

static void check_places(struct arena *arena, const char *text)
{
    for (const char *p = encode_plain(arena, text); *p; p++)
        FUZZ_MUST(*p >= ' ' && *p <= '~');
    FUZZ_MUST(!strpbrk(encode_html(arena, text), "<>\"'"));
    const char *address = encode_address(arena, text);
    FUZZ_MUST(strlen(address) == strlen(text) && !strpbrk(address, "\r\n\t"));
    struct buf out;
    buf_init(&out, 4 * strlen(text) + 64);
    encode_quoted_printable(&out, slice_of(text));
    for (struct slice rest = buf_slice(&out); rest.n;) {
        struct slice line = slice_cut(&rest, '\n');
        FUZZ_MUST(slice_trim(line).n <= 76);
        for (size_t i = 0; i < line.n; i++)
            FUZZ_MUST(line.p[i] == '\t' || line.p[i] == '\r' ||
                      (line.p[i] >= ' ' && line.p[i] <= '~'));
    }
    buf_release(&out);
}

static void check_name(struct arena *arena, const char *text)
{
    const char *name = name_of_file(arena, text, "application/pdf");
    FUZZ_MUST(*name && strlen(name) <= NAME_BYTES_MAX);
    FUZZ_MUST(*name != '.' && !strpbrk(name, "/\\\r\n\x7f"));
    FUZZ_MUST(fuzz_is_utf8(slice_of(name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *value = arena_text(arena, fuzz_input(data, size));
    const char *text = encode_decode_words(arena, value);
    FUZZ_MUST(fuzz_is_utf8(slice_of(text)));
    check_header(arena, text);
    check_name(arena, text);
    check_places(arena, value);
    arena_destroy(&arena);
    return 0;
}

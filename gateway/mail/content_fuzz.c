/* What the header of a part says: texts are well-formed UTF-8 and lower case
 * where promised, parameters within their limit; and transfer encodings give as
 * much as they count. */
#include "mail/content.h"

#include "base/test_fuzz.h"
#include "mail/coding.h"
#include "mail/parameters.h"

static bool is_lower(const char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            return false;
    return true;
}

static void check_content(struct arena *arena, struct slice header)
{
    struct content c = content_read(arena, header);
    FUZZ_MUST(is_lower(c.type) && is_lower(c.charset) && is_lower(c.coding));
    FUZZ_MUST(!c.boundary || *c.boundary);
    FUZZ_MUST(fuzz_is_utf8(slice_of(c.name)));
    FUZZ_MUST(strlen(c.type) <= CONTENT_VALUE_MAX);
    FUZZ_MUST(strlen(c.name) <= 4 * CONTENT_VALUE_MAX);
}

static void check_lines(struct slice header)
{
    while (header.n) {
        size_t line = content_line_bytes(header);
        size_t field = content_field_bytes(header);
        FUZZ_MUST(line > 0 && line <= field && field <= header.n);
        (void)content_is_end(header);
        fuzz_take(&header, field);
    }
}

static void check_parameters(struct arena *arena, struct slice value)
{
    struct parameters *p = ARENA_NEW(arena, struct parameters);
    parameters_read(arena, value, p);
    FUZZ_MUST(p->count <= CONTENT_PARAMETERS_MAX && is_lower(p->first));
    for (size_t i = 0; i < p->count; i++) {
        const char *name = p->all[i].name;
        FUZZ_MUST(is_lower(name));
        FUZZ_MUST(parameters_plain(arena, p, name));
        FUZZ_MUST(fuzz_is_utf8(slice_of(parameters_text(arena, p, name))));
    }
    FUZZ_MUST(fuzz_is_utf8(slice_of(parameters_text(arena, p, "filename"))));
}

static void check_coding(enum coding coding, struct slice octets)
{
    struct decoder decoder;
    decoder_init(&decoder, coding, octets);
    size_t count = decoder_count(&decoder), sum = 0, n;
    struct prng prng = fuzz_prng(octets);
    char out[32];
    decoder_init(&decoder, coding, octets);
    while ((n = decoder_read(&decoder, out, 3 + prng_below(&prng, 30))) > 0)
        sum += n;
    FUZZ_MUST(sum == count && count <= octets.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    check_content(arena, in);
    check_lines(in);
    check_parameters(arena, in);
    check_coding(CODING_NONE, in);
    check_coding(CODING_BASE64, in);
    check_coding(CODING_QUOTED_PRINTABLE, in);
    arena_destroy(&arena);
    return 0;
}

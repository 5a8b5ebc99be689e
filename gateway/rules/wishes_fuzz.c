/* The control fields of a message by anybody: an answer for each recipient, a
 * refusal that is one line of ASCII and never tells a value (RIGHT-4). */
#include "rules/wishes.h"

#include "base/test_fuzz.h"

enum { RECIPIENTS = 3 };

static void check(struct arena *arena, const struct header *header,
                  const struct wishes_settings *settings)
{
    static const char *const texts[RECIPIENTS] = {
        "bob@b.example", "\"a b\"@b.example", "carl@c.example"};
    struct mailbox recipients[RECIPIENTS];
    struct wishes wishes;
    struct err err;
    const char *refusal;
    for (int i = 0; i < RECIPIENTS; i++)
        FUZZ_MUST(mailbox_parse(arena, slice_of(texts[i]), &recipients[i],
                                &err) == ST_OK);
    wishes_parse(arena, header, recipients, RECIPIENTS, settings, &wishes,
                 &refusal);
    for (const char *p = refusal; p && *p; p++)
        FUZZ_MUST(*p >= ' ' && *p <= '~');
    FUZZ_MUST(!refusal || strncmp(refusal, "550 5.6.0 ", 10) == 0);
    for (int i = 0; i < RECIPIENTS && !refusal; i++) {
        struct slice value = wishes.wishes[i].value;
        FUZZ_MUST(wishes.wishes[i].right < RIGHT_COUNT);
        FUZZ_MUST((wishes.wishes[i].right == RIGHT_NONE) == !value.n);
        FUZZ_MUST(fuzz_is_utf8(value) && !fuzz_has(value, '\n'));
    }
    for (size_t i = 0; i < wishes.warning_count; i++)
        FUZZ_MUST(wishes.warnings[i].word < WARNING_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    unsigned char how = fuzz_octet(&in);
    struct slice message = fuzz_crlf(arena, in);
    struct wishes_settings settings = {(enum code_keyword)(how % 3),
                                       (how & 4) != 0};
    struct header header;
    struct err err;
    if (header_parse(arena, message, &header, &err) == ST_OK)
        check(arena, &header, &settings);
    arena_destroy(&arena);
    return 0;
}

/* Credentials: what is accepted has no NUL, and base64 says what it held. */
#include "wire/sasl.h"

#include "base/base64.h"
#include "base/test_fuzz.h"

static void check_base64(struct arena *arena, struct slice text)
{
    struct slice octets, back;
    const char *written = base64_encode(arena, text);
    FUZZ_MUST(base64_decode(arena, slice_of(written), &back) == ST_OK);
    FUZZ_MUST(fuzz_eq(back, text));
    if (base64_decode(arena, text, &octets) == ST_OK)
        FUZZ_MUST(strlen(base64_encode(arena, octets)) == text.n);
}

static void check(struct arena *arena, struct slice text)
{
    struct sasl_plain plain;
    struct secret secret;
    struct err err;
    check_base64(arena, text);
    if (sasl_plain_parse(arena, text, &plain, &err) == ST_OK) {
        FUZZ_MUST(plain.user.n && plain.secret.n);
        FUZZ_MUST(!fuzz_has(plain.user, 0));
        FUZZ_MUST(!fuzz_has(secret_slice(&plain.secret), 0));
        FUZZ_MUST(plain.authzid.n + plain.user.n + plain.secret.n < text.n);
        secret_release(&plain.secret);
    }
    if (sasl_text_parse(arena, text, &secret, &err) == ST_OK) {
        FUZZ_MUST(secret.n && !fuzz_has(secret_slice(&secret), 0));
        secret_release(&secret);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice text = fuzz_input(data, size);
    check(arena, text);
    check(arena, slice_of(base64_encode(arena, text)));
    arena_destroy(&arena);
    return 0;
}

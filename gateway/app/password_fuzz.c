/* Hashes and secrets as a configuration has them: what is accepted is within
 * what we spend on it. */
#include "app/password.h"

#include "base/test_fuzz.h"
#include "portal/totp.h"

static void check_totp(const char *secret)
{
    char code[TOTP_DIGITS + 1];
    int64_t step = 1000000;
    if (!totp_code(secret, step, code))
        return;
    FUZZ_MUST(strspn(code, "0123456789") == TOTP_DIGITS);
    FUZZ_MUST(totp_check(secret, code, step * TOTP_PERIOD_S) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    const char *text = arena_text(arena, fuzz_input(data, size));
    struct password_hash hash;
    if (password_hash_parse(arena, text, &hash) == ST_OK) {
        FUZZ_MUST(hash.cost >= 1 && hash.cost <= PASSWORD_COST_MAX);
        FUZZ_MUST(hash.expected.n == PASSWORD_BYTES && hash.salt.n);
        FUZZ_MUST(hash.r >= 1 && hash.r <= 32 && hash.p >= 1 && hash.p <= 16);
    }
    check_totp(text);
    arena_destroy(&arena);
    return 0;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/password.h"

static bool is(const char *text, const char *password)
{
    struct arena *arena = arena_create();
    struct password_hash hash;
    struct secret secret;
    assert_int_equal(password_hash_parse(arena, text, &hash), ST_OK);
    secret_init(&secret, slice_of(password));
    bool same = password_is(&hash, &secret);
    secret_release(&secret);
    arena_destroy(&arena);
    return same;
}

/* RFC 7914 12, second vector, cut to 32 octets: N=1024, r=8, p=16. */
static void test_password_rfc_vector(void **state)
{
    static const char hash[] = "$scrypt$ln=10,r=8,p=16$TmFDbA==$"
                               "/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI=";
    (void)state;
    assert_true(is(hash, "password"));
    assert_false(is(hash, "Password"));
    assert_false(is(hash, ""));
}

static void test_password_made_hash_is_salted_and_right(void **state)
{
    struct arena *arena = arena_create();
    struct secret secret;
    (void)state;
    secret_init(&secret, slice_of("geheim"));
    const char *a = password_hash_make(arena, &secret, 4);
    const char *b = password_hash_make(arena, &secret, 4);
    assert_string_not_equal(a, b);
    assert_true(is(a, "geheim"));
    assert_true(is(b, "geheim"));
    assert_false(is(a, "geheim "));
    secret_release(&secret);
    arena_destroy(&arena);
}

static void test_password_malformed_hashes_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "$",
        "geheim",
        "$argon2id$ln=4,r=8,p=1$AAAAAAAAAAA=$AAAA",
        "$scrypt$ln=0,r=8,p=1$AAAAAAAAAAA=$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "$scrypt$ln=21,r=8,p=1$AAAAAAAAAAA=$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "$scrypt$ln=4,r=8$AAAAAAAAAAA=$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "$scrypt$ln=4,r=8,p=1,x=1$AAAAAAAAAAA=$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "$scrypt$ln=4,r=8,p=1$AA==$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAA=$AAAA",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAA=$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=$",
    };
    struct arena *arena = arena_create();
    struct password_hash hash;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (password_hash_parse(arena, rows[i], &hash) != ST_INVAL)
            fail_msg("row %zu: %s", i, rows[i]);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password_rfc_vector),
        cmocka_unit_test(test_password_made_hash_is_salted_and_right),
        cmocka_unit_test(test_password_malformed_hashes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

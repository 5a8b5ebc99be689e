#include "wire/sasl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base64.h"

#define RAW(text)                                                              \
    {                                                                          \
        (text), sizeof(text) - 1                                               \
    }

static void test_sasl_plain_splits_three_parts(void **state)
{
    (void)state;
    static const struct {
        struct slice message;
        const char *authzid, *user, *secret; /* user NULL: refused */
    } rows[] = {
        {RAW("\0app\0pass"), "", "app", "pass"},
        {RAW("app\0app\0p s"), "app", "app", "p s"},
        {RAW("x\0y\0z"), "x", "y", "z"},
        {RAW(""), NULL, NULL, NULL},
        {RAW("app\0pass"), NULL, NULL, NULL},
        {RAW("\0\0pass"), NULL, NULL, NULL},
        {RAW("\0app\0"), NULL, NULL, NULL},
        {RAW("\0a\0b\0c"), NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct sasl_plain plain;
        struct err err;
        struct slice text = slice_of(base64_encode(arena, rows[i].message));
        enum status status = sasl_plain_parse(arena, text, &plain, &err);
        assert_int_equal(status, rows[i].user ? ST_OK : ST_PROTO);
        if (status == ST_OK) {
            assert_true(slice_is(plain.authzid, rows[i].authzid));
            assert_true(slice_is(plain.user, rows[i].user));
            assert_true(secret_eq(&plain.secret, slice_of(rows[i].secret)));
            secret_release(&plain.secret);
        }
        arena_destroy(&arena);
    }
}

static void test_sasl_plain_refuses_what_is_no_base64(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct sasl_plain plain;
    struct err err;
    assert_int_equal(
        sasl_plain_parse(arena, slice_of("AGFwcABw!3M="), &plain, &err),
        ST_PROTO);
    assert_int_equal(sasl_plain_parse(arena, slice_of("AGF"), &plain, &err),
                     ST_PROTO);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sasl_plain_splits_three_parts),
        cmocka_unit_test(test_sasl_plain_refuses_what_is_no_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

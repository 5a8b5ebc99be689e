/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <openssl/evp.h>
#include <string.h>

#include "mail/dkim_canon.h"

static const struct body {
    enum dkim_canon canon;
    int64_t limit;
    const char *body, *want;
    bool is_short;
} bodies[] = {
    /* RFC 6376 3.4.5 */
    {DKIM_CANON_RELAXED, -1, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n",
     false},
    {DKIM_CANON_SIMPLE, -1, " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n",
     false},
    /* 3.4.3, 3.4.4: no body at all */
    {DKIM_CANON_SIMPLE, -1, "", "\r\n", false},
    {DKIM_CANON_RELAXED, -1, "", "", false},
    {DKIM_CANON_SIMPLE, -1, "\r\n\r\n", "\r\n", false},
    {DKIM_CANON_RELAXED, -1, "\r\n \t\r\n", "", false},
    /* a last line without CRLF gets one */
    {DKIM_CANON_SIMPLE, -1, "a", "a\r\n", false},
    {DKIM_CANON_RELAXED, -1, "a ", "a\r\n", false},
    /* lines in between stay, blanks in them do not */
    {DKIM_CANON_RELAXED, -1, "a\r\n \r\n\r\nb\tc  d\r\n",
     "a\r\n\r\n\r\nb c d\r\n", false},
    {DKIM_CANON_SIMPLE, -1, "a\r\n \r\n\r\n", "a\r\n \r\n", false},
    /* neither ends a line alone */
    {DKIM_CANON_RELAXED, -1, "a\rb\nc\r\n", "a\rb\nc\r\n", false},
    {DKIM_CANON_RELAXED, 3, "abcdef\r\n", "abc", false},
    {DKIM_CANON_RELAXED, 0, "abcdef\r\n", "", false},
    {DKIM_CANON_SIMPLE, 9, "abcdef\r\n", "abcdef\r\n", true},
};

static void sha256(const char *text, unsigned char out[DKIM_HASH_BYTES])
{
    assert_int_equal(
        EVP_Digest(text, strlen(text), out, NULL, EVP_sha256(), NULL), 1);
}

static void test_bodies_as_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct body *row = &bodies[i];
        unsigned char got[DKIM_HASH_BYTES], want[DKIM_HASH_BYTES];
        bool is_whole =
            dkim_hash_body(row->canon, slice_of(row->body), row->limit, got);
        sha256(row->want, want);
        if (memcmp(got, want, sizeof got) != 0 || is_whole == row->is_short)
            fail_msg("row %zu: \"%s\"", i, row->body);
    }
}

static const struct header {
    enum dkim_canon canon;
    const char *field, *want;
} headers[] = {
    /* RFC 6376 3.4.5 */
    {DKIM_CANON_RELAXED, "A: X\r\n", "a:X\r\n"},
    {DKIM_CANON_RELAXED, "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n"},
    {DKIM_CANON_SIMPLE, "B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n"},
    {DKIM_CANON_RELAXED, "SUBJECT:\r\n folded\r\n  twice\r\n",
     "subject:folded twice\r\n"},
    {DKIM_CANON_RELAXED, "X:\r\n", "x:\r\n"},
    {DKIM_CANON_RELAXED, "X:  \t \r\n", "x:\r\n"},
};

static void test_fields_as_the_standard_says(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        unsigned char got[DKIM_HASH_BYTES], want[DKIM_HASH_BYTES];
        struct mail_message m = mail_parse(arena, slice_of(headers[i].field));
        struct dkim_hash *hash = dkim_hash_create();
        dkim_hash_field(hash, headers[i].canon, &m.fields[0]);
        dkim_hash_end(&hash, got);
        sha256(headers[i].want, want);
        if (memcmp(got, want, sizeof got) != 0)
            fail_msg("row %zu: \"%s\"", i, headers[i].field);
    }
    arena_destroy(&arena);
}

/* 3.7: what b= holds goes, with the blanks around it; and the last CRLF. */
static void test_signature_field_loses_its_value(void **state)
{
    (void)state;
    static const struct {
        enum dkim_canon canon;
        const char *field, *want;
    } rows[] = {
        {DKIM_CANON_RELAXED, "DKIM-Signature: a=1; b= x\r\n y ; c=2\r\n",
         "dkim-signature:a=1; b=; c=2"},
        {DKIM_CANON_SIMPLE, "DKIM-Signature: a=1; b= x\r\n y ; c=2\r\n",
         "DKIM-Signature: a=1; b=; c=2"},
        {DKIM_CANON_RELAXED, "DKIM-Signature: a=1;\r\n b=xy\r\n",
         "dkim-signature:a=1; b="},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char got[DKIM_HASH_BYTES], want[DKIM_HASH_BYTES];
        struct mail_message m = mail_parse(arena, slice_of(rows[i].field));
        struct slice body = m.fields[0].body;
        const char *at = memmem(body.p, body.n, "b=", 2);
        struct slice value = slice_from(body, (size_t)(at + 2 - body.p));
        value.n = slice_find(value, ';');
        struct dkim_hash *hash = dkim_hash_create();
        dkim_hash_signature(hash, rows[i].canon, &m.fields[0], value);
        dkim_hash_end(&hash, got);
        sha256(rows[i].want, want);
        if (memcmp(got, want, sizeof got) != 0)
            fail_msg("row %zu", i);
    }
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_as_the_standard_says),
        cmocka_unit_test(test_fields_as_the_standard_says),
        cmocka_unit_test(test_signature_field_loses_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Signatures of RFC 8463's appendix, and what breaks them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/test_dkim.h"

static void test_signatures_of_rfc_8463_verify(void **state)
{
    (void)state;
    struct slice octets = slice_of(appendix);
    assert_string_equal(verify(octets, 0, ED_RECORD, 1528637910), "good");
    assert_string_equal(verify(octets, 1, RSA_RECORD, 1528637910), "good");
    assert_string_equal(verify(octets, 0, RSA_RECORD, 1528637910),
                        "no key record verifies it");
    assert_string_equal(verify(octets, 1, ED_RECORD, 1528637910),
                        "no key record verifies it");
    assert_string_equal(verify(octets, 0, NULL, 1528637910),
                        "there is no key record");
}

static const struct change {
    const char *from, *to, *want;
} changes[] = {
    {"hungry yet?", "hungry yet!", "the body was changed"},
    {"Joe.\r\n", "Joe.\r\n\r\n \r\n", "good"},
    {"game.  Are", "game. Are", "good"},
    {"ready?", "ready", "no key record verifies it"},
    {"From: Joe", "From:  Joe", "good"},
    {"To: Suzie", "TO:\r\n Suzie", "good"},
    {"To: Suzie", "From: x@y\r\nTo: Suzie", "no key record verifies it"},
    {"To: Suzie", "X-New: 1\r\nTo: Suzie", "good"},
    {"To: Suzie", "To: Zuzie", "no key record verifies it"},
    {"v=1; a=ed", "v=2; a=ed", "v= is not 1"},
    {"a=ed25519-sha256", "a=ed25519-sha1", "a= is none that counts"},
    {"c=relaxed/relaxed", "c=simple/relaxed", "no key record verifies it"},
    {"c=relaxed/relaxed", "c=relaxed", "no key record verifies it"},
    {"c=relaxed/relaxed", "c=relax/relaxed", "c= is unknown"},
    {"from : to :", "to :", "no key record verifies it"},
    {"i=@football.example.com", "i=@ball.example.com", "i= is not of d="},
    {"i=@football.example.com", "i=@a.football.example.com",
     "no key record verifies it"},
    {"t=1528637909; h", "t=1528637909; x=1528637910; h",
     "no key record verifies it"},
    {"t=1528637909; h", "t=1528630000; x=1528630001; h", "it has expired"},
    {"t=1528637909; h", "t=1528637909; x=5; h", "x= is no time after t="},
    {"bh=2jUSO", "bh=3jUSO", "no key record verifies it"},
    {"bh=2jUSO", "bh=?", "bh= is missing or broken"},
    {"b=/gCr", "b=/gCs", "no key record verifies it"},
    {"t=1528637909; h", "t=1528637909; l=2; h", "no key record verifies it"},
    {"t=1528637909; h", "t=1528637909; l=x; h", "l= is no number"},
};

static void test_what_is_changed_breaks_what_it_should(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct slice octets =
            changed(arena, appendix, changes[i].from, changes[i].to);
        const char *got = verify(octets, 0, ED_RECORD, 1528637910);
        if (strcmp(got, changes[i].want) != 0)
            fail_msg("\"%s\" for \"%s\": got %s, want %s", changes[i].to,
                     changes[i].from, got, changes[i].want);
    }
    arena_destroy(&arena);
}

static void test_key_records_that_do_not_count(void **state)
{
    (void)state;
#define KEY_P "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    static const struct {
        const char *record;
        bool good;
    } rows[] = {
        {"k=ed25519; " KEY_P, true},
        {"v=DKIM1; k=ed25519; h=sha1:sha256; s=email; t=y:s; " KEY_P, true},
        {"v=DKIM1; k=ed25519; s=*; n=note; " KEY_P ";", true},
        {"v=DKIM1;k=ed25519;p=11qYAYKxCrfVS/7TyWQH\r\n "
         "Og7hcvPapiMlrwIaaPcHURo=",
         true},
        {"v=DKIM1; " KEY_P, false},
        {"v=DKIM1; k=ed25519; h=sha1; " KEY_P, false},
        {"v=DKIM1; k=ed25519; s=tlsrpt; " KEY_P, false},
        {"v=DKIM1; k=ed25519; p=", false},
        {"k=ed25519; v=DKIM1; " KEY_P, false},
        {"v=DKIM2; k=ed25519; " KEY_P, false},
        {"v=DKIM1; k=ed448; " KEY_P, false},
        {"v=DKIM1; k=ed25519", false},
        {"v=spf1 -all", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got =
            verify(slice_of(appendix), 0, rows[i].record, 1528637910);
        if ((strcmp(got, "good") == 0) != rows[i].good)
            fail_msg("%s: %s", rows[i].record, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures_of_rfc_8463_verify),
        cmocka_unit_test(test_what_is_changed_breaks_what_it_should),
        cmocka_unit_test(test_key_records_that_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

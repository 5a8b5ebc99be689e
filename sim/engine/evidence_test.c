#include "engine/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_evidence_octets_come_back(void **state)
{
    static const struct slice rows[] = {
        SLICE_LITERAL(""),         SLICE_LITERAL("plain"),
        SLICE_LITERAL("a\0b"),     SLICE_LITERAL("gr\xc3\xbc\xc3\x9f"),
        SLICE_LITERAL("\xff\xfe"), SLICE_LITERAL("caf\xe9 \x80\xbf\xc3"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        json_t *object = json_object();
        evidence_set_octets(object, "content", rows[i]);
        char *text = json_dumps(object, 0);
        json_t *again = json_loads(text, JSON_ALLOW_NUL, NULL);
        assert_non_null(again);
        struct slice got = evidence_octets(arena, again, "content");
        if (!slice_eq(got, rows[i]))
            fail_msg("row %zu: %s", i, text);
        assert_int_equal(evidence_yes(again, "content_latin1"), i >= 4);
        free(text);
        json_decref(object);
        json_decref(again);
        arena_destroy(&arena);
    }
}

static void test_evidence_missing_is_empty(void **state)
{
    (void)state;
    json_t *object = json_object();
    assert_string_equal(evidence_text(object, "x"), "");
    assert_int_equal(json_array_size(evidence_list(object, "x")), 0);
    assert_int_equal(evidence_number(object, "x", 7), 7);
    assert_false(evidence_yes(object, "x"));
    assert_null(evidence_event(object, "accepted", 0, 9, 0));
    json_decref(object);
}

static void test_evidence_event_counts_within_steps(void **state)
{
    (void)state;
    json_t *e =
        json_pack("{s:[{s:s,s:i,s:i},{s:s,s:i,s:i},{s:s,s:i,s:i}]}", "journal",
                  "event", "outcome", "step", 0, "n", 1, "event", "settled",
                  "step", 0, "n", 2, "event", "outcome", "step", 2, "n", 3);
    assert_int_equal(
        evidence_number(evidence_event(e, "outcome", 0, 9, 1), "n", 0), 3);
    assert_int_equal(
        evidence_number(evidence_event(e, "outcome", 1, 9, 0), "n", 0), 3);
    assert_null(evidence_event(e, "outcome", 0, 1, 1));
    json_decref(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence_octets_come_back),
        cmocka_unit_test(test_evidence_missing_is_empty),
        cmocka_unit_test(test_evidence_event_counts_within_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each leak in the handmade case that the invariants must notice. */
#include "checker/test_bench.h"

#include "base/base64.h"

/* A text in base64 with `offset` octets before it, in lines. */
static const char *coded(struct arena *arena, const char *text, size_t offset)
{
    char *all = arena_printf(arena, "%.*s%s tail", (int)offset, "xx", text);
    char *b = base64_encode(arena, slice_of(all));
    return arena_printf(arena, "%.20s\r\n%s", b, b + 20);
}

static void
test_invariants_content_in_a_notification_in_any_coding(void **state)
{
    struct arena *arena = arena_create();
    static const char path[] = "received/1/content";
    for (size_t offset = 0; offset < 3; offset++) {
        struct row rows[] = {
            {{path, "--b--", coded(arena, MARK, offset)}, "MAIL-3", "mark"},
            {{path, "--b--", coded(arena, "31612345678", offset)},
             "RIGHT-5",
             "a phone number"},
        };
        EXPECT_NOTICED(*state, rows);
    }
    static const struct row rows[] = {
        {{path, "--b--", MARK}, "MAIL-3", "plain"},
        {{path, "--b--", "=4CH-MARK-ABCDEFGHIJ=\r\nKLMNOPQRSTUVWX"},
         "MAIL-3",
         "quoted-printable"},
        {{path, "--b--", "LH-MARK-ABCDEFGHIJ\r\n KLMNOPQRSTUVWX"},
         "MAIL-3",
         "plain"},
        {{path, "--b--", "call 31612345678"}, "RIGHT-5", "a phone number"},
        {{path, "--b--", "EVE@hospital.example"}, "CONV-3", "eve@"},
    };
    EXPECT_NOTICED(*state, rows);
    arena_destroy(&arena);
}

static void test_invariants_hold_everywhere(void **state)
{
    static const struct row rows[] = {
        /* content below the level that its method demands */
        {{"received/0/level", NULL, "\"tls\""},
         "TRANSPORT-1",
         "level pkix for method direct-delivery"},
        {{"received/0/tls", NULL, "null"}, "TRANSPORT-2", "plain"},
        {{"journal/1/method", NULL, "\"email\""},
         "ORDER-2",
         "no content by method email"},
        /* what the gateway writes */
        {{"journal/9/to", NULL, "\"" MARK "\""}, "MAIL-3", "journal"},
        {{"journal/9/to", NULL, "\"31612345678\""}, "RIGHT-5", "journal"},
        {{"target/stderr_tail", NULL, "\"code +31612345678\""},
         "RIGHT-5",
         "log"},
        {{"submissions/0/replies/11/reply", NULL, "\"250 2.0.0 31612345678\""},
         "RIGHT-5",
         "reply"},
        /* another's mail */
        {{"received/3/content", "it failed.", "It failed: +31612345678"},
         "RIGHT-5",
         "DSN"},
        {{"received/3/recipients", NULL, "[\"bob@hospital.example\"]"},
         "DSN-1",
         "about none"},
    };
    EXPECT_NOTICED(*state, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_invariants_content_in_a_notification_in_any_coding),
        cmocka_unit_test(test_invariants_hold_everywhere),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/events.h"

static const struct store_message message = {.id = "m1",
                                             .organization = "clinic"};
static const struct store_recipient recipient = {
    .address = "bob@hospital.example", .conversation = "c1"};
static const struct store_dsn dsn = {.to = "jansen@clinic.example",
                                     .recipients =
                                         "bob@x.example eve@y.example",
                                     .action = "delayed"};

static struct store_item item(enum store_kind kind)
{
    return (struct store_item){.kind = kind,
                               .attempts = 2,
                               .method = "none",
                               .message = &message,
                               .recipient = &recipient,
                               .dsn = &dsn};
}

/* The line without id and time, which change. */
static char *stable(struct arena *arena, const struct event_line *line)
{
    json_error_t error;
    json_t *object = json_loads(line->line, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        fail_msg("%s: %s", error.text, line->line);
    }
    assert_string_equal(json_string_value(json_object_get(object, "id")),
                        line->id);
    assert_int_equal(strlen(line->id), 32);
    assert_true(json_integer_value(json_object_get(object, "time")) > 0);
    json_object_del(object, "id");
    json_object_del(object, "time");
    char *text = json_dumps(object, JSON_COMPACT);
    char *kept = arena_strdup(arena, text);
    free(text);
    json_decref(object);
    return kept;
}

static void check(struct arena *arena, struct event_line line, const char *want)
{
    assert_string_equal(stable(arena, &line), want);
}

static const struct attempt_report direct = {.method = METHOD_DIRECT_DELIVERY,
                                             .delivery = DELIVERY_DIRECT,
                                             .host = "mx.hospital.example",
                                             .is_measured = true,
                                             .level = LEVEL_PKIX,
                                             .tls = "1.3",
                                             .reply = "250 2.0.0 ok"};
static const struct attempt_report deferred = {.method = METHOD_EMAIL,
                                               .delivery = DELIVERY_DEFERRED,
                                               .tls = "",
                                               .why = WHY_NO_CONNECTION};

static void test_event_outcome_tells_server_and_reply(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct store_item one = item(STORE_KIND_RECIPIENT);
    check(arena, event_outcome(arena, &one, &direct, false),
          "{\"event\":\"outcome\",\"message\":\"m1\","
          "\"recipient\":\"bob@hospital.example\",\"conversation\":\"c1\","
          "\"method\":\"direct-delivery\",\"delivery\":\"direct\","
          "\"idd\":false,\"host\":\"mx.hospital.example\",\"tls\":\"1.3\","
          "\"level\":\"pkix\",\"reply\":\"250 2.0.0 ok\",\"dsn\":false}");
    arena_destroy(&arena);
}

static void test_event_deferred_until_is_never_early(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct store_item one = item(STORE_KIND_RECIPIENT);
    struct store_item two = item(STORE_KIND_DSN);
    check(arena, event_deferred(arena, &one, &deferred, 5001),
          "{\"event\":\"deferred\",\"message\":\"m1\","
          "\"recipient\":\"bob@hospital.example\",\"conversation\":\"c1\","
          "\"method\":\"email\",\"until\":6,\"why\":\"no connection\"}");
    check(arena, event_deferred(arena, &two, &deferred, 5000),
          "{\"event\":\"deferred\",\"message\":\"m1\",\"dsn\":true,"
          "\"to\":\"jansen@clinic.example\",\"until\":5,"
          "\"why\":\"no connection\"}");
    arena_destroy(&arena);
}

static void test_event_dsn_lists_every_recipient(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct store_item one = item(STORE_KIND_DSN);
    check(arena, event_dsn(arena, &one, &direct, "sent"),
          "{\"event\":\"dsn\",\"message\":\"m1\","
          "\"to\":\"jansen@clinic.example\","
          "\"recipients\":[\"bob@x.example\",\"eve@y.example\"],"
          "\"action\":\"delayed\","
          "\"outcome\":\"sent\",\"host\":\"mx.hospital.example\","
          "\"tls\":\"1.3\"}");
    check(arena, event_settled(arena), "{\"event\":\"settled\"}");
    arena_destroy(&arena);
}

static void test_event_mailed_says_what_and_to_whom(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct store_dsn code = dsn;
    code.action = "code";
    code.conversation = "c1";
    struct store_item one = item(STORE_KIND_DSN);
    one.dsn = &code;
    check(arena, event_mailed(arena, &one, &direct, "sent"),
          "{\"event\":\"mailed\",\"message\":\"m1\","
          "\"to\":\"jansen@clinic.example\",\"what\":\"code\","
          "\"conversation\":\"c1\",\"outcome\":\"sent\","
          "\"host\":\"mx.hospital.example\",\"tls\":\"1.3\"}");
    arena_destroy(&arena);
}

static void test_event_decided_explains_each_rank(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct store_item one = item(STORE_KIND_RECIPIENT);
    const struct reach_host tried[] = {
        {"mx1", MEASURE_MEASURED, LEVEL_TLS, WHY_SELF_SIGNED},
        {"mx2", MEASURE_UNKNOWN, LEVEL_NONE, WHY_NO_CONNECTION}};
    const struct reached weak = {.hosts = tried, .count = 2};
    const struct reached *by_minimum[MINIMUM_COUNT] = {[MINIMUM_PKIX] = &weak};
    const struct hosts_note note = {"mx1", "alias followed"};
    const struct hosts hosts = {.note = &note, .note_count = 1};
    const struct decision decision = {
        .not_applied = {{METHOD_ACCOUNT, WHY_NO_ACCOUNT},
                        {METHOD_DIRECT_DELIVERY, WHY_SELF_SIGNED}},
        .not_applied_count = 2};
    const struct attempt_report report = {.method = METHOD_ACCESS_RIGHT,
                                          .delivery = DELIVERY_NOTIFICATION,
                                          .tls = "",
                                          .decision = &decision,
                                          .reached = by_minimum,
                                          .hosts = &hosts};
    check(arena, event_decided(arena, &one, &report, POLICY_OFF, true),
          "{\"event\":\"decided\",\"message\":\"m1\","
          "\"recipient\":\"bob@hospital.example\",\"attempt\":3,"
          "\"conversation\":\"c1\",\"method\":\"access-right\","
          "\"delivery\":\"notification\",\"idd\":false,\"not\":["
          "{\"method\":\"account\",\"why\":\"no account\"},"
          "{\"method\":\"direct-delivery\",\"why\":\"self-signed\",\"hosts\":["
          "{\"host\":\"mx1\",\"level\":\"tls\",\"why\":\"self-signed\"},"
          "{\"host\":\"mx2\",\"why\":\"no connection\"}]}],"
          "\"notes\":[{\"host\":\"mx1\",\"note\":\"alias followed\"}]}");
    const struct hosts none = {.failure = "server failure"};
    struct attempt_report waits = report;
    waits.hosts = &none;
    struct event_line line =
        event_decided(arena, &one, &waits, POLICY_OFF, true);
    assert_non_null(strstr(line.line, "\"notes\":[{\"host\":\"hospital.example"
                                      "\",\"note\":\"server failure\"}]"));
    arena_destroy(&arena);
}

static void test_event_masks_octets_that_are_no_utf8(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct store_item one = item(STORE_KIND_RECIPIENT);
    struct attempt_report odd = direct;
    odd.host = "m\xff";
    struct event_line line = event_outcome(arena, &one, &odd, true);
    assert_non_null(strstr(line.line, "\"host\":\"m?\""));
    assert_non_null(strstr(line.line, "\"dsn\":true"));
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_outcome_tells_server_and_reply),
        cmocka_unit_test(test_event_deferred_until_is_never_early),
        cmocka_unit_test(test_event_dsn_lists_every_recipient),
        cmocka_unit_test(test_event_mailed_says_what_and_to_whom),
        cmocka_unit_test(test_event_decided_explains_each_rank),
        cmocka_unit_test(test_event_masks_octets_that_are_no_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "deliver/bounce.h"

#define REPORT(action, status)                                                 \
    "From: MAILER-DAEMON@mx.example\r\n"                                       \
    "Content-Type: multipart/report; boundary=b\r\n\r\n"                       \
    "--b\r\nContent-Type: message/delivery-status\r\n\r\n"                     \
    "Reporting-MTA: dns; mx.example\r\n\r\nAction: " action                    \
    "\r\nStatus: " status "\r\nDiagnostic-Code: smtp; 550 " status             \
    " no\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"                       \
    "Subject: x\r\n\r\nreturned content\r\n--b--\r\n"

enum {
    NEVER = STORE_NOTIFY_NEVER,
    SUCCESS = STORE_NOTIFY_SUCCESS,
    FAILURE = STORE_NOTIFY_FAILURE,
    DELAY = STORE_NOTIFY_DELAY
};

static const struct row {
    const char *content;
    unsigned notify, reported;
    const char *want; /* "bounced 5.1.1 + failed"; "": nothing */
} rows[] = {
    {REPORT("failed", "5.1.1"), 0, 0, "bounced 5.1.1 + failed"},
    {REPORT("failed", "5.1.1"), FAILURE, 0, "bounced 5.1.1 + failed"},
    {REPORT("failed", "5.1.1"), NEVER, 0, "bounced 5.1.1"},
    {REPORT("failed", "5.1.1"), SUCCESS | DELAY, 0, "bounced 5.1.1"},
    {REPORT("failed", "5.1.1"), 0, FAILURE, "bounced 5.1.1"},
    {REPORT("delayed", "4.4.1"), 0, 0, ""},
    {REPORT("delayed", "4.4.1"), DELAY, 0, " + delayed"},
    {REPORT("delayed", "4.4.1"), DELAY, DELAY, ""},
    {REPORT("delivered", "2.0.0"), FAILURE, 0, ""},
    {REPORT("delivered", "2.0.0"), SUCCESS, 0, " + delivered"},
    {REPORT("relayed", "2.0.0"), SUCCESS, 0, " + relayed"},
    {REPORT("expanded", "2.0.0"), SUCCESS, SUCCESS, ""},
    {"From: bob@x.example\r\nSubject: On holiday\r\n\r\nx\r\n", 0, 0, ""},
};

static const struct deliver_settings settings = {.host_name = "gw.example"};
static const struct store_message message = {
    .id = "m1",
    .organization = "clinic",
    .reverse_path = "jansen@clinic.example",
    .content = SLICE_LITERAL("Subject: Appointment\r\n\r\nsecret body\r\n")};

static bool has(struct slice text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static const char *taken(struct arena *arena, const struct row *row)
{
    struct store_recipient recipient = {.address = "bob@hospital.example",
                                        .notify = row->notify,
                                        .reported = row->reported};
    struct store_item item = {.message = &message, .recipient = &recipient};
    struct store_record record;
    struct store_dsn dsn;
    struct bounce bounce = {&item, slice_of(row->content), true, 1000};
    if (!bounce_take(arena, &settings, &bounce, &record, &dsn)) {
        return "";
    }
    assert_int_equal(record.change, STORE_CHANGE_BOUNCED);
    assert_ptr_equal(record.item, &item);
    const char *said = "";
    if (record.event.id != NULL) {
        const char *status = strstr(record.event.line, "\"status\":\"") + 10;
        assert_non_null(strstr(record.event.line, "\"event\":\"bounced\""));
        said = arena_printf(arena, "bounced %.*s", (int)strcspn(status, "\""),
                            status);
    }
    if (record.dsn == NULL) {
        return said;
    }
    assert_string_equal(dsn.to, "jansen@clinic.example");
    assert_true(has(dsn.content, "Final-Recipient: rfc822; bob@hospital"));
    assert_true(has(dsn.content, "Remote-MTA: dns; mx.example"));
    assert_true(has(dsn.content, "Diagnostic-Code: smtp; 550 "));
    assert_true(has(dsn.content, "Subject: Appointment"));
    assert_false(has(dsn.content, "secret body"));
    assert_false(has(dsn.content, "returned content"));
    return arena_printf(arena, "%s + %s", said, dsn.action);
}

static void test_bounce_becomes_what_the_sender_wants_to_know(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        const char *got = taken(arena, &rows[i]);
        if (strcmp(got, rows[i].want) != 0) {
            fail_msg("row %zu: got \"%s\", want \"%s\"", i, got, rows[i].want);
        }
        arena_destroy(&arena);
    }
}

/* CONN-11: what comes behind the report is not looked at, however much it is;
 * a report that stands that far behind is none. */
static void test_bounce_is_read_at_its_front(void **state)
{
    (void)state;
    enum { MUCH = 3 << 20 };
    static const char report[] = REPORT("failed", "5.1.1");
    struct arena *arena = arena_create();
    char *text = arena_alloc(arena, sizeof report + MUCH);
    struct row row = {text, 0, 0, ""};
    memcpy(text, report, sizeof report - 1);
    memset(text + sizeof report - 1, 'x', MUCH);
    assert_string_equal(taken(arena, &row), "bounced 5.1.1 + failed");
    const char *status = strstr(report, "--b\r\n");
    size_t front = (size_t)(status - report);
    memset(text + front, 'x', MUCH);
    memcpy(text + front + MUCH - 2, "\r\n", 2);
    memcpy(text + front + MUCH, status, sizeof report - front);
    assert_string_equal(taken(arena, &row), "");
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounce_becomes_what_the_sender_wants_to_know),
        cmocka_unit_test(test_bounce_is_read_at_its_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

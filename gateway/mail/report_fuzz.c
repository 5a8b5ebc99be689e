/* What came to a return path, from anybody: what it tells fits into a report of
 * our own, which is seven bits and one field a line. */
#include "mail/report.h"

#include "base/test_fuzz.h"

/* "5.1.1" of a class that fits the action. */
static void check_status(const char *status)
{
    struct slice rest = slice_of(status);
    unsigned long part;
    struct slice first = slice_cut(&rest, '.');
    FUZZ_MUST(first.n == 1 && strchr("245", first.p[0]));
    for (int i = 0; i < 2; i++)
        FUZZ_MUST(slice_number(slice_cut(&rest, '.'), 999, &part));
    FUZZ_MUST(!rest.n);
}

static void check_lines(struct slice mail)
{
    for (size_t i = 0; i < mail.n; i++) {
        unsigned char c = (unsigned char)mail.p[i];
        FUZZ_MUST(c < 128 && c != 0);
        FUZZ_MUST(c != '\n' || (i > 0 && mail.p[i - 1] == '\r'));
        FUZZ_MUST(c != '\r' || (i + 1 < mail.n && mail.p[i + 1] == '\n'));
    }
    while (mail.n)
        FUZZ_MUST(slice_cut(&mail, '\n').n <= 999);
}

static void check(struct arena *arena, struct slice content, bool is_null_path)
{
    struct mail_report report;
    if (!mail_report_read(arena, content, is_null_path, &report))
        return;
    FUZZ_MUST(report.action < MAIL_DSN_ACTION_COUNT);
    check_status(report.status);
    struct mail_dsn_recipient recipient = {.address = "bob@b.example",
                                           .status = report.status,
                                           .remote_mta = report.remote_mta,
                                           .diagnostic = report.diagnostic,
                                           .reason = "It came back."};
    struct mail_dsn dsn = {.action = report.action,
                           .host_name = "gw.example",
                           .to = "a@a.example",
                           .content =
                               SLICE_LITERAL("From: a@a.example\r\n\r\n"),
                           .mail_id = "1",
                           .recipients = &recipient,
                           .recipient_count = 1};
    check_lines(mail_dsn(arena, &dsn));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice content = fuzz_crlf(arena, fuzz_input(data, size));
    check(arena, content, true);
    check(arena, content, false);
    arena_destroy(&arena);
    return 0;
}

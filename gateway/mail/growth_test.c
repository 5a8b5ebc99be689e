/* What anybody can make larger: when it is doubled, the work for it is doubled
 * and not fourfold. Counted in octets that are allocated and instructions that
 * are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "address/mailbox_list.h"
#include "base/blob.h"
#include "base/buf.h"
#include "base/test_growth.h"
#include "mail/dkim_seal.h"
#include "mail/dsn.h"
#include "mail/encode.h"
#include "mail/entity.h"
#include "mail/notification.h"
#include "mail/parts.h"
#include "mail/report.h"
#include "mail/seven_bit.h"

struct dimension {
    const char *name;
    const char *first, *again, *last; /* again so many times */
    const char *more; /* after all of again, as often; NULL: nothing */
    size_t least;     /* times for the instructions, 0: these are not looked at;
                         for octets much more */
    void (*read)(struct arena *arena, struct slice in);
};

/* --- what is done with it ------------------------------------------------- */

static void read_header(struct arena *arena, struct slice in)
{
    struct mail_message message = mail_parse(arena, in);
    (void)mail_value(arena, &message, "Subject");
    (void)mail_value_in(arena, in, "X-Last");
}

static void read_words(struct arena *arena, struct slice in)
{
    (void)encode_decode_words(arena, arena_text(arena, in));
}

static void read_parts(struct arena *arena, struct slice in)
{
    struct mail_part_list list;
    mail_parts(arena, in, &list);
}

static void read_addresses(struct arena *arena, struct slice in)
{
    struct mailbox_list list;
    struct err err;
    (void)!mailbox_list_parse(arena, in, &list, &err);
}

static void read_field(struct arena *arena, struct slice in)
{
    static const char *const names[] = {"To", NULL};
    struct header header;
    struct err err;
    if (header_parse(arena, in, &header, &err) == ST_OK)
        (void)mailbox_list_collect(arena, &header, names);
}

static void read_signatures(struct arena *arena, struct slice in)
{
    const char *selectors[DKIM_SEEN_MAX];
    (void)dkim_seal_selectors(arena, in, "x.example", selectors);
}

static void read_report(struct arena *arena, struct slice in)
{
    struct mail_report report;
    (void)mail_report_read(arena, in, true, &report);
}

static void convert(struct arena *arena, struct slice in)
{
    (void)!mail_to_7bit(blob_create_in(arena, NULL), arena, in);
}

static void write_dsn(struct arena *arena, struct slice in)
{
    struct mail_dsn_recipient recipient = {.address = "bob@x.example",
                                           .status = "5.1.1",
                                           .reason = "no",
                                           .diagnostic = arena_text(arena, in)};
    struct mail_dsn dsn = {.host_name = "g",
                           .to = "a@b",
                           .content = in,
                           .mail_id = "1",
                           .recipients = &recipient,
                           .recipient_count = 1};
    (void)mail_dsn(arena, &dsn);
}

static void write_header(struct arena *arena, struct slice in)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    encode_header(&out, "Subject",
                  encode_decode_words(arena, arena_text(arena, in)));
    buf_release(&out);
}

static void write_notification(struct arena *arena, struct slice in)
{
    struct mail_notification n = {.from = "no-reply@g.example",
                                  .host_name = "g",
                                  .to = "bob@x.example",
                                  .content = in,
                                  .conversation = "c",
                                  .portal = "https://p",
                                  .token = "t",
                                  .mail_id = "1"};
    (void)mail_notification(arena, &n);
}

/* --- the dimensions ------------------------------------------------------- */

#define MIXED "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
#define RELATED                                                                \
    "Content-Type: multipart/related; boundary=m; start=\"<z>\"\r\n\r\n"
#define REPORT                                                                 \
    "Content-Type: multipart/report; boundary=m\r\n\r\n--m\r\n"                \
    "Content-Type: message/delivery-status\r\n\r\n"

static const struct dimension dimensions[] = {
    {"fields", "", "A: b\r\n", "\r\n", NULL, 0, read_header},
    {"folds", "Subject:", " a\r\n", "\r\n", NULL, 0, read_header},
    {"blanks before letters", "Subject:", " ", "\r\n\r\n", "x", 100,
     read_header},
    {"words", "", "=?utf-8?q?a?= ", "", NULL, 5, read_words},
    {"words of B", "", "=?utf-8?b?YWFh?=", "", NULL, 0, read_words},
    {"words of two charsets", "", "=?utf-8?q?a?= =?us-ascii?q?b?= ", "", NULL,
     0, read_words},
    {"octets in a word", "=?utf-8?q?", "=C3=A4", "?=", NULL, 0, read_words},
    {"starts of words", "", "=?a?q?", "", NULL, 10, read_words},
    {"raw octets", "", "\xe4=", "", NULL, 0, read_words},
    {"parts", MIXED, "--m\r\n\r\n\r\n", "--m--\r\n", NULL, 8, read_parts},
    {"texts of a related", RELATED, "--m\r\nContent-ID: <y>\r\n\r\n",
     "--m--\r\n", NULL, 0, read_parts},
    {"nested parts", MIXED, "--m\r\n" MIXED, "", NULL, 0, read_parts},
    {"lines that are none's", MIXED "--m\r\n\r\n", "--b\r\n", "", NULL, 0,
     read_parts},
    {"parameters", "Content-Type: a/b", "; x=y", "\r\n\r\n", NULL, 4,
     read_parts},
    {"sections", "Content-Disposition: attachment", "; filename*0*=a%20",
     "\r\n\r\n", NULL, 0, read_parts},
    {"quoted-printable", "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
     "=  ", "", NULL, 0, read_parts},
    {"addresses", "", "ab@x.example, ", "cd@x.example", NULL, 4,
     read_addresses},
    {"comments within comments", "", "(", "a@x.example", ")", 50,
     read_addresses},
    {"comments that are open", "To: ", "(", "\r\n\r\n", NULL, 0, read_field},
    {"addresses that are none", "To: ", "a b@, ", "\r\n\r\n", NULL, 0,
     read_field},
    {"a domain's letters", "a@", "\xc3\xa4", ".example", NULL, 0,
     read_addresses},
    {"words of a display name", "", "\"a\" ", "<a@x.example>", NULL, 0,
     read_addresses},
    {"signatures", "", "DKIM-Signature: d=x.example; s=a\r\n", "\r\n", NULL, 5,
     read_signatures},
    {"tags of a signature", "DKIM-Signature: ", "x=y;", "\r\n\r\n", NULL, 0,
     read_signatures},
    {"fields of a bounce", "From: mailer-daemon@x\r\n", "A: b\r\n", "\r\n",
     NULL, 20, read_report},
    {"groups of a report", REPORT, "Action: failed\r\n\r\n", "--m--\r\n", NULL,
     0, read_report},
    {"fields of a report", REPORT, "A: b\r\n", "--m--\r\n", NULL, 0,
     read_report},
    {"what a bounce encloses", REPORT "Action: failed\r\n--m\r\n\r\n",
     "abc def\r\n", "--m--\r\n", NULL, 0, read_report},
    {"eight-bit parts", MIXED, "--m\r\n\r\n\xe4\r\n", "--m--\r\n", NULL, 0,
     convert},
    {"eight-bit lines", "\r\n", "\xe4 \r\n", "", NULL, 0, convert},
    {"parameters of what is converted", "Content-Type: multipart/mixed",
     "; x=y", "\r\n\r\n\xe4\r\n", NULL, 0, convert},
    {"nested parts that are converted", MIXED, "--m\r\n" MIXED, "\xe4\r\n",
     NULL, 0, convert},
    {"what a server said", "550 ", "no ", "", NULL, 0, write_dsn},
    {"a field that is written", "", "\xe4 ", "", NULL, 0, write_header},
    {"a notification's Subject", "Subject: ", "\xe4", "\r\n\r\n", NULL, 0,
     write_notification},
};

static void repeat(struct buf *out, const char *text, size_t times)
{
    for (size_t i = 0; text && i < times; i++)
        buf_puts(out, text);
}

struct run {
    const struct dimension *dimension;
    struct slice in;
};

static void run(void *ctx)
{
    const struct run *r = ctx;
    struct arena *arena = arena_create();
    r->dimension->read(arena, r->in);
    arena_destroy(&arena);
}

static struct growth cost(const struct dimension *d, size_t times, bool steps)
{
    struct buf in;
    buf_init(&in, SIZE_MAX);
    buf_puts(&in, d->first);
    repeat(&in, d->again, times);
    if (d->more)
        repeat(&in, d->more, times);
    buf_puts(&in, d->last);
    struct run r = {d, buf_slice(&in)};
    struct growth growth = growth_of(run, &r, steps);
    buf_release(&in);
    return growth;
}

/* The second half costs as much as the first; with a square three times as
 * much. What is held in doubled arrays comes in steps of its own. */
static void check_steps(const struct dimension *d)
{
    enum { ANY = 4000 };
    if (!d->least)
        return;
    (void)cost(d, d->least, false); /* what is done once is done */
    size_t none = cost(d, 0, true).steps;
    size_t one = cost(d, d->least, true).steps;
    size_t two = cost(d, 2 * d->least, true).steps;
    size_t first = one > none ? one - none : 0;
    size_t second = two > one ? two - one : 0;
    if (second > 2 * first + ANY)
        fail_msg("%s: %zu, %zu, %zu instructions", d->name, none, one, two);
}

static void check_octets(const struct dimension *d)
{
    enum { TIMES = 64, ANY = 65536 };
    size_t times = TIMES * (d->least ? d->least : TIMES);
    size_t one = cost(d, times, false).octets;
    size_t two = cost(d, 2 * times, false).octets;
    if (two > 3 * one + ANY)
        fail_msg("%s: %zu, %zu octets", d->name, one, two);
}

static void test_growth_of_octets_is_linear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++)
        check_octets(&dimensions[i]);
}

static void test_growth_of_instructions_is_linear(void **state)
{
    (void)state;
    if (!cost(&dimensions[0], 1, true).steps)
        skip();
    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++)
        check_steps(&dimensions[i]);
}

/* However many boundaries are open, a line is compared with a few. */
static void test_growth_by_open_boundaries(void **state)
{
    enum { LINES = 10000, FEW = 16 };
    (void)state;
    for (int open = 12; open < ENTITY_DEPTH_MAX; open *= 2) {
        struct arena *arena = arena_create();
        struct entity_tree tree;
        struct buf in;
        buf_init(&in, SIZE_MAX);
        buf_puts(&in, "Content-Type: multipart/mixed; boundary=b0\r\n\r\n");
        for (int i = 0; i < open; i++)
            buf_printf(&in,
                       "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d"
                       "\r\n\r\n",
                       i, i + 1);
        repeat(&in, "--b\r\n--b--\r\n", LINES);
        entity_scan(arena, buf_slice(&in), &tree);
        assert_int_equal(tree.count, open + 1);
        assert_true(tree.compared < FEW * 2 * (LINES + 2 * (size_t)open));
        buf_release(&in);
        arena_destroy(&arena);
    }
}

/* A field of a megabyte costs megabytes: the 11.8 GiB that it did are seen. */
static void test_growth_of_a_subject_of_a_megabyte(void **state)
{
    static const struct dimension words = {
        "a megabyte", "Subject: ", "=?utf-8?q?a?= ",  "\r\n\r\n",
        NULL,         1,           write_notification};
    static const struct dimension shown = {
        "a megabyte", "", "=?utf-8?b?YWFh?= ", "", NULL, 1, read_words};
    enum { TIMES = (1 << 20) / 14, MEGABYTES = 16 << 20 };
    (void)state;
    assert_true(cost(&words, TIMES, false).octets < MEGABYTES);
    assert_true(cost(&shown, TIMES, false).octets < MEGABYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth_of_octets_is_linear),
        cmocka_unit_test(test_growth_of_instructions_is_linear),
        cmocka_unit_test(test_growth_by_open_boundaries),
        cmocka_unit_test(test_growth_of_a_subject_of_a_megabyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

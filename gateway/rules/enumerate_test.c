#include "rules/enumerate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "rules/words.h"

/* All lines as one text; the caller frees it. */
static char *text_of(enum status (*writer)(FILE *, struct err *))
{
    char *text = NULL;
    size_t n;
    struct err err;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    assert_int_equal(writer(out, &err), ST_OK);
    fclose(out);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    while ((text = strchr(text, '\n'))) {
        text++;
        count++;
    }
    return count;
}

/* Millions of lines: each is looked at and let go. */
struct sink {
    const char *const *wanted;
    size_t wanted_count, found_count, line_count;
    char line[1024];
    size_t n;
};

static void end_line(struct sink *sink)
{
    sink->line[sink->n] = '\0';
    sink->n = 0;
    sink->line_count++;
    for (size_t i = 0; i < sink->wanted_count; i++)
        sink->found_count += strcmp(sink->line, sink->wanted[i]) == 0;
}

static ssize_t take(void *ctx, const char *octets, size_t n)
{
    struct sink *sink = ctx;
    for (size_t i = 0; i < n; i++) {
        if (octets[i] == '\n') {
            end_line(sink);
        } else {
            assert_true(sink->n + 1 < sizeof sink->line);
            sink->line[sink->n++] = octets[i];
        }
    }
    return (ssize_t)n;
}

static void test_decisions_are_every_combination_once(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "direct-delivery=absent minimum-header=absent account=none idd=off "
        "sender-nta=unmet recipient-nta=unmet sender-dns=aligned right=none "
        "policy=off "
        "shares=none dane-satisfies=yes server=none -> method=email "
        "delivery=notification",
        "direct-delivery=present minimum-header=invalid account=no-2fa idd=off "
        "sender-nta=unmet recipient-nta=met sender-dns=aligned right=none "
        "policy=off "
        "shares=none dane-satisfies=no server=dane-only -> method=none "
        "delivery=failed status=5.7.10",
        "direct-delivery=present minimum-header=permits account=none idd=off "
        "sender-nta=unmet recipient-nta=unmet sender-dns=aligned right=none "
        "policy=pkix "
        "shares=none dane-satisfies=yes server=none+unreachable -> "
        "method=none delivery=deferred",
        "direct-delivery=present minimum-header=permits account=none idd=off "
        "sender-nta=unmet recipient-nta=unmet sender-dns=aligned right=none "
        "policy=pkix "
        "shares=none dane-satisfies=yes server=tls+unreachable-long -> "
        "method=email delivery=notification",
        "direct-delivery=absent minimum-header=absent account=suspended "
        "idd=any sender-nta=met recipient-nta=met sender-dns=aligned right=sms "
        "policy=dane "
        "shares=both dane-satisfies=no server=refused -> method=nta7516 "
        "delivery=direct",
        "direct-delivery=absent minimum-header=absent account=active idd=on "
        "sender-nta=met recipient-nta=met sender-dns=aligned right=sms "
        "policy=dane "
        "shares=both dane-satisfies=no server=refused -> method=none "
        "delivery=failed status=server",
        "direct-delivery=present minimum-header=absent account=none idd=off "
        "sender-nta=met recipient-nta=unknown sender-dns=missing right=none "
        "policy=pkix shares=none dane-satisfies=yes server=dane -> "
        "method=none delivery=failed status=5.7.10",
        "direct-delivery=present minimum-header=permits account=none idd=off "
        "sender-nta=unmet recipient-nta=unmet sender-dns=unknown right=sms "
        "policy=off shares=none dane-satisfies=yes server=none -> "
        "method=none delivery=deferred",
    };
    static const char last[] =
        "direct-delivery=present minimum-header=invalid account=active "
        "idd=any sender-nta=met recipient-nta=unknown sender-dns=unknown "
        "right=access-code "
        "policy=dane shares=both dane-satisfies=no server=dane-only+barred "
        "-> method=account delivery=direct";
    struct sink sink = {.wanted = lines,
                        .wanted_count = sizeof lines / sizeof *lines};
    struct err err;
    FILE *out = fopencookie(&sink, "w", (cookie_io_functions_t){.write = take});
    assert_non_null(out);
    assert_int_equal(enumerate_decisions(out, &err), ST_OK);
    fclose(out);
    assert_int_equal(sink.line_count,
                     2 * 3 * 4 * 3 * 2 * 3 * 3 * 3 * 4 * 4 * 2 * 27);
    assert_int_equal(sink.found_count, sink.wanted_count);
    assert_string_equal(sink.line, last);
}

static void test_words_are_all_and_no_word_twice(void **state)
{
    (void)state;
    char *text = text_of(enumerate_words);
    assert_int_equal(count_lines(text), WHY_COUNT);
    char *rest = text;
    for (size_t i = 0; i < WHY_COUNT; i++) {
        char *line = strsep(&rest, "\n");
        assert_string_equal(line, why_name((enum why)i));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(line, why_name((enum why)k));
    }
    free(text);
}

static void test_full_device_is_told(void **state)
{
    (void)state;
    struct err err;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(enumerate_words(full, &err), ST_TEMP);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions_are_every_combination_once),
        cmocka_unit_test(test_words_are_all_and_no_word_twice),
        cmocka_unit_test(test_full_device_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

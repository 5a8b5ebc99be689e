/* Whatever is published, the machine comes to an end, asks for possible names
 * alone, and never for more than the limits let it. */
#include "rules/spf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"

enum {
    RECORDS = 20000,
    TERMS_MAX = 14,
    TEXT_CAP = 4096,
    /* The first record; 10 terms with 10 hosts or names each; exp=. */
    QUESTIONS_MAX = 1 + 10 * 11 + 11 + 1,
    NAME_TEXT_MAX = 4 * 253
};

static uint64_t seed;

static size_t any(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % below);
}

static void put_any(struct buf *out, const char *const *from, size_t count)
{
    buf_puts(out, from[any(count)]);
}

/* Mostly terms as they are published, now and then something in their midst. */
static struct slice any_record(struct arena *arena)
{
    static const char *const qualifiers[] = {"", "", "", "+", "-", "~", "?"};
    static const char *const names[] = {
        "all",     "a",   "a",   "mx",        "mx",   "ptr",    "ip4",  "ip6",
        "include", "ptr", "exp", "redirect=", "exp=", "exists", "moo=", "moo"};
    static const char *const domains[] = {
        "",          ":a.example", ":%{p}.example", ":%{ir}.%{v}.b",
        ":%{l1r-}.", ":%{S}.x",    "192.0.2.0/24",  ":192.0.2.0/24",
        ":::/0",     ":a..b",      "%{d}",          "a.example",
        ":%{h}",     ":%{d2}",     ":%{o99r.-+}.c", ":%"};
    static const char *const ends[] = {"",     "",      "",  "/24",
                                       "//64", "/0//0", "/", "/33"};
    struct buf buf;
    buf_init(&buf, TEXT_CAP);
    buf_puts(&buf, "v=spf1");
    for (size_t n = any(TERMS_MAX); n-- > 0;) {
        buf_puts(&buf, " ");
        put_any(&buf, qualifiers, sizeof qualifiers / sizeof *qualifiers);
        put_any(&buf, names, sizeof names / sizeof *names);
        put_any(&buf, domains, sizeof domains / sizeof *domains);
        put_any(&buf, ends, sizeof ends / sizeof *ends);
        if (any(60) == 0) {
            char octet = (char)any(256);
            buf_put(&buf, (struct slice){&octet, 1});
        }
    }
    struct slice text = arena_slice(arena, buf_slice(&buf));
    buf_release(&buf);
    return text;
}

static void answer(struct arena *arena, struct spf *spf)
{
    static const char *const addresses[] = {"192.0.2.3", "198.51.100.1",
                                            "2001:db8::1", "", "x"};
    static const char *const names[] = {
        "mx.example", ".", "", "a..b", "m.example.org.", "od\\.d.example"};
    struct slice records[12];
    size_t count = any(2) ? 1 : any(sizeof records / sizeof *records);
    enum spf_type type = spf_question(spf)->type;
    for (size_t i = 0; i < count; i++)
        records[i] =
            type == SPF_TYPE_TXT ? any_record(arena)
            : type == SPF_TYPE_MX || type == SPF_TYPE_PTR
                ? slice_of(names[any(sizeof names / sizeof *names)])
                : slice_of(
                      addresses[any(sizeof addresses / sizeof *addresses)]);
    enum spf_outcome outcome = count         ? SPF_OUTCOME_FOUND
                               : any(4) == 0 ? SPF_OUTCOME_FAILED
                                             : SPF_OUTCOME_NO_DOMAIN;
    spf_answer(spf, &(struct spf_answer){outcome, records, count});
}

static void check_verdict(const struct spf_verdict *v)
{
    const char *texts[] = {v->mechanism, v->domain, v->problem, v->explanation};
    bool has_problem = v->result == SPF_RESULT_NONE ||
                       v->result == SPF_RESULT_TEMPERROR ||
                       v->result == SPF_RESULT_PERMERROR;
    assert_true(v->lookups <= 10 && v->voids <= 2);
    assert_int_equal(has_problem, v->problem != NULL);
    assert_true(!v->explanation || v->result == SPF_RESULT_FAIL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (const char *p = texts[i]; p && *p; p++)
            assert_in_range(*p, ' ', '~');
}

static void test_spf_any_record_comes_to_an_end(void **state)
{
    size_t counts[SPF_RESULT_COUNT] = {0};
    (void)state;
    for (seed = 1; seed <= RECORDS; seed++) {
        uint64_t kept = seed;
        struct arena *arena = arena_create();
        struct spf_request request = {.client =
                                          any(3) ? "192.0.2.3" : "2001:db8::1",
                                      .helo = SLICE_LITERAL("mail.example.org"),
                                      .local = SLICE_LITERAL("a-b.c"),
                                      .domain = SLICE_LITERAL("example.org"),
                                      .receiver = "gateway.example"};
        struct spf *spf = spf_create(arena, &request);
        size_t asked = 0;
        for (; spf_question(spf); asked++) {
            size_t n = strlen(spf_question(spf)->name);
            assert_true(n > 0 && n <= NAME_TEXT_MAX);
            if (asked >= QUESTIONS_MAX)
                fail_msg("seed %zu: too many questions", (size_t)kept);
            answer(arena, spf);
        }
        check_verdict(spf_verdict(spf));
        counts[spf_verdict(spf)->result]++;
        arena_destroy(&arena);
        seed = kept;
    }
    for (int i = 0; i < SPF_RESULT_COUNT; i++)
        assert_true(counts[i] > 0); /* each of them was met */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spf_any_record_comes_to_an_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

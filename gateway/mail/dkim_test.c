/* Our own signatures: what they hold, what breaks them, and the keys they are
 * made with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "mail/dkim_seal.h"
#include "mail/dkim_sign.h"
#include "mail/test_dkim.h"

struct keys {
    struct arena *arena;
    struct dkim_key *keys[DKIM_ALGORITHM_COUNT];
    const char *records[DKIM_ALGORITHM_COUNT];
    struct dkim_selector selectors[DKIM_ALGORITHM_COUNT];
    struct dkim_ring ring;
};

static int setup(void **state)
{
    struct keys *k = xcalloc(1, sizeof *k);
    k->arena = arena_create();
    for (int i = 0; i < DKIM_ALGORITHM_COUNT; i++) {
        k->keys[i] = dkim_key_generate((enum dkim_algorithm)i);
        k->records[i] = dkim_key_record(k->arena, k->keys[i]);
        k->selectors[i] = (struct dkim_selector){"clinic.example",
                                                 i ? "two" : "one", k->keys[i]};
    }
    k->ring = (struct dkim_ring){k->selectors, DKIM_ALGORITHM_COUNT};
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct keys *k = *state;
    for (int i = 0; i < DKIM_ALGORITHM_COUNT; i++)
        dkim_key_destroy(&k->keys[i]);
    arena_destroy(&k->arena);
    free(k);
    return 0;
}

#define MAIL                                                                   \
    "From: jansen@clinic.example\r\nTo: bob@hospital.example\r\n"              \
    "Subject: x\r\nReceived: a\r\nReceived: b\r\nList-Id: <l>\r\n\r\nbody\r\n"

static struct slice sealed(struct keys *k, const struct dkim_seal *seal,
                           const char *text)
{
    struct slice body = {NULL, 0};
    struct slice header = dkim_seal(k->arena, seal, slice_of(text), &body);
    return slice_of(
        arena_printf(k->arena, "%.*s%.*s", SLICE_ARG(header), SLICE_ARG(body)));
}

static struct dkim_seal seal_of(const struct keys *k)
{
    return (struct dkim_seal){
        .domain = "clinic.example", .signers = k->ring, .now_s = 1000};
}

static void test_own_signatures_verify_and_break(void **state)
{
    struct keys *k = *state;
    struct dkim_seal seal = seal_of(k);
    struct slice octets = sealed(k, &seal, MAIL);
    for (size_t i = 0; i < DKIM_ALGORITHM_COUNT; i++) {
        assert_string_equal(verify(octets, i, k->records[i], 1000), "good");
        static const char *const added[] = {
            "From: x@y\r\n", "Subject: y\r\n",      "To: x\r\n",
            "Cc: x\r\n",     "Reply-To: x\r\n",     "Date: x\r\n",
            "Sender: x\r\n", "Content-Type: x\r\n", "References: <x>\r\n"};
        for (size_t n = 0; n < sizeof added / sizeof *added; n++) {
            const char *more =
                arena_printf(k->arena, "%s%.*s", added[n], SLICE_ARG(octets));
            assert_string_equal(verify(slice_of(more), i, k->records[i], 1000),
                                "no key record verifies it");
        }
        const char *traced =
            arena_printf(k->arena, "Received: c\r\n%.*s", SLICE_ARG(octets));
        assert_string_equal(verify(slice_of(traced), i, k->records[i], 1000),
                            "good");
    }
}

/* RFC 6376 3.2: no tag list holds a `;`; such a field goes along unsigned. */
static void test_a_field_that_h_cannot_name_is_not_signed(void **state)
{
    struct keys *k = *state;
    struct dkim_seal seal = seal_of(k);
    struct slice octets =
        sealed(k, &seal, "List-A;d=evil.example: 1\r\nX-Zivver-;b: 2\r\n" MAIL);
    for (size_t i = 0; i < DKIM_ALGORITHM_COUNT; i++)
        assert_string_equal(verify(octets, i, k->records[i], 1000), "good");
}

static void test_header_lines_of_signatures_are_short(void **state)
{
    struct keys *k = *state;
    struct dkim_seal seal = seal_of(k);
    struct slice octets = sealed(k, &seal, MAIL);
    const char *end = strstr(octets.p, "From: jansen");
    struct slice rest = {octets.p, (size_t)(end - octets.p)};
    while (rest.n)
        assert_true(slice_cut(&rest, '\n').n <= 79);
}

/* A header may be nearly as large as a message. */
static void test_any_number_of_fields_is_signed(void **state)
{
    struct keys *k = *state;
    struct dkim_seal seal = seal_of(k);
    struct buf mail;
    buf_init(&mail, SIZE_MAX);
    for (int i = 0; i < 160000; i++)
        buf_puts(&mail, "List-A:\r\n");
    buf_puts(&mail, MAIL);
    assert_true(sealed(k, &seal, mail.p).n > 2 * mail.n);
    buf_release(&mail);
}

static void test_a_header_of_too_many_fields_is_not_verified(void **state)
{
    struct keys *k = *state;
    struct dkim_seal seal = seal_of(k);
    struct buf mail;
    buf_init(&mail, SIZE_MAX);
    for (int i = 0; i < 20000; i++)
        buf_puts(&mail, "A:\r\n");
    buf_puts(&mail, MAIL);
    assert_string_equal(
        verify(sealed(k, &seal, mail.p), 0, k->records[0], 1000),
        "the header has too many fields");
    buf_release(&mail);
}

static void test_without_keys_nothing_is_added(void **state)
{
    struct keys *k = *state;
    struct dkim_seal seal = seal_of(k);
    seal.signers.count = 0;
    assert_true(slice_is(sealed(k, &seal, MAIL), MAIL));
}

/* MAIL-1: of the From domain and broken, it goes; all others stay. */
static void test_broken_signatures_of_the_from_domain_go(void **state)
{
    struct keys *k = *state;
    static const struct {
        const char *domain; /* of the seal: whose mail it is */
        const char *text;   /* of the appendix's mail, changed */
        bool is_unknown;
        size_t left;
    } rows[] = {
        {"football.example.com", "hungry yet?", false, 2},
        {"football.example.com", "hungry now?", false, 0},
        {"football.example.com", "hungry now?", true, 2},
        {"other.example", "hungry now?", false, 2},
    };
    struct slice texts[] = {slice_of(ED_RECORD), slice_of(RSA_RECORD)};
    struct dkim_seen seen[] = {{"brisbane", &texts[0], 1, false},
                               {"test", &texts[1], 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        seen[0].is_unknown = seen[1].is_unknown = rows[i].is_unknown;
        struct dkim_seal seal = {.domain = rows[i].domain,
                                 .seen = seen,
                                 .seen_count = 2,
                                 .now_s = 1528637910};
        struct slice mail =
            changed(k->arena, appendix, "hungry yet?", rows[i].text);
        struct slice got = sealed(k, &seal, mail.p);
        size_t count = 0;
        for (const char *p = got.p; (p = strstr(p, "DKIM-Signature")); p++)
            count++;
        if (count != rows[i].left)
            fail_msg("row %zu: %zu left", i, count);
    }
}

/* Each costs work: beyond some, nobody looks. */
static void test_many_signatures_are_not_all_verified(void **state)
{
    struct keys *k = *state;
    struct slice text = slice_of("none");
    struct dkim_seen seen = {"s", &text, 1, false};
    struct dkim_seal seal = {
        .domain = "a.example", .seen = &seen, .seen_count = 1};
    struct buf mail;
    buf_init(&mail, 1 << 20);
    for (int i = 0; i < 3 * DKIM_SEEN_MAX; i++)
        buf_puts(&mail, "DKIM-Signature: d=a.example; s=s\r\n");
    buf_puts(&mail, "\r\n");
    struct slice got = sealed(k, &seal, mail.p);
    size_t count = 0;
    for (const char *p = got.p; (p = strstr(p, "DKIM-Signature")); p++)
        count++;
    assert_int_equal(count, 2 * DKIM_SEEN_MAX);
    buf_release(&mail);
}

static void test_selectors_to_look_up_are_those_of_the_domain(void **state)
{
    struct keys *k = *state;
    const char *selectors[DKIM_SEEN_MAX];
    struct slice mail = slice_of(appendix);
    assert_int_equal(
        dkim_seal_selectors(k->arena, mail, "football.example.com", selectors),
        2);
    assert_string_equal(selectors[0], "brisbane");
    assert_string_equal(selectors[1], "test");
    assert_int_equal(
        dkim_seal_selectors(k->arena, mail, "example.com", selectors), 0);
}

static void test_published_keys_are_compared(void **state)
{
    struct keys *k = *state;
    const char *ed = k->records[DKIM_ALGORITHM_ED25519_SHA256];
    const char *rsa = k->records[DKIM_ALGORITHM_RSA_SHA256];
    const struct {
        const char *texts[2];
        enum dkim_published want;
    } rows[] = {
        {{ed, NULL}, DKIM_PUBLISHED_GOOD},
        {{ed, "v=spf1 -all"}, DKIM_PUBLISHED_GOOD},
        {{NULL, NULL}, DKIM_PUBLISHED_NONE},
        {{"v=spf1 -all", NULL}, DKIM_PUBLISHED_INVALID},
        {{rsa, NULL}, DKIM_PUBLISHED_OTHER},
        {{ED_RECORD, NULL}, DKIM_PUBLISHED_OTHER},
        {{ed, ED_RECORD}, DKIM_PUBLISHED_TWICE},
        {{"v=DKIM1; k=ed25519; p=", NULL}, DKIM_PUBLISHED_REVOKED},
        {{"v=DKIM1; k=ed25519; p=!", NULL}, DKIM_PUBLISHED_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice texts[2] = {slice_of(rows[i].texts[0]),
                                 slice_of(rows[i].texts[1])};
        size_t count = (rows[i].texts[0] != NULL) + (rows[i].texts[1] != NULL);
        enum dkim_published got = dkim_key_published(
            k->keys[DKIM_ALGORITHM_ED25519_SHA256], texts, count);
        if (got != rows[i].want)
            fail_msg("row %zu: %d", i, (int)got);
    }
}

static void test_keys_survive_their_file(void **state)
{
    struct keys *k = *state;
    char path[] = "/tmp/lasthop-dkim-XXXXXX";
    struct err err;
    struct stat st;
    close(mkstemp(path));
    for (int i = 0; i < DKIM_ALGORITHM_COUNT; i++) {
        struct dkim_key *read;
        assert_int_equal(dkim_key_write(k->keys[i], path, &err), ST_INVAL);
        unlink(path);
        assert_int_equal(dkim_key_write(k->keys[i], path, &err), ST_OK);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(dkim_key_load(path, &read, &err), ST_OK);
        assert_string_equal(dkim_key_record(k->arena, read), k->records[i]);
        dkim_key_destroy(&read);
    }
    struct dkim_key *later = dkim_key_later(path);
    struct slice text = slice_of(k->records[DKIM_ALGORITHM_COUNT - 1]);
    assert_int_equal(dkim_key_published(later, &text, 1), DKIM_PUBLISHED_GOOD);
    dkim_key_destroy(&later);
    later = dkim_key_later(path); /* never asked about */
    dkim_key_destroy(&later);
    FILE *file = fopen(path, "w");
    fputs("-----BEGIN PRIVATE KEY-----\nMIIB\n", file);
    fclose(file);
    struct dkim_key *none;
    assert_int_equal(dkim_key_load(path, &none, &err), ST_INVAL);
    later = dkim_key_later(path);
    for (int i = 0; i < 2; i++)
        assert_int_equal(dkim_key_published(later, &text, 1),
                         DKIM_PUBLISHED_NO_KEY);
    dkim_key_destroy(&later);
    unlink(path);
    assert_int_equal(dkim_key_load(path, &none, &err), ST_INVAL);
    assert_non_null(strstr(err.text, path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_own_signatures_verify_and_break),
        TEST(test_a_field_that_h_cannot_name_is_not_signed),
        TEST(test_header_lines_of_signatures_are_short),
        TEST(test_any_number_of_fields_is_signed),
        TEST(test_a_header_of_too_many_fields_is_not_verified),
        TEST(test_without_keys_nothing_is_added),
        TEST(test_broken_signatures_of_the_from_domain_go),
        TEST(test_many_signatures_are_not_all_verified),
        TEST(test_selectors_to_look_up_are_those_of_the_domain),
        TEST(test_published_keys_are_compared),
        TEST(test_keys_survive_their_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

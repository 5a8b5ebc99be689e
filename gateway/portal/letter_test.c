#include "portal/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char content[] =
    "From: =?utf-8?q?Zo=C3=AB?= <zoe@clinic.example>\r\n"
    "To: \"Bob, B.\" <BOB@h.example>, absent@h.example\r\n"
    "Cc: =?utf-8?q?E=0Ave?= <eve@h.example>\r\n"
    "Subject: =?utf-8?q?caf=C3=A9?=\r\n folded\r\n\r\ntext\r\n";

static const char *const both[] = {"bob@h.example", "eve@h.example"};
static const char *const alone[] = {"hidden@h.example"};

static struct portal_link link_of(const char *address,
                                  const char *const *participants, size_t count)
{
    return (struct portal_link){.message = {.sender = "zoe@clinic.example",
                                            .accepted_ms = 5000,
                                            .content = SLICE_LITERAL(content)},
                                .address = address,
                                .participants = participants,
                                .participant_count = count};
}

static void test_letter_names_participants_to_one_of_them(void **state)
{
    struct arena *arena = arena_create();
    struct portal_link link = link_of("bob@h.example", both, 2);
    struct letter letter;
    (void)state;
    letter_read(arena, &link, &letter);
    assert_string_equal(letter.subject, "caf\xc3\xa9 folded");
    assert_string_equal(letter.from_name, "Zo\xc3\xab");
    assert_string_equal(letter.from_address, "zoe@clinic.example");
    assert_int_equal(letter.date_s, 5);
    assert_null(letter.to);
    assert_int_equal(letter.participant_count, 2);
    assert_int_equal(letter.parts.count, 1);
    arena_destroy(&arena);
}

/* PORTAL-4: he is alone, and sees what the header says. */
static void test_letter_shows_a_bcc_recipient_the_header(void **state)
{
    struct arena *arena = arena_create();
    struct portal_link link = link_of("hidden@h.example", alone, 1);
    struct letter letter;
    (void)state;
    letter_read(arena, &link, &letter);
    assert_int_equal(letter.participant_count, 0);
    assert_string_equal(letter.to,
                        "\"Bob, B.\" <BOB@h.example>, absent@h.example");
    assert_string_equal(letter.cc, "E ve <eve@h.example>");
    arena_destroy(&arena);
}

static void test_letter_of_one_recipient_in_to_is_no_bcc(void **state)
{
    struct arena *arena = arena_create();
    struct portal_link link = link_of("Bob@h.example", both, 1);
    struct letter letter;
    (void)state;
    letter_read(arena, &link, &letter);
    assert_null(letter.to);
    assert_int_equal(letter.participant_count, 1);
    arena_destroy(&arena);
}

static void test_letter_name_is_the_senders_word_for_him(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    assert_string_equal(
        letter_name(arena, SLICE_LITERAL(content), "bob@h.example"), "Bob, B.");
    assert_string_equal(
        letter_name(arena, SLICE_LITERAL(content), "eve@h.example"), "E ve");
    assert_string_equal(
        letter_name(arena, SLICE_LITERAL(content), "absent@h.example"), "");
    assert_string_equal(
        letter_name(arena, SLICE_LITERAL(content), "hidden@h.example"), "");
    arena_destroy(&arena);
}

static bool is_listed(struct arena *arena, const struct mail_part *parts,
                      size_t count, size_t i)
{
    struct mail_part_list list = {parts, count};
    return letter_listed(arena, &list)[i];
}

/* What does not fit on a page is handed out as a file, and nothing is lost. */
static void test_letter_lists_what_is_too_long_to_be_shown(void **state)
{
    enum { HALF = LETTER_TEXT_MAX / 2 };
    static const struct mail_part parts[] = {
        {.kind = MAIL_PART_TEXT, .decoded_octets = HALF, .name = ""},
        {.kind = MAIL_PART_HTML, .decoded_octets = LETTER_TEXT_MAX},
        {.kind = MAIL_PART_ATTACHMENT, .decoded_octets = 1},
        {.kind = MAIL_PART_TEXT,
         .decoded_octets = HALF + 1,
         .type = "text/plain",
         .name = ""},
        {.kind = MAIL_PART_TEXT, .decoded_octets = HALF},
        {.kind = MAIL_PART_TEXT, .decoded_octets = 1},
        {.kind = MAIL_PART_HTML, .decoded_octets = 1},
    };
    static const bool listed[] = {false, false, true, true, false, true, true};
    struct arena *arena = arena_create();
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (is_listed(arena, parts, sizeof parts / sizeof *parts, i) !=
            listed[i])
            fail_msg("part %zu", i);
    assert_string_equal(letter_file_name(arena, &parts[3]), "attachment.txt");
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letter_names_participants_to_one_of_them),
        cmocka_unit_test(test_letter_shows_a_bcc_recipient_the_header),
        cmocka_unit_test(test_letter_of_one_recipient_in_to_is_no_bcc),
        cmocka_unit_test(test_letter_name_is_the_senders_word_for_him),
        cmocka_unit_test(test_letter_lists_what_is_too_long_to_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

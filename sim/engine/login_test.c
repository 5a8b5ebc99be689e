#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/login.h"
#include "engine/visit_mail.h"

static void test_login_is_of_the_address(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const char *a = login_secret(arena, "jansen@clinic.example");
    assert_int_equal(strlen(a), 32);
    assert_string_equal(a, login_secret(arena, "Jansen@Clinic.example"));
    assert_string_not_equal(a, login_secret(arena, "devries@clinic.example"));
    assert_string_equal(login_password(arena, "jansen@clinic.example"),
                        "portal jansen");
    const char *one = login_code(arena, "jansen@clinic.example", 1772438400);
    assert_int_equal(strspn(one, "0123456789"), 6);
    assert_string_equal(one,
                        login_code(arena, "jansen@clinic.example", 1772438429));
    assert_string_not_equal(
        one, login_code(arena, "jansen@clinic.example", 1772438430));
    arena_destroy(&arena);
}

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
static const char mail[] =
    "X-Zivver-ConversationId: one\r\n two\r\n"
    "Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: "
    "quoted-printable\r\n\r\nYour code: 1234=\r\n56, until 12:30 on 2026\r\n"
    "--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nPGI+NjU0MzIxPC9iPg==\r\n--b--\r\n";

static void test_visit_mail_finds(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct slice content = {mail, sizeof mail - 1};
    assert_string_equal(
        visit_mail_field(arena, content, "x-zivver-conversationid"), "one two");
    assert_string_equal(
        visit_mail_code(arena, visit_mail_plain(arena, content)), "123456");
    assert_non_null(strstr(visit_mail_text(arena, content), "<b>654321</b>"));
    assert_null(visit_mail_code(arena, "123456 or 654321"));
    assert_null(visit_mail_code(arena, "1234567"));
    const char *links = "https://x/m/" TOKEN " and https://x/m/" TOKEN
                        ", https://x/d/" TOKEN "/3.";
    assert_string_equal(visit_mail_link(arena, links, "/m/", 1), "/m/" TOKEN);
    assert_null(visit_mail_link(arena, links, "/m/", 2));
    assert_string_equal(visit_mail_link(arena, links, "/d/", 1),
                        "/d/" TOKEN "/3");
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_is_of_the_address),
        cmocka_unit_test(test_visit_mail_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

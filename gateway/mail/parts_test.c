#include "mail/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static struct mail_part_list read_parts(struct arena *arena, const char *text)
{
    struct mail_part_list list;
    mail_parts(arena, slice_of(text), &list);
    return list;
}

static bool put(void *ctx, struct slice octets)
{
    buf_put(ctx, octets);
    return true;
}

static struct slice decoded(struct arena *arena, const struct mail_part *part)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    assert_true(mail_part_decode(part, put, &out));
    assert_int_equal(buf_slice(&out).n, part->decoded_octets);
    struct slice octets = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return octets;
}

/* One line per part: kind, type, name, flags, alternative, decoded octets. */
static const char *told(struct arena *arena, const char *text)
{
    static const char *const kinds[] = {"text", "html", "attachment"};
    struct mail_part_list list = read_parts(arena, text);
    const char *all = "";
    for (size_t i = 0; i < list.count; i++) {
        const struct mail_part *p = &list.parts[i];
        all = arena_printf(
            arena, "%s%s %s [%s]%s%s%s %u \"%.*s\"\n", all, kinds[p->kind],
            p->type, p->name, p->is_inline ? " inline" : "",
            p->is_lead ? " lead" : "", p->is_whole ? " whole" : "",
            p->alternative, SLICE_ARG(decoded(arena, p)));
    }
    return all;
}

#define MIXED "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
#define ALTERNATIVE                                                            \
    "Content-Type: multipart/alternative; boundary=\"a b\"\r\n\r\n"
#define RELATED "Content-Type: multipart/related; boundary=r\r\n\r\n"

static void test_parts_of_usual_messages(void **state)
{
    static const struct {
        const char *name, *message, *parts;
    } rows[] = {
        {"no MIME", "Subject: x\r\n\r\nhello\r\n",
         "text text/plain [] lead 0 \"hello\r\n\"\n"},
        {"nothing", "", "text text/plain [] lead 0 \"\"\n"},
        {"no body", "Subject: x\r\n", "text text/plain [] lead 0 \"\"\n"},
        {"mixed",
         MIXED "preamble\r\n--m\r\n\r\none\r\n--m\r\nContent-Type: "
               "Application/PDF; name=a.pdf\r\nContent-Transfer-Encoding: "
               "BASE64\r\n\r\naGVs\r\nbG8=\r\n--m--\r\nepilogue\r\n",
         "text text/plain [] lead 0 \"one\"\n"
         "attachment application/pdf [a.pdf] 0 \"hello\"\n"},
        {"alternative, related",
         ALTERNATIVE
         "--a b\r\nContent-Type: text/plain\r\n\r\nt\r\n--a b\r\n" RELATED
         "--r\r\nContent-Type: text/html\r\nContent-ID: <h@x>\r\n\r\n"
         "h\r\n--r\r\nContent-Type: image/png\r\nContent-Disposition: "
         "inline\r\n"
         "Content-ID: <i@x>\r\n\r\nP\r\n--r--\r\n--a b--\r\n",
         "text text/plain [] lead 1 \"t\"\n"
         "html text/html [] lead 1 \"h\"\n"
         "attachment image/png [image.png] inline 1 \"P\"\n"},
        {"texts between attachments",
         MIXED "--m\r\n\r\none\r\n--m\r\nContent-Type: image/gif\r\n\r\nG\r\n"
               "--m\r\n\r\ntwo\r\n--m\r\nContent-Disposition: attachment\r\n"
               "\r\nthree\r\n--m--\r\n",
         "text text/plain [] lead 0 \"one\"\n"
         "attachment image/gif [image.gif] 0 \"G\"\n"
         "text text/plain [] 0 \"two\"\n"
         "attachment text/plain [attachment.txt] 0 \"three\"\n"},
        {"a message in it is not looked into",
         MIXED "--m\r\nContent-Type: message/rfc822\r\n\r\n" MIXED
               "--n\r\n\r\n--m--\r\n",
         "attachment message/rfc822 [message.eml] 0 \"" MIXED "--n\r\n\"\n"},
        {"digest",
         "Content-Type: multipart/digest; boundary=m\r\n\r\n--m\r\n\r\nA: b\r\n"
         "\r\nc\r\n--m--\r\n",
         "attachment message/rfc822 [message.eml] 0 \"A: b\r\n\r\nc\"\n"},
        {"signed, with its header",
         MIXED
         "--m\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n"
         "\r\nhello\r\n--s\r\n\r\nsignature\r\n--s--\r\n--m--\r\n",
         "attachment multipart/signed [message.eml] whole 0 \"Content-Type: "
         "multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nhello\r\n--s\r\n\r\n"
         "signature\r\n--s--\"\n"},
        {"all of it encrypted; without what never leaves",
         "Bcc: eve@x\r\nzivver-access-right: a b\r\nSubject: s\r\n"
         "Content-Type: multipart/encrypted; boundary=s\r\n\r\n--s\r\n\r\nx\r\n"
         "--s--\r\n",
         "attachment multipart/encrypted [message.eml] whole 0 \"Subject: s\r\n"
         "Content-Type: multipart/encrypted; boundary=s\r\n\r\n--s\r\n\r\nx\r\n"
         "--s--\r\n\"\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        const char *got = told(arena, rows[i].message);
        if (strcmp(got, rows[i].parts) != 0)
            fail_msg("%s: got\n%swant\n%s", rows[i].name, got, rows[i].parts);
        arena_destroy(&arena);
    }
}

static void test_parts_of_broken_messages(void **state)
{
    static const struct {
        const char *name, *message, *parts;
    } rows[] = {
        {"no boundary", "Content-Type: multipart/mixed\r\n\r\nx\r\n",
         "attachment multipart/mixed [message.eml] whole 0 \"Content-Type: "
         "multipart/mixed\r\n\r\nx\r\n\"\n"},
        {"no delimiter", MIXED "x\r\n",
         "attachment multipart/mixed [message.eml] whole 0 \"" MIXED
         "x\r\n\"\n"},
        {"never closed", MIXED "--m\r\n\r\none\r\n",
         "text text/plain [] lead 0 \"one\r\n\"\n"},
        {"no empty line", MIXED "--m\r\nContent-Type: text/html\r\n--m--\r\n",
         "html text/html [] lead 0 \"\"\n"},
        {"the same boundary within",
         MIXED "--m\r\n" MIXED "--m\r\n\r\none\r\n--m--\r\n--m\r\n\r\ntwo\r\n"
               "--m--\r\n",
         "text text/plain [] lead 0 \"one\"\n"
         "text text/plain [] 0 \"two\"\n"},
        {"an outer delimiter ends all within",
         MIXED "--m\r\n" RELATED "--r\r\n\r\none\r\n--m\r\n\r\ntwo\r\n--r\r\n"
               "--m--\r\n",
         "text text/plain [] lead 0 \"one\"\n"
         "text text/plain [] 0 \"two\r\n--r\"\n"},
        {"a longer line is no delimiter, blanks behind one are",
         MIXED "--m \t\r\n\r\none\r\n--mm\r\n--m-\r\n--m-- \r\n--m\r\n",
         "text text/plain [] lead 0 \"one\r\n--mm\r\n--m-\"\n"},
        {"a boundary that ends like a last delimiter line: the inner one "
         "counts",
         MIXED "--m\r\nContent-Type: multipart/mixed; boundary=\"m--\"\r\n\r\n"
               "--m--\r\n\r\none\r\n--m----\r\n--m\r\n\r\ntwo\r\n--m--\r\n",
         "text text/plain [] lead 0 \"one\"\n"
         "text text/plain [] 0 \"two\"\n"},
        {"a boundary that ends with blanks",
         "Content-Type: multipart/mixed; boundary=\"m \"\r\n\r\n"
         "--m\r\n\r\none\r\n--m--\r\n",
         "text text/plain [] lead 0 \"one\"\n"},
        {"boundaries that begin alike, out of their order",
         "Content-Type: multipart/mixed; boundary=mm\r\n\r\n--mm\r\n" MIXED
         "--m\r\nContent-Type: multipart/mixed; boundary=mmm\r\n\r\n"
         "--mmm\r\n\r\none\r\n--m\r\n\r\ntwo\r\n--m--\r\n--mmm\r\n"
         "--m\r\n--mm\r\n\r\nthree\r\n--mm--\r\n",
         "text text/plain [] lead 0 \"one\"\n"
         "text text/plain [] 0 \"two\"\n"
         "text text/plain [] 0 \"three\"\n"},
        {"bad base64",
         "Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         "aG*Vs\r\nbG8=\r\naGk=\r\na",
         "attachment x/y [attachment.bin] 0 \"hellohi\"\n"},
        {"bad quoted-printable",
         "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
         "a=3Db=3=\r\nc  \r\n=zz =  \r\nd=",
         "text text/plain [] lead 0 \"a=b=3c\r\n=zz d\"\n"},
        {"not a type", "Content-Type: text\r\n\r\nx",
         "text text/plain [] lead 0 \"x\"\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        const char *got = told(arena, rows[i].message);
        if (strcmp(got, rows[i].parts) != 0)
            fail_msg("%s: got\n%swant\n%s", rows[i].name, got, rows[i].parts);
        arena_destroy(&arena);
    }
}

static void test_parts_names(void **state)
{
    static const struct {
        const char *fields, *name;
    } rows[] = {
        {"Content-Disposition: attachment; filename=\"a b.pdf\"", "a b.pdf"},
        {"Content-Disposition: attachment; filename=a b.pdf; size=3",
         "a b.pdf"},
        {"Content-Type: x/y; name=n\r\nContent-Disposition: inline", "n"},
        {"Content-Type: x/y; name=n\r\n"
         "Content-Disposition: attachment; filename=f",
         "f"},
        {"Content-Type: x/y;\r\n name*=iso-8859-1'nl'caf%E9.pdf",
         "caf\xc3\xa9.pdf"},
        {"Content-Type: x/y; name=no;\r\n name*1=\"b%20.pdf\";\r\n"
         " name*0*=utf-8''%C3%A9a",
         "\xc3\xa9"
         "ab%20.pdf"},
        {"Content-Type: x/y; name=\"=?utf-8?B?w6kucGRm?=\"", "\xc3\xa9.pdf"},
        {"Content-Type: x/y; name=\"caf\xe9.pdf\"", "caf\xef\xbf\xbd.pdf"},
        {"Content-Type: x/y; name=\"../../etc/passwd\"", "passwd"},
        {"Content-Type: x/y; name=\"C:\\\\a\\\\b.txt\"", "b.txt"},
        {"Content-Type: x/y; name=\"..\"", "attachment.bin"},
        {"Content-Type: x/y; name=\"a/\"", "attachment.bin"},
        {"Content-Type: x/y; name*=utf-8''a%0D%0AX%3A%20b%00c",
         "aX: b\xef\xbf\xbd"
         "c"},
        {"Content-Type: x/y; name*=utf-8''a%E2%80%AEfdp.exe", "afdp.exe"},
        {"Content-Type: application/pdf; name=\"\"", "attachment.pdf"},
        {"Content-Type: x/y (a (b) c); (d) name=e(f", "e(f"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct mail_part_list list = read_parts(
            arena, arena_printf(arena, "%s\r\n\r\n", rows[i].fields));
        assert_int_equal(list.count, 1);
        if (strcmp(list.parts[0].name, rows[i].name) != 0)
            fail_msg("%s: got %s, want %s", rows[i].fields, list.parts[0].name,
                     rows[i].name);
        arena_destroy(&arena);
    }
}

static void test_parts_a_long_name_keeps_its_extension(void **state)
{
    struct arena *arena = arena_create();
    char stem[401] = {0};
    (void)state;
    memset(stem, 'a', 400);
    struct mail_part_list list = read_parts(
        arena,
        arena_printf(arena, "Content-Type: x/y; name=%s.docx\r\n", stem));
    const char *name = list.parts[0].name;
    assert_int_equal(strlen(name), 200);
    assert_string_equal(name + 195, ".docx");
    arena_destroy(&arena);
}

static void test_parts_text_is_utf8(void **state)
{
    static const struct {
        const char *type, *body, *text;
    } rows[] = {
        {"text/plain; charset=iso-8859-1", "caf\xe9\r\nx\ry",
         "caf\xc3\xa9\nx\ry"},
        {"text/plain; charset=\"UTF-8\"", "\xef\xbb\xbf\xc3\xa9\xe9",
         "\xc3\xa9\xef\xbf\xbd"},
        {"text/plain", "caf\xe9", "caf\xc3\xa9"},
        {"text/plain; charset=nobody-knows", "\xc3\xa9", "\xc3\xa9"},
        {"text/plain; charset=../../x//TRANSLIT", "\x80", "\xe2\x82\xac"},
        {"text/html; charset=iso-2022-jp", "\x1b$B$\"\x1b(B!", "\xe3\x81\x82!"},
        {"text/plain; charset=utf-8", "\xed\xa0\x80\xc0\x80",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct mail_part_list list =
            read_parts(arena, arena_printf(arena, "Content-Type: %s\r\n\r\n%s",
                                           rows[i].type, rows[i].body));
        struct slice text = mail_part_text(arena, &list.parts[0]);
        if (!slice_is(text, rows[i].text))
            fail_msg("%s: got \"%.*s\"", rows[i].type, SLICE_ARG(text));
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_of_usual_messages),
        cmocka_unit_test(test_parts_of_broken_messages),
        cmocka_unit_test(test_parts_names),
        cmocka_unit_test(test_parts_a_long_name_keeps_its_extension),
        cmocka_unit_test(test_parts_text_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

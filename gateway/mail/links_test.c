#include "mail/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/blob.h"
#include "base/buf.h"
#include "mail/copy.h"

#define URL "https://portal.example/d/T"

static struct arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

/* The copy with every attachment of more than limit octets as a link. */
static const char *linked(const char *message, size_t limit)
{
    struct mail_part_list list;
    struct slice content = slice_of(message), octets;
    struct mail_edits edits;
    struct err err;
    mail_parts(arena, content, &list);
    bool *is_link = arena_alloc(arena, list.count);
    for (size_t i = 0; i < list.count; i++)
        is_link[i] = list.parts[i].kind == MAIL_PART_ATTACHMENT &&
                     list.parts[i].decoded_octets > limit;
    struct mail_links links = {&list, is_link, URL, "M1"};
    mail_link_edits(arena, content, &links, &edits);
    struct blob *out = blob_create_in(arena, NULL);
    struct mail_direct how = {.transport = MAIL_TRANSPORT_DIRECT,
                              .edits = &edits};
    blob_put(out, mail_direct_head(arena, content, &how, &octets));
    mail_edited_body(out, content, octets, &edits);
    assert_int_equal(blob_slice(out, &octets, &err), ST_OK);
    const char *text = arena_text(arena, octets);
    static const char first[] = "X-Zivver-Transport: direct\r\n";
    assert_memory_equal(text, first, sizeof first - 1);
    return text + sizeof first - 1;
}

static bool put(void *ctx, struct slice octets)
{
    buf_put(ctx, octets);
    return true;
}

static const char *decoded(const struct mail_part *part)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    assert_true(mail_part_decode(part, put, &out));
    const char *text = arena_text(arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

/* Replaces what the notice says by a mark, and what stands around the mark is
 * compared; [T] for the text, [H] for HTML. */
static const char *abridged(const char *text)
{
    const char *start = strstr(text, "\r\n----\r\n"), *mark = "[T]";
    const char *end = start ? strstr(start, URL) : NULL;
    if (!start) {
        start = strstr(text, "\r\n<div style=");
        end = start ? strstr(start, "</div>") : NULL;
        mark = "[H]";
    }
    if (!end)
        return text;
    end += strcspn(end, "\r");
    return abridged(
        arena_printf(arena, "%.*s%s%s", (int)(start - text), text, mark, end));
}

#define TYPE(type) "Content-Type: " type "\r\n"
#define CODING(coding) "Content-Transfer-Encoding: " coding "\r\n"
#define MIXED TYPE("multipart/mixed; boundary=m") "\r\n"
#define BIG "\r\n0123456789\r\n"
#define PDF TYPE("application/pdf; name=a.pdf")

static void test_links_splice_the_raw_octets(void **state)
{
    static const struct {
        const char *name, *message, *copy;
    } rows[] = {
        {"behind the text, and nothing else changes",
         "Subject:  odd \r\n" MIXED "pre\r\n--m\t\r\n" TYPE(
             "text/plain") "\r\nhello\r\n--m\r\n" PDF BIG "--m\r\n" PDF
                           "\r\nsmall\r\n--m--\r\n"
                           "epilogue",
         "Subject:  odd \r\n" MIXED "pre\r\n--m\t\r\n" TYPE(
             "text/plain") "\r\nhello\r\n[T]\r\n\r\n--m\r\n" PDF
                           "\r\nsmall\r\n--m--\r\n"
                           "epilogue"},
        {"in each alternative; an image by its Content-ID",
         TYPE("multipart/related; boundary=r") "\r\n--r\r\n" TYPE(
             "multipart/alternative; boundary=a") "\r\n--a\r\n\r\nhello\r\n"
                                                  "--a\r\n" TYPE(
                                                      "text/html") "\r\n<p>"
                                                                   "hello</"
                                                                   "BODY></"
                                                                   "html>"
                                                                   "\r\n--"
                                                                   "a--\r\n"
                                                                   "--"
                                                                   "r\r"
                                                                   "\n" TYPE(
                                                                       "ima"
                                                                       "ge/"
                                                                       "pn"
                                                                       "g") "Co"
                                                                            "nt"
                                                                            "en"
                                                                            "t-"
                                                                            "ID"
                                                                            ": "
                                                                            "<i"
                                                                            ">"
                                                                            "\r"
                                                                            "\n"
                                                                            "Co"
                                                                            "nt"
                                                                            "en"
                                                                            "t-"
                                                                            "Di"
                                                                            "sp"
                                                                            "os"
                                                                            "it"
                                                                            "io"
                                                                            "n:"
                                                                            " i"
                                                                            "nl"
                                                                            "in"
                                                                            "e"
                                                                            "\r"
                                                                            "\n" BIG
                                                                            "--"
                                                                            "r-"
                                                                            "-"
                                                                            "\r"
                                                                            "\n",
         TYPE("multipart/related; boundary=r") "\r\n--r\r\n" TYPE(
             "multipart/alternative; boundary=a") "\r\n--a\r\n\r\nhello\r\n"
                                                  "[T]\r\n\r\n--a\r\n" TYPE(
                                                      "text/html") "\r\n<p>"
                                                                   "hello["
                                                                   "H]\r\n<"
                                                                   "/BODY>"
                                                                   "</"
                                                                   "html>"
                                                                   "\r\n--"
                                                                   "a--"
                                                                   "\r\n--"
                                                                   "r--"
                                                                   "\r\n"},
        {"a multipart without parts goes too",
         MIXED "--m\r\n\r\nt\r\n--m\r\n" TYPE(
             "multipart/mixed; boundary=n") "\r\n--n\r\n" PDF BIG
                                            "--n\r\n" PDF BIG
                                            "--n--\r\n--m--\r\n",
         MIXED "--m\r\n\r\nt\r\n[T]\r\n\r\na.pdf (10 bytes)\r\n" URL
               "/2\r\n\r\n--m--\r\n"},
        {"no text: a first part",
         MIXED "--m\r\n" PDF BIG "--m\r\n" PDF "\r\nsmall\r\n--m--\r\n",
         MIXED "--m\r\n" TYPE("text/plain; charset=utf-8")
             CODING("quoted-printable") "\r\n[T]\r\n\r\n--m\r\n" PDF
                                        "\r\nsmall\r\n--m--\r\n"},
        {"nothing but it", MIXED "--m\r\n" PDF BIG "--m--\r\n",
         MIXED "--m\r\n" TYPE("text/plain; charset=utf-8")
             CODING("quoted-printable") "\r\n[T]\r\n\r\n--m--\r\n"},
        {"no text and no mixed: around it",
         "Subject: s\r\n" TYPE(
             "multipart/related; boundary=r") "X: y\r\n\r\n"
                                              "--r\r\n" PDF BIG "--r\r\n" PDF
                                              "\r\nsmall\r\n--r--\r\n",
         "Subject: s\r\nX: y\r\nMIME-Version: 1.0\r\n" TYPE(
             "multipart/mixed;\r\n boundary=\"=_l_M1\"") "\r\n--=_l_"
                                                         "M1\r\n" TYPE("tex"
                                                                       "t/"
                                                                       "pla"
                                                                       "in;"
                                                                       " ch"
                                                                       "ars"
                                                                       "et="
                                                                       "utf"
                                                                       "-8")
                                                             CODING(
                                                                 "quoted"
                                                                 "-print"
                                                                 "able") "\r\n["
                                                                         "T]"
                                                                         "\r\n"
                                                                         "\r\n-"
                                                                         "-=_l_"
                                                                         "M1\r"
                                                                         "\n" TYPE(
                                                                             "m"
                                                                             "u"
                                                                             "l"
                                                                             "t"
                                                                             "i"
                                                                             "p"
                                                                             "a"
                                                                             "r"
                                                                             "t"
                                                                             "/"
                                                                             "r"
                                                                             "e"
                                                                             "l"
                                                                             "a"
                                                                             "t"
                                                                             "e"
                                                                             "d"
                                                                             ";"
                                                                             " "
                                                                             "b"
                                                                             "o"
                                                                             "u"
                                                                             "n"
                                                                             "d"
                                                                             "a"
                                                                             "r"
                                                                             "y"
                                                                             "="
                                                                             "r") "\r"
                                                                                  "\n-"
                                                                                  "-r"
                                                                                  "\r"
                                                                                  "\n" PDF
                                                                                  "\r"
                                                                                  "\ns"
                                                                                  "mal"
                                                                                  "l\r"
                                                                                  "\n-"
                                                                                  "-r-"
                                                                                  "-\r"
                                                                                  "\n"
                                                                                  "\r"
                                                                                  "\n-"
                                                                                  "-=_"
                                                                                  "l_"
                                                                                  "M1-"
                                                                                  "-\r"
                                                                                  "\n"},
        {"the message is the attachment",
         "MIME-Version: 1.0\r\nSubject: s\r\n" PDF "Content-MD5: x\r\n" BIG,
         "Subject: s\r\nMIME-Version: 1.0\r\n" TYPE("text/plain; charset=utf-8")
             CODING("quoted-printable") "\r\n[T]\r\n"},
        {"a signed message is never cut, a signed part neither",
         MIXED "--m\r\n\r\nt\r\n--m\r\n" TYPE(
             "multipart/signed; boundary=s") "\r\n--s\r\n\r\nhello\r\n--"
                                             "s\r\n" PDF BIG
                                             "--s--\r\n--m--\r\n",
         MIXED "--m\r\n\r\nt\r\n[T]\r\n\r\n--m--\r\n"},
        {"unclosed, without line end",
         MIXED "--m\r\n\r\nt\r\n--m\r\n" PDF "\r\n0123456789",
         MIXED "--m\r\n\r\nt\r\n[T]\r\n\r\n"},
        {"an attachment that is all the outer part has",
         MIXED "--m\r\n" TYPE(
             "multipart/mixed; boundary=n") "\r\n--n\r\n\r\nt"
                                            "\r\n--n\r\n" PDF BIG "--m--\r\n",
         MIXED "--m\r\n" TYPE(
             "multipart/mixed; boundary=n") "\r\n--n\r\n\r\nt"
                                            "\r\n[T]\r\n\r\n--m--\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = abridged(linked(rows[i].message, 9));
        if (strcmp(got, rows[i].copy) != 0)
            fail_msg("%s: got\n%s\nwant\n%s", rows[i].name, got, rows[i].copy);
    }
}

static void test_links_are_told_in_the_texts_own_coding(void **state)
{
    static const struct {
        const char *name, *fields, *body, *text;
    } rows[] = {
        {"7bit", TYPE("text/plain; charset=utf-8"), "hi", "hi\r\n[T]\r\n"},
        {"quoted-printable",
         TYPE("text/plain; charset=utf-8") CODING("Quoted-Printable"),
         "caf=C3=A9\r\n", "caf\xc3\xa9\r\n[T]\r\n"},
        {"a soft line break at the end", CODING("quoted-printable"), "hi=\r\n",
         "hi\r\n[T]\r\n"},
        {"one without line end", CODING("quoted-printable"),
         "hi=", "hi\r\n[T]\r\n"},
        {"a tag over two lines", TYPE("text/html") CODING("quoted-printable"),
         "<p>hi<=\r\n/bo=64y>\r\n=3C/html>", "<p>hi[H]\r\n</body>\r\n</html>"},
        {"base64, whole quanta", CODING("base64"), "aGVsbG8h\r\n",
         "hello!\r\n[T]\r\n"},
        {"base64, one short", CODING("base64"),
         "aGVs\r\nbG8=", "hello\r\n[T]\r\n"},
        {"base64, two short", CODING("base64"), "aGVsbA==\r\n",
         "hell\r\n[T]\r\n"},
        {"base64, empty", CODING("base64"), "", "[T]\r\n"},
        {"base64 HTML, first of a quantum", TYPE("text/html") CODING("base64"),
         "PHA+PC9ib2R5Pg==", "<p>[H]\r\n</body>"},
        {"base64 HTML, second", TYPE("text/html") CODING("base64"),
         "PHA+\r\naTwv\r\nYm9k\r\neT4=", "<p>i[H]\r\n</body>"},
        {"base64 HTML, third", TYPE("text/html") CODING("base64"),
         "PHA+aWk8L2JvZHk+", "<p>ii[H]\r\n</body>"},
        {"HTML without tags", TYPE("text/html"), "<p>hi", "<p>hi\r\n[H]\r\n"},
        {"HTML without body", TYPE("text/html"), "hi</html>x",
         "hi[H]\r\n</html>x"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mail_part_list list;
        const char *copy = linked(
            arena_printf(arena,
                         MIXED "--m\r\n%s\r\n%s\r\n--m\r\n" PDF BIG "--m--\r\n",
                         rows[i].fields, rows[i].body),
            9);
        mail_parts(arena, slice_of(copy), &list);
        assert_int_equal(list.count, 1);
        const char *got = decoded(&list.parts[0]);
        assert_non_null(strstr(got, URL "/1"));
        /* The blanks that fill base64 up stand before the notice. */
        got = abridged(got);
        const char *blank = strstr(got, " [H]");
        while (blank) {
            got = arena_printf(arena, "%.*s%s", (int)(blank - got), got,
                               blank + 1);
            blank = strstr(got, " [H]");
        }
        if (strcmp(got, rows[i].text) != 0)
            fail_msg("%s: got\n%s\nwant\n%s\nraw\n%s", rows[i].name, got,
                     rows[i].text, copy);
    }
}

static const char *text_with_name(const char *fields, const char *name)
{
    struct mail_part_list list;
    const char *copy =
        linked(arena_printf(arena,
                            MIXED "--m\r\n%s\r\nhi\r\n--m\r\n" TYPE(
                                "a/b;\r\n name*=utf-8''%s") BIG "--m--\r\n",
                            fields, name),
               9);
    mail_parts(arena, slice_of(copy), &list);
    return decoded(&list.parts[0]);
}

static void test_links_names_in_the_texts_own_charset(void **state)
{
    static const struct {
        const char *fields, *name;
    } rows[] = {
        {TYPE("text/plain; charset=utf-8") CODING("8bit"), "caf\xc3\xa9<b>"},
        {TYPE("text/plain; charset=utf-8"), "caf?<b>"},
        {TYPE("text/plain; charset=iso-8859-1") CODING("8bit"), "caf\xe9<b>"},
        {TYPE("text/plain; charset=iso-8859-7") CODING("base64"), "caf?<b>"},
        {TYPE("text/plain"), "caf?<b>"},
        {TYPE("text/html; charset=us-ascii"), "caf&#233;&lt;b&gt;</a>"},
        {TYPE("text/html; charset=windows-1252") CODING("8bit"),
         "caf\xe9&lt;b&gt;</a>"},
        {TYPE("text/plain; charset=unheard-of") CODING("8bit"), "caf?<b>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = text_with_name(rows[i].fields, "caf%C3%A9%3Cb%3E");
        if (!strstr(got, arena_printf(arena, "%s (10 bytes)", rows[i].name)))
            fail_msg("%s: got\n%s", rows[i].fields, got);
    }
}

static void test_links_in_utf16(void **state)
{
    (void)state;
    struct mail_part_list list;
    const char *copy =
        linked(MIXED "--m\r\n" TYPE("text/plain; charset=utf-16")
                   CODING("base64") "\r\n//5oAGkA\r\n--m\r\n" PDF BIG "--m--",
               9);
    mail_parts(arena, slice_of(copy), &list);
    struct slice text = mail_part_text(arena, &list.parts[0]);
    const char *got = arena_text(arena, text);
    assert_memory_equal(got, "hi\n", 3);
    assert_non_null(strstr(got, URL "/1\n"));
    copy = linked(MIXED "--m\r\n" TYPE("text/plain; charset=utf-16")
                      CODING("8bit") "\r\nhi\r\n--m\r\n" PDF BIG "--m--",
                  9);
    mail_parts(arena, slice_of(copy), &list);
    assert_int_equal(list.count, 2);
    assert_non_null(strstr(decoded(&list.parts[0]), URL "/1\r\n"));
    assert_string_equal(decoded(&list.parts[1]), "hi");
    /* Nobody need be able to read it. */
    copy = linked(MIXED "--m\r\n" TYPE("text/html; charset=utf-7")
                      CODING("base64") "\r\naGk=\r\n--m\r\n" PDF BIG "--m--",
                  9);
    mail_parts(arena, slice_of(copy), &list);
    assert_int_equal(list.count, 2);
    assert_non_null(strstr(decoded(&list.parts[0]), URL "/1\r\n"));
    assert_string_equal(decoded(&list.parts[1]), "hi");
}

static void test_links_of_several_have_the_numbers_of_their_parts(void **state)
{
    (void)state;
    const char *copy = linked(
        MIXED "--m\r\n" PDF BIG "--m\r\n\r\nt\r\n--m\r\n" PDF
              "\r\nsmall\r\n--m\r\n" TYPE(
                  "message/rfc822") "\r\nA: b\r\n\r\n0123456789\r\n--m--\r\n",
        9);
    assert_non_null(strstr(copy, "a.pdf (10 bytes)\r\n" URL "/0\r\n"));
    assert_non_null(strstr(copy, "message.eml (18 bytes)\r\n" URL "/3\r\n"));
    assert_null(strstr(copy, URL "/1"));
    assert_null(strstr(copy, URL "/2"));
    assert_null(strstr(copy, "0123456789"));
    assert_non_null(strstr(copy, "small"));
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_links_splice_the_raw_octets),
        TEST(test_links_are_told_in_the_texts_own_coding),
        TEST(test_links_names_in_the_texts_own_charset),
        TEST(test_links_in_utf16),
        TEST(test_links_of_several_have_the_numbers_of_their_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

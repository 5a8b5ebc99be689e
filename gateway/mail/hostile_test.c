/* Messages that mean harm, and what a large one costs: whatever comes, parts
 * and links come out in bounded time and memory, and no octet is looked at
 * beyond the content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <malloc.h>

#include "base/blob.h"
#include "base/buf.h"
#include "base/test_fence.h"
#include "mail/copy.h"
#include "mail/links.h"

#define MIXED "Content-Type: multipart/mixed; boundary=m\r\n"

/* --- whatever comes ------------------------------------------------------- */

static bool count_octets(void *ctx, struct slice octets)
{
    *(size_t *)ctx += octets.n;
    return true;
}

static void check_part(struct arena *arena, struct slice content,
                       const struct mail_part *part)
{
    size_t octets = 0;
    assert_true(part->start <= part->body && part->body <= part->end);
    assert_true(part->end <= content.n);
    assert_true(mail_part_decode(part, count_octets, &octets));
    assert_int_equal(octets, part->decoded_octets);
    assert_true(part->kind != MAIL_PART_ATTACHMENT || *part->name);
    if (part->kind != MAIL_PART_ATTACHMENT)
        assert_true(mail_part_text(arena, part).n <= MAIL_PART_TEXT_MAX);
}

static void check_edits(struct slice content, const struct mail_edits *edits)
{
    size_t at = 0;
    for (size_t i = 0; i < edits->count; i++) {
        const struct mail_edit *edit = &edits->edits[i];
        assert_true(at <= edit->at);
        assert_true(edit->remove <= content.n - edit->at);
        at = edit->at + edit->remove;
    }
}

/* Reads it, and replaces every attachment, and every second one. */
static size_t read_all(struct slice content)
{
    struct arena *arena = arena_create();
    struct mail_part_list list;
    mail_parts(arena, content, &list);
    for (size_t i = 0; i < list.count; i++)
        check_part(arena, content, &list.parts[i]);
    bool *is_link = arena_alloc(arena, list.count + 1);
    for (size_t step = 1; step <= 2; step++) {
        bool is_any = false;
        for (size_t i = 0; i < list.count; i++) {
            is_link[i] =
                list.parts[i].kind == MAIL_PART_ATTACHMENT && i % step == 0;
            is_any = is_any || is_link[i];
        }
        if (!is_any)
            continue;
        struct mail_edits edits;
        struct mail_links links = {&list, is_link, "https://p/d/t", "M"};
        mail_link_edits(arena, content, &links, &edits);
        check_edits(content, &edits);
        struct slice body;
        struct mail_direct how = {.edits = &edits};
        (void)mail_direct_head(arena, content, &how, &body);
        struct blob *out = blob_create_in(arena, NULL);
        mail_edited_body(out, content, body, &edits);
    }
    arena_destroy(&arena);
    return list.count;
}

static size_t read_fenced(struct slice content)
{
    struct fence fence = fence_put(content);
    size_t count = read_all(fence.octets);
    fence_remove(&fence);
    return count;
}

static void repeat(struct buf *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_puts(out, text);
}

static void test_hostile_shapes_are_bounded(void **state)
{
    static const struct {
        const char *name, *first, *again;
        size_t times, parts;
    } rows[] = {
        {"20 000 levels", MIXED "\r\n", "--m\r\n" MIXED "\r\n", 20000, 1900},
        {"20 000 parts", MIXED "\r\n", "--m\r\n\r\n", 20000, 1999},
        {"20 000 ends", MIXED "\r\n--m\r\n\r\n", "--m--\r\n", 20000, 1},
        {"20 000 fields", "", "Content-Type: text/html; name=a\r\n", 20000, 1},
        {"a long field", "Content-Type: a/b; ", "name=xxxxxxxxxxxxx; ", 50000,
         1},
        {"a folded field", "Content-Type: a/b;", "\r\n x=y;", 100000, 1},
        {"comments", "Content-Type: ", "(", 100000, 1},
        {"sections", "Content-Type: a/b", "; name*0*=a", 10000, 1},
        {"one long line", "\r\n", "----------------", 100000, 1},
        {"delimiters that are none", MIXED "\r\n", "--m-\r\n--\r\n", 100000, 1},
        {"blanks", "Content-Transfer-Encoding: quoted-printable\r\n\r\n", " ",
         2000000, 1},
        {"soft line breaks",
         "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=  \r\n",
         200000, 1},
        {"padding",
         "Content-Type: a/b\r\nContent-Transfer-Encoding: base64"
         "\r\n\r\n",
         "a=", 500000, 1},
        {"tags", "Content-Type: text/html\r\n\r\n", "</body", 200000, 1},
        {"a deep message", "Content-Type: message/rfc822\r\n\r\n",
         "Content-Type: message/rfc822\r\n\r\n", 20000, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, SIZE_MAX);
        buf_puts(&out, rows[i].first);
        repeat(&out, rows[i].again, rows[i].times);
        size_t count = read_fenced(buf_slice(&out));
        if (count != rows[i].parts)
            fail_msg("%s: %zu parts", rows[i].name, count);
        buf_release(&out);
    }
}

static void test_hostile_levels_each_with_its_boundary(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, SIZE_MAX);
    buf_puts(&out, "Content-Type: multipart/mixed; boundary=b0\r\n\r\n");
    for (int i = 0; i < 20000; i++)
        buf_printf(&out,
                   "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d"
                   "\r\n\r\n",
                   i, i + 1);
    repeat(&out, "--b\r\n", 100000);
    assert_int_equal(read_fenced(buf_slice(&out)), 1);
    buf_release(&out);
}

/* Same seed, same damage: a failure is repeated by running the test again. */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static const char *const seeds[] = {
    MIXED
    "\r\npre\r\n--m\r\nContent-Type: multipart/alternative; "
    "boundary=\"m a\"\r\n\r\n--m a\r\nContent-Type: text/plain; "
    "charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "caf=C3=A9 =\r\nx \r\n--m a\r\nContent-Type: text/html; "
    "charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "PHA+aTwvYm9keT4=\r\n--m a--\r\n--m\r\nContent-Type: a/b;\r\n"
    " name*0*=utf-8'en'a%20;\r\n name*1=\"b\\\"c\"\r\nContent-Disposition:"
    " inline; filename=\"=?utf-8?q?a=C3=A9?=\"\r\nContent-ID: <x@y>\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--m--\r\nepi",
    "Content-Type: multipart/related; boundary=r; start=\"<s>\"\r\n\r\n--r\r\n"
    "Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nc\r\n--r\r\nContent-ID: "
    "<s>\r\n\r\nroot\r\n--r\r\nContent-Type: multipart/signed; boundary=q\r\n"
    "\r\n--q\r\n\r\nt\r\n--q--\r\n--r--\r\n",
    "Content-Type: multipart/digest; boundary=\"-\"\r\n\r\n---\r\n\r\nA: b\r\n"
    "\r\nc\r\n---\r\nContent-Type: text/plain; charset=utf-16\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n//5oAGkA\r\n-----\r\n",
};

static void damage(char *text, size_t *n, uint32_t *seed)
{
    static const char octets[] = "\r\n-=; \t\"()<>:/*'%m\0\xff\x80";
    size_t at = next_random(seed) % *n, length = next_random(seed) % 12;
    if (length > *n - at)
        length = *n - at;
    switch (next_random(seed) % 4) {
    case 0:
        text[at] = octets[next_random(seed) % (sizeof octets - 1)];
        break;
    case 1:
        memmove(text + at, text + at + length, *n - at - length);
        *n -= length;
        break;
    case 2:
        memmove(text + at + length, text + at, *n - at);
        *n += length;
        break;
    default:
        *n = at ? at : 1;
        break;
    }
}

static void test_hostile_damage_does_no_harm(void **state)
{
    enum { ROUNDS = 20000, CHANGES = 6 };
    uint32_t seed = 7516;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const char *from = seeds[i % (sizeof seeds / sizeof *seeds)];
        char text[4096];
        size_t n = strlen(from);
        memcpy(text, from, n);
        for (uint32_t c = next_random(&seed) % CHANGES + 1; c && n; c--)
            damage(text, &n, &seed);
        (void)(i % 8 ? read_all((struct slice){text, n})
                     : read_fenced((struct slice){text, n}));
    }
}

/* --- what a large message costs ------------------------------------------- */

enum { LARGE = 50 << 20, SEVERAL_MB = 4 << 20 };

/* A message of that size in a file, as the store has it. */
static struct slice large_message(struct arena *arena, const char *folder)
{
    static const char line[] = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGl"
                               "qa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n";
    struct blob *blob = blob_create_in(arena, folder);
    struct slice content;
    struct err err;
    blob_puts(blob, MIXED "\r\n--m\r\n\r\nhello\r\n");
    for (int part = 0; part < 2; part++) {
        blob_puts(blob, "--m\r\nContent-Type: a/b; name=c\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n");
        for (int i = 0; i < LARGE / 2; i += (int)sizeof line - 1)
            blob_puts(blob, line);
    }
    blob_puts(blob, "--m--\r\n");
    assert_int_equal(blob_slice(blob, &content, &err), ST_OK);
    return content;
}

/* Of everything that is allocated, large blocks too. */
static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static size_t peak;

static bool note_peak(void *ctx, struct slice octets)
{
    (void)ctx;
    (void)octets;
    if (allocated() > peak)
        peak = allocated();
    return true;
}

static void test_a_large_message_is_not_copied(void **state)
{
    struct arena *arena = arena_create();
    char folder[] = "/tmp/lasthop-hostile-XXXXXX";
    struct mail_part_list list;
    struct mail_edits edits;
    struct slice body;
    struct err err;
    (void)state;
    assert_non_null(mkdtemp(folder));
    struct slice content = large_message(arena, folder);
    assert_true(content.n > LARGE);
    size_t before = peak = allocated();
    mail_parts(arena, content, &list);
    assert_int_equal(list.count, 3);
    bool is_link[] = {false, true, false};
    struct mail_links links = {&list, is_link, "https://p/d/t", "M"};
    mail_link_edits(arena, content, &links, &edits);
    struct mail_direct how = {.edits = &edits};
    (void)mail_direct_head(arena, content, &how, &body);
    struct blob *out = blob_create_in(arena, folder);
    mail_edited_body(out, content, body, &edits);
    (void)note_peak(NULL, body);
    assert_int_equal(blob_slice(out, &body, &err), ST_OK);
    assert_true(body.n > LARGE / 2 && body.n < LARGE);
    assert_true(mail_part_decode(&list.parts[1], note_peak, NULL));
    (void)note_peak(NULL, body);
    if (peak - before > SEVERAL_MB)
        fail_msg("it cost %zu octets", peak - before);
    arena_destroy(&arena);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_shapes_are_bounded),
        cmocka_unit_test(test_hostile_levels_each_with_its_boundary),
        cmocka_unit_test(test_hostile_damage_does_no_harm),
        cmocka_unit_test(test_a_large_message_is_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

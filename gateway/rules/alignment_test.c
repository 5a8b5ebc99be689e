#include "rules/alignment.h"
#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define EIGHT "a.b.c.d.e.f.clinic.example"

struct published {
    const char *name, *text;
};

static const struct row {
    const char *title, *domain, *path;
    enum dmarc_discovery discovery;
    struct published dns[2];
    bool is_apart;
} rows[] = {
    {"no policy", "clinic.example", NULL, DMARC_RFC9989, {{0}}, false},
    {"relaxed",
     "clinic.example",
     NULL,
     DMARC_RFC9989,
     {{"clinic.example", "p=reject"}},
     false},
    {"strict",
     "clinic.example",
     NULL,
     DMARC_RFC9989,
     {{"clinic.example", "p=reject; aspf=s"}},
     true},
    {"strict, and the very name",
     "clinic.example",
     "clinic.example",
     DMARC_RFC9989,
     {{"clinic.example", "p=reject; aspf=s"}},
     false},
    {"a public suffix",
     "clinic.example",
     NULL,
     DMARC_RFC9989,
     {{"clinic.example", "p=reject; psd=y"}},
     true},
    {"... which the list does not know",
     "clinic.example",
     NULL,
     DMARC_RFC7489,
     {{"clinic.example", "p=reject; psd=y"}},
     false},
    {"right below a public suffix",
     "a.clinic.example",
     NULL,
     DMARC_RFC9989,
     {{"a.clinic.example", "p=reject"}, {"clinic.example", "p=reject; psd=y"}},
     false},
    {"psd=n",
     "clinic.example",
     NULL,
     DMARC_RFC9989,
     {{"clinic.example", "p=reject; psd=n"}},
     false},
    {"psd=n at the path itself",
     "clinic.example",
     NULL,
     DMARC_RFC9989,
     {{"clinic.example", "p=reject"},
      {"zivverbounce.clinic.example", "p=reject; psd=n"}},
     true},
    {"eight labels", EIGHT, NULL, DMARC_RFC9989, {{EIGHT, "p=reject"}}, true},
    {"eight labels, psd=n",
     EIGHT,
     NULL,
     DMARC_RFC9989,
     {{EIGHT, "p=reject; psd=n"}, {"clinic.example", "p=reject"}},
     true},
    {"eight labels, and a record above",
     EIGHT,
     NULL,
     DMARC_RFC9989,
     {{EIGHT, "p=reject"}, {"clinic.example", "p=reject"}},
     false},
    {"eight labels by the list",
     EIGHT,
     NULL,
     DMARC_RFC7489,
     {{EIGHT, "p=reject; psd=n"}},
     false},
    {"elsewhere by the list",
     "clinic.example",
     "bounce.other.example",
     DMARC_RFC7489,
     {{"clinic.example", "p=reject"}},
     true},
    {"elsewhere by the tree",
     "clinic.example",
     "bounce.other.example",
     DMARC_RFC9989,
     {{"clinic.example", "p=reject"}, {"other.example", "p=reject"}},
     true},
};

static void answer(struct alignment *a, const struct published *dns)
{
    const char *name = alignment_question(a);
    struct slice text;
    size_t count = 0;
    assert_true(strncmp(name, "_dmarc.", 7) == 0);
    for (size_t i = 0; i < 2 && dns[i].name; i++)
        if (strcmp(dns[i].name, name + 7) == 0) {
            text = slice_of(arena_printf(arena, "v=DMARC1; %s", dns[i].text));
            count = 1;
        }
    alignment_answer(a, &text, count);
}

static void test_alignment_of_a_name_with_a_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        const char *path =
            r->path ? r->path
                    : arena_printf(arena, "zivverbounce.%s", r->domain);
        struct alignment *a =
            alignment_create(arena, r->domain, path, r->discovery);
        while (alignment_question(a))
            answer(a, r->dns);
        if (alignment_is_apart(a) != r->is_apart)
            fail_msg("%s: apart %d", r->title, (int)alignment_is_apart(a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alignment_of_a_name_with_a_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

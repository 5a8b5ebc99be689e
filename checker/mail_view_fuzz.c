/* A mail as the judge reads it: everything lies within it, parts within their
 * parent, and a text is found however it is encoded. */
#include "checker/mail_view.h"

#include "base/test_fuzz.h"
#include "checker/dsn_view.h"
#include "checker/octets.h"

enum { DEPTH = 4 };

static void check_mail(struct arena *arena, struct slice octets, int depth)
{
    struct mail_view mail = mail_view(arena, octets), *parts;
    struct texts addresses = {0};
    FUZZ_MUST(fuzz_is_in(mail.head, octets) && fuzz_is_in(mail.body, octets));
    for (size_t i = 0; i < mail.count; i++) {
        const struct mail_field *f = &mail.fields[i];
        FUZZ_MUST(fuzz_is_in(f->name, f->whole));
        FUZZ_MUST(fuzz_is_in(f->value, f->whole));
        FUZZ_MUST(fuzz_is_in(f->whole, octets));
        const char *name = arena_text(arena, f->name);
        FUZZ_MUST(mail_field_count(&mail, name) > 0 ||
                  strlen(name) != f->name.n);
        FUZZ_MUST(mail_decoded_value(arena, &mail, name));
        mail_addresses(arena, mail_value(arena, &mail, name), &addresses);
        (void)dsn_date(mail_value(arena, &mail, name));
    }
    FUZZ_MUST(mail_type(arena, &mail));
    FUZZ_MUST(mail_type_parameter(arena, &mail, "boundary"));
    FUZZ_MUST(mail_decoded(arena, &mail).n <= octets.n);
    size_t n = mail_parts(arena, &mail, &parts);
    for (size_t i = 0; i < n; i++) {
        FUZZ_MUST(fuzz_is_in(parts[i].octets, mail.body));
        if (depth < DEPTH)
            check_mail(arena, parts[i].octets, depth + 1);
    }
}

static void check_octets(struct arena *arena, struct slice octets)
{
    struct haystack hay = haystack(arena, octets);
    struct slice text = {octets.p, octets.n < 24 ? octets.n : 24};
    struct needle n = needle(arena, arena_text(arena, text));
    if (n.text.n && !fuzz_has(octets, '\0'))
        FUZZ_MUST(haystack_holds(&hay, &n));
    (void)haystack_holds_nocase(&hay, &n);
    (void)haystack_holds_word(&hay, &n);
    FUZZ_MUST(dsn_from_xtext(arena, arena_text(arena, octets)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    check_mail(arena, in, 0);
    check_octets(arena, in);
    arena_destroy(&arena);
    return 0;
}

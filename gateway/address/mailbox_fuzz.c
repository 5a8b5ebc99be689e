/* Addresses: what is accepted, written by us, is accepted again and is the
 * same; keys are equal where addresses are. */
#include "address/mailbox.h"

#include "address/text.h"
#include "base/test_fuzz.h"

static void check_mailbox(struct arena *arena, const struct mailbox *m)
{
    struct mailbox again;
    struct err err;
    const char *text = mailbox_format(arena, m);
    if (mailbox_is_null(m)) {
        FUZZ_MUST(!*text);
        return;
    }
    FUZZ_MUST(m->local.n + m->domain.n + 1 <= MAILBOX_BYTES_MAX);
    FUZZ_MUST(strlen(text) <= MAILBOX_BYTES_MAX);
    FUZZ_MUST(mailbox_fits_path(m));
    FUZZ_MUST(text_is_printable(slice_of(text)));
    FUZZ_MUST(fuzz_is_utf8(slice_of(text)));
    FUZZ_MUST(mailbox_parse(arena, slice_of(text), &again, &err) == ST_OK);
    FUZZ_MUST(mailbox_eq(m, &again));
    FUZZ_MUST(fuzz_eq(m->local, again.local));
    FUZZ_MUST(fuzz_eq(m->domain, again.domain));
    FUZZ_MUST(m->is_literal == again.is_literal);
    FUZZ_MUST(fuzz_same(text, mailbox_format(arena, &again)));
    FUZZ_MUST(fuzz_same(mailbox_key(arena, m), mailbox_key(arena, &again)));
    for (const char *p = mailbox_show(arena, m); *p; p++)
        FUZZ_MUST(*p >= ' ' && *p <= '~');
}

static void check_whole(struct arena *arena, struct slice in)
{
    struct mailbox m;
    struct err err;
    if (mailbox_parse(arena, in, &m, &err) == ST_OK)
        check_mailbox(arena, &m);
}

static void check_front(struct arena *arena, struct slice in)
{
    struct mailbox m;
    struct err err;
    struct slice rest = in;
    if (mailbox_take(arena, &rest, &m, &err) == ST_OK) {
        FUZZ_MUST(rest.n < in.n && rest.p + rest.n == in.p + in.n);
        check_mailbox(arena, &m);
    } else {
        FUZZ_MUST(rest.p == in.p && rest.n == in.n);
    }
    rest = in;
    if (mailbox_take_path(arena, &rest, &m, &err) == ST_OK) {
        FUZZ_MUST(rest.n < in.n && rest.p + rest.n == in.p + in.n);
        check_mailbox(arena, &m);
    } else {
        FUZZ_MUST(rest.p == in.p && rest.n == in.n);
    }
}

static void check_domain(struct arena *arena, struct slice in)
{
    struct slice domain, again;
    struct err err;
    if (domain_to_ascii(arena, in, &domain, &err) != ST_OK)
        return;
    FUZZ_MUST(domain.n && text_is_ascii(domain));
    FUZZ_MUST(domain_to_ascii(arena, domain, &again, &err) == ST_OK);
    FUZZ_MUST(fuzz_eq(domain, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    check_whole(arena, in);
    check_front(arena, in);
    check_domain(arena, in);
    arena_destroy(&arena);
    return 0;
}

/* What a browser sends: the first line is a Content-Type, the rest a body; the
 * same octets are a query, a Cookie field, an Accept-Language as well. Fields
 * are bounded, their values lie in the body or are no longer than it. */
#include "portal/form.h"

#include "base/test_fuzz.h"
#include "portal/text.h"

static void check_field(struct arena *arena, const struct form *form, size_t i,
                        struct slice body)
{
    const struct form_field *f = &form->fields[i];
    FUZZ_MUST(f->name && f->value.n <= body.n);
    FUZZ_MUST(form_text(arena, form, f->name));
    if (!f->file)
        return;
    FUZZ_MUST(f->type && fuzz_is_utf8(slice_of(f->file)));
    FUZZ_MUST(!strpbrk(f->file, "/\\\r\n"));
}

static void check_form(struct arena *arena, const char *type, struct slice body)
{
    struct form form;
    if (form_parse(arena, type, body, &form) != ST_OK)
        return;
    FUZZ_MUST(form.count <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < form.count; i++)
        check_field(arena, &form, i, body);
}

static void check_head(struct arena *arena, const char *text)
{
    const char *value = form_query(arena, text, "note");
    FUZZ_MUST(!value || strlen(value) <= strlen(text));
    value = form_cookie(arena, text, "__Host-portal");
    FUZZ_MUST(!value || strlen(value) <= strlen(text));
    FUZZ_MUST(language_choose(text) < LANGUAGE_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    check_head(arena, arena_text(arena, in));
    const char *type = arena_text(arena, slice_cut(&in, '\n'));
    check_form(arena, type, in);
    check_form(arena, "application/x-www-form-urlencoded", in);
    check_form(arena, "multipart/form-data; boundary=b", in);
    arena_destroy(&arena);
    return 0;
}

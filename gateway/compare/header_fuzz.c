/* The gateway's strict header and address parsers against the judge's own
 * reader: where the former accept, the latter finds the same fields and the
 * same addresses. */
#include "address/mailbox_list.h"
#include "base/test_fuzz.h"
#include "checker/mail_view.h"

static const char *unfolded(struct arena *arena, struct slice raw)
{
    char *text = arena_text(arena, raw), *to = text;
    for (size_t i = 0; i < raw.n; i++)
        if (raw.p[i] != '\r' && raw.p[i] != '\n')
            *to++ = raw.p[i];
    *to = '\0';
    return text;
}

/* Blanks around the dots of an address (obs-local-part, obs-domain): the judge
 * keeps them. */
static struct slice without_blanks(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text), *to = out;
    bool is_quoted = false;
    for (const char *p = text; *p; p++) {
        if (*p == '\\' && p[1])
            *to++ = *p++;
        else if (*p == '"')
            is_quoted = !is_quoted;
        if (is_quoted || (*p != ' ' && *p != '\t'))
            *to++ = *p;
    }
    return (struct slice){out, (size_t)(to - out)};
}

/* Each address that the gateway reads is one that the judge reads. */
static void check_addresses(struct arena *arena, struct slice value)
{
    struct mailbox_list list;
    struct texts texts = {0};
    struct err err;
    if (mailbox_list_parse(arena, value, &list, &err) != ST_OK)
        return;
    mail_addresses(arena, unfolded(arena, value), &texts);
    FUZZ_MUST(texts.n == list.count);
    for (size_t i = 0; i < list.count; i++) {
        struct mailbox read;
        struct slice text = without_blanks(arena, texts.v[i]);
        FUZZ_MUST(mailbox_parse(arena, text, &read, &err) == ST_OK);
        FUZZ_MUST(mailbox_eq(&read, &list.entries[i].mailbox));
    }
}

static void check_fields(struct arena *arena, const struct header *header,
                         const struct mail_view *view, struct slice message)
{
    FUZZ_MUST(view->count == header->count);
    FUZZ_MUST(view->body.n == message.n - header->body);
    for (size_t i = 0; i < view->count; i++) {
        const struct header_field *ours = &header->fields[i];
        const struct mail_field *theirs = &view->fields[i];
        FUZZ_MUST(slice_eq_nocase(ours->name, slice_trim(theirs->name)));
        FUZZ_MUST(fuzz_eq(slice_trim(ours->raw), slice_trim(theirs->value)));
        if (header_field_is(ours, "From") || header_field_is(ours, "To"))
            check_addresses(arena, header_value(arena, ours));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice message = fuzz_crlf(arena, fuzz_input(data, size));
    struct header header;
    struct err err;
    if (!fuzz_has(message, '\0') &&
        header_parse(arena, message, &header, &err) == ST_OK) {
        struct mail_view view = mail_view(arena, message);
        check_fields(arena, &header, &view, message);
    }
    arena_destroy(&arena);
    return 0;
}

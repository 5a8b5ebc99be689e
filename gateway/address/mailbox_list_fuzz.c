/* A header by anybody: its fields lie within it, side by side; the addresses
 * of From, To and Cc are mailboxes of the strict grammar, whichever way they
 * are asked for; and tag lists. */
#include "address/mailbox_list.h"

#include "address/taglist.h"
#include "base/test_fuzz.h"

static void check_entry(struct arena *arena, const struct mailbox_entry *entry)
{
    struct mailbox again;
    struct err err;
    const char *text = mailbox_format(arena, &entry->mailbox);
    FUZZ_MUST(mailbox_parse(arena, slice_of(text), &again, &err) == ST_OK);
    FUZZ_MUST(mailbox_eq(&entry->mailbox, &again));
    FUZZ_MUST(!fuzz_has(entry->display, '\r'));
    FUZZ_MUST(!fuzz_has(entry->display, '\n'));
}

static void check_list(struct arena *arena, struct slice value)
{
    struct mailbox_list list;
    struct err err;
    if (mailbox_list_parse(arena, value, &list, &err) != ST_OK)
        return;
    for (size_t i = 0; i < list.count; i++)
        check_entry(arena, &list.entries[i]);
}

static void check_only(struct arena *arena, const struct header *header)
{
    static const char *const names[] = {"From", NULL};
    struct mailbox_entry only;
    struct err err;
    if (mailbox_list_only(arena, header, "From", &only, &err) != ST_OK)
        return;
    FUZZ_MUST(header_count(header, "From") == 1 && !only.in_group);
    check_entry(arena, &only);
    struct mailbox_list list = mailbox_list_collect(arena, header, names);
    FUZZ_MUST(list.count == 1);
    FUZZ_MUST(mailbox_eq(&list.entries[0].mailbox, &only.mailbox));
}

static void check_fields(struct arena *arena, const struct header *header,
                         struct slice message)
{
    size_t at = 0;
    for (size_t i = 0; i < header->count; i++) {
        const struct header_field *f = &header->fields[i];
        FUZZ_MUST(f->start == at && f->start < f->end && f->end <= message.n);
        struct slice octets = {message.p + f->start, f->end - f->start};
        FUZZ_MUST(f->name.n && fuzz_is_in(f->name, octets));
        FUZZ_MUST(fuzz_is_in(f->raw, octets));
        struct slice value = header_value(arena, f);
        FUZZ_MUST(value.n <= f->raw.n);
        check_list(arena, value);
        at = f->end;
    }
    FUZZ_MUST(header->count <= HEADER_FIELDS_MAX && header->body >= at);
    FUZZ_MUST(header->body <= message.n);
}

static void check_tags(struct slice text)
{
    struct taglist list;
    struct slice value;
    if (!taglist_parse(text, &list))
        return;
    FUZZ_MUST(list.count <= TAGS_MAX);
    for (size_t i = 0; i < list.count; i++) {
        FUZZ_MUST(list.tags[i].name.n && fuzz_is_in(list.tags[i].name, text));
        FUZZ_MUST(fuzz_is_in(list.tags[i].value, text));
        for (size_t j = 0; j < i; j++)
            FUZZ_MUST(!slice_eq(list.tags[i].name, list.tags[j].name));
    }
    (void)taglist_find(&list, "p", &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"From", "To", "Cc", NULL};
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    struct header header;
    struct err err;
    check_list(arena, in);
    check_tags(in);
    struct slice message = fuzz_crlf(arena, in);
    if (header_parse(arena, message, &header, &err) == ST_OK) {
        check_fields(arena, &header, message);
        check_only(arena, &header);
        struct mailbox_list list = mailbox_list_collect(arena, &header, names);
        for (size_t i = 0; i < list.count; i++)
            check_entry(arena, &list.entries[i]);
    }
    arena_destroy(&arena);
    return 0;
}

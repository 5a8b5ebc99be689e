/* Attachments that become links, in a message by anybody: the edits lie in
 * order within it, what stays is what it was, and whoever reads the copy finds
 * no part that went (ATTACH-1). */
#include "mail/links.h"

#include "base/blob.h"
#include "base/test_fuzz.h"
#include "mail/copy.h"

static void check_edits(struct slice content, const struct mail_edits *edits)
{
    size_t at = 0;
    for (size_t i = 0; i < edits->count; i++) {
        const struct mail_edit *edit = &edits->edits[i];
        FUZZ_MUST(at <= edit->at && edit->at <= content.n);
        FUZZ_MUST(edit->remove <= content.n - edit->at);
        at = edit->at + edit->remove;
    }
}

/* The copy as it leaves. */
static struct slice copy_of(struct arena *arena, struct slice content,
                            const struct mail_edits *edits)
{
    struct mail_direct how = {.edits = edits};
    struct slice body, copy;
    struct err err;
    struct slice head = mail_direct_head(arena, content, &how, &body);
    FUZZ_MUST(fuzz_is_in(body, content));
    struct blob *out = blob_create_in(arena, NULL);
    blob_put(out, head);
    mail_edited_body(out, content, body, edits);
    FUZZ_MUST(blob_slice(out, &copy, &err) == ST_OK);
    return copy;
}

static bool has(struct slice s, const char *text)
{
    return memmem(s.p, s.n, text, strlen(text)) != NULL;
}

/* No part comes but the notice; it is found in the octets or, encoded, in a
 * text. */
static void check_copy(struct arena *arena, const struct mail_part_list *before,
                       size_t gone, struct slice copy)
{
    struct mail_part_list after;
    mail_parts(arena, copy, &after);
    FUZZ_MUST(after.count <= before->count - gone + 1 ||
              before->count == MAIL_PARTS_MAX);
    bool is_told = has(copy, "https://p/d/T/");
    for (size_t i = 0; i < after.count && !is_told; i++)
        if (after.parts[i].kind != MAIL_PART_ATTACHMENT)
            is_told =
                has(mail_part_text(arena, &after.parts[i]), "https://p/d/T/");
    FUZZ_MUST(is_told);
}

static void check(struct arena *arena, struct slice content, uint64_t choice)
{
    struct mail_part_list list;
    struct mail_edits edits;
    size_t gone = 0;
    mail_parts(arena, content, &list);
    bool *is_link = arena_alloc(arena, list.count * sizeof *is_link);
    for (size_t i = 0; i < list.count; i++) {
        is_link[i] = list.parts[i].kind == MAIL_PART_ATTACHMENT &&
                     (choice >> i % 64 & 1);
        gone += is_link[i];
    }
    if (!gone)
        return;
    struct mail_links links = {&list, is_link, "https://p/d/T", "Mark0"};
    mail_link_edits(arena, content, &links, &edits);
    check_edits(content, &edits);
    check_copy(arena, &list, gone, copy_of(arena, content, &edits));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice content = fuzz_input(data, size);
    struct prng prng = fuzz_prng(content);
    check(arena, content, UINT64_MAX);
    check(arena, content, prng_next(&prng));
    arena_destroy(&arena);
    return 0;
}

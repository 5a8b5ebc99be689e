#include "mail/scan.h"

struct mail_part_list mail_scan_parts(struct arena *arena,
                                      const struct mail_scan *scan,
                                      struct slice content)
{
    size_t count = scan->parts.count;
    struct mail_part *parts = arena_alloc(arena, count * sizeof *parts);
    for (size_t i = 0; i < count; i++) {
        parts[i] = scan->parts.parts[i];
        parts[i].content = content;
    }
    return (struct mail_part_list){parts, count};
}

void mail_scan(struct arena *arena, struct slice content, struct mail_scan *out)
{
    entity_scan(arena, content, &out->tree);
    mail_parts_of(arena, content, &out->tree, &out->parts);
    out->parts = mail_scan_parts(arena, out, SLICE_LITERAL(""));
}

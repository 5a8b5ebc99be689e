/* What a mail host sends back, in a `bounce` step. */
#include <string.h>

#include "engine/read.h"

struct bounce *read_bounce(struct reading *r, const struct node *map)
{
    struct bounce *b = ARENA_NEW(r->arena, struct bounce);
    const struct node *from = node_get(map, "from");
    b->of = node_text(map, "of", "");
    b->form = node_text(map, "form", "report");
    b->action = node_text(map, "action", "failed");
    b->status = node_text(map, "status", "5.1.1");
    b->to = node_text(map, "to", NULL);
    b->from = from && !node_is_text(from, "<>") ? from->text : "";
    b->is_plain = node_is_text(node_get(map, "tls"), "no");
    b->expect = node_text(map, "expect", "250");
    b->place = map->key_place;
    bool reports = strcmp(b->form, "report") == 0;
    const struct node *action = node_get(map, "action");
    const struct node *status = node_get(map, "status");
    if (!reports && (action || status)) {
        diagnostics_add(r->list, (action ? action : status)->key_place,
                        "without effect: only the form `report` says so");
        r->bad = true;
    }
    return b;
}

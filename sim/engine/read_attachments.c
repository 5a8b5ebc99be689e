/* The attachments of a `submit`. */
#include <stdlib.h>
#include <string.h>

#include "engine/read.h"

const struct attachment *read_attachments(struct reading *r,
                                          const struct node *list)
{
    const struct attachment *first = NULL, **end = &first;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        struct attachment *a = ARENA_NEW(r->arena, struct attachment);
        a->octets = strtoul(node_text(n, "octets", "0"), NULL, 10);
        a->kind = node_text(n, "kind", "attachment");
        a->name = node_text(n, "name", NULL);
        a->type = node_text(n, "type", NULL);
        a->coding = node_text(n, "coding", "base64");
        bool whole =
            strcmp(a->kind, "message") == 0 || strcmp(a->kind, "signed") == 0;
        if (whole && n->count > 2) {
            diagnostics_add(r->list, n->place,
                            "of this kind only the octets can be said");
            r->bad = true;
        }
        *end = a;
        end = &a->next;
    }
    return first;
}

/* scan - all that one pass over a message finds: its entities, and the parts
 * that they are for a reader. It depends on the content alone and points to
 * nothing of it but for mail_part.content, so that it serves every copy of the
 * same octets. */
#ifndef MAIL_SCAN_H
#define MAIL_SCAN_H

#include "mail/entity.h"
#include "mail/parts.h"

struct mail_scan {
    struct entity_tree tree;
    struct mail_part_list parts; /* without content: mail_scan_parts */
};

/* owner: the arena */
void mail_scan(struct arena *arena, struct slice content,
               struct mail_scan *out);
/* mail_scan_parts - its parts in this copy of the content. owner: the arena;
 * texts are the scan's */
struct mail_part_list mail_scan_parts(struct arena *arena,
                                      const struct mail_scan *scan,
                                      struct slice content);

#endif

/* links - a message whose large attachments are replaced by secure download
 * links, as edits to its raw octets (ATTACH-1, ATTACH-2).
 *
 * A part that goes, goes with its delimiter line; a multipart that would be
 * left without parts goes too. The notice stands in every text that a reader
 * sees first. Where there is none, it becomes a first part: of a
 * multipart/mixed by one more part, of another multipart by a multipart/mixed
 * around it, and of a message that is replaced whole (an attachment or a signed
 * message and nothing else) it is all that is left. */
#ifndef MAIL_LINKS_H
#define MAIL_LINKS_H

#include "mail/edit.h"
#include "mail/parts.h"

struct mail_links {
    const struct mail_part_list *parts; /* of the content */
    const bool *is_link; /* by index; of attachments, at least one */
    const char *url;     /* "https://portal.host/d/TOKEN": "/N" follows */
    const char *mark;    /* unique, for a boundary: letters and digits */
};

/* owner: the arena */
void mail_link_edits(struct arena *arena, struct slice content,
                     const struct mail_links *links, struct mail_edits *out);

struct entity_tree;
/* mail_link_edits_of - the same where the content's entities were found before.
 */
void mail_link_edits_of(struct arena *arena, struct slice content,
                        const struct entity_tree *tree,
                        const struct mail_links *links, struct mail_edits *out);

#endif

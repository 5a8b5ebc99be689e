/* entity - the tree of a message's MIME entities (RFC 2046 5.1) as offsets into
 * its raw octets, found in one pass over the lines.
 *
 * A delimiter line ends every entity that lies within the one it belongs to; of
 * two open boundaries that are the same the inner one counts. Limits bound the
 * work: what lies deeper is one entity, what comes later than ENTITY_COUNT_MAX
 * is none and stays as it is. */
#ifndef MAIL_ENTITY_H
#define MAIL_ENTITY_H

#include "mail/content.h"

enum { ENTITY_DEPTH_MAX = 100, ENTITY_COUNT_MAX = 2000 };

enum { ENTITY_NONE = -1 };

struct entity {
    struct content content; /* type: with the default where it says none */
    int parent;             /* ENTITY_NONE: the root */
    int after;              /* index of the first one not within it */
    int root;               /* is_parent: see entity_related_root */
    bool is_parent;         /* a multipart that has parts, not one whole */
    bool is_whole;          /* a multipart that is never looked into */
    bool is_closed;         /* is_parent: its last delimiter line was there */
    size_t delimiter;       /* of the delimiter line before it; the root: 0 */
    size_t start;           /* of its header */
    size_t body;            /* behind its header */
    size_t end;             /* before the line end that leads the next delimiter
                               line */
    size_t next;            /* of that delimiter line */
    size_t first_delimiter; /* is_parent: of its first delimiter line */
    size_t last_delimiter;  /* is_parent, is_closed: of its last one */
};

struct entity_tree {
    struct entity *entities; /* in the order of the octets; 0 is the root */
    int count;
    size_t compared; /* boundaries; tests of growth look at it */
};

/* entity_scan - owner: the arena; texts too */
void entity_scan(struct arena *arena, struct slice content,
                 struct entity_tree *out);

/* The entity that a reader of a multipart/related sees (RFC 2387 3.2). */
int entity_related_root(const struct entity_tree *tree, int related);

/* The multipart's subtype, "mixed"; "" unless is_parent. */
const char *entity_subtype(const struct entity *entity);

#endif

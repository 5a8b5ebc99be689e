/* node - a YAML document as a tree of texts, lists and maps, each with its
 * place, after the columns of a case were put in.
 *
 * All scalars are text. A tree lives in an arena and is never changed after it
 * was read, but for node_copy's results. */
#ifndef ENGINE_NODE_H
#define ENGINE_NODE_H

#include "base/alloc.h"
#include "engine/diagnostic.h"

enum node_kind { NODE_KIND_TEXT, NODE_KIND_LIST, NODE_KIND_MAP };

struct node {
    enum node_kind kind;
    struct place place;
    const char *text;       /* NODE_KIND_TEXT: NUL-terminated, never NULL */
    const char *key;        /* within a map: its key, else NULL */
    struct place key_place; /* within a map */
    const char *column;     /* the case column that this came from, or NULL */
    struct node *first;     /* children of a list or map, in file order */
    struct node *next;      /* sibling */
    struct node *removed;   /* children that a cell `absent` took away */
    size_t count;           /* of children */
};

/* node_get - the value under a key; NULL when absent or no map. */
const struct node *node_get(const struct node *map, const char *key);
/* node_text - the text under a key, or otherwise when absent or no text. */
const char *node_text(const struct node *map, const char *key,
                      const char *otherwise);
bool node_is_text(const struct node *node, const char *text);
/* node_single - a map of one entry: that entry, else NULL. */
const struct node *node_single(const struct node *map);
/* node_copy - a deep copy whose texts may be replaced by the caller. */
struct node *node_copy(struct arena *arena, const struct node *node);

/* node_load - a file's octets, NUL-terminated; a diagnostic when it cannot be
 * read. */
enum status node_load(struct arena *arena, const char *path,
                      struct diagnostics *list, struct slice *out) MUST_USE;
/* node_read - one YAML document. Syntax errors, duplicate keys, keys that are
 * no text, aliases and further documents are diagnostics; ST_INVAL then. */
enum status node_read(struct arena *arena, const char *path,
                      struct diagnostics *list, struct node **out) MUST_USE;
/* The same from text; path is the name for places. */
enum status node_parse(struct arena *arena, const char *path, struct slice text,
                       struct diagnostics *list, struct node **out) MUST_USE;

#endif

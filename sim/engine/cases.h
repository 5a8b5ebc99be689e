/* cases - puts the columns of `cases:` into a scenario's tree, one tree a case.
 *
 * `$x` as a whole value becomes the cell, whatever it is; within a text or a
 * key it becomes the cell's text; `$$` is a dollar sign. A cell `absent`
 * removes the entry that it stands in, and what becomes empty thereby. */
#ifndef ENGINE_CASES_H
#define ENGINE_CASES_H

#include "engine/node.h"

struct case_tree {
    const char *name; /* "" where the file has no `cases:` */
    struct place place;
    const struct node *root; /* without `cases:` */
    struct case_tree *next;
};

/* errors  ST_INVAL: a diagnostic was added; the cases that are right are there
 */
enum status cases_expand(struct arena *arena, const struct node *root,
                         struct diagnostics *list,
                         struct case_tree **out) MUST_USE;

#endif

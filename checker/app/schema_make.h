/* schema_make - the JSON Schema of a file, from the tables by which the parser
 * checks it: what is added there is here at once. */
#ifndef KIT_SCHEMA_MAKE_H
#define KIT_SCHEMA_MAKE_H

#include <jansson.h>

#include "engine/vocabulary.h"

/* schema_make - draft 2020-12; title may be NULL. A new reference.
 *
 * Where a cell may stand, the name of a column (`$name`) may stand as well.
 * Scalars are text to us but numbers and booleans to some YAML readers: both
 * are let through. */
json_t *schema_make(const struct key *keys, const char *title);

/* tree_json - a file as JSON, every scalar a text; a new reference. */
json_t *tree_json(const struct node *node);

#endif

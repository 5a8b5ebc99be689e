/* recipes - how real programs are set up against a served gateway: the texts of
 * fixtures/recipes/NAME.txt with the run's own addresses and credentials. */
#ifndef KIT_RECIPES_H
#define KIT_RECIPES_H

#include <stdio.h>

#include "base/alloc.h"
#include "base/slice.h"
#include "base/status.h"

/* @NAME@ stands for value; an array of them ends with a NULL name. */
struct recipe_value {
    const char *name, *value;
};

/* recipe_fill - what is no known @NAME@ stays as it is. */
char *recipe_fill(struct arena *arena, struct slice text,
                  const struct recipe_value *values);

/* recipes_put - all recipes of a folder, filled, in order of their names. */
enum status recipes_put(FILE *to, const char *folder,
                        const struct recipe_value *values,
                        struct err *err) MUST_USE;

#endif

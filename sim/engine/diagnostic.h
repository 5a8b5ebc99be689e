/* diagnostic - everything that is wrong with the files of a run, each with its
 * place, collected so that one look shows all of it.
 *
 * A diagnostic is printed as `file:line:column: text`, then the source line, a
 * caret under the column, and the near miss where there is one. */
#ifndef ENGINE_DIAGNOSTIC_H
#define ENGINE_DIAGNOSTIC_H

#include <stdio.h>

#include "base/place.h"
#include "base/status.h"

struct diagnostic {
    struct place place;
    const char *text;      /* what, expected what */
    const char *line;      /* the source line; NULL when it is not known */
    const char *near_miss; /* a word that was perhaps meant, or NULL */
    bool sealed;           /* nothing more is told at this place */
};

struct diagnostics;

struct diagnostics *diagnostics_create(void);
void diagnostics_destroy(struct diagnostics **list);

/* diagnostics_source - the text of a file, so that lines can be shown; both are
 * copied. */
void diagnostics_source(struct diagnostics *list, const char *file,
                        const char *text);

void diagnostics_add(struct diagnostics *list, struct place place,
                     const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same with a list of words (ended by NULL) in which the near miss of `met`
 * is looked for. */
void diagnostics_add_near(struct diagnostics *list, struct place place,
                          const char *met, const char *const *words,
                          const char *fmt, ...) PRINTF_LIKE(5, 6);

/* diagnostics_seal - what is told from now on at a place where something stands
 * already follows from that, and is left out. */
void diagnostics_seal(struct diagnostics *list);

size_t diagnostics_count(const struct diagnostics *list);
/* In order of file (first met first), line, column. */
const struct diagnostic *diagnostics_at(struct diagnostics *list, size_t i);
void diagnostics_print(struct diagnostics *list, FILE *to);

/* near_miss - the word within a third of its length of `met` (at least one
 * edit), the nearest first; NULL when none is near. */
const char *near_miss(const char *met, const char *const *words);

#endif

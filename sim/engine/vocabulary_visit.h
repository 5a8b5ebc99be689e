/* vocabulary_visit - the keys of a `visit` step, and its fixed words. */
#ifndef ENGINE_VOCABULARY_VISIT_H
#define ENGINE_VOCABULARY_VISIT_H

#include "engine/vocabulary.h"

extern const struct key vocabulary_visit[]; /* a list's elements */

/* What may be seen: a page, a fault or a notice on it, a status. */
extern const char *const words_seen[];

#endif

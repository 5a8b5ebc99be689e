/* enumerate - every combination of facts with its decision, a line each, so
 * that tables written from the clauses can be held against decide() from
 * outside. */
#ifndef RULES_ENUMERATE_H
#define RULES_ENUMERATE_H

#include <stdio.h>

#include "base/status.h"

/* enumerate_decisions - `axis=value ... -> method=M delivery=D[ status=S]`; the
 * axes nest in a fixed order, the last one moves fastest.
 *
 * errors  ST_TEMP: the stream does not take it
 */
enum status enumerate_decisions(FILE *out, struct err *err) MUST_USE;

/* enumerate_words - the words of ORDER-3, one a line. */
enum status enumerate_words(FILE *out, struct err *err) MUST_USE;

#endif

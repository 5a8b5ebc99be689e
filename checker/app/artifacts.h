/* artifacts - what is left of a case that went wrong, for a pipeline to keep:
 * DIR/FILE-CASE/story.txt with whole transcripts, and evidence.json. */
#ifndef KIT_ARTIFACTS_H
#define KIT_ARTIFACTS_H

#include <jansson.h>

#include "verdict/verdict.h"

/* artifacts_write - evidence may be NULL; its texts are cleaned of the secrets,
 * in place. A result that is no failure writes nothing.
 *
 * errors  ST_TEMP: cannot be written */
enum status artifacts_write(const char *dir, const struct case_result *r,
                            json_t *evidence, const struct texts *secrets,
                            struct err *err) MUST_USE;

#endif

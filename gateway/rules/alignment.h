/* alignment - whether SPF of a reverse-path aligns with a From domain, as a
 * machine without I/O that names the TXT look-up that is open, as dmarc does.
 *
 * Relaxed alignment compares organizational domains: by RFC 7489 those of the
 * public suffix list; by RFC 9989 what a walk from either name finds, which
 * may differ although one lies below the other.
 *
 * source: RFC 7489 3.1.2; RFC 9989 4.10.2 */
#ifndef RULES_ALIGNMENT_H
#define RULES_ALIGNMENT_H

#include "rules/dmarc.h"

struct alignment;

/* domain: of From; path: of the reverse-path. Both in lower case. */
struct alignment *alignment_create(struct arena *arena, const char *domain,
                                   const char *path,
                                   enum dmarc_discovery discovery);
/* NULL: nothing more to ask. */
const char *alignment_question(const struct alignment *alignment);
void alignment_answer(struct alignment *alignment, const struct slice *texts,
                      size_t count);
/* alignment_is_apart - the names do not align. Without a policy for domain
 * there is nothing to align, and they are not apart. */
bool alignment_is_apart(const struct alignment *alignment);

#endif

/* judge_visit - what the files that judge visits of the portal share. */
#ifndef CHECKER_JUDGE_VISIT_H
#define CHECKER_JUDGE_VISIT_H

#include "checker/judge_internal.h"
#include "checker/visit_view.h"

struct place visit_place(const struct trial *t, const struct visit_action *a);
const char *visit_describe(struct trial *t, const struct visit_action *a);

void visit_fault(struct trial *t, const struct visit_action *a,
                 const char *clause, const char *expected, const char *got);
/* The first letter, from that one on, whose mark stands in any response of the
 * action; NULL. */
const struct letter *visit_content(struct trial *t,
                                   const struct visit_action *a,
                                   const struct letter *from);

/* What every page owes, whoever asks (PORTAL-3, PORTAL-4, RIGHT-5). */
void judge_pages(struct trial *t, const struct visit_action *all);
/* Who may see content, by a model of links, codes and sessions of its own
 * (PORTAL-1, PORTAL-2, SHARED-1, CONV-4, ATTACH-3). */
void judge_access(struct trial *t, const struct visit_action *all);

#endif

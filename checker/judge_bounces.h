/* judge_bounces - what mail hosts sent back, for those who count reports. */
#ifndef CHECKER_JUDGE_BOUNCES_H
#define CHECKER_JUDGE_BOUNCES_H

#include "checker/judge_internal.h"

/* Whose return path a bounce went to; NULL: nobody's. */
const struct claim *bounce_claim(const struct trial *t, const json_t *bounce);
/* What an accepted one reports: an action of RFC 3464; "" for nothing. */
const char *bounce_action(const json_t *bounce);
/* The last accepted one about a claim that reports this; NULL. */
const json_t *bounce_find(const struct trial *t, const struct claim *claim,
                          const char *action);

#endif

/* What nobody may guess: return paths (MAIL-2) and links (PORTAL-3). Whether
 * bits are random cannot be seen; that they are counted on, or filled up, can.
 */
#include "checker/judge_internal.h"

enum { RUN_MOST = 7 };

bool token_is_filled(struct slice token)
{
    size_t run = 1;
    for (size_t i = 1; i < token.n; i++) {
        run = token.p[i] == token.p[i - 1] ? run + 1 : 1;
        if (run > RUN_MOST)
            return true;
    }
    return false;
}

bool token_is_like(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n, same = 0;
    for (size_t i = 0; i < n; i++)
        same += a.p[i] == b.p[i];
    return n > 0 && 2 * same > n;
}

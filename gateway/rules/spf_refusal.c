/* What a submitter without credentials is told (AUTH-3, RFC 7372). */
#include "rules/spf.h"

/* A reply line has 512 octets. */
enum { EXPLANATION_MAX = 200 };

static const char *by_mechanism(struct arena *arena,
                                const struct spf_verdict *v)
{
    return v->mechanism ? arena_printf(arena, " by %.100s of %.100s",
                                       v->mechanism, v->domain)
                        : arena_printf(arena, " for %.100s", v->domain);
}

const char *spf_refusal(struct arena *arena, const struct spf_verdict *v)
{
    const char *by = by_mechanism(arena, v);
    const char *result = spf_result_name(v->result);
    switch (v->result) {
    case SPF_RESULT_PASS:
        return NULL;
    case SPF_RESULT_FAIL:
        if (!v->explanation)
            return arena_printf(arena, "550 5.7.23 SPF fail%s", by);
        return arena_printf(arena,
                            "550 5.7.23 SPF fail%s, which explains: %.*s", by,
                            EXPLANATION_MAX, v->explanation);
    case SPF_RESULT_NONE:
        return arena_printf(arena,
                            "530 5.7.0 Authentication required; SPF none%s: %s",
                            by, v->problem);
    case SPF_RESULT_NEUTRAL:
    case SPF_RESULT_SOFTFAIL:
        return arena_printf(
            arena, "530 5.7.0 Authentication required; SPF %s%s", result, by);
    case SPF_RESULT_PERMERROR:
        return arena_printf(arena, "550 5.7.24 SPF permerror%s: %s", by,
                            v->problem);
    case SPF_RESULT_TEMPERROR:
        return arena_printf(arena, "451 4.7.24 SPF temperror%s: %s", by,
                            v->problem);
    case SPF_RESULT_COUNT:
        break;
    }
    BUG("SPF result %d", (int)v->result);
}

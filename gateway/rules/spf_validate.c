/* The client's validated names (RFC 7208 5.5): those that the reverse look-up
 * gives and whose addresses hold the client's. Found once for a check. */
#include <string.h>

#include "rules/spf_internal.h"
#include "rules/spf_name.h"

static void next_candidate(struct spf *s);

static void on_addresses(struct spf *s, const struct spf_answer *answer)
{
    struct ip address;
    bool has_client = false;
    /* A failed look-up skips the name. */
    for (size_t i = 0; i < answer->count; i++)
        has_client = has_client || (ip_parse(answer->records[i], &address) &&
                                    address.bits == s->ip.bits &&
                                    memcmp(address.octets, s->ip.octets,
                                           sizeof address.octets) == 0);
    if (has_client)
        s->names[s->name_count++] = s->candidates[s->candidate_at - 1];
    if (spf_count_void(s, answer))
        next_candidate(s);
}

static void next_candidate(struct spf *s)
{
    if (s->candidate_at < s->candidate_count) {
        struct slice name = s->candidates[s->candidate_at++];
        spf_ask(s, arena_text(s->arena, name), spf_address_type(s),
                on_addresses);
        return;
    }
    s->has_names = true;
    s->on_names(s);
}

static void add_candidate(struct spf *s, struct slice name)
{
    struct slice copy = arena_slice(s->arena, name);
    /* An escaped octet: no host's name, and no macro could show it. */
    if (spf_name_fit(&copy) && slice_find(copy, '\\') == copy.n)
        s->candidates[s->candidate_count++] = copy;
}

static void on_pointers(struct spf *s, const struct spf_answer *answer)
{
    size_t most = answer->count < SPF_NAMES_MAX ? answer->count : SPF_NAMES_MAX;
    s->candidates = arena_alloc(s->arena, SPF_NAMES_MAX * sizeof(struct slice));
    s->names = arena_alloc(s->arena, SPF_NAMES_MAX * sizeof(struct slice));
    if (!spf_count_void(s, answer))
        return;
    for (size_t i = 0; i < most; i++)
        add_candidate(s, answer->records[i]);
    next_candidate(s);
}

void spf_with_names(struct spf *s, spf_go_on *go_on)
{
    s->on_names = go_on;
    if (s->has_names)
        go_on(s);
    else
        spf_ask(s, spf_name_reverse(s->arena, &s->ip), SPF_TYPE_PTR,
                on_pointers);
}

/* RFC 7208 7.3: the domain itself, else one below it, else any. */
struct slice spf_best_name(const struct spf *s)
{
    struct slice best = SLICE_LITERAL("unknown");
    int best_rank = 0;
    for (size_t i = 0; i < s->name_count; i++) {
        struct slice domain = s->frame->domain;
        int rank = slice_eq_nocase(s->names[i], domain)      ? 3
                   : spf_name_is_within(s->names[i], domain) ? 2
                                                             : 1;
        if (rank > best_rank) {
            best = s->names[i];
            best_rank = rank;
        }
    }
    return best;
}

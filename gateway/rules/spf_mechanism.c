/* One term: what it looks up, and whether it matches (RFC 7208 5). */
#include <string.h>

#include "rules/spf_internal.h"
#include "rules/spf_name.h"

static void temperror(struct spf *s)
{
    spf_end(s, SPF_RESULT_TEMPERROR, spf_term_at(s->frame)->text,
            "DNS look-up failed");
}

static void settle(struct spf *s, bool is_match)
{
    if (is_match)
        spf_match(s);
    else
        spf_no_match(s);
}

static bool has_client(const struct spf *s, const struct spf_answer *answer)
{
    const struct spf_term *term = spf_term_at(s->frame);
    struct ip_block block;
    block.length = s->ip.bits == IP4_BITS ? term->length4 : term->length6;
    for (size_t i = 0; i < answer->count; i++)
        if (ip_parse(answer->records[i], &block.network) &&
            ip_block_has(&block, &s->ip))
            return true;
    return false;
}

/* --- a, exists --- */

static void on_addresses(struct spf *s, const struct spf_answer *answer)
{
    if (answer->outcome == SPF_OUTCOME_FAILED)
        temperror(s);
    else if (spf_count_void(s, answer))
        settle(s, has_client(s, answer));
}

static void on_existence(struct spf *s, const struct spf_answer *answer)
{
    if (answer->outcome == SPF_OUTCOME_FAILED)
        temperror(s);
    else if (spf_count_void(s, answer))
        settle(s, answer->outcome == SPF_OUTCOME_FOUND);
}

/* --- mx --- */

static void next_host(struct spf *s);

static void on_host(struct spf *s, const struct spf_answer *answer)
{
    if (answer->outcome == SPF_OUTCOME_FAILED)
        temperror(s);
    else if (!spf_count_void(s, answer))
        return;
    else if (has_client(s, answer))
        spf_match(s);
    else
        next_host(s);
}

static void next_host(struct spf *s)
{
    while (s->host_at < s->host_count) {
        const char *host = s->hosts[s->host_at++];
        if (strcmp(host, ".") == 0 || !*host)
            continue; /* RFC 7505: no host at all */
        spf_ask(s, host, spf_address_type(s), on_host);
        return;
    }
    spf_no_match(s);
}

static void on_hosts(struct spf *s, const struct spf_answer *answer)
{
    if (answer->outcome == SPF_OUTCOME_FAILED) {
        temperror(s);
        return;
    }
    if (!spf_count_void(s, answer))
        return;
    if (answer->count > SPF_HOSTS_MAX) {
        spf_end(s, SPF_RESULT_PERMERROR, spf_term_at(s->frame)->text,
                "more than 10 MX hosts");
        return;
    }
    s->hosts = arena_alloc(s->arena, (answer->count + 1) * sizeof *s->hosts);
    s->host_count = answer->count;
    s->host_at = 0;
    for (size_t i = 0; i < answer->count; i++)
        s->hosts[i] = arena_text(s->arena, answer->records[i]);
    next_host(s);
}

/* --- ptr --- */

static void match_names(struct spf *s)
{
    struct slice target;
    bool is_match = false;
    if (spf_target(s, spf_term_at(s->frame)->domain, &target))
        for (size_t i = 0; i < s->name_count; i++)
            is_match = is_match || spf_name_is_within(s->names[i], target);
    settle(s, is_match);
}

/* --- Each term --- */

static void ask_target(struct spf *s, enum spf_type type, spf_then *then)
{
    struct slice target;
    if (spf_target(s, spf_term_at(s->frame)->domain, &target))
        spf_ask(s, spf_name_text(s->arena, target), type, then);
    else
        spf_no_match(s); /* what cannot be asked for does not exist */
}

static void include(struct spf *s)
{
    struct slice target;
    const struct spf_term *term = spf_term_at(s->frame);
    if (spf_target(s, term->domain, &target))
        spf_fetch(s, SPF_PURPOSE_INCLUDE, target);
    else
        spf_end(s, SPF_RESULT_PERMERROR, term->text, "no domain name");
}

static void evaluate(struct spf *s)
{
    const struct spf_term *term = spf_term_at(s->frame);
    switch (term->mechanism) {
    case SPF_MECHANISM_ALL:
        spf_match(s);
        break;
    case SPF_MECHANISM_INCLUDE:
        include(s);
        break;
    case SPF_MECHANISM_A:
        ask_target(s, spf_address_type(s), on_addresses);
        break;
    case SPF_MECHANISM_MX:
        ask_target(s, SPF_TYPE_MX, on_hosts);
        break;
    case SPF_MECHANISM_PTR:
        spf_with_names(s, match_names);
        break;
    case SPF_MECHANISM_IP4:
    case SPF_MECHANISM_IP6:
        settle(s, ip_block_has(&term->block, &s->ip));
        break;
    case SPF_MECHANISM_EXISTS:
        /* Always A, whatever the client's address is. */
        ask_target(s, SPF_TYPE_A, on_existence);
        break;
    case SPF_MECHANISM_COUNT:
        BUG("mechanism");
    }
}

static bool looks_up(enum spf_mechanism mechanism)
{
    return mechanism != SPF_MECHANISM_ALL && mechanism != SPF_MECHANISM_IP4 &&
           mechanism != SPF_MECHANISM_IP6;
}

void spf_begin_term(struct spf *s)
{
    const struct spf_term *term = spf_term_at(s->frame);
    if (looks_up(term->mechanism) && !spf_count_lookup(s))
        return;
    if (!spf_macro_uses_name(term->domain) || s->has_names)
        evaluate(s);
    else if (term->mechanism == SPF_MECHANISM_PTR || spf_count_lookup(s))
        spf_with_names(s, evaluate);
}

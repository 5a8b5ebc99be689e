#include "app/preflight_ask.h"

struct waiting {
    struct arena *arena;
    enum dns_type type;
    struct preflight_answer answer;
    bool is_answered;
};

static void on_answer(const struct dns_answer *answer, void *ctx)
{
    struct waiting *w = ctx;
    size_t count = answer->outcome == DNS_FOUND ? answer->count : 0;
    struct slice *values = arena_alloc(w->arena, (count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] =
            arena_slice(w->arena, w->type == DNS_TYPE_TXT
                                      ? answer->records[i].data
                                      : slice_of(answer->records[i].text));
    w->answer = (struct preflight_answer){
        .outcome = answer->outcome,
        .is_secure = answer->security == DNS_SECURE,
        .failure = arena_strdup(w->arena,
                                answer->outcome == DNS_FAILED && answer->failure
                                    ? answer->failure
                                    : ""),
        .values = values,
        .count = count};
    w->is_answered = true;
}

struct preflight_answer preflight_ask(struct arena *arena,
                                      const struct preflight_world *world,
                                      const char *name, enum dns_type type)
{
    struct waiting waiting = {.arena = arena, .type = type};
    resolver_ask(world->resolver, name, type, on_answer, &waiting);
    while (!waiting.is_answered)
        world->turn(world->ctx);
    return waiting.answer;
}

static struct spf_answer ask_for(struct arena *arena,
                                 const struct preflight_world *world,
                                 const struct spf_question *question)
{
    static const enum dns_type types[] = {
        [SPF_TYPE_TXT] = DNS_TYPE_TXT,   [SPF_TYPE_A] = DNS_TYPE_A,
        [SPF_TYPE_AAAA] = DNS_TYPE_AAAA, [SPF_TYPE_MX] = DNS_TYPE_MX,
        [SPF_TYPE_PTR] = DNS_TYPE_PTR,
    };
    static const enum spf_outcome outcomes[] = {
        [DNS_FOUND] = SPF_OUTCOME_FOUND,
        [DNS_NO_DATA] = SPF_OUTCOME_NO_DATA,
        [DNS_NO_DOMAIN] = SPF_OUTCOME_NO_DOMAIN,
        [DNS_FAILED] = SPF_OUTCOME_FAILED,
    };
    struct preflight_answer answer =
        preflight_ask(arena, world, question->name, types[question->type]);
    return (struct spf_answer){outcomes[answer.outcome], answer.values,
                               answer.count};
}

const struct spf_verdict *preflight_spf(struct arena *arena,
                                        const struct preflight_world *world,
                                        const struct preflight_wish *wish,
                                        const char *domain)
{
    const struct spf_question *question;
    struct spf_request request = {.client = wish->client,
                                  .helo = slice_of(wish->host_name),
                                  .domain = slice_of(domain),
                                  .receiver = "unknown",
                                  .now_s = wish->now_s};
    struct spf *spf = spf_create(arena, &request);
    while ((question = spf_question(spf))) {
        struct spf_answer answer = ask_for(arena, world, question);
        spf_answer(spf, &answer);
    }
    return spf_verdict(spf);
}

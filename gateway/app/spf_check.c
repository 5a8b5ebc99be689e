#include "app/spf_check.h"

#include <string.h>

struct spf_check {
    struct arena *arena; /* holds the check too */
    struct spf_check_settings settings;
    struct spf *spf;
    struct dns_query *query; /* open, or NULL */
    struct loop_timer *timer;
    spf_check_done *done;
    void *ctx;
};

static void release(struct spf_check *check)
{
    struct arena *arena = check->arena;
    if (check->query)
        resolver_cancel(check->settings.resolver, check->query);
    loop_timer_destroy(&check->timer);
    arena_destroy(&arena);
}

static void finish(struct spf_check *check)
{
    check->done(check->ctx, spf_verdict(check->spf));
    release(check);
}

static enum dns_type dns_type_of(enum spf_type type)
{
    static const enum dns_type types[] = {
        [SPF_TYPE_TXT] = DNS_TYPE_TXT,   [SPF_TYPE_A] = DNS_TYPE_A,
        [SPF_TYPE_AAAA] = DNS_TYPE_AAAA, [SPF_TYPE_MX] = DNS_TYPE_MX,
        [SPF_TYPE_PTR] = DNS_TYPE_PTR,
    };
    _Static_assert(sizeof types / sizeof *types == SPF_TYPE_COUNT, "types");
    return types[type];
}

static void proceed(struct spf_check *check);

static void on_answer(const struct dns_answer *answer, void *ctx)
{
    static const enum spf_outcome outcomes[] = {
        [DNS_FOUND] = SPF_OUTCOME_FOUND,
        [DNS_NO_DATA] = SPF_OUTCOME_NO_DATA,
        [DNS_NO_DOMAIN] = SPF_OUTCOME_NO_DOMAIN,
        [DNS_FAILED] = SPF_OUTCOME_FAILED,
    };
    struct spf_check *check = ctx;
    bool is_text = spf_question(check->spf)->type == SPF_TYPE_TXT;
    size_t count = answer->outcome == DNS_FOUND ? answer->count : 0;
    struct slice *records =
        arena_alloc(check->arena, (count + 1) * sizeof *records);
    check->query = NULL;
    for (size_t i = 0; i < count; i++)
        records[i] = is_text ? answer->records[i].data
                             : slice_of(answer->records[i].text);
    spf_answer(check->spf,
               &(struct spf_answer){outcomes[answer->outcome], records, count});
    proceed(check);
}

static void proceed(struct spf_check *check)
{
    const struct spf_check_settings *settings = &check->settings;
    const struct spf_question *question = spf_question(check->spf);
    if (!question) {
        finish(check);
    } else if (settings->may_ask && !settings->may_ask(settings->ctx)) {
        spf_give_up(check->spf, "too many look-ups for this client");
        loop_timer_start(check->timer, 0);
    } else {
        check->query =
            resolver_ask(settings->resolver, question->name,
                         dns_type_of(question->type), on_answer, check);
    }
}

static void on_timer(void *ctx)
{
    struct spf_check *check = ctx;
    spf_give_up(check->spf, "the DNS took too long");
    finish(check);
}

struct spf_check *spf_check_begin(const struct spf_check_settings *settings,
                                  const struct spf_request *request,
                                  spf_check_done *done, void *ctx)
{
    struct arena *arena = arena_create();
    struct spf_check *check = ARENA_NEW(arena, struct spf_check);
    struct spf_request copy = {
        .client = arena_strdup(arena, request->client),
        .helo = arena_slice(arena, request->helo),
        .local = arena_slice(arena, request->local),
        .domain = arena_slice(arena, request->domain),
        .receiver = arena_strdup(arena, request->receiver),
        .now_s = request->now_s,
    };
    *check = (struct spf_check){
        .arena = arena, .settings = *settings, .done = done, .ctx = ctx};
    check->spf = spf_create(arena, &copy);
    check->timer = loop_timer_create(settings->loop, on_timer, check);
    /* Where nothing is asked, the timer brings the verdict. */
    loop_timer_start(check->timer,
                     spf_verdict(check->spf) ? 0 : settings->timeout_ms);
    if (!spf_verdict(check->spf))
        proceed(check);
    return check;
}

void spf_check_cancel(struct spf_check **check)
{
    if (*check)
        release(*check);
    *check = NULL;
}

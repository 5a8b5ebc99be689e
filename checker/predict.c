/* Walks the steps once for each recipient: an attempt at submission, and one at
 * each advance of the clock that makes the next attempt due (TRANSPORT-5). */
#include "checker/predict_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct walk {
    struct attempt a;
    struct prediction *p;
    const char *decided; /* the last method that an attempt chose, or NULL */
    const char *last_status; /* of the last attempt's reply, or NULL */
    int64_t due_s;
};

static long long setting_s(const struct walk *w, const char *name,
                           const char *otherwise)
{
    return strtoll(world_setting(w->a.world, name, otherwise), NULL, 10) / 1000;
}

static bool is_deferred(const struct prediction *p)
{
    return strcmp(p->delivery, "deferred") == 0;
}

static void schedule(struct walk *w)
{
    long long pause = setting_s(w, "retry_first_ms", "300000");
    long long longest = setting_s(w, "retry_longest_ms", "14400000");
    for (unsigned i = 1; i < w->p->attempts && pause < longest; i++)
        pause *= 2;
    w->due_s = w->a.now_s + (pause < longest ? pause : longest);
}

static void attempt(struct walk *w)
{
    struct prediction *p = w->p;
    const char *doubtful = NULL;
    p->attempts++;
    p->facts = predict_facts(&w->a, &doubtful);
    p->row = tables_decide(w->a.tables, &p->facts);
    p->certain = !doubtful && p->row;
    p->doubtful = doubtful ? doubtful : p->row ? NULL : "the tables have a gap";
    p->status = NULL;
    if (!p->row) {
        p->method = p->delivery = "";
        return;
    }
    p->method = p->row->method;
    predict_not(&w->a, p);
    predict_delivery(&w->a, p);
    if (strcmp(p->method, "none") != 0)
        w->decided = p->method;
    else if (p->row->status && strcmp(p->row->status, "server") == 0 &&
             w->decided)
        p->method = w->decided;
    w->last_status = p->status;
    schedule(w);
}

/* DSN-3: what a server said instead of a greeting, else that nobody answered or
 * DANE forbade to go on; NULL: it depends. */
static const char *expired_status(const struct walk *w)
{
    const struct prediction *p = w->p;
    const char *busy = predict_busy_status(&w->a, p->attempts);
    if (busy)
        return busy;
    const char *server = facts_get(w->a.tables, &p->facts, "server");
    const char *at = strrchr(w->a.address, '@');
    const struct posture *posture = world_posture(w->a.world, at ? at + 1 : "");
    if (strstr(server, "unreachable"))
        return "4.4.7";
    bool forbidden = strcmp(server, "barred") == 0 && posture && !posture->why;
    return forbidden ? "4.7.5" : NULL;
}

/* TRANSPORT-5, DSN-3: the lifetime is over; what is still deferred fails. */
static void expire(struct walk *w)
{
    struct prediction *p = w->p;
    if (!is_deferred(p)) {
        p->certain = false;
        p->doubtful = "a last attempt at the end of the lifetime";
        return;
    }
    p->delivery = "failed";
    p->method = w->decided ? w->decided : "none";
    p->status = w->last_status;
    if (!p->status)
        p->status = expired_status(w);
}

/* The clock moved: is there anything to do for this recipient? */
static void advance(struct walk *w)
{
    int64_t age = w->a.now_s - w->a.accepted_s;
    if (!is_deferred(w->p))
        return;
    if (age >= setting_s(w, "queue_lifetime_ms", "432000000")) {
        attempt(w);
        expire(w);
        return;
    }
    if (w->a.now_s >= w->due_s) {
        attempt(w);
    } else if (age >= setting_s(w, "unknown_host_wait_ms", "14400000") &&
               strstr(facts_get(w->a.tables, &w->p->facts, "server"), "+")) {
        w->p->certain = false;
        w->p->doubtful = "the wait ended between two attempts";
    }
}

static bool listed(const struct text_list *list, const char *address)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcasecmp(list->texts[i], address) == 0)
            return true;
    }
    return false;
}

static bool earlier(const struct text_list *list, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcasecmp(list->texts[k], list->texts[i]) == 0)
            return true;
    }
    return false;
}

/* CONV-1, CONV-2: To and Cc share the first, each other has his own. */
static void number_conversations(struct prediction *first,
                                 const struct submit *s)
{
    unsigned next = 1;
    bool own_header =
        predict_header(s, "To", 0) || predict_header(s, "Cc", 0) || s->raw;
    for (struct prediction *p = first; p; p = p->next) {
        p->bcc = !listed(&s->to, p->address) && !listed(&s->cc, p->address);
        if (!p->bcc) {
            p->conversation = own_header ? 0 : 1;
            next = 2;
        }
    }
    for (struct prediction *p = first; p; p = p->next) {
        if (p->bcc)
            p->conversation = own_header ? 0 : next++;
    }
}

/* One recipient from the submission to the step that is asked for. */
static void walk_recipient(struct walk *w, const struct step *submitted,
                           const struct step *until, int64_t now_s)
{
    w->a.accepted_s = w->a.now_s = now_s;
    w->a.world = submitted->world;
    attempt(w);
    for (const struct step *s = submitted; s != until; s = s->next) {
        w->a.world = s->next->world ? s->next->world : w->a.world;
        if (s->next->kind != STEP_KIND_ADVANCE)
            continue;
        w->a.now_s += s->next->advance_s;
        advance(w);
    }
}

/* Each recipient of a submission; base: the time, and whether it is the first.
 */
static struct prediction *predict_submit(const struct attempt *base,
                                         const struct step *submitted,
                                         const struct step *until)
{
    struct arena *arena = base->arena;
    const struct submit *s = submitted->submit;
    struct prediction *first = NULL, **end = &first;
    for (size_t i = 0; i < s->envelope.count; i++) {
        if (earlier(&s->envelope, i))
            continue;
        struct prediction *p = ARENA_NEW(arena, struct prediction);
        p->address = s->envelope.texts[i];
        p->submit = s;
        p->submit_step = submitted->number;
        struct walk w = {.a = *base, .p = p};
        w.a.submit = s;
        w.a.address = p->address;
        w.a.is_first = base->is_first && i == 0;
        walk_recipient(&w, submitted, until, base->now_s);
        *end = p;
        end = &p->next;
    }
    number_conversations(first, s);
    return first;
}

/* CONV-4: by the same order, with the policy and shares of the organization
 * that was answered. */
static struct prediction *predict_reply(struct arena *arena,
                                        const struct tables *tables,
                                        const struct scenario_case *c,
                                        const struct step *at,
                                        const struct predicted_reply *r,
                                        const struct step *until, int64_t now_s)
{
    struct attempt answered = {.world = at->world, .submit = r->answered};
    struct step *as_if = ARENA_NEW(arena, struct step);
    struct attempt base = {.arena = arena,
                           .tables = tables,
                           .now_s = now_s,
                           .first = c->steps,
                           .at = at,
                           .owner = predict_sender(&answered)};
    *as_if = *at;
    as_if->submit = (struct submit *)(uintptr_t)r->submit;
    return predict_submit(&base, as_if, at == until ? as_if : until);
}

struct prediction *predict_at(struct arena *arena, const struct tables *tables,
                              const struct scenario_case *c,
                              const struct step *step)
{
    struct prediction *first = NULL, **end = &first;
    int64_t now_s = c->clock_s;
    for (const struct step *s = c->steps; s; s = s->next) {
        if (s->kind == STEP_KIND_ADVANCE)
            now_s += s->advance_s;
        if (s->kind == STEP_KIND_SUBMIT) {
            struct attempt base = {.arena = arena,
                                   .tables = tables,
                                   .first = c->steps,
                                   .at = s,
                                   .now_s = now_s,
                                   .is_first = !first};
            *end = predict_submit(&base, s, step);
            while (*end)
                end = &(*end)->next;
        }
        struct predicted_reply *r = s->kind == STEP_KIND_VISIT
                                        ? predict_replies(arena, c->steps, s)
                                        : NULL;
        for (; r; r = r->next) {
            *end = predict_reply(arena, tables, c, s, r, step, now_s);
            while (*end)
                end = &(*end)->next;
        }
        if (s == step)
            break;
    }
    return first;
}

const struct prediction *predict_find(const struct prediction *first,
                                      const char *address)
{
    const struct prediction *found = NULL;
    for (; first; first = first->next) {
        if (strcasecmp(first->address, address) == 0)
            found = first;
    }
    return found;
}

#include "rules/spf_internal.h"

#include "rules/spf_name.h"

enum { SHOWN_MAX = 256 };

static const char no_record[] = "no SPF record";
static const char several_records[] = "more than one SPF record";
static const char bad_syntax[] = "syntax error";
static const char bad_target[] = "no SPF record behind it";
static const char failed_lookup[] = "DNS look-up failed";
static const char many_lookups[] = "more than 10 terms with look-ups";
static const char many_voids[] = "more than 2 terms with void look-ups";
static const char no_domain[] = "no domain name with several labels";

const char *spf_result_name(enum spf_result result)
{
    static const char *const names[] = {"none",     "neutral",  "pass",
                                        "fail",     "softfail", "temperror",
                                        "permerror"};
    _Static_assert(sizeof names / sizeof *names == SPF_RESULT_COUNT, "names");
    return names[result];
}

const char *spf_shown(struct arena *arena, struct slice text)
{
    char *shown = arena_text(
        arena, (struct slice){text.p, text.n < SHOWN_MAX ? text.n : SHOWN_MAX});
    for (size_t i = 0; i < text.n && i < SHOWN_MAX; i++)
        if (shown[i] < ' ' || shown[i] > '~')
            shown[i] = '?';
    return shown;
}

void spf_ask(struct spf *s, const char *name, enum spf_type type,
             spf_then *then)
{
    s->question = (struct spf_question){name, type};
    s->then = then;
}

void spf_end(struct spf *s, enum spf_result result, struct slice mechanism,
             const char *problem)
{
    struct slice domain = s->frame ? s->frame->domain : s->domain;
    s->verdict.result = result;
    s->verdict.mechanism = mechanism.n ? spf_shown(s->arena, mechanism) : NULL;
    s->verdict.domain = spf_shown(s->arena, domain);
    s->verdict.problem = problem;
    s->then = NULL;
    s->is_done = true;
}

/* --- Limits --- */

const struct spf_term *spf_term_at(const struct spf_frame *frame)
{
    return frame->at < frame->record.count ? &frame->record.terms[frame->at]
                                           : NULL;
}

/* What stands in the record there: a term, else its redirect. */
static struct slice term_text(const struct spf *s)
{
    const struct spf_term *term = s->frame ? spf_term_at(s->frame) : NULL;
    if (term)
        return term->text;
    return s->frame ? s->frame->record.redirect_text : (struct slice){0};
}

bool spf_count_lookup(struct spf *s)
{
    if (s->is_explaining)
        return true;
    if (s->verdict.lookups < SPF_LOOKUPS_MAX) {
        s->verdict.lookups++;
        return true;
    }
    spf_end(s, SPF_RESULT_PERMERROR, term_text(s), many_lookups);
    return false;
}

/* A term counts once, however many of its look-ups were void: an mx whose
 * hosts have no AAAA is one (RFC 7208 4.6.4 limits the terms). */
bool spf_count_void(struct spf *s, const struct spf_answer *answer)
{
    bool is_void = answer->outcome == SPF_OUTCOME_NO_DATA ||
                   answer->outcome == SPF_OUTCOME_NO_DOMAIN;
    if (!is_void || s->is_explaining || s->frame->is_void)
        return true;
    s->frame->is_void = true;
    if (s->verdict.voids < SPF_VOIDS_MAX) {
        s->verdict.voids++;
        return true;
    }
    spf_end(s, SPF_RESULT_PERMERROR, term_text(s), many_voids);
    return false;
}

/* --- Names --- */

struct slice spf_expand(struct spf *s, struct slice text)
{
    struct spf_macro_values values = {
        .local = s->request.local,
        .sender_domain = s->request.domain,
        .domain = s->frame->domain,
        .helo = s->request.helo,
        .name = spf_best_name(s),
        .ip = &s->ip,
        .receiver = s->request.receiver,
        .now_s = s->request.now_s,
    };
    return spf_macro_expand(s->arena, text, &values);
}

bool spf_target(struct spf *s, struct slice spec, struct slice *out)
{
    *out = spec.n ? spf_expand(s, spec) : s->frame->domain;
    return spf_name_fit(out);
}

enum spf_type spf_address_type(const struct spf *s)
{
    return s->ip.bits == IP4_BITS ? SPF_TYPE_A : SPF_TYPE_AAAA;
}

/* --- Records --- */

static void without_record(struct spf *s, const char *problem)
{
    if (s->purpose == SPF_PURPOSE_FIRST)
        spf_end(s, SPF_RESULT_NONE, (struct slice){0}, problem);
    else
        spf_end(s, SPF_RESULT_PERMERROR, term_text(s), bad_target);
}

/* The only record; NULL: there is none, or the verdict stands. */
static const struct slice *select_record(struct spf *s,
                                         const struct spf_answer *answer)
{
    const struct slice *found = NULL;
    for (size_t i = 0; i < answer->count; i++) {
        if (!spf_record_is(answer->records[i]))
            continue;
        if (found) {
            spf_end(s, SPF_RESULT_PERMERROR, term_text(s), several_records);
            return NULL;
        }
        found = &answer->records[i];
    }
    if (!found)
        without_record(s, no_record);
    return found;
}

static void enter(struct spf *s, const struct spf_record *record)
{
    struct spf_frame *frame = ARENA_NEW(s->arena, struct spf_frame);
    *frame = (struct spf_frame){
        .above = s->frame, .domain = s->domain, .record = *record};
    /* A redirect takes the place of the record it stands in. */
    if (s->purpose == SPF_PURPOSE_REDIRECT)
        frame->above = s->frame->above;
    s->frame = frame;
}

static void on_record(struct spf *s, const struct spf_answer *answer)
{
    struct spf_record record;
    struct slice bad;
    if (answer->outcome == SPF_OUTCOME_FAILED) {
        spf_end(s, SPF_RESULT_TEMPERROR, term_text(s), failed_lookup);
        return;
    }
    const struct slice *found = select_record(s, answer);
    if (!found)
        return;
    struct slice text = arena_slice(s->arena, *found);
    if (spf_record_parse(s->arena, text, &record, &bad) == ST_OK) {
        enter(s, &record);
        return;
    }
    s->frame = NULL; /* the domain of this record is told, not the one above */
    spf_end(s, SPF_RESULT_PERMERROR, bad, bad_syntax);
}

void spf_fetch(struct spf *s, enum spf_purpose purpose, struct slice domain)
{
    s->purpose = purpose;
    s->domain = domain;
    spf_ask(s, spf_name_text(s->arena, domain), SPF_TYPE_TXT, on_record);
}

/* --- Results of terms and records --- */

static void conclude(struct spf *s, enum spf_result result,
                     struct slice mechanism)
{
    struct spf_frame *above = s->frame->above;
    if (!above) {
        spf_end(s, result, mechanism, NULL);
        if (result == SPF_RESULT_FAIL)
            spf_explain(s);
        return;
    }
    /* RFC 7208 5.2: what an include makes of the included record. */
    s->frame = above;
    if (result == SPF_RESULT_PASS)
        spf_match(s);
    else
        spf_no_match(s);
}

/* As deep as includes are: at most 10. */
void spf_match(struct spf *s)
{
    const struct spf_term *term = spf_term_at(s->frame);
    conclude(s, term->result, term->text);
}

void spf_no_match(struct spf *s)
{
    s->frame->at++;
    s->frame->is_void = false;
}

static void redirect(struct spf *s)
{
    struct slice target;
    if (spf_target(s, s->frame->record.redirect, &target))
        spf_fetch(s, SPF_PURPOSE_REDIRECT, target);
    else
        spf_end(s, SPF_RESULT_PERMERROR, term_text(s), bad_target);
}

static void end_record(struct spf *s)
{
    struct slice spec = s->frame->record.redirect;
    if (!spec.n)
        conclude(s, SPF_RESULT_NEUTRAL, SLICE_LITERAL("default"));
    else if (!spf_count_lookup(s))
        return;
    else if (!spf_macro_uses_name(spec) || s->has_names)
        redirect(s);
    else if (spf_count_lookup(s))
        spf_with_names(s, redirect);
}

static void run(struct spf *s)
{
    while (!s->then && !s->is_done) {
        if (spf_term_at(s->frame))
            spf_begin_term(s);
        else
            end_record(s);
    }
}

/* --- Life --- */

struct spf *spf_create(struct arena *arena, const struct spf_request *request)
{
    struct spf *s = ARENA_NEW(arena, struct spf);
    struct slice domain = request->domain;
    s->arena = arena;
    s->request = *request;
    if (!s->request.local.n)
        s->request.local = SLICE_LITERAL("postmaster");
    if (!ip_parse(slice_of(request->client), &s->ip))
        BUG("client address %s", request->client);
    ip_unmap(&s->ip);
    s->domain = domain;
    if (spf_name_is_full(domain) && spf_name_fit(&domain) &&
        domain.n + 1 >= s->domain.n)
        spf_fetch(s, SPF_PURPOSE_FIRST, domain);
    else
        spf_end(s, SPF_RESULT_NONE, (struct slice){0}, no_domain);
    return s;
}

const struct spf_question *spf_question(const struct spf *s)
{
    return s->then ? &s->question : NULL;
}

void spf_answer(struct spf *s, const struct spf_answer *answer)
{
    spf_then *then = s->then;
    if (!then)
        BUG("an answer to no question");
    s->then = NULL;
    then(s, answer);
    run(s);
}

void spf_give_up(struct spf *s, const char *problem)
{
    if (s->is_explaining) {
        s->then = NULL; /* the result stands, without the domain's words */
        s->is_done = true;
    } else if (!s->is_done) {
        spf_end(s, SPF_RESULT_TEMPERROR, term_text(s), problem);
    }
}

const struct spf_verdict *spf_verdict(const struct spf *s)
{
    return s->is_done ? &s->verdict : NULL;
}

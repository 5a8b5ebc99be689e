/* What visits of the portal change for later messages: verifications that the
 * organization shares from then on (SHARED-1), and guests' replies (CONV-4). */
#include <string.h>
#include <strings.h>

#include "checker/predict_internal.h"

enum { BROWSERS_MOST = 16 };

/* Whose link a browser has open. */
struct open_link {
    const char *browser;
    const char *recipient;
    const struct submit *submit;
    const struct submit *original; /* that a chain of replies began with */
};

struct following {
    struct predicted_reply *last; /* the reply before; or NULL */
    struct open_link browsers[BROWSERS_MOST];
    size_t count;
    struct open_link *current;
    const struct step *first; /* of the case */
};

static bool receives(const struct submit *s, const char *address)
{
    for (size_t i = 0; i < s->envelope.count; i++) {
        if (strcasecmp(s->envelope.texts[i], address) == 0)
            return true;
    }
    return false;
}

/* The nth message to an address before a step; 0: the last. */
static const struct submit *message_to(const struct following *f,
                                       const struct step *before,
                                       const char *address, unsigned nth)
{
    const struct submit *found = NULL;
    unsigned count = 0;
    for (const struct step *s = f->first; s && s != before; s = s->next) {
        if (s->kind != STEP_KIND_SUBMIT || !receives(s->submit, address))
            continue;
        found = s->submit;
        if (++count == nth)
            break;
    }
    return found;
}

static void enter(struct following *f, const char *browser)
{
    for (size_t i = 0; i < f->count; i++) {
        f->current = &f->browsers[i];
        if (strcmp(f->browsers[i].browser, browser) == 0)
            return;
    }
    if (f->count < BROWSERS_MOST)
        f->count++;
    f->current = &f->browsers[f->count - 1];
    *f->current = (struct open_link){.browser = browser};
}

static void follow(struct following *f, const struct step *step,
                   const struct visit_turn *t)
{
    if (t->act == VISIT_ACT_BROWSER)
        enter(f, t->value);
    if (t->act != VISIT_ACT_OPEN)
        return;
    f->current->recipient = t->value;
    f->current->submit = message_to(f, step, t->value, t->nth);
    f->current->original = f->current->submit;
    if (!t->nth && f->last &&
        strcasecmp(f->last->submit->to.texts[0], t->value) == 0) {
        f->current->submit = f->last->submit;
        f->current->original = f->last->answered;
    }
}

static void begin(struct following *f, const struct step *step)
{
    if (step->kind == STEP_KIND_VISIT)
        enter(f, ""); /* each visit has a browser of its own */
}

static bool sees(const struct visit_turn *t, const char *word)
{
    for (size_t i = 0; i < t->sees.count; i++) {
        if (strcmp(t->sees.texts[i], word) == 0)
            return true;
    }
    return false;
}

/* -- SHARED-1 ------------------------------------------------------------- */

static const char *kind_of(const struct visit_turn *t)
{
    return t->act == VISIT_ACT_CODE          ? "sms"
           : t->act == VISIT_ACT_ACCESS_CODE ? "access-code"
                                             : "";
}

static bool opens(const struct attempt *a, const struct following *f,
                  const struct visit_turn *t, const char *kind)
{
    const char *doubtful = NULL;
    const struct submit *s = f->current->submit;
    if (!s || !sees(t, "message") || strcmp(kind_of(t), kind) != 0 ||
        strcasecmp(f->current->recipient, a->address) != 0)
        return false;
    struct attempt then = *a;
    then.submit = s;
    then.owner = NULL;
    const struct organization *own = predict_sender(a);
    const struct organization *his = predict_sender(&then);
    return own && his && strcmp(own->name, his->name) == 0 &&
           strcmp(predict_right(&then, &doubtful), kind) == 0;
}

bool predict_earned(const struct attempt *a, const char *kind)
{
    struct following f = {.first = a->first};
    bool earned = false;
    for (const struct step *s = a->first; s && s != a->at && !earned;
         s = s->next) {
        begin(&f, s);
        const struct visit_turn *t =
            s->kind == STEP_KIND_VISIT ? s->visit : NULL;
        for (; t && !earned; t = t->next) {
            follow(&f, s, t);
            earned = f.current->recipient && opens(a, &f, t, kind);
        }
    }
    return earned;
}

/* -- CONV-4 --------------------------------------------------------------- */

static const struct submit *reply_of(struct arena *arena,
                                     const struct open_link *from)
{
    struct submit *s = ARENA_NEW(arena, struct submit);
    const char **to = arena_alloc(arena, 2 * sizeof *to);
    to[0] = from->submit->from;
    s->from = from->recipient;
    s->to = s->envelope = (struct text_list){.texts = to, .count = 1};
    s->reverse_path = from->recipient;
    return s;
}

struct predicted_reply *predict_replies(struct arena *arena,
                                        const struct step *first,
                                        const struct step *step)
{
    struct following f = {.first = first};
    struct predicted_reply *found = NULL, **end = &found;
    for (const struct step *s = first; s; s = s->next) {
        begin(&f, s);
        const struct visit_turn *t =
            s->kind == STEP_KIND_VISIT ? s->visit : NULL;
        for (; t; t = t->next) {
            follow(&f, s, t);
            if (t->act != VISIT_ACT_REPLY || !sees(t, "sent") ||
                !f.current->submit)
                continue;
            f.last = ARENA_NEW(arena, struct predicted_reply);
            f.last->submit = reply_of(arena, f.current);
            f.last->answered = f.current->original;
            if (s != step)
                continue;
            *end = f.last;
            end = &f.last->next;
        }
        if (s == step)
            break;
    }
    return found;
}

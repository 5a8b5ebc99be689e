/* exp= (RFC 7208 6.2): whatever goes wrong here, the domain has no words. None
 * of it counts against a limit. */
#include "rules/spf_internal.h"
#include "rules/spf_name.h"

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] > '~')
            return false;
    return text.n > 0;
}

static void end(struct spf *s)
{
    s->is_done = true;
}

static void expand(struct spf *s)
{
    struct slice text = spf_expand(s, s->explanation);
    if (is_printable(text))
        s->verdict.explanation = arena_text(s->arena, text);
    end(s);
}

static void on_text(struct spf *s, const struct spf_answer *answer)
{
    if (answer->count != 1 ||
        !spf_macro_is_valid(answer->records[0], SPF_MACRO_EXPLANATION)) {
        end(s);
        return;
    }
    s->explanation = arena_slice(s->arena, answer->records[0]);
    if (spf_macro_uses_name(s->explanation))
        spf_with_names(s, expand);
    else
        expand(s);
}

static void ask(struct spf *s)
{
    struct slice target;
    if (spf_target(s, s->frame->record.exp, &target))
        spf_ask(s, spf_name_text(s->arena, target), SPF_TYPE_TXT, on_text);
    else
        end(s);
}

void spf_explain(struct spf *s)
{
    struct slice spec = s->frame->record.exp;
    if (!spec.n)
        return;
    s->is_done = false;
    s->is_explaining = true;
    if (spf_macro_uses_name(spec))
        spf_with_names(s, ask);
    else
        ask(s);
}

#include "portal/early.h"

#include <string.h>

#include "portal/page.h"

/* A field of a head that nobody looked at yet; NULL: absent. */
static const char *field(struct arena *arena, struct slice head,
                         const char *name)
{
    (void)slice_cut(&head, '\n');
    while (head.n) {
        struct slice value = slice_cut(&head, '\n');
        if (slice_is_nocase(slice_cut(&value, ':'), name))
            return arena_text(arena, slice_trim(value));
    }
    return NULL;
}

/* A reply of a cookie that was given to somebody who had verified himself. Who
 * that is, and whether it still holds, is asked when the request is whole. */
bool early_is_large(void *ctx, struct slice head)
{
    struct arena *arena = arena_create();
    struct slice line = head, target = slice_cut(&line, '\n');
    bool is_large =
        slice_is(slice_word(&target), "POST") &&
        visit_is_marked(ctx, form_cookie(arena, field(arena, head, "cookie"),
                                         VISIT_COOKIE));
    struct slice path = slice_word(&target), end = SLICE_LITERAL("/reply");
    is_large = is_large && path.n > end.n &&
               slice_eq(slice_from(path, path.n - end.n), end);
    arena_destroy(&arena);
    return is_large;
}

static void on_copied(void *ctx)
{
    struct arena *arena = ctx;
    arena_destroy(&arena);
}

void early_fault(void *ctx, struct slice head, struct web_answer *answer)
{
    struct arena *arena = arena_create();
    struct visit *v = ARENA_NEW(arena, struct visit);
    struct web_field *fields =
        arena_alloc(arena, VISIT_FIELDS_MAX * sizeof *fields);
    (void)ctx;
    v->arena = arena;
    v->request.method = "";
    v->language = language_choose(field(arena, head, "accept-language"));
    answer->body =
        page_plain(v, "fault", TEXT_FAULT_TITLE,
                   answer->status == 413 ? TEXT_ERROR_TOO_LARGE : TEXT_FAULT);
    answer->fields = fields;
    answer->field_count =
        visit_fields(ANSWER_PAGE, "text/html; charset=utf-8", fields);
    answer->release = on_copied;
    answer->release_ctx = arena;
}

#include "portal/early.h"

#include <string.h>

#include "portal/page.h"

/* A reply of a cookie that was given to somebody who had verified himself. Who
 * that is, and whether it still holds, is asked when the request is whole. */
bool early_is_large(void *ctx, const struct web_request *head)
{
    struct slice path = slice_of(head->path), end = SLICE_LITERAL("/reply");
    if (strcmp(head->method, "POST") != 0 || path.n <= end.n ||
        !slice_eq(slice_from(path, path.n - end.n), end))
        return false;
    struct arena *arena = arena_create();
    bool is_large = visit_is_marked(
        ctx, form_cookie(arena, web_field_of(head, "cookie"), VISIT_COOKIE));
    arena_destroy(&arena);
    return is_large;
}

static void on_copied(void *ctx)
{
    struct arena *arena = ctx;
    arena_destroy(&arena);
}

void early_fault(void *ctx, const struct web_request *head,
                 struct web_answer *answer)
{
    struct arena *arena = arena_create();
    struct visit *v = ARENA_NEW(arena, struct visit);
    struct web_field *fields =
        arena_alloc(arena, VISIT_FIELDS_MAX * sizeof *fields);
    (void)ctx;
    v->arena = arena;
    v->request.method = "";
    v->language = language_choose(web_field_of(head, "accept-language"));
    answer->body =
        page_plain(v, "fault", TEXT_FAULT_TITLE,
                   answer->status == 413 ? TEXT_ERROR_TOO_LARGE : TEXT_FAULT);
    answer->fields = fields;
    answer->field_count =
        visit_fields(ANSWER_PAGE, "text/html; charset=utf-8", fields);
    answer->release = on_copied;
    answer->release_ctx = arena;
}

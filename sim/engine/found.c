#include "engine/found.h"

#include "engine/evidence.h"
#include "engine/visit_mail.h"

static void tell_links(struct arena *arena, const char *to, const char *text,
                       const char *prefix, engine_found_fn *on_found, void *ctx)
{
    const char *link;
    for (unsigned n = 1; (link = visit_mail_link(arena, text, prefix, n)); n++)
        on_found(&(struct engine_found){.to = to, .link = link}, ctx);
}

static void tell_mail(const json_t *message, engine_found_fn *on_found,
                      void *ctx)
{
    struct arena *arena = arena_create();
    struct slice content = evidence_octets(arena, message, "content");
    const char *to = json_string_value(
        json_array_get(evidence_list(message, "recipients"), 0));
    const char *text = visit_mail_text(arena, content);
    const char *code =
        *visit_mail_field(arena, content, "X-Zivver-ConversationId") &&
                !visit_mail_link(arena, text, "/m/", 1)
            ? visit_mail_code(arena, visit_mail_plain(arena, content))
            : NULL;
    if (to && code)
        on_found(&(struct engine_found){.to = to, .code = code}, ctx);
    if (to) {
        tell_links(arena, to, text, "/m/", on_found, ctx);
        tell_links(arena, to, text, "/d/", on_found, ctx);
    }
    arena_destroy(&arena);
}

void found_tell(struct found *found, const struct recorder *recorder,
                engine_found_fn *on_found, void *ctx)
{
    const json_t *received = recorder_list(recorder, "received");
    const json_t *sms = recorder_list(recorder, "sms");
    for (; found->received < json_array_size(received); found->received++) {
        const json_t *one = json_array_get(received, found->received);
        if (evidence_yes(one, "accepted"))
            tell_mail(one, on_found, ctx);
    }
    for (; found->sms < json_array_size(sms); found->sms++) {
        struct arena *arena = arena_create();
        const json_t *one = json_array_get(sms, found->sms);
        const char *code = visit_mail_code(arena, evidence_text(one, "text"));
        if (code && evidence_yes(one, "accepted"))
            on_found(&(struct engine_found){.to = evidence_text(one, "to"),
                                            .code = code},
                     ctx);
        arena_destroy(&arena);
    }
}

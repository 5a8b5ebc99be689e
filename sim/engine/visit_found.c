/* What a guest finds in his inbox and on his phone. */
#include <string.h>
#include <strings.h>

#include "engine/evidence.h"
#include "engine/visit_mail.h"
#include "engine/visit_private.h"

static const json_t *seen(const struct visiting *v, const char *list)
{
    return recorder_list(v->stage->recorder, list);
}

static bool is_for(const json_t *message, const char *address)
{
    size_t i;
    const json_t *one;
    if (!evidence_yes(message, "accepted"))
        return false;
    json_array_foreach(evidence_list(message, "recipients"), i, one)
    {
        if (strcasecmp(json_string_value(one), address) == 0)
            return true;
    }
    return false;
}

static struct slice content_of(struct visiting *v, const json_t *message)
{
    return evidence_octets(v->arena, message, "content");
}

/* The k-th message to an address, by a test that it passes; k 0: the last. */
static const char *pick(struct visiting *v, const char *address, unsigned k,
                        const char *(*test)(struct visiting *v,
                                            struct slice content))
{
    size_t i;
    const json_t *message;
    const char *found = NULL;
    unsigned count = 0;
    json_array_foreach(seen(v, "received"), i, message)
    {
        const char *one =
            is_for(message, address) ? test(v, content_of(v, message)) : NULL;
        if (!one)
            continue;
        found = one;
        if (++count == k)
            return found;
    }
    return k ? NULL : found;
}

static const char *first_link(struct visiting *v, struct slice content)
{
    return visit_mail_link(v->arena, visit_mail_text(v->arena, content), "/m/",
                           1);
}

static const char *attachment_link(struct visiting *v, struct slice content)
{
    unsigned nth = v->turn->nth ? v->turn->nth : 1;
    return visit_mail_link(v->arena, visit_mail_text(v->arena, content), "/d/",
                           nth);
}

const char *visit_link(struct visiting *v, const char *address,
                       const char *prefix, unsigned nth)
{
    return strcmp(prefix, "/d/") == 0 ? pick(v, address, 0, attachment_link)
                                      : pick(v, address, nth, first_link);
}

static const char *conversation_id(struct visiting *v, struct slice content)
{
    const char *id =
        visit_mail_field(v->arena, content, "X-Zivver-ConversationId");
    return *id && first_link(v, content) ? id : NULL;
}

const char *visit_conversation(struct visiting *v, const char *address,
                               unsigned nth)
{
    return pick(v, address, nth, conversation_id);
}

/* -- codes ---------------------------------------------------------------- */

static void keep_code(struct visiting *v, const char *code)
{
    struct got_code *got = ARENA_NEW(v->visits->arena, struct got_code);
    *got = (struct got_code){.address = v->visitor->recipient,
                             .link = v->visitor->link,
                             .code = arena_strdup(v->visits->arena, code),
                             .next = v->visits->codes};
    v->visits->codes = got;
}

static void take_mail(struct visiting *v, const json_t *message)
{
    struct slice content = content_of(v, message);
    if (!is_for(message, v->visitor->recipient) || first_link(v, content))
        return;
    const char *code =
        visit_mail_code(v->arena, visit_mail_plain(v->arena, content));
    if (code)
        keep_code(v, code);
}

void visit_take_codes(struct visiting *v, size_t sms_count, size_t mail_count)
{
    const json_t *sms = seen(v, "sms"), *mail = seen(v, "received");
    if (!v->visitor->recipient)
        return;
    for (size_t i = sms_count; i < json_array_size(sms); i++) {
        const json_t *one = json_array_get(sms, i);
        const char *code =
            visit_mail_code(v->arena, evidence_text(one, "text"));
        if (code && evidence_yes(one, "accepted"))
            keep_code(v, code);
    }
    for (size_t i = mail_count; i < json_array_size(mail); i++)
        take_mail(v, json_array_get(mail, i));
}

/* The k-th code from the newest on, of an address or of this link. */
static const char *nth_code(const struct visiting *v, unsigned k)
{
    const char *of = v->turn->of;
    for (const struct got_code *c = v->visits->codes; c; c = c->next) {
        bool right =
            of ? strcasecmp(c->address, of) == 0
               : v->visitor->link && strcmp(c->link, v->visitor->link) == 0;
        if (right && k-- == 0)
            return c->code;
    }
    return NULL;
}

static bool is_known(const struct visits *visits, const char *code)
{
    const struct got_code *c = visits->codes;
    while (c && strcmp(c->code, code) != 0)
        c = c->next;
    return c != NULL;
}

/* Six digits that no code of this case is. */
static const char *wrong_code(struct visiting *v)
{
    char *code = arena_strdup(v->arena, "500000");
    while (is_known(v->visits, code))
        code[5]++;
    return code;
}

const char *visit_code(struct visiting *v)
{
    const char *value = v->turn->value;
    if (strcmp(value, "wrong") == 0)
        return wrong_code(v);
    if (strcmp(value, "right") == 0)
        return nth_code(v, 0);
    return strcmp(value, "old") == 0 ? nth_code(v, 1) : value;
}

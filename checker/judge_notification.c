/* MAIL-3: a notification is the gateway's own message about another's. */
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

static void want(struct trial *t, const struct copy *copy, const char *what,
                 const char *expected, const char *got, bool right)
{
    if (!right)
        fault(t, place_for(t, copy->recipient), "MAIL-3",
              TEXT(t, "%s: notification's %s", copy->recipient, what), expected,
              *got ? got : "none");
}

static const char *header(struct trial *t, const struct copy *copy,
                          const char *name)
{
    return mail_value(t->arena, &copy->mail, name);
}

static const char *only_address(struct trial *t, const char *value)
{
    struct texts list = {0};
    mail_addresses(t->arena, value, &list);
    return list.n == 1 ? list.v[0] : "";
}

/* Runs of blanks, line ends and other controls are one blank: none of them may
 * stand in a field, and an original's encoded words may hold any. */
static const char *one_line(struct trial *t, const char *text)
{
    char *out = arena_strdup(t->arena, text), *to = out;
    for (const char *from = text; *from; from++) {
        bool is_blank = (unsigned char)*from <= 0x20 || *from == 0x7f;
        if (!is_blank)
            *to++ = *from;
        else if (to > out && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > out && to[-1] == ' ')
        to--;
    *to = 0;
    return out;
}

bool shows_subject(struct trial *t, const struct copy *copy)
{
    const char *shown =
        one_line(t, mail_decoded_value(t->arena, &copy->mail, "Subject"));
    const char *original =
        copy->letter
            ? one_line(t, mail_decoded_value(t->arena, &copy->letter->mail,
                                             "Subject"))
            : "";
    return *original && strstr(shown, original);
}

static void judge_subject(struct trial *t, const struct copy *copy)
{
    const char *setting = world_setting(witness_world(&t->w, copy->step),
                                        "notification_subject", "original");
    bool original = strcmp(setting, "original") == 0;
    if (!copy->letter || !copy->letter->submission ||
        !mail_field(&copy->letter->mail, "Subject", 0))
        return;
    want(t, copy, "Subject",
         original ? "the original subject" : "a general one",
         header(t, copy, "Subject"), shows_subject(t, copy) == original);
}

/* Does some text part of the message hold the text? */
static bool tells(struct trial *t, const struct copy *copy, const char *text)
{
    struct needle n = needle(t->arena, text);
    return haystack_holds_nocase(&copy->haystack, &n);
}

void judge_notification(struct trial *t, const struct copy *copy)
{
    const char *from = only_address(t, header(t, copy, "From"));
    const char *to = only_address(t, header(t, copy, "To"));
    const char *type = mail_type(t->arena, &copy->mail);
    const char *automatic = header(t, copy, "Auto-Submitted");
    want(t, copy, "From", TEXT(t, "an address at %s", t->w.gateway_host), from,
         strcasecmp(domain_of(from), t->w.gateway_host) == 0);
    want(t, copy, "To", copy->recipient, to, address_same(to, copy->recipient));
    want(t, copy, "Auto-Submitted", "auto-generated", automatic,
         strcasecmp(automatic, "auto-generated") == 0);
    want(t, copy, "Content-Type", "multipart/alternative", type,
         strcmp(type, "multipart/alternative") == 0);
    want(t, copy, "X-Zivver-ConversationId", "one field", "another number",
         mail_field_count(&copy->mail, "X-Zivver-ConversationId") == 1);
    want(t, copy, "text", "a link to the portal", "no https:// in it",
         tells(t, copy, "https://"));
    if (copy->letter)
        want(t, copy, "text", TEXT(t, "who wrote: %s", copy->letter->from),
             "another text", tells(t, copy, copy->letter->from));
    judge_subject(t, copy);
}

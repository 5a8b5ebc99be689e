/* MAIL-3: a notification is the gateway's own message about another's. */
#include <string.h>
#include <strings.h>

#include "checker/charset.h"
#include "checker/judge_internal.h"
#include "engine/visit_mail.h"

enum { TOKEN_LEAST = 43 }; /* 256 bits in base64 */

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

enum tri shows_subject(struct trial *t, const struct copy *copy)
{
    const char *shown =
        one_line(t, mail_decoded_value(t->arena, &copy->mail, "Subject"));
    const char *original =
        copy->letter
            ? one_line(t, mail_decoded_value(t->arena, &copy->letter->mail,
                                             "Subject"))
            : "";
    return *original ? charset_shows(shown, original) : TRI_NO;
}

const char *subject_asked(const struct trial *t, const struct copy *copy)
{
    return world_setting(witness_world(&t->w, copy->step),
                         "notification_subject", "original");
}

static void judge_subject(struct trial *t, const struct copy *copy)
{
    bool original = strcmp(subject_asked(t, copy), "original") == 0;
    if (!copy->letter || !copy->letter->submission ||
        !mail_field(&copy->letter->mail, "Subject", 0))
        return;
    enum tri shows = shows_subject(t, copy);
    want(t, copy, "Subject",
         original ? "the original subject" : "a general one",
         header(t, copy, "Subject"),
         shows == TRI_UNKNOWN || (shows == TRI_YES) == original);
}

/* Does some text part of the message hold the text? */
static bool tells(struct trial *t, const struct copy *copy, const char *text)
{
    struct needle n = needle(t->arena, text);
    return haystack_holds_nocase(&copy->haystack, &n);
}

/* In each of the alternatives stands all that a reader needs, in both
 * languages: only one of them is shown to him. */
static void judge_alternative(struct trial *t, const struct copy *copy,
                              const struct mail_view *part, const char *type)
{
    static const struct {
        const char *word, *says;
    } words[] = {{"https://", "a link to the portal"},
                 {"message", "English"},
                 {"bericht", "Dutch"},
                 {"portal", "that a reply goes through the portal"},
                 {"antwoord", "that in Dutch"}};
    char *text = arena_text(t->arena, mail_decoded(t->arena, part));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        want(t, copy, TEXT(t, "%s part", type), words[i].says, "another text",
             strcasestr(text, words[i].word));
    const char *from = copy->letter ? copy->letter->from : "";
    if (!strpbrk(from, "&<>\"'")) /* HTML writes these otherwise */
        want(t, copy, TEXT(t, "%s part", type), TEXT(t, "who wrote: %s", from),
             "another text", strcasestr(text, from));
}

static void judge_alternatives(struct trial *t, const struct copy *copy)
{
    static const char *const types[] = {"text/plain", "text/html"};
    struct mail_view *parts;
    size_t n = mail_parts(t->arena, &copy->mail, &parts);
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        size_t found = 0;
        for (size_t i = 0; i < n; i++) {
            if (strcmp(mail_type(t->arena, &parts[i]), types[k]) != 0)
                continue;
            found++;
            judge_alternative(t, copy, &parts[i], types[k]);
        }
        want(t, copy, "alternatives", TEXT(t, "one %s", types[k]),
             found ? "several" : "none", found == 1);
    }
}

static void judge_own_id(struct trial *t, const struct copy *copy)
{
    const char *own = header(t, copy, "Message-ID");
    const char *original =
        copy->letter ? mail_value(t->arena, &copy->letter->mail, "Message-ID")
                     : "";
    want(t, copy, "Message-ID", "one of its own", own,
         *own && strcmp(own, original) != 0);
}

/* PORTAL-3: 256 bits, and nothing that the link before would tell. */
static struct slice link_token(struct trial *t, const struct copy *copy)
{
    const char *text = visit_mail_text(t->arena, copy->mail.octets);
    const char *link = visit_mail_link(t->arena, text, "/m/", 1);
    return slice_of(link ? link + strlen("/m/") : "");
}

static void judge_link(struct trial *t, const struct copy *copy)
{
    struct slice token = link_token(t, copy);
    bool is_good = token.n >= TOKEN_LEAST && !token_is_filled(token);
    const struct copy *before = copy > t->w.copies ? copy - 1 : NULL;
    if (is_good && before && before->kind == COPY_KIND_NOTIFICATION &&
        before->claim && copy->claim && before->claim != copy->claim)
        is_good = !token_is_like(token, link_token(t, before));
    if (token.n && !is_good)
        fault(t, place_for(t, copy->recipient), "PORTAL-3",
              TEXT(t, "%s: notification's link", copy->recipient),
              "256 random bits", arena_text(t->arena, token));
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
    judge_subject(t, copy);
    judge_own_id(t, copy);
    judge_alternatives(t, copy);
    judge_link(t, copy);
}

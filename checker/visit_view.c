#include "checker/visit_view.h"

#include <string.h>
#include <strings.h>

#include "engine/evidence.h"

static bool is_any(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

bool visit_word_is_page(const char *word)
{
    static const char *const pages[] = {
        "verify",    "locked",  "message",      "download",
        "unknown",   "expired", "fault",        "file",
        "html",      "token",   "conversation", "unauthorized",
        "not-found", "refused", "nothing",      NULL};
    return is_any(word, pages);
}

bool visit_word_is_notice(const char *word)
{
    static const char *const notices[] = {"code-sent", "told", "sent", NULL};
    return is_any(word, notices);
}

const char *visit_word_page(const char *word)
{
    static const char *const on_message[] = {"empty", "too-large", "sent",
                                             NULL};
    return visit_word_is_page(word)   ? word
           : is_any(word, on_message) ? "message"
                                      : "verify";
}

bool visit_word_denies(const char *word)
{
    static const char *const words[] = {
        "wrong",          "locked",       "unknown",  "expired",
        "fault",          "not-sent",     "no-phone", "empty",
        "too-many-codes", "too-large",    "refused",  "not-found",
        "verify",         "unauthorized", "nothing",  NULL};
    return is_any(word, words);
}

bool visit_sees(const struct visit_action *action, const char *word)
{
    for (size_t i = 0; i < action->word_count; i++) {
        if (strcmp(action->words[i], word) == 0)
            return true;
    }
    return false;
}

const char *visit_header(const json_t *exchange, const char *name)
{
    size_t i;
    const json_t *field;
    json_array_foreach(evidence_list(exchange, "headers"), i, field)
    {
        if (strcasecmp(evidence_text(field, "name"), name) == 0)
            return evidence_text(field, "value");
    }
    return "";
}

struct slice visit_token(const char *path)
{
    bool has = strncmp(path, "/m/", 3) == 0 || strncmp(path, "/d/", 3) == 0;
    if (!has)
        return (struct slice){path, 0};
    return (struct slice){path + 3, strspn(path + 3, "0123456789abcdef")};
}

/* -- what is seen --------------------------------------------------------- */

static void add_word(struct visit_action *a, const char *word)
{
    if (word && *word && a->word_count < VISIT_WORDS_MOST)
        a->words[a->word_count++] = word;
}

static void read_page(struct arena *arena, struct visit_action *a)
{
    a->page = html_read(arena, a->body);
    size_t i = html_find(&a->page, "main", "data-page", NULL, 0, 0);
    if (i == a->page.count) {
        add_word(a, "html");
        return;
    }
    const struct html_element *main_element = &a->page.elements[i];
    add_word(a, html_attribute(main_element, "data-page"));
    add_word(a, html_attribute(main_element, "data-error"));
    add_word(a, html_attribute(main_element, "data-note"));
}

static void read_json(struct visit_action *a)
{
    json_t *body = json_loadb(a->body.p, a->body.n, 0, NULL);
    if (a->status == 200 && json_object_get(body, "token"))
        add_word(a, "token");
    else if (a->status == 200 && json_object_get(body, "messages"))
        add_word(a, "conversation");
    else
        add_word(a, a->status == 401   ? "unauthorized"
                    : a->status == 404 ? "not-found"
                                       : "refused");
    json_decref(body);
}

static void read_seen(struct arena *arena, struct visit_action *a)
{
    const char *type = visit_header(a->last, "Content-Type");
    const char *disposition = visit_header(a->last, "Content-Disposition");
    bool is_file = strncasecmp(disposition, "attachment", 10) == 0;
    a->status = (unsigned)evidence_number(a->last, "status", 0);
    a->body = evidence_octets(arena, a->last, "body");
    a->is_html = !is_file && strncasecmp(type, "text/html", 9) == 0;
    if (a->is_html)
        read_page(arena, a);
    else if (!is_file && strncasecmp(type, "application/json", 16) == 0)
        read_json(a);
    else if (a->status == 200)
        add_word(a, "file");
    else
        add_word(a, a->status ? "refused" : "nothing");
}

/* -- order ---------------------------------------------------------------- */

static const struct visit_turn *turn_of(const struct step *step, long long n)
{
    const struct visit_turn *t = step ? step->visit : NULL;
    for (; t && n > 0; n--)
        t = t->next;
    return n < 0 ? NULL : t;
}

static void fill(struct arena *arena, const struct witness *w,
                 struct visit_action *a, const json_t *visit,
                 const json_t *json)
{
    const json_t *exchanges = evidence_list(json, "exchanges");
    size_t n = json_array_size(exchanges);
    a->json = json;
    a->step = (unsigned)evidence_number(visit, "step", STEP_END);
    a->now_s = evidence_number(visit, "clock", 0);
    a->at = witness_step(w, a->step);
    a->turn = turn_of(a->at, evidence_number(json, "turn", -1));
    a->browser = evidence_text(json, "browser");
    a->recipient = evidence_text(json, "recipient");
    a->link = evidence_text(json, "link");
    a->last = n ? json_array_get(exchanges, n - 1) : NULL;
    if (a->last)
        read_seen(arena, a);
}

struct visit_action *visit_actions(struct arena *arena, const struct witness *w)
{
    struct visit_action *first = NULL, **end = &first;
    const json_t *visit, *json;
    size_t i, k;
    json_array_foreach(evidence_list(w->evidence, "visits"), i, visit)
    {
        json_array_foreach(evidence_list(visit, "actions"), k, json)
        {
            *end = ARENA_NEW(arena, struct visit_action);
            fill(arena, w, *end, visit, json);
            end = &(*end)->next;
        }
    }
    return first;
}

/* What a failed case shows beside its mismatches: the last words of everybody
 * who took part. Nothing secret, for it goes into reports. */
#include <string.h>

#include "checker/judge_internal.h"
#include "checker/visit_view.h"

static void add_lines(struct trial *t, struct transcript *to,
                      const json_t *lines)
{
    size_t i;
    const json_t *line;
    json_array_foreach(lines, i, line)
    {
        if (json_is_string(line))
            texts_add(t->arena, &to->lines,
                      arena_strdup(t->arena, json_string_value(line)));
    }
}

/* What was done, where it is no secret or somebody's words. */
static const char *shown_value(const json_t *action)
{
    static const char *const secret[] = {"access-code", "reply", "http"};
    const char *value = evidence_text(action, "value");
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (strcmp(evidence_text(action, "action"), secret[i]) == 0)
            return "...";
    return strspn(value, "0123456789") == 6 ? "......" : value;
}

/* Without bodies, and without the rest of a link: it is a secret. */
static void add_visit(struct trial *t, const json_t *visit)
{
    struct transcript *to = case_result_transcript(t->result, "visitor");
    const json_t *action, *one;
    size_t i, k;
    json_array_foreach(evidence_list(visit, "actions"), i, action)
    {
        const char *failure = evidence_text(action, "failure");
        texts_addf(t->arena, &to->lines, "%s: %s %s%s%s",
                   evidence_text(action, "browser"),
                   evidence_text(action, "action"), shown_value(action),
                   *failure ? ": " : "", failure);
        json_array_foreach(evidence_list(action, "exchanges"), k, one)
        {
            const char *target = evidence_text(one, "target");
            struct slice token = visit_token(target);
            int shown = (int)(token.p - target) + (token.n > 6 ? 6 : 0);
            texts_addf(t->arena, &to->lines, "  %s %.*s%s%s -> %lld",
                       evidence_text(one, "method"), shown, target,
                       token.n > 6 ? "..." : "", token.p + token.n,
                       evidence_number(one, "status", 0));
        }
    }
}

/* A policy host's connections (MTA-STS). */
static void add_fetch(struct trial *t, const json_t *fetch)
{
    struct transcript *to =
        case_result_transcript(t->result, evidence_text(fetch, "host"));
    const char *tls = json_string_value(json_object_get(fetch, "tls"));
    const char *failed = evidence_text(fetch, "handshake_error");
    texts_addf(t->arena, &to->lines, "step %lld: (TLS %s, SNI %s)%s%s",
               evidence_number(fetch, "step", 0) + 1, tls ? tls : "none",
               evidence_text(fetch, "sni"), *failed ? " " : "", failed);
    if (*evidence_text(fetch, "request"))
        texts_addf(t->arena, &to->lines, "  %s, Host: %s -> %lld%s",
                   evidence_text(fetch, "request"),
                   evidence_text(fetch, "request_host"),
                   evidence_number(fetch, "status", 0),
                   evidence_yes(fetch, "policy") ? ", the whole policy"
                                                 : ", no policy");
}

/* A number and a code are secrets. */
static void add_sms(struct trial *t, const json_t *sms)
{
    struct transcript *to = case_result_transcript(t->result, "SMS service");
    const char *number = evidence_text(sms, "to");
    size_t n = strlen(number);
    texts_addf(t->arena, &to->lines, "step %lld: to ...%s, %zu octets: %s",
               evidence_number(sms, "step", 0) + 1, n > 2 ? number + n - 2 : "",
               strlen(evidence_text(sms, "text")),
               evidence_yes(sms, "accepted") ? "accepted" : "refused");
}

static void add_each(struct trial *t, const char *list,
                     void (*add)(struct trial *t, const json_t *one))
{
    size_t i;
    const json_t *one;
    json_array_foreach(evidence_list(t->evidence, list), i, one)
    {
        add(t, one);
    }
}

/* What the gateway warned of. Below that its log is searched, not shown. */
static void add_log(struct trial *t)
{
    struct slice log = slice_of(
        evidence_text(json_object_get(t->evidence, "target"), "stderr_tail"));
    struct transcript *to = NULL;
    while (log.n) {
        struct slice line = slice_cut(&log, '\n');
        if (!line.n || slice_starts_nocase(line, "debug ") ||
            slice_starts_nocase(line, "info "))
            continue;
        if (!to)
            to = case_result_transcript(t->result, "gateway");
        texts_add(t->arena, &to->lines, arena_text(t->arena, line));
    }
}

void add_transcripts(struct trial *t)
{
    static const char *const lists[] = {"submissions", "sessions", "bounces"};
    size_t i;
    const json_t *one;
    for (size_t k = 0; k < 3; k++) {
        json_array_foreach(evidence_list(t->evidence, lists[k]), i, one)
        {
            struct transcript *to =
                case_result_transcript(t->result, "submitter");
            add_lines(t, to, evidence_list(one, "transcript"));
        }
    }
    add_each(t, "visits", add_visit);
    add_each(t, "sms", add_sms);
    add_each(t, "policy_fetches", add_fetch);
    json_array_foreach(evidence_list(t->evidence, "connections"), i, one)
    {
        struct transcript *to =
            case_result_transcript(t->result, evidence_text(one, "host"));
        const char *tls = json_string_value(json_object_get(one, "tls"));
        texts_addf(t->arena, &to->lines, "(TLS %s)", tls ? tls : "none");
        add_lines(t, to, evidence_list(one, "transcript"));
    }
    add_log(t);
}

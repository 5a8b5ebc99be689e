#include "app/preflight.h"

#include <string.h>

#include "app/dkim_command.h"
#include "app/preflight_ask.h"
#include "base/zone.h"
#include "rules/alignment.h"
#include "rules/nta.h"
#include "rules/sending.h"
#include "rules/spf_record.h"

struct run {
    struct arena *arena;
    const struct preflight_world *world;
    const struct preflight_wish *wish;
    struct preflight_report *report;
    struct sending sending;
};

const char *preflight_verdict_name(enum preflight_verdict verdict)
{
    static const char *const names[] = {
        [PREFLIGHT_OK] = "ok",           [PREFLIGHT_WEAK] = "weak",
        [PREFLIGHT_MISSING] = "missing", [PREFLIGHT_WRONG] = "wrong",
        [PREFLIGHT_UNKNOWN] = "unknown",
    };
    _Static_assert(sizeof names / sizeof *names == PREFLIGHT_VERDICT_COUNT,
                   "a word each");
    return names[verdict];
}

static struct preflight_check *add(struct run *run, const char *setting,
                                   const char *name)
{
    static struct preflight_check beyond;
    if (run->report->count == PREFLIGHT_CHECKS_MAX)
        return &beyond;
    struct preflight_check *check = &run->report->checks[run->report->count++];
    *check = (struct preflight_check){.setting = setting, .name = name};
    return check;
}

static void judge(struct preflight_check *check, enum preflight_verdict verdict,
                  const char *note, const char *publish)
{
    check->verdict = verdict;
    check->note = note;
    check->publish = publish;
}

/* What only a look-up that failed is. true: it failed. */
static bool is_unknown(struct run *run, struct preflight_check *check,
                       const struct preflight_answer *answer)
{
    check->is_secure = answer->is_secure;
    if (answer->outcome != DNS_FAILED)
        return false;
    judge(check, PREFLIGHT_UNKNOWN,
          arena_printf(run->arena, "the look-up failed: %s", answer->failure),
          NULL);
    return true;
}

static const char *record(struct run *run, const char *name, const char *text)
{
    return dkim_record_text(run->arena, name, text);
}

/* A stranger's octets, on their way to a terminal. */
static const char *printable(struct arena *arena, struct slice text)
{
    char *safe = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        safe[i] = text.p[i] >= ' ' && text.p[i] <= '~' ? text.p[i] : '?';
    safe[text.n] = '\0';
    return safe;
}

/* Those of the values that look like what is wanted, one a line. */
static size_t take_found(struct run *run, struct preflight_check *check,
                         const struct preflight_answer *answer,
                         bool (*is_one)(struct slice text))
{
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        if (is_one && !is_one(answer->values[i]))
            continue;
        check->found = arena_printf(
            run->arena, "%s%s%s", count ? check->found : "", count ? "\n" : "",
            printable(run->arena, answer->values[i]));
        count++;
    }
    return count;
}

/* --- SPF ------------------------------------------------------------------ */

/* The same record with another end: who may send stays as it is. */
static const char *tightened(struct run *run, const char *name,
                             const char *found)
{
    const char *text = "";
    struct slice rest = slice_of(found);
    while (rest.n) {
        struct slice term = slice_cut(&rest, ' ');
        struct slice bare =
            term.n && strchr("+-~?", term.p[0]) ? slice_from(term, 1) : term;
        if (term.n && !slice_is_nocase(bare, "all") &&
            !slice_starts_nocase(term, "redirect="))
            text = arena_printf(run->arena, "%s%.*s ", text, SLICE_ARG(term));
    }
    return record(run, name, arena_printf(run->arena, "%s-all", text));
}

/* Of the domain itself: for what is submitted without credentials (AUTH-3) and
 * for NTA 7516 (NTA-1); the gateway sends from below zivverbounce. */
static void check_spf(struct run *run)
{
    const char *domain = run->wish->domain;
    const char *good = record(
        run, domain,
        arena_printf(run->arena, "v=spf1 a:%s -all", run->wish->host_name));
    struct preflight_check *check = add(run, "spf", domain);
    struct preflight_answer answer =
        preflight_ask(run->arena, run->world, domain, DNS_TYPE_TXT);
    struct spf_record parsed;
    struct slice bad;
    if (is_unknown(run, check, &answer))
        return;
    size_t count = take_found(run, check, &answer, spf_record_is);
    if (count == 0)
        judge(check, PREFLIGHT_MISSING, "there is no SPF record", good);
    else if (count > 1)
        judge(check, PREFLIGHT_WRONG,
              "there is more than one SPF record: "
              "make one of them, with the terms of all that send for it",
              good);
    else if (spf_record_parse(run->arena, slice_of(check->found), &parsed,
                              &bad) != ST_OK)
        judge(check, PREFLIGHT_WRONG,
              arena_printf(run->arena,
                           "it is malformed at `%s`; keep the terms of what "
                           "else sends for it",
                           printable(run->arena, bad)),
              good);
    else if (!nta_spf_is_strict(run->arena, answer.values, answer.count))
        judge(check, PREFLIGHT_WEAK, "it does not end in ~all or -all",
              tightened(run, domain, check->found));
}

/* --- DKIM ----------------------------------------------------------------- */

static enum preflight_verdict verdict_of(enum dkim_published published)
{
    return published == DKIM_PUBLISHED_GOOD   ? PREFLIGHT_OK
           : published == DKIM_PUBLISHED_NONE ? PREFLIGHT_MISSING
                                              : PREFLIGHT_WRONG;
}

static void check_key(struct run *run, const struct dkim_selector *selector)
{
    static const char *const notes[] = {
        [DKIM_PUBLISHED_NONE] = "there is no key record",
        [DKIM_PUBLISHED_TWICE] = "there is more than one key record",
        [DKIM_PUBLISHED_INVALID] =
            "there is no key record that counts for mail with SHA-256",
        [DKIM_PUBLISHED_REVOKED] = "the key is revoked: p= is empty",
        [DKIM_PUBLISHED_OTHER] = "it is another key than the gateway's",
        [DKIM_PUBLISHED_NO_KEY] = "the gateway cannot read its own",
        [DKIM_PUBLISHED_COUNT] = NULL,
    };
    const char *name = arena_printf(run->arena, "%s._domainkey.%s",
                                    selector->selector, selector->domain);
    struct preflight_check *check = add(run, "dkim", name);
    struct preflight_answer answer =
        preflight_ask(run->arena, run->world, name, DNS_TYPE_TXT);
    if (is_unknown(run, check, &answer)) {
        if (run->sending.key == TRI_NO)
            run->sending.key = TRI_UNKNOWN;
        return;
    }
    take_found(run, check, &answer, NULL);
    enum dkim_published published =
        dkim_key_published(selector->key, answer.values, answer.count);
    if (published == DKIM_PUBLISHED_GOOD) {
        run->sending.key = TRI_YES;
        return;
    }
    judge(check, verdict_of(published), notes[published],
          record(run, name, dkim_key_record(run->arena, selector->key)));
}

static void check_keys(struct run *run)
{
    struct dkim_ring keys =
        dkim_ring_find(run->arena, run->wish->ring, run->wish->domain);
    for (size_t i = 0; i < keys.count; i++)
        check_key(run, &keys.selectors[i]);
    if (keys.count)
        return;
    struct preflight_check *check = add(run, "dkim", run->wish->domain);
    judge(check, PREFLIGHT_MISSING,
          arena_printf(run->arena,
                       "the configuration has no key for it; make one with: "
                       "lasthop-gateway dkim generate --domain %s --selector "
                       "lasthop1",
                       run->wish->domain),
          NULL);
}

/* --- the return path ------------------------------------------------------ */

/* The alias takes SPF with it: receivers see it at the return-path host. */
static void check_path_spf(struct run *run, const char *name)
{
    const struct preflight_wish *wish = run->wish;
    if (!wish->client)
        return;
    struct preflight_check *check = add(run, "return-path-spf", name);
    const struct spf_verdict *v =
        preflight_spf(run->arena, run->world, wish, name);
    check->found = arena_printf(run->arena, "%s for %s",
                                spf_result_name(v->result), wish->client);
    if (v->result == SPF_RESULT_PASS)
        return;
    judge(
        check,
        v->result == SPF_RESULT_TEMPERROR ? PREFLIGHT_UNKNOWN : PREFLIGHT_WRONG,
        "receivers do not let the gateway send with this reverse-path; the "
        "record belongs to the gateway's operator",
        record(run, wish->return_host,
               arena_printf(run->arena, "v=spf1 a:%s -all", wish->host_name)));
}

/* The gateway's own name: what it sends itself has its reverse-path at the
 * return-path host, without an alias. */
static bool is_own(const struct run *run)
{
    return strcmp(run->wish->domain, run->wish->host_name) == 0;
}

static void check_path(struct run *run)
{
    const char *host = run->wish->return_host;
    const char *name =
        arena_printf(run->arena, "zivverbounce.%s", run->wish->domain);
    if (is_own(run)) {
        run->sending.bounce = TRI_YES;
        check_path_spf(run, host);
        return;
    }
    const char *good = arena_printf(run->arena, "%s. IN CNAME %s.", name, host);
    struct preflight_check *check = add(run, "zivverbounce", name);
    struct preflight_answer answer =
        preflight_ask(run->arena, run->world, name, DNS_TYPE_CNAME);
    run->sending.bounce = TRI_UNKNOWN;
    if (is_unknown(run, check, &answer))
        return;
    run->sending.bounce = TRI_NO;
    if (!take_found(run, check, &answer, NULL))
        judge(check, PREFLIGHT_MISSING, "there is no alias", good);
    else if (strcasecmp(check->found, host) != 0)
        judge(check, PREFLIGHT_WRONG, "it leads elsewhere", good);
    else
        run->sending.bounce = TRI_YES;
    if (run->sending.bounce == TRI_YES)
        check_path_spf(run, name);
}

/* --- DMARC ---------------------------------------------------------------- */

static void judge_policy(struct run *run, struct preflight_check *check,
                         const struct dmarc_policy *policy, const char *good)
{
    if (!check->found)
        judge(check, PREFLIGHT_MISSING, "there is no DMARC record", good);
    else if (!policy->is_published)
        judge(check, PREFLIGHT_WRONG,
              strchr(check->found, '\n') ? "there is more than one DMARC record"
                                         : "it is malformed",
              good);
    else if (policy->request == DMARC_NONE)
        judge(check, PREFLIGHT_WEAK,
              "it asks for nothing (p=none, for subdomains sp=none, or t=y)",
              good);
    else if (!dmarc_is_strict(policy))
        judge(check, PREFLIGHT_WEAK, "pct is below 100", good);
    else if (policy->spf_strict)
        judge(check, PREFLIGHT_WEAK,
              "aspf=s: a reverse-path below zivverbounce does not align", good);
    else if (run->sending.path_apart == TRI_YES)
        judge(check, PREFLIGHT_WEAK,
              "the reverse-path's name belongs to another organizational "
              "domain (psd=, or eight labels and more): only a key aligns",
              good);
}

/* Whether the reverse-path aligns, by look-ups of its own. */
static void check_alignment(struct run *run)
{
    const char *path = is_own(run) ? run->wish->return_host
                                   : arena_printf(run->arena, "zivverbounce.%s",
                                                  run->wish->domain);
    struct alignment *alignment = alignment_create(
        run->arena, run->wish->domain, path, run->wish->discovery);
    const char *question;
    run->sending.path_apart = TRI_UNKNOWN;
    while ((question = alignment_question(alignment))) {
        struct preflight_answer answer =
            preflight_ask(run->arena, run->world, question, DNS_TYPE_TXT);
        if (answer.outcome == DNS_FAILED)
            return;
        alignment_answer(alignment, answer.values, answer.count);
    }
    run->sending.path_apart = alignment_is_apart(alignment) ? TRI_YES : TRI_NO;
}

/* At the domain, else above it. */
static void check_dmarc(struct run *run)
{
    const char *domain = run->wish->domain;
    const char *name = arena_printf(run->arena, "_dmarc.%s", domain);
    const char *good = record(run, name, "v=DMARC1; p=reject");
    struct preflight_check *check = add(run, "dmarc", name);
    struct dmarc *dmarc =
        dmarc_create(run->arena, domain, run->wish->discovery);
    const char *question;
    bool is_secure = false;
    check_alignment(run);
    while ((question = dmarc_question(dmarc))) {
        struct preflight_answer answer =
            preflight_ask(run->arena, run->world, question, DNS_TYPE_TXT);
        if (is_unknown(run, check, &answer))
            return;
        if (take_found(run, check, &answer, dmarc_record_is)) {
            check->name = question;
            is_secure = answer.is_secure;
        }
        dmarc_answer(dmarc, answer.values, answer.count);
    }
    check->is_secure = is_secure;
    struct dmarc_policy policy = dmarc_policy(dmarc);
    judge_policy(run, check, &policy, good);
}

/* --- NTA 7516, where the domain claims it --------------------------------- */

static void check_nta(struct run *run)
{
    static const char *const notes[] = {
        [NTA_FINDING_VALID] = NULL,
        [NTA_FINDING_NONE] = NULL,
        [NTA_FINDING_INSECURE] = "the answer is not proven by DNSSEC",
        [NTA_FINDING_INVALID] = "it is malformed, or there are two",
        [NTA_FINDING_DATES] = "it is not valid yet, or no more",
    };
    struct nta_record parsed;
    int year, month;
    struct preflight_answer answer =
        preflight_ask(run->arena, run->world, run->wish->domain, DNS_TYPE_TXT);
    zone_month(run->wish->now_s, &year, &month);
    enum nta_finding finding =
        nta_judge(run->arena, answer.values, answer.count, answer.is_secure,
                  nta_month_of(year, month), &parsed);
    if (finding == NTA_FINDING_NONE)
        return;
    struct preflight_check *check = add(run, "nta7516", run->wish->domain);
    check->is_secure = answer.is_secure;
    take_found(run, check, &answer, nta_record_is);
    if (finding != NTA_FINDING_VALID)
        judge(check,
              finding == NTA_FINDING_INSECURE ? PREFLIGHT_WEAK
                                              : PREFLIGHT_WRONG,
              notes[finding], NULL);
}

void preflight(struct arena *arena, const struct preflight_world *world,
               const struct preflight_wish *wish, struct preflight_report *out)
{
    struct run run = {
        .arena = arena, .world = world, .wish = wish, .report = out};
    out->count = 0;
    check_spf(&run);
    check_keys(&run);
    check_dmarc(&run);
    check_path(&run);
    check_nta(&run);
    out->alignment = sending_alignment(&run.sending);
}

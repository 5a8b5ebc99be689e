/* What holds in every case, whatever it expects: content, secrets and Bcc
 * addresses stand only where they belong. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

/* Texts that no message, reply, journal or log may show. */
struct secret_text {
    struct needle needle;
    bool is_short; /* searched as a word of its own */
    const char *what;
};

struct search {
    struct trial *t;
    struct secret_text *secrets;
    size_t secret_count;
};

static const char *describe(struct trial *t, const struct copy *copy)
{
    static const char *const kinds[] = {"direct copy", "notification", "DSN",
                                        "mailed code", "message"};
    return TEXT(t, "%s to %s at %s", kinds[copy->kind], copy->recipient,
                copy->host);
}

/* -- content -------------------------------------------------------------- */

static const char *method_of(const struct trial *t, const struct copy *copy)
{
    const json_t *decided =
        witness_event(&t->w, copy->claim, "decided", copy->step);
    const json_t *outcome =
        witness_event(&t->w, copy->claim, "outcome", STEP_END);
    return evidence_text(decided ? decided : outcome, "method");
}

/* The level that content needs by its method; NULL: no content at all. */
static const char *needed(const struct trial *t, const struct copy *copy,
                          const char *method)
{
    if (strcmp(method, "account") == 0 ||
        strcmp(method, "direct-delivery") == 0)
        return "pkix";
    if (strcmp(method, "nta7516") == 0)
        return "dane";
    if (strcmp(method, "transport-security") != 0)
        return NULL;
    const struct letter *l = copy->letter;
    const char *from = l->answers ? l->answers->letter->from : l->from;
    const struct organization *o = world_organization_of(
        witness_world(&t->w, copy->step), domain_of(from));
    const char *policy = o ? o->transport_security : "off";
    return strcmp(policy, "off") == 0 ? NULL : policy;
}

/* The certificate itself must pass where pkix is asked, but for IDD. */
static bool fails_itself(const struct trial *t, const struct copy *copy,
                         const char *method, const char *level)
{
    const struct world_spec *world = witness_world(&t->w, copy->step);
    const struct posture *p = world_posture(world, domain_of(copy->recipient));
    const char *setting =
        world_setting(world, "dane_satisfies_certificate_validation", "yes");
    if (strcmp(setting, "no") != 0 || strcmp(level, "pkix") != 0 ||
        strcmp(method, "account") == 0)
        return false;
    for (const struct posture_host *h = p ? p->hosts : NULL; h; h = h->next) {
        if (h->name && strcasecmp(h->name, copy->host) == 0)
            return strcmp(h->reaches, "dane-only") == 0;
    }
    return false;
}

static void content_fault(struct trial *t, const struct copy *copy,
                          const char *clause, const char *expected,
                          const char *got)
{
    fault(t, place_for(t, copy->recipient), clause,
          TEXT(t, "content in the %s", describe(t, copy)), expected, got);
}

static void judge_content(struct trial *t, const struct copy *copy,
                          const struct letter *l, const char *how)
{
    if (copy->kind != COPY_KIND_DIRECT || copy->letter != l || !copy->claim) {
        content_fault(t, copy,
                      copy->kind == COPY_KIND_NOTIFICATION ? "MAIL-3"
                      : copy->kind == COPY_KIND_DSN        ? "DSN-1"
                                                           : "MAIL-1",
                      "no content of a submitted message",
                      TEXT(t, "its mark (%s)", how));
        return;
    }
    const char *method = method_of(t, copy), *level = needed(t, copy, method);
    if (!level)
        content_fault(t, copy, "ORDER-2",
                      TEXT(t, "no content by method %s", method),
                      TEXT(t, "its mark (%s)", how));
    else if (level_rank(copy->level) < level_rank(level))
        content_fault(t, copy, "TRANSPORT-1",
                      TEXT(t, "level %s for method %s", level, method),
                      *copy->level ? copy->level : "no level");
    if (level && fails_itself(t, copy, method, level))
        content_fault(t, copy, "DIRECT-3", "a certificate that itself passes",
                      "one that DANE alone vouches for");
    if (!copy->tls || strcmp(copy->tls, "1.2") < 0)
        content_fault(t, copy, "TRANSPORT-2", "TLS 1.2 or higher",
                      copy->tls ? copy->tls : "plain");
}

/* -- secrets -------------------------------------------------------------- */

static void add_secret(struct search *s, const char *text, const char *what)
{
    enum { LEAST = 7 };
    if (!text || strlen(text) < 4 || s->secret_count == 256)
        return;
    struct secret_text *one = &s->secrets[s->secret_count++];
    one->needle = needle(s->t->arena, text);
    one->is_short = strlen(text) < LEAST;
    one->what = what;
}

/* The last word of each zivver-access-right; of a phone its digits alone. */
static void add_rights(struct search *s, const struct mail_view *mail)
{
    const struct mail_field *f;
    for (size_t i = 0; (f = mail_field(mail, "zivver-access-right", i)); i++) {
        struct slice rest = f->value, word, last = {NULL, 0};
        unsigned words = 0;
        for (; (word = slice_word(&rest)).n; words++)
            last = word;
        if (words < 3)
            continue;
        bool phone = last.p[0] == '+';
        add_secret(s, arena_text(s->t->arena, slice_from(last, phone)),
                   phone ? "a phone number" : "an access code");
    }
}

static void add_shares(struct search *s, const struct world_spec *world)
{
    for (const struct share *h = world ? world->shares : NULL; h; h = h->next) {
        add_secret(s, h->sms && h->sms[0] == '+' ? h->sms + 1 : h->sms,
                   "a phone number");
        add_secret(s, h->access_code, "an access code");
    }
}

static const char *finds(const struct haystack *in,
                         const struct secret_text *secret)
{
    return secret->is_short ? haystack_holds_word(in, &secret->needle)
                            : haystack_holds(in, &secret->needle);
}

/* The submitted message as it may leave: without control fields and Bcc. */
static struct haystack kept(struct trial *t, const struct letter *l)
{
    const char *text = "";
    for (size_t i = 0; i < l->mail.count; i++) {
        const struct mail_field *f = &l->mail.fields[i];
        if (!slice_starts_nocase(f->name, "zivver-") &&
            !slice_is_nocase(f->name, "Bcc") &&
            !slice_is_nocase(f->name, "Resent-Bcc"))
            text = TEXT(t, "%s%.*s", text, SLICE_ARG(f->whole));
    }
    size_t head = strlen(text);
    char *all = arena_alloc(t->arena, head + l->mail.body.n + 1);
    memcpy(all, text, head);
    if (l->mail.body.n)
        memcpy(all + head, l->mail.body.p, l->mail.body.n);
    return haystack(t->arena, (struct slice){all, head + l->mail.body.n});
}

static void judge_secrets(struct search *s, const struct copy *copy)
{
    struct trial *t = s->t;
    for (size_t i = 0; i < s->secret_count; i++) {
        const char *how = finds(&copy->haystack, &s->secrets[i]);
        if (how && copy->letter) {
            struct haystack own = kept(t, copy->letter);
            how = finds(&own, &s->secrets[i]) ? NULL : how;
        }
        if (how)
            fault(t, place_for(t, copy->recipient), "RIGHT-5",
                  describe(t, copy), "no phone number, no access code",
                  TEXT(t, "%s (%s)", s->secrets[i].what, how));
    }
}

/* -- Bcc ------------------------------------------------------------------ */

static void judge_bcc(struct trial *t, const struct copy *copy,
                      const struct claim *bcc)
{
    bool senders_dsn = copy->kind == COPY_KIND_DSN &&
                       address_same(copy->recipient, bcc->letter->reverse_path);
    if (address_same(copy->recipient, bcc->address) || senders_dsn)
        return;
    struct needle n = needle(t->arena, bcc->address);
    const char *how = haystack_holds_nocase(&copy->haystack, &n);
    if (!how)
        return;
    if (copy->letter) {
        struct haystack own = kept(t, copy->letter);
        if (haystack_holds_nocase(&own, &n))
            return;
    }
    fault(t, place_for(t, copy->recipient), "CONV-3", describe(t, copy),
          "no word of a Bcc recipient", TEXT(t, "%s (%s)", bcc->address, how));
}

/* -- control fields ------------------------------------------------------- */

static void judge_control_fields(struct trial *t, const struct copy *copy)
{
    bool found = false;
    for (size_t i = 0; i < copy->mail.count; i++)
        found |= slice_starts_nocase(copy->mail.fields[i].name, "zivver-");
    if (copy->kind == COPY_KIND_NOTIFICATION || copy->kind == COPY_KIND_DSN ||
        copy->kind == COPY_KIND_MAILED) {
        struct slice text = octets_lower(t->arena, copy->haystack.spaced);
        found |= memmem(text.p, text.n, "\nzivver-", 8) != NULL;
    }
    if (found)
        fault(t, place_for(t, copy->recipient), "RIGHT-5", describe(t, copy),
              "no zivver-* field", "one");
}

/* -- everything else that the gateway wrote ------------------------------- */

static bool stands_in_own(struct search *s, const struct secret_text *secret)
{
    for (const struct letter *l = s->t->w.letters; l; l = l->next) {
        struct haystack own = kept(s->t, l);
        if (finds(&own, secret))
            return true;
    }
    return false;
}

static void judge_secret_text(struct search *s, const char *where,
                              const struct haystack *in)
{
    for (size_t i = 0; i < s->secret_count; i++) {
        if (finds(in, &s->secrets[i]) && !stands_in_own(s, &s->secrets[i]))
            fault(s->t, s->t->c->place, "RIGHT-5", where,
                  "no phone number, no access code", s->secrets[i].what);
    }
}

static void judge_text(struct search *s, const char *where, const char *text)
{
    struct trial *t = s->t;
    struct haystack in = haystack(t->arena, slice_of(text));
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        if (l->mark.text.n && haystack_holds(&in, &l->mark))
            fault(t, t->c->place, "MAIL-3", where, "no content",
                  "a message's mark");
    }
    judge_secret_text(s, where, &in);
}

static void judge_texts(struct search *s)
{
    struct trial *t = s->t;
    const json_t *one, *reply;
    size_t i, k;
    char *journal =
        json_dumps(json_object_get(t->evidence, "journal"), JSON_COMPACT);
    judge_text(s, "journal", journal ? journal : "");
    free(journal);
    judge_text(
        s, "log",
        evidence_text(json_object_get(t->evidence, "target"), "stderr_tail"));
    json_array_foreach(evidence_list(t->evidence, "submissions"), i, one)
    {
        json_array_foreach(evidence_list(one, "replies"), k, reply)
        {
            judge_text(s, "reply to the submitter",
                       evidence_text(reply, "reply"));
        }
    }
    json_array_foreach(evidence_list(t->evidence, "connections"), i, one)
    {
        json_array_foreach(evidence_list(one, "commands"), k, reply)
        {
            const char *text = json_string_value(reply);
            judge_text(s, "command to a host", text ? text : "");
        }
        const char *tls = evidence_text(one, "tls");
        if (*tls && strcmp(tls, "1.2") < 0)
            fault(t, t->c->place, "TRANSPORT-7",
                  TEXT(t, "connection to %s", evidence_text(one, "host")),
                  "TLS 1.2 or higher, or none", tls);
    }
}

/* Pages may show content, but never a secret; an SMS shows a code alone. */
static void judge_portal(struct search *s)
{
    struct trial *t = s->t;
    const json_t *visit, *action, *one;
    size_t i, k, n;
    json_array_foreach(evidence_list(t->evidence, "visits"), i, visit)
    {
        json_array_foreach(evidence_list(visit, "actions"), k, action)
        {
            json_array_foreach(evidence_list(action, "exchanges"), n, one)
            {
                struct haystack in =
                    haystack(t->arena, evidence_octets(t->arena, one, "body"));
                judge_secret_text(s, "a page of the portal", &in);
                char *text =
                    json_dumps(json_object_get(one, "headers"), JSON_COMPACT);
                in = haystack(t->arena, slice_of(text ? text : ""));
                judge_secret_text(s, "headers of the portal", &in);
                free(text);
            }
        }
    }
    json_array_foreach(evidence_list(t->evidence, "sms"), i, one)
    {
        judge_text(s, "SMS", evidence_text(one, "text"));
    }
}

void judge_invariants(struct trial *t)
{
    struct search s = {.t = t};
    s.secrets = arena_alloc(t->arena, 256 * sizeof *s.secrets);
    for (const struct letter *l = t->w.letters; l; l = l->next)
        add_rights(&s, &l->mail);
    add_shares(&s, t->c->world);
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        for (const struct letter *l = t->w.letters; l; l = l->next) {
            const char *how = l->mark.text.n
                                  ? haystack_holds(&copy->haystack, &l->mark)
                                  : NULL;
            if (how)
                judge_content(t, copy, l, how);
            for (const struct claim *c = l->claims; c; c = c->next) {
                if (c->bcc)
                    judge_bcc(t, copy, c);
            }
        }
        judge_secrets(&s, copy);
        judge_control_fields(t, copy);
    }
    judge_texts(&s);
    judge_portal(&s);
}

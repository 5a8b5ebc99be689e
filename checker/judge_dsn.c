/* DSN-1, DSN-3: each failure is told to the sender once, in the form of
 * RFC 3464, as his NOTIFY asks for. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

/* The parts of a DSN; empty where it has none. */
struct report {
    struct mail_view status;   /* message/delivery-status, RFC 6533: global */
    struct mail_view returned; /* text/rfc822-headers */
    size_t parts;
};

static struct report read_report(struct trial *t, const struct copy *copy)
{
    struct report r = {.parts = 0};
    struct mail_view *parts;
    r.parts = mail_parts(t->arena, &copy->mail, &parts);
    for (size_t i = 0; i < r.parts; i++) {
        const char *type = mail_type(t->arena, &parts[i]);
        if (strcmp(type, "message/delivery-status") == 0 ||
            strcmp(type, "message/global-delivery-status") == 0)
            r.status = parts[i];
        if (strcmp(type, "text/rfc822-headers") == 0 ||
            strcmp(type, "message/global-headers") == 0)
            r.returned = parts[i];
    }
    return r;
}

/* The n-th group of fields of a delivery status: 0 is the message's, the others
 * are a recipient's each. False beyond the last. */
static bool group(struct trial *t, const struct report *r, size_t n,
                  struct mail_view *out)
{
    struct slice rest = r->status.body;
    for (size_t i = 0;; i++) {
        while (rest.n && (rest.p[0] == '\r' || rest.p[0] == '\n'))
            rest = slice_from(rest, 1);
        if (!rest.n)
            return false;
        *out = mail_view(t->arena, rest);
        if (i == n)
            return true;
        rest = out->body;
    }
}

static size_t utf8_put(char *to, unsigned long c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(lead[n] | c);
    return n;
}

/* RFC 6533 3: \x{HEX} stands for a code point, where only ASCII may. */
static const char *unescaped(struct trial *t, struct slice s)
{
    char *text = arena_alloc(t->arena, s.n + 1), *to = text;
    for (size_t i = 0; i < s.n;) {
        char *end;
        unsigned long c = 0;
        if (s.n - i > 3 && memcmp(s.p + i, "\\x{", 3) == 0)
            c = strtoul(arena_text(t->arena, slice_from(s, i + 3)), &end, 16);
        if (!c) {
            *to++ = s.p[i++];
            continue;
        }
        to += utf8_put(to, c);
        while (i < s.n && s.p[i++] != '}')
            ;
    }
    *to = '\0';
    return text;
}

/* "rfc822;bob@hospital.example" to the address; "" otherwise. */
static const char *typed_address(struct trial *t, const char *value)
{
    struct slice rest = slice_of(value);
    struct slice type = slice_trim(slice_cut(&rest, ';'));
    if (slice_is_nocase(type, "utf-8"))
        return unescaped(t, slice_trim(rest));
    return slice_is_nocase(type, "rfc822")
               ? arena_text(t->arena, slice_trim(rest))
               : "";
}

/* The group of a DSN that tells of an address. */
static bool group_of(struct trial *t, const struct copy *copy,
                     const char *address, struct mail_view *out)
{
    struct report r = read_report(t, copy);
    for (size_t i = 1; group(t, &r, i, out); i++) {
        const char *who =
            typed_address(t, mail_value(t->arena, out, "Final-Recipient"));
        if (address_same(who, address))
            return true;
    }
    return false;
}

unsigned dsn_count(struct trial *t, const struct claim *claim, unsigned last)
{
    unsigned count = 0;
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        struct mail_view fields;
        if (copy->kind == COPY_KIND_DSN && copy->letter == claim->letter &&
            copy->step <= last && copy->taken &&
            group_of(t, copy, claim->address, &fields))
            count++;
    }
    return count;
}

static const struct node *of_address(const struct node *map,
                                     const char *address)
{
    const struct node *n = map ? map->first : NULL;
    while (n && strcasecmp(n->key, address) != 0)
        n = n->next;
    return n;
}

static const struct submit *submit_of(const struct letter *l)
{
    return l->step ? l->step->submit : NULL;
}

bool dsn_is_due(const struct claim *claim)
{
    const struct submit *s = submit_of(claim->letter);
    const struct node *n = s ? of_address(s->notify, claim->address) : NULL;
    if (!*claim->letter->reverse_path)
        return false;
    return !n || n->kind != NODE_KIND_TEXT || strcasestr(n->text, "FAILURE");
}

static const char *who(struct trial *t, const char *address, const char *what)
{
    return TEXT(t, "%s: DSN's %s", address, what);
}

static void want(struct trial *t, const char *address, const char *what,
                 const char *expected, const char *got)
{
    if (strcasecmp(expected, got) != 0)
        fault(t, place_for(t, address), "DSN-1", who(t, address, what),
              *expected ? expected : "none", *got ? got : "none");
}

static const char *without_blanks(struct trial *t, const char *text)
{
    return arena_text(t->arena,
                      octets_without_blanks(t->arena, slice_of(text)));
}

/* -- one DSN -------------------------------------------------------------- */

static void judge_recipient(struct trial *t, const struct copy *copy,
                            const struct mail_view *g)
{
    const char *address =
        typed_address(t, mail_value(t->arena, g, "Final-Recipient"));
    struct claim *claim =
        copy->letter ? letter_claim(copy->letter, address) : NULL;
    if (!claim) {
        fault(t, t->c->place, "DSN-1", who(t, copy->recipient, "recipient"),
              "a recipient of the message", *address ? address : "none");
        return;
    }
    const struct submit *s = submit_of(copy->letter);
    const struct node *orcpt = s ? of_address(s->orcpt, address) : NULL;
    const json_t *outcome = witness_event(&t->w, claim, "outcome", STEP_END);
    const char *reply = evidence_text(outcome, "reply");
    const char *diagnostic = mail_value(t->arena, g, "Diagnostic-Code");
    want(t, address, "Action", "failed", mail_value(t->arena, g, "Action"));
    want(t, address, "Status", evidence_text(outcome, "status"),
         mail_value(t->arena, g, "Status"));
    want(t, address, "Original-Recipient",
         without_blanks(t, orcpt ? orcpt->text : ""),
         without_blanks(t, mail_value(t->arena, g, "Original-Recipient")));
    if (*reply &&
        !strstr(diagnostic, arena_text(t->arena, (struct slice){reply, 3})))
        want(t, address, "Diagnostic-Code", reply, diagnostic);
}

static void judge_returned(struct trial *t, const struct copy *copy,
                           const struct report *r)
{
    struct mail_view m =
        mail_view(t->arena, mail_decoded(t->arena, &r->returned));
    const char *to = copy->recipient;
    want(t, to, "returned Message-ID", copy->letter->message_id,
         mail_value(t->arena, &m, "Message-ID"));
    if (slice_trim(m.body).n)
        want(t, to, "returned message", "header fields alone", "a body");
    for (size_t i = 0; i < m.count; i++) {
        if (slice_is_nocase(m.fields[i].name, "Bcc") ||
            slice_starts_nocase(m.fields[i].name, "zivver-"))
            want(t, to, "returned header", "no Bcc and no control field",
                 arena_text(t->arena, m.fields[i].name));
    }
}

static void judge_dsn(struct trial *t, const struct copy *copy)
{
    struct report r = read_report(t, copy);
    const struct submit *s = copy->letter ? submit_of(copy->letter) : NULL;
    struct mail_view g;
    struct texts to = {0};
    mail_addresses(t->arena, mail_value(t->arena, &copy->mail, "To"), &to);
    if (!copy->letter) {
        fault(t, t->c->place, "DSN-1", "DSN",
              "one about a message of its recipient",
              TEXT(t, "to %s, about none that he sent", copy->recipient));
        return;
    }
    want(t, copy->recipient, "reverse-path", "", copy->reverse_path);
    want(t, copy->recipient, "To", copy->recipient, to.n ? to.v[0] : "");
    want(t, copy->recipient, "Content-Type", "multipart/report",
         mail_type(t->arena, &copy->mail));
    want(t, copy->recipient, "report-type", "delivery-status",
         mail_type_parameter(t->arena, &copy->mail, "report-type"));
    if (r.parts != 3 || !r.returned.octets.n || !group(t, &r, 0, &g)) {
        want(t, copy->recipient, "parts",
             "a text, message/delivery-status, text/rfc822-headers", "others");
        return;
    }
    if (!*mail_value(t->arena, &g, "Reporting-MTA"))
        want(t, copy->recipient, "Reporting-MTA", "the gateway", "");
    want(t, copy->recipient, "Original-Envelope-Id",
         s && s->envid ? s->envid : "",
         mail_value(t->arena, &g, "Original-Envelope-Id"));
    for (size_t i = 1; group(t, &r, i, &g); i++)
        judge_recipient(t, copy, &g);
    judge_returned(t, copy, &r);
}

/* -- owed and given ------------------------------------------------------- */

/* Is a DSN to this sender waiting, or was it rightly given up? */
static bool is_underway(struct trial *t, const struct letter *l)
{
    size_t i;
    const json_t *e;
    const struct posture *p = world_posture(witness_world(&t->w, STEP_END),
                                            domain_of(l->reverse_path));
    const char *reaches = p ? p->reaches : "no-domain";
    bool takes_mail = strcmp(reaches, "pkix") == 0 ||
                      strcmp(reaches, "tls") == 0 ||
                      strcmp(reaches, "none") == 0;
    if (takes_mail && !(p->hosts && p->hosts->replies))
        return false;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        const char *name = evidence_text(e, "event");
        bool waits = strcmp(name, "deferred") == 0 && evidence_yes(e, "dsn");
        bool ended = strcmp(name, "dsn") == 0 &&
                     strcmp(evidence_text(e, "outcome"), "sent") != 0;
        if ((waits || ended) && strcmp(evidence_text(e, "message"), l->id) == 0)
            return true;
    }
    return false;
}

static void judge_owed(struct trial *t, const struct claim *claim)
{
    const json_t *outcome = witness_event(&t->w, claim, "outcome", STEP_END);
    bool failed = strcmp(evidence_text(outcome, "delivery"), "failed") == 0;
    bool due = failed && dsn_is_due(claim);
    unsigned count = dsn_count(t, claim, STEP_END);
    bool claimed = evidence_yes(outcome, "dsn");
    if (outcome && claimed != due)
        want(t, claim->address, "claim", due ? "made" : "not made",
             claimed ? "made" : "not made");
    if (!due && count)
        want(t, claim->address, "number", "0", TEXT(t, "%u", count));
    if (due && (count < 1 || count > 1 + t->w.kills) &&
        !(count == 0 && is_underway(t, claim->letter)))
        want(t, claim->address, "number", "1", TEXT(t, "%u", count));
}

/* The k-th DSN that the journal says was sent, without those of a repeated
 * event id. */
static const json_t *sent_event(struct trial *t, unsigned k)
{
    const json_t *list = evidence_list(t->evidence, "journal"), *e, *d;
    size_t i, n;
    json_array_foreach(list, i, e)
    {
        bool again = false;
        if (strcmp(evidence_text(e, "event"), "dsn") != 0 ||
            strcmp(evidence_text(e, "outcome"), "sent") != 0)
            continue;
        for (n = 0; n < i && !again; n++) {
            d = json_array_get(list, n);
            again = strcmp(evidence_text(d, "event"), "dsn") == 0 &&
                    *evidence_text(e, "id") &&
                    strcmp(evidence_text(d, "id"), evidence_text(e, "id")) == 0;
        }
        if (!again && k-- == 0)
            return e;
    }
    return NULL;
}

static bool agrees(const json_t *event, const struct copy *copy)
{
    const char *tls = evidence_text(event, "tls");
    tls = strcmp(tls, "plain") == 0 ? "" : tls;
    return copy->kind == COPY_KIND_DSN && copy->taken && copy->letter &&
           strcmp(evidence_text(event, "message"), copy->letter->id) == 0 &&
           address_same(evidence_text(event, "to"), copy->recipient) &&
           strcasecmp(evidence_text(event, "host"), copy->host) == 0 &&
           strcmp(tls, copy->tls ? copy->tls : "") == 0;
}

/* Each claim of a DSN takes one received DSN; what remains on either side is
 * without its counterpart. */
static void judge_sent(struct trial *t)
{
    bool *used = arena_alloc(t->arena, t->w.copy_count + 1);
    const json_t *event;
    for (unsigned k = 0; (event = sent_event(t, k)); k++) {
        size_t i = 0;
        while (i < t->w.copy_count &&
               (used[i] || !agrees(event, &t->w.copies[i])))
            i++;
        used[i] = true;
        if (i == t->w.copy_count)
            want(t, evidence_text(event, "to"), "claim", "received there",
                 "no such message at that host over that TLS");
    }
    for (size_t i = 0; i < t->w.copy_count; i++) {
        const struct copy *copy = &t->w.copies[i];
        if (copy->kind == COPY_KIND_DSN && copy->taken && !used[i] &&
            t->w.kills == 0)
            want(t, copy->recipient, "claim", "an event 'dsn'", "none");
    }
}

void judge_dsns(struct trial *t)
{
    for (size_t i = 0; i < t->w.copy_count; i++) {
        if (t->w.copies[i].kind == COPY_KIND_DSN)
            judge_dsn(t, &t->w.copies[i]);
    }
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        for (const struct claim *c = l->claims; c; c = c->next)
            judge_owed(t, c);
    }
    judge_sent(t);
}

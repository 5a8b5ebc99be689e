#include "checker/witness.h"

#include <string.h>
#include <strings.h>

#include "engine/evidence.h"
#include "engine/visit_mail.h"

bool address_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at ? at + 1 : "";
}

int level_rank(const char *level)
{
    static const char *const levels[] = {"none", "tls", "pkix", "dane"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(level, levels[i]) == 0)
            return i;
    }
    return -1;
}

const struct step *witness_step(const struct witness *w, unsigned step)
{
    for (const struct step *s = w->c->steps; s; s = s->next) {
        if (s->number == step)
            return s;
    }
    return NULL;
}

const struct world_spec *witness_world(const struct witness *w, unsigned step)
{
    const struct world_spec *world = w->c->world;
    for (const struct step *s = w->c->steps; s; s = s->next) {
        if (s->number <= step && s->world)
            world = s->world;
    }
    return world;
}

/* -- letters -------------------------------------------------------------- */

static bool among(const struct texts *list, const char *address)
{
    for (size_t i = 0; i < list->n; i++) {
        if (address_same(list->v[i], address))
            return true;
    }
    return false;
}

static void named_addresses(struct arena *arena, const struct mail_view *mail,
                            struct texts *out)
{
    static const char *const fields[] = {"To", "Cc"};
    for (size_t f = 0; f < 2; f++) {
        const struct mail_field *field;
        for (size_t i = 0; (field = mail_field(mail, fields[f], i)); i++)
            mail_addresses(arena, arena_text(arena, field->value), out);
    }
}

static void fill_claims(struct witness *w, struct letter *l)
{
    struct texts named = {0};
    struct claim **end = &l->claims;
    size_t i;
    const json_t *r;
    unsigned next_group = 1;
    named_addresses(w->arena, &l->mail, &named);
    json_array_foreach(evidence_list(l->accepted, "recipients"), i, r)
    {
        struct claim *c = ARENA_NEW(w->arena, struct claim);
        c->letter = l;
        c->address = evidence_text(r, "recipient");
        c->conversation = evidence_text(r, "conversation");
        c->bcc = l->submission && !among(&named, c->address);
        *end = c;
        end = &c->next;
        if (!c->bcc) {
            c->group = 1;
            next_group = 2;
        }
    }
    for (struct claim *c = l->claims; c; c = c->next) {
        if (c->bcc)
            c->group = next_group++;
    }
}

static struct letter *add_letter(struct witness *w, const json_t *submission)
{
    struct letter *l = ARENA_NEW(w->arena, struct letter), **end = &w->letters;
    for (; *end; end = &(*end)->next)
        l->number = (*end)->number + 1;
    *end = l;
    l->submission = submission;
    l->id = l->message_id = l->reverse_path = l->from = "";
    if (!submission)
        return l;
    l->step = witness_step(
        w, (unsigned)evidence_number(submission, "step", STEP_END));
    l->reverse_path = evidence_text(submission, "reverse_path");
    l->from = evidence_text(submission, "from");
    l->mail =
        mail_view(w->arena, evidence_octets(w->arena, submission, "content"));
    l->message_id = mail_value(w->arena, &l->mail, "Message-ID");
    l->mark = needle(w->arena, evidence_text(submission, "mark"));
    return l;
}

/* The submission that an accepted event is about: the same Message-ID, else one
 * without Message-ID of the same step; one that got its 250 is preferred. */
static struct letter *submission_of(struct witness *w, const json_t *accepted)
{
    const char *id = evidence_text(accepted, "message_id");
    long long step = evidence_number(accepted, "step", -1);
    struct letter *found = NULL;
    for (struct letter *l = w->letters; l; l = l->next) {
        if (l->accepted || !l->submission)
            continue;
        if (*l->message_id ? strcmp(l->message_id, id) != 0
                           : evidence_number(l->submission, "step", -2) != step)
            continue;
        if (evidence_yes(l->submission, "accepted"))
            return l;
        if (!found)
            found = l;
    }
    return found;
}

/* After a crash an event may be journalled again. */
static bool letter_known(const struct witness *w, const char *id)
{
    for (const struct letter *l = w->letters; l; l = l->next) {
        if (l->accepted && *id && strcmp(l->id, id) == 0)
            return true;
    }
    return false;
}

/* The reply actions of visits that the portal took, by that guest; the n-th. */
static const json_t *reply_action(struct witness *w, const char *guest,
                                  unsigned n)
{
    size_t i, k;
    const json_t *visit, *a;
    json_array_foreach(evidence_list(w->evidence, "visits"), i, visit)
    {
        json_array_foreach(evidence_list(visit, "actions"), k, a)
        {
            const json_t *exchanges = evidence_list(a, "exchanges");
            if (strcmp(evidence_text(a, "action"), "reply") != 0 ||
                json_array_size(exchanges) < 2 ||
                !address_same(evidence_text(a, "recipient"), guest))
                continue;
            if (n-- == 0)
                return a;
        }
    }
    return NULL;
}

static void add_reply(struct witness *w, const json_t *e)
{
    struct letter *l = add_letter(w, NULL);
    const char *guest = evidence_text(e, "sender");
    unsigned before = 0;
    for (struct letter *other = w->letters; other; other = other->next) {
        before += other->reply && address_same(other->from, guest);
        if (strcmp(other->id, evidence_text(e, "of")) == 0)
            l->answers = letter_claim(other, guest);
    }
    l->reply = l->accepted = e;
    l->id = evidence_text(e, "message");
    l->from = guest;
    const json_t *action = reply_action(w, guest, before);
    l->attached = evidence_number(action, "attached", 0);
    l->mark = needle(w->arena, evidence_text(action, "mark"));
    l->claims = ARENA_NEW(w->arena, struct claim);
    *l->claims =
        (struct claim){.letter = l,
                       .address = evidence_text(e, "recipient"),
                       .conversation = evidence_text(e, "conversation"),
                       .group = 1};
}

static void find_letters(struct witness *w)
{
    size_t i;
    const json_t *s, *e;
    json_array_foreach(evidence_list(w->evidence, "submissions"), i, s)
    {
        add_letter(w, s);
    }
    json_array_foreach(evidence_list(w->evidence, "journal"), i, e)
    {
        if (strcmp(evidence_text(e, "event"), "reply") == 0 &&
            !letter_known(w, evidence_text(e, "message")))
            add_reply(w, e);
        if (strcmp(evidence_text(e, "event"), "accepted") != 0 ||
            letter_known(w, evidence_text(e, "message")))
            continue;
        struct letter *l = submission_of(w, e);
        if (!l) {
            l = add_letter(w, NULL);
            l->reverse_path = evidence_text(e, "reverse_path");
            l->from = evidence_text(e, "sender");
        }
        l->accepted = e;
        l->id = evidence_text(e, "message");
        if (!*l->message_id)
            l->message_id = evidence_text(e, "message_id");
        fill_claims(w, l);
    }
}

/* -- copies --------------------------------------------------------------- */

/* Without a link that opens a message: once somebody has visited the portal, a
 * code or a notice. */
static bool is_mailed(struct witness *w, const struct copy *copy)
{
    bool visited = evidence_yes(w->evidence, "served");
    for (const struct step *s = w->c->steps; s; s = s->next)
        visited |= s->kind == STEP_KIND_VISIT && s->number <= copy->step;
    return visited &&
           !visit_mail_link(w->arena,
                            visit_mail_text(w->arena, copy->mail.octets), "/m/",
                            1);
}

static enum copy_kind kind_of(struct witness *w, const struct copy *copy)
{
    if (mail_field_count(&copy->mail, "X-Zivver-Transport") != 1)
        return COPY_KIND_STRANGE;
    const char *t = copy->transport;
    if (strcmp(t, "notification") == 0)
        return is_mailed(w, copy) ? COPY_KIND_MAILED : COPY_KIND_NOTIFICATION;
    if (strcmp(t, "dsn") == 0)
        return COPY_KIND_DSN;
    if (strcmp(t, "direct") == 0 || strcmp(t, "nta7516") == 0 ||
        strcmp(t, "idd") == 0)
        return COPY_KIND_DIRECT;
    return COPY_KIND_STRANGE;
}

/* Does a DSN return this letter's header? */
static bool returns(const struct copy *copy, const struct letter *l)
{
    struct slice body = copy->mail.body;
    return *l->message_id &&
           memmem(body.p, body.n, l->message_id, strlen(l->message_id));
}

static bool has_conversation(struct witness *w, const struct copy *copy,
                             const struct letter *l)
{
    const char *id =
        mail_value(w->arena, &copy->mail, "X-Zivver-ConversationId");
    for (const struct claim *c = l->claims; c; c = c->next) {
        if (*id && strcmp(id, c->conversation) == 0)
            return true;
    }
    return false;
}

static bool is_of(struct witness *w, const struct copy *copy,
                  const struct letter *l, struct claim **claim)
{
    *claim = letter_claim(l, copy->recipient);
    switch (copy->kind) {
    case COPY_KIND_DIRECT:
        if (l->mark.text.n && haystack_holds(&copy->haystack, &l->mark))
            return true;
        return *l->message_id &&
               strcmp(mail_value(w->arena, &copy->mail, "Message-ID"),
                      l->message_id) == 0;
    case COPY_KIND_NOTIFICATION:
        return *claim && *(*claim)->conversation &&
               strcmp(
                   mail_value(w->arena, &copy->mail, "X-Zivver-ConversationId"),
                   (*claim)->conversation) == 0;
    case COPY_KIND_MAILED:
        *claim = NULL;
        return has_conversation(w, copy, l);
    case COPY_KIND_DSN:
        *claim = NULL;
        return address_same(copy->recipient, l->reverse_path) &&
               returns(copy, l);
    case COPY_KIND_STRANGE:
    case COPY_KIND_COUNT:
        break;
    }
    return false;
}

/* A message that was submitted again after a lost reply is accepted twice, with
 * one Message-ID: a copy belongs to the one that has none yet, and whose
 * outcome came after it. */
static bool lacks(const struct witness *w, const struct claim *claim,
                  const struct copy *copy)
{
    const json_t *outcome = witness_event(w, claim, "outcome", STEP_END);
    for (const struct copy *c = w->copies; c < copy; c++)
        if (c->claim == claim && c->taken)
            return false;
    return !outcome || evidence_number(copy->json, "seen", 0) <
                           evidence_number(outcome, "seen", 0);
}

static void fill_copy(struct witness *w, struct copy *copy, const json_t *json)
{
    const json_t *recipients = evidence_list(json, "recipients");
    const char *first = json_string_value(json_array_get(recipients, 0));
    copy->json = json;
    copy->step = (unsigned)evidence_number(json, "step", STEP_END);
    copy->mail =
        mail_view(w->arena, evidence_octets(w->arena, json, "content"));
    copy->haystack = haystack(w->arena, copy->mail.octets);
    copy->transport = mail_value(w->arena, &copy->mail, "X-Zivver-Transport");
    copy->kind = kind_of(w, copy);
    copy->host = evidence_text(json, "host");
    copy->level = evidence_text(json, "level");
    copy->reverse_path = evidence_text(json, "reverse_path");
    copy->reply = evidence_text(json, "reply");
    copy->tls = json_string_value(json_object_get(json, "tls"));
    copy->recipient = first ? first : "";
    copy->recipient_count = json_array_size(recipients);
    copy->taken = json_object_get(json, "accepted")
                      ? evidence_yes(json, "accepted")
                      : copy->reply[0] == '2';
    copy->late = evidence_yes(json, "late");
    /* A submitter may send a message in parts, each to some of its recipients:
     * the part that names this one counts. */
    for (struct letter *l = w->letters; l; l = l->next) {
        struct claim *claim = NULL;
        if (is_of(w, copy, l, &claim) &&
            (!copy->letter || (!copy->claim && claim) ||
             (claim && !lacks(w, copy->claim, copy) &&
              lacks(w, claim, copy)))) {
            copy->letter = l;
            copy->claim = claim;
        }
    }
}

/* A journal line and its place. */
struct line {
    const char *message;
    size_t place;
    const json_t *event;
};

static int by_message(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(x->message, y->message);
    return order ? order : x->place < y->place ? -1 : x->place > y->place;
}

static int is_about(const void *id, const void *line)
{
    return strcmp(id, ((const struct line *)line)->message);
}

/* Each letter's part of the journal, so that nobody reads all of it for one. */
static void share_events(struct witness *w)
{
    const json_t *journal = evidence_list(w->evidence, "journal"), *e;
    size_t count = json_array_size(journal), i;
    struct line *lines = arena_alloc(w->arena, (count + 1) * sizeof *lines);
    const json_t **events = arena_alloc(w->arena, (count + 1) * sizeof *events);
    json_array_foreach(journal, i, e)
    {
        lines[i] = (struct line){evidence_text(e, "message"), i, e};
    }
    qsort(lines, count, sizeof *lines, by_message);
    for (i = 0; i < count; i++)
        events[i] = lines[i].event;
    for (struct letter *l = w->letters; l; l = l->next) {
        const struct line *any =
            bsearch(l->id, lines, count, sizeof *lines, is_about);
        if (!any)
            continue;
        size_t first = (size_t)(any - lines), last = first + 1;
        while (first > 0 && is_about(l->id, &lines[first - 1]) == 0)
            first--;
        while (last < count && is_about(l->id, &lines[last]) == 0)
            last++;
        l->events = &events[first];
        l->event_count = last - first;
    }
}

void witness_init(struct witness *w, struct arena *arena,
                  const struct scenario_case *c, const json_t *evidence)
{
    const json_t *received = evidence_list(evidence, "received"), *r;
    size_t i;
    *w = (struct witness){.arena = arena, .c = c, .evidence = evidence};
    w->gateway_host = evidence_text(evidence, "gateway_host");
    for (const struct step *s = c->steps; s; s = s->next)
        w->kills += s->kind == STEP_KIND_RESTART && s->kill;
    w->kills += (unsigned)evidence_number(evidence, "kills", 0);
    find_letters(w);
    share_events(w);
    w->copy_count = json_array_size(received);
    w->copies = arena_alloc(arena, (w->copy_count + 1) * sizeof *w->copies);
    json_array_foreach(received, i, r)
    {
        fill_copy(w, &w->copies[i], r);
    }
}

/* -- finding -------------------------------------------------------------- */

struct claim *letter_claim(const struct letter *letter, const char *address)
{
    for (struct claim *c = letter->claims; c; c = c->next) {
        if (address_same(c->address, address))
            return c;
    }
    return NULL;
}

struct claim *witness_claim(const struct witness *w, const char *address,
                            unsigned last)
{
    struct claim *found = NULL;
    for (struct letter *l = w->letters; l; l = l->next) {
        struct claim *c = letter_claim(l, address);
        if (c && evidence_number(l->accepted, "step", 0) <= (long long)last)
            found = c;
    }
    return found;
}

static bool tells_state(const char *event)
{
    return strcmp(event, "decided") == 0 || strcmp(event, "outcome") == 0 ||
           strcmp(event, "deferred") == 0;
}

const json_t *witness_event(const struct witness *w, const struct claim *claim,
                            const char *event, unsigned last)
{
    const json_t *found = NULL;
    const struct letter *l = claim->letter;
    (void)w;
    for (size_t i = 0; i < l->event_count; i++) {
        const json_t *e = l->events[i];
        const char *name = evidence_text(e, "event");
        if (evidence_number(e, "step", 0) > (long long)last ||
            (event ? strcmp(name, event) != 0 : !tells_state(name)))
            continue;
        if (address_same(evidence_text(e, "recipient"), claim->address))
            found = e;
    }
    return found;
}

unsigned witness_conversation(const struct claim *claim)
{
    const char *seen[256];
    unsigned count = 0;
    if (!*claim->conversation)
        return 0;
    for (int bcc = 0; bcc < 2; bcc++) {
        for (const struct claim *c = claim->letter->claims; c; c = c->next) {
            unsigned i = 0;
            if (c->bcc != (bcc == 1))
                continue;
            while (i < count && strcmp(seen[i], c->conversation) != 0)
                i++;
            if (i == count && count < 256)
                seen[count++] = c->conversation;
            if (c == claim)
                return i + 1;
        }
    }
    return 0;
}

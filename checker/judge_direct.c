/* MAIL-1: a directly delivered message is the sender's message, less what must
 * go and plus what the gateway adds. */
#include <string.h>

#include "checker/judge_internal.h"

static bool is_control(struct slice name)
{
    return slice_starts_nocase(name, "zivver-");
}

/* Fields that the gateway puts before those of the sender. */
struct added {
    size_t received, dkim;
    bool message_id, date, references, coding, content;
    bool own_breaks;              /* the submitter's own signature must go */
    const char *interoperability; /* the whole field (NTA-7), or NULL */
};

/* What a conversion changes in the header (RFC 6152 3). */
static bool is_coding(const struct mail_field *f)
{
    return slice_is_nocase(f->name, "Content-Transfer-Encoding") ||
           slice_is_nocase(f->name, "MIME-Version");
}

static bool is_added(struct added *a, const struct mail_field *f)
{
    if (slice_is_nocase(f->name, "X-Zivver-Transport"))
        return true;
    if (a->interoperability &&
        slice_is(slice_trim(f->whole), a->interoperability)) {
        a->interoperability = NULL;
        return true;
    }
    if (slice_is_nocase(f->name, "Received") && a->received)
        return a->received--;
    if (slice_is_nocase(f->name, "DKIM-Signature") && a->dkim)
        return a->dkim--;
    if (slice_is_nocase(f->name, "Message-ID"))
        return a->message_id;
    if (slice_is_nocase(f->name, "Date"))
        return a->date;
    if (is_coding(f))
        return a->coding || a->content;
    if (slice_starts_nocase(f->name, "Content-"))
        return a->content;
    return slice_is_nocase(f->name, "References") && a->references;
}

/* RFC 5322 3.6.3, 3.6.6: either names hidden recipients. */
static bool is_bcc(struct slice name)
{
    return slice_is_nocase(name, "Bcc") || slice_is_nocase(name, "Resent-Bcc");
}

/* The next field of the submitted message that must arrive as it is. */
static const struct mail_field *
next_kept(const struct added *a, const struct mail_view *sent, size_t *i)
{
    while (*i < sent->count) {
        const struct mail_field *f = &sent->fields[(*i)++];
        bool changes =
            (a->references && slice_is_nocase(f->name, "References")) ||
            (a->own_breaks && slice_is_nocase(f->name, "DKIM-Signature")) ||
            (a->coding && is_coding(f)) ||
            (a->content &&
             (is_coding(f) || slice_starts_nocase(f->name, "Content-")));
        if (!is_control(f->name) && !is_bcc(f->name) && !changes)
            return f;
    }
    return NULL;
}

static size_t surplus(const struct copy *copy, const char *name)
{
    size_t sent = mail_field_count(&copy->letter->mail, name);
    size_t got = mail_field_count(&copy->mail, name);
    return got > sent ? got - sent : 0;
}

static const char *show(struct trial *t, struct slice octets)
{
    char *text =
        arena_text(t->arena, octets.n > 160 ? (struct slice){octets.p, 160}
                                            : slice_trim(octets));
    return text;
}

static void header_fault(struct trial *t, const struct copy *copy,
                         const struct mail_field *want,
                         const struct mail_field *got)
{
    fault(t, place_for(t, copy->recipient), "MAIL-1",
          TEXT(t, "%s: header of the direct copy", copy->recipient),
          want ? show(t, want->whole) : "no further field",
          got ? show(t, got->whole) : "no further field");
}

/* NTA-7: of what NTA 7516 delivers, where the setting names it. */
static const char *interoperability(const struct trial *t,
                                    const struct copy *copy)
{
    return strcmp(copy->transport, "nta7516") == 0
               ? world_setting(witness_world(&t->w, copy->step), "nta_header",
                               NULL)
               : NULL;
}

/* What the sender did not give is added at acceptance, once. */
static void judge_completed(struct trial *t, const struct copy *copy)
{
    static const char *const names[] = {"Message-ID", "Date"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t got = mail_field_count(&copy->mail, names[i]);
        if (!mail_field(&copy->letter->mail, names[i], 0) && got != 1)
            fault(
                t, place_for(t, copy->recipient), "MAIL-1",
                TEXT(t, "%s: %s of the direct copy", copy->recipient, names[i]),
                "one, added", TEXT(t, "%zu", got));
    }
}

static void judge_header(struct trial *t, const struct copy *copy, bool idd)
{
    judge_completed(t, copy);
    const struct mail_view *sent = &copy->letter->mail;
    struct added added = {
        .received = surplus(copy, "Received"),
        .dkim = signatures_added(copy),
        .own_breaks = own_signature_breaks(t, copy),
        .message_id = !mail_field(sent, "Message-ID", 0),
        .date = !mail_field(sent, "Date", 0),
        .references = idd,
        .coding = copy_is_converted(t, copy),
        .content = copy_is_restructured(t, copy),
        .interoperability = interoperability(t, copy),
    };
    size_t i = 0;
    for (size_t k = 0; k < copy->mail.count; k++) {
        const struct mail_field *got = &copy->mail.fields[k];
        if (is_added(&added, got))
            continue;
        const struct mail_field *want = next_kept(&added, sent, &i);
        if (!want || !slice_eq(want->whole, got->whole)) {
            header_fault(t, copy, want, got);
            return;
        }
    }
    const struct mail_field *want = next_kept(&added, sent, &i);
    if (want)
        header_fault(t, copy, want, NULL);
    if (added.interoperability)
        fault(t, place_for(t, copy->recipient), "NTA-7",
              TEXT(t, "%s: header of the direct copy", copy->recipient),
              added.interoperability, "no such field");
}

/* ACCOUNT-2: References ends with the recipient's organization. */
static void judge_idd(struct trial *t, const struct copy *copy)
{
    const struct world_spec *world = witness_world(&t->w, copy->step);
    const struct organization *o =
        world_organization_of(world, domain_of(copy->recipient));
    const char *before =
        mail_value(t->arena, &copy->letter->mail, "References");
    const char *got = mail_value(t->arena, &copy->mail, "References");
    const char *want = TEXT(t, "%s%s<zivver-sdr-%s>", before,
                            *before ? " " : "", o && o->uuid ? o->uuid : "?");
    if (!slice_eq(octets_without_blanks(t->arena, slice_of(want)),
                  octets_without_blanks(t->arena, slice_of(got))))
        fault(t, place_for(t, copy->recipient), "ACCOUNT-2",
              TEXT(t, "%s: References", copy->recipient), want,
              *got ? got : "none");
}

static void judge_body(struct trial *t, const struct copy *copy)
{
    struct slice sent = copy->letter->mail.body, got = copy->mail.body;
    size_t i = 0;
    if (slice_eq(sent, got))
        return;
    /* DATA ends the last line; a submission may have left that to it. */
    if (got.n == sent.n + 2 && memcmp(got.p + sent.n, "\r\n", 2) == 0 &&
        memcmp(got.p, sent.p, sent.n) == 0)
        return;
    while (i < sent.n && i < got.n && sent.p[i] == got.p[i])
        i++;
    fault(
        t, place_for(t, copy->recipient), "MAIL-1",
        TEXT(t, "%s: body of the direct copy", copy->recipient),
        TEXT(t, "%zu octets, at %zu: '%s'", sent.n, i,
             show(t, slice_from(sent, i))),
        TEXT(t, "%zu octets, there: '%s'", got.n, show(t, slice_from(got, i))));
}

void judge_direct(struct trial *t, const struct copy *copy)
{
    bool idd = strcmp(copy->transport, "idd") == 0;
    const struct mail_field *received = mail_field(&copy->mail, "Received", 0);
    if (surplus(copy, "Received") == 0 ||
        !memmem(received->value.p, received->value.n, t->w.gateway_host,
                strlen(t->w.gateway_host)))
        fault(t, place_for(t, copy->recipient), "MAIL-1",
              TEXT(t, "%s: Received", copy->recipient),
              TEXT(t, "a field of %s above the sender's", t->w.gateway_host),
              "none");
    judge_header(t, copy, idd);
    if (idd)
        judge_idd(t, copy);
    if (copy_has_links(t, copy))
        judge_linked_body(t, copy);
    else if (copy_is_converted(t, copy))
        judge_converted_body(t, copy);
    else
        judge_body(t, copy);
}

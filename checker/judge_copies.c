/* Each received message: what holds whatever it is, then by its kind. */
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

static struct place place_of(const struct trial *t, const struct copy *copy)
{
    return place_for(t, copy->recipient);
}

static const char *describe(struct trial *t, const struct copy *copy)
{
    return TEXT(t, "message to %s at %s", copy->recipient, copy->host);
}

static const struct posture_host *named(const struct posture_host *h,
                                        const char *name)
{
    while (h && !(h->name && strcasecmp(h->name, name) == 0))
        h = h->next;
    return h;
}

static const struct posture_host *host_of(const struct trial *t,
                                          const struct copy *copy)
{
    const struct world_spec *world = witness_world(&t->w, copy->step);
    const struct posture *p = world_posture(world, domain_of(copy->recipient));
    const struct posture_host *h = p ? named(p->hosts, copy->host) : NULL;
    return h || !p ? h : named(p->nta_hosts, copy->host);
}

static bool disturbs_starttls(const struct posture_host *h)
{
    for (const struct posture_reply *r = h->replies; r; r = r->next) {
        if (strcmp(r->command, "starttls") == 0)
            return true;
    }
    return h->later || h->starttls != POSTURE_STARTTLS_OFFERED;
}

/* The best that the host offers is used, and nothing below TLS 1.2. */
static void judge_tls(struct trial *t, const struct copy *copy)
{
    const struct posture_host *h = host_of(t, copy);
    const char *seen = copy->tls ? copy->tls : "plain";
    const char *best = "plain";
    if (copy->tls && strcmp(copy->tls, "1.2") < 0)
        fault(t, place_of(t, copy), "TRANSPORT-7",
              TEXT(t, "%s: TLS", describe(t, copy)), "1.2 or higher, or none",
              copy->tls);
    if (!h || disturbs_starttls(h))
        return;
    if (strcmp(h->tls_max, "1.2") >= 0)
        best = h->tls_max;
    if (strcmp(seen, best) != 0)
        fault(t, place_of(t, copy), copy->tls ? "DIRECT-3" : "TRANSPORT-7",
              TEXT(t, "%s: TLS", describe(t, copy)),
              TEXT(t, "%s, the best that the host offers", best), seen);
}

/* CONV-4: what the guest wrote, and his file, octet for octet in number. */
static void judge_reply_content(struct trial *t, const struct copy *copy)
{
    const struct letter *l = copy->letter;
    struct mail_view *parts;
    size_t n = mail_parts(t->arena, &copy->mail, &parts);
    bool is_there = l->attached == 0;
    if (l->mark.text.n && !haystack_holds(&copy->haystack, &l->mark))
        fault(t, place_of(t, copy), "CONV-4",
              TEXT(t, "%s: reply", describe(t, copy)), "what the guest wrote",
              "another text");
    for (size_t i = 0; i < n; i++)
        is_there = is_there || (long long)mail_decoded(t->arena, &parts[i]).n ==
                                   l->attached;
    if (!is_there)
        fault(t, place_of(t, copy), "CONV-4",
              TEXT(t, "%s: reply", describe(t, copy)),
              TEXT(t, "the guest's file of %lld octets", l->attached),
              "none of that size");
}

/* CONV-4: From is the gateway's, with the guest shown. */
static void judge_reply_copy(struct trial *t, const struct copy *copy)
{
    const char *from = mail_decoded_value(t->arena, &copy->mail, "From");
    struct texts list = {0};
    mail_addresses(t->arena, mail_value(t->arena, &copy->mail, "From"), &list);
    if (list.n != 1 ||
        strcasecmp(domain_of(list.v[0]), t->w.gateway_host) != 0 ||
        !strcasestr(from, copy->letter->from))
        fault(t, place_of(t, copy), "CONV-4",
              TEXT(t, "%s: From", describe(t, copy)),
              TEXT(t, "an address at %s, with %s shown", t->w.gateway_host,
                   copy->letter->from),
              from);
    judge_reply_content(t, copy);
}

static void judge_copy(struct trial *t, const struct copy *copy)
{
    if (copy->late)
        fault(t, place_of(t, copy), "KEEP-2", describe(t, copy),
              "nothing after 'settled'", "it arrived late");
    if (copy->recipient_count != 1)
        fault(t, place_of(t, copy), "MAIL-1", describe(t, copy),
              "one RCPT per transaction",
              TEXT(t, "%zu", copy->recipient_count));
    judge_sender(t, copy);
    bool cut_off = json_is_false(json_object_get(copy->json, "complete"));
    judge_tls(t, copy);
    judge_extensions(t, copy);
    if (copy->kind == COPY_KIND_DSN || cut_off)
        return; /* judge_dsns; nothing is known of the rest */
    if (copy->kind == COPY_KIND_STRANGE)
        fault(t, place_of(t, copy), "CONN-9",
              TEXT(t, "%s: X-Zivver-Transport", describe(t, copy)),
              "direct, nta7516, idd, notification or dsn, once",
              *copy->transport ? copy->transport : "none");
    else if (!copy->claim && copy->taken && copy->kind != COPY_KIND_MAILED)
        fault(t, place_of(t, copy), "KEEP-2", describe(t, copy),
              "a claim of the journal", "evidence without a claim");
    if (copy->kind != COPY_KIND_MAILED || *copy->reverse_path)
        judge_reverse_path(t, copy);
    if (json_is_false(json_object_get(copy->json, "complete")))
        return; /* the rest of it never came */
    if (copy->kind == COPY_KIND_DIRECT && copy->letter &&
        copy->letter->submission)
        judge_direct(t, copy);
    if (copy->kind == COPY_KIND_DIRECT && copy->letter && copy->letter->reply)
        judge_reply_copy(t, copy);
    if (copy->kind == COPY_KIND_NOTIFICATION)
        judge_notification(t, copy);
}

/* Each message came over one connection of its host, as that says too. */
static void judge_connections_agree(struct trial *t)
{
    unsigned *used =
        arena_alloc(t->arena, (t->w.copy_count + 1) * sizeof *used);
    size_t i, k;
    const json_t *connection, *index;
    json_array_foreach(evidence_list(t->evidence, "connections"), i, connection)
    {
        const char *tls = evidence_text(connection, "tls");
        json_array_foreach(evidence_list(connection, "received"), k, index)
        {
            size_t n = (size_t)json_integer_value(index);
            if (n >= t->w.copy_count)
                n = t->w.copy_count;
            const struct copy *c = &t->w.copies[n];
            if (n < t->w.copy_count && !used[n]++ &&
                strcmp(c->host, evidence_text(connection, "host")) == 0 &&
                strcmp(c->tls ? c->tls : "", tls) == 0)
                continue;
            fault(
                t, t->c->place, NULL,
                TEXT(t, "connection to %s", evidence_text(connection, "host")),
                "the messages that it carried", "others");
        }
    }
    for (i = 0; i < t->w.copy_count; i++) {
        if (!used[i])
            fault(t, t->c->place, NULL, describe(t, &t->w.copies[i]),
                  "a connection that carried it", "none");
    }
}

void judge_copies(struct trial *t)
{
    judge_connections_agree(t);
    for (size_t i = 0; i < t->w.copy_count; i++)
        judge_copy(t, &t->w.copies[i]);
}

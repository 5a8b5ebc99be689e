/* What was refused leaves no trace, and a host that may not be used gets
 * nothing (CONN-8, TRANSPORT-3). */
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"

static bool is_accepted(const struct trial *t, const char *message)
{
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        if (l->accepted && strcmp(l->id, message) == 0)
            return true;
    }
    return false;
}

/* Every event about a message is about one that was accepted. */
static void judge_events(struct trial *t)
{
    size_t i;
    const json_t *e;
    json_array_foreach(evidence_list(t->evidence, "journal"), i, e)
    {
        const char *message = evidence_text(e, "message");
        if (*message && !is_accepted(t, message))
            fault(t, t->c->place, "CONN-8",
                  TEXT(t, "journal: %s", evidence_text(e, "event")),
                  "only of accepted messages", message);
    }
}

static bool any_accepted(const struct trial *t)
{
    for (const struct letter *l = t->w.letters; l; l = l->next) {
        if (l->accepted)
            return true;
    }
    return false;
}

static const struct posture_host *host_named(const struct posture_host *h,
                                             const char *name)
{
    while (h && !(h->name && strcasecmp(h->name, name) == 0))
        h = h->next;
    return h;
}

static const struct posture *posture_of(const struct trial *t,
                                        const json_t *connection)
{
    const struct world_spec *world = witness_world(
        &t->w, (unsigned)evidence_number(connection, "step", STEP_END));
    return world_posture(world, evidence_text(connection, "domain"));
}

static const struct posture_host *host_of(const struct posture *p,
                                          const char *name)
{
    const struct posture_host *h = p ? host_named(p->hosts, name) : NULL;
    return h || !p ? h : host_named(p->nta_hosts, name);
}

/* Secure TLSA records bind the host, usable or not (TRANSPORT-3). */
static bool is_bound(const struct posture *p, const struct posture_host *h)
{
    bool secure = p->host_zone == POSTURE_HOST_ZONE_SECURE ||
                  (p->host_zone == POSTURE_HOST_ZONE_SAME &&
                   p->dns == POSTURE_DNS_SECURE);
    return h->tlsa && secure && !h->tlsa_fault;
}

static bool has_command(const json_t *connection, const char *verb)
{
    size_t i;
    const json_t *command;
    json_array_foreach(evidence_list(connection, "commands"), i, command)
    {
        const char *text = json_string_value(command);
        if (text && strncasecmp(text, verb, strlen(verb)) == 0)
            return true;
    }
    return false;
}

static void judge_connection(struct trial *t, const json_t *connection)
{
    const char *name = evidence_text(connection, "host");
    const struct posture *p = posture_of(t, connection);
    const struct posture_host *h = host_of(p, name);
    bool barred = h && h->reaches && strcmp(h->reaches, "barred") == 0;
    bool plain = !*evidence_text(connection, "tls");
    if (h && plain && is_bound(p, h) && has_command(connection, "MAIL"))
        fault(t, t->c->place, "TRANSPORT-3", TEXT(t, "connection to %s", name),
              "TLS, which secure TLSA records make mandatory", "plain text");
    if (barred && has_command(connection, "MAIL"))
        fault(t, t->c->place, "TRANSPORT-3", TEXT(t, "connection to %s", name),
              "no transaction with a barred host", "MAIL");
}

void judge_traces(struct trial *t)
{
    const json_t *connections = evidence_list(t->evidence, "connections");
    const json_t *one;
    size_t i;
    bool known = !evidence_yes(t->evidence, "served") && t->w.kills == 0;
    if (known)
        judge_events(t);
    if (known && !any_accepted(t) && json_array_size(connections))
        fault(t, t->c->place, "CONN-8", "connections of recipients' hosts",
              "none, for no message was accepted",
              TEXT(t, "%zu", json_array_size(connections)));
    json_array_foreach(connections, i, one)
    {
        judge_connection(t, one);
    }
}

/* MTA-STS as the world saw it (TRANSPORT-6, RFC 8461): how policies were
 * fetched, and that nothing was sent to a host that the policy in force
 * excludes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/judge_internal.h"
#include "engine/posture_sts.h"

/* -- how it was fetched ---------------------------------------------------- */

static void check(struct trial *t, const json_t *fetch, const char *what,
                  const char *want, const char *got)
{
    if (strcmp(want, got) != 0)
        fault(t, t->c->place, "TRANSPORT-6",
              TEXT(t, "%s of a policy fetch at %s", what,
                   evidence_text(fetch, "host")),
              want, *got ? got : "nothing");
}

static void judge_fetch(struct trial *t, const json_t *fetch)
{
    const char *host = evidence_text(fetch, "host");
    if (!*evidence_text(fetch, "tls"))
        return; /* no handshake: nothing was asked */
    check(t, fetch, "SNI", host, evidence_text(fetch, "sni"));
    if (!*evidence_text(fetch, "request"))
        return; /* the certificate did not pass */
    check(t, fetch, "request", "GET /.well-known/mta-sts.txt HTTP/1.1",
          evidence_text(fetch, "request"));
    check(t, fetch, "Host field", host, evidence_text(fetch, "request_host"));
}

/* -- what is in force ------------------------------------------------------ */

static const struct posture *posture_in(const struct trial *t,
                                        const char *domain, unsigned step)
{
    const struct world_spec *world = witness_world(&t->w, step);
    return world ? world_posture(world, domain) : NULL;
}

static long long clock_of(const struct trial *t, unsigned step)
{
    size_t i;
    const json_t *s;
    json_array_foreach(evidence_list(t->evidence, "steps"), i, s)
    {
        if (evidence_number(s, "step", -1) == (long long)step)
            return evidence_number(s, "clock", 0);
    }
    return 0;
}

/* The posture whose policy was served last, up to that step, and is not over;
 * NULL: none, or one of the scenario's own words. */
static const struct posture *in_force(const struct trial *t, const char *domain,
                                      unsigned step)
{
    const struct posture *found = NULL;
    long long until_s = 0;
    size_t i;
    const json_t *f;
    json_array_foreach(evidence_list(t->evidence, "policy_fetches"), i, f)
    {
        unsigned at = (unsigned)evidence_number(f, "step", 0);
        const struct posture *p = posture_in(t, domain, at);
        if (at > step || !evidence_yes(f, "policy") || !p || !p->sts ||
            strcasecmp(evidence_text(f, "domain"), domain) != 0)
            continue;
        found = p;
        until_s = clock_of(t, at) + strtoll(p->sts->max_age, NULL, 10);
    }
    bool counts = found && !found->sts->policy &&
                  found->sts->host == POSTURE_STS_HOST_SERVES &&
                  strcmp(found->sts->mode, "enforce") == 0 &&
                  clock_of(t, step) < until_s;
    return counts ? found : NULL;
}

static bool names(const char *policy, const char *host)
{
    const char *parent = strchr(host, '.');
    for (const char *at = policy; (at = strstr(at, "\nmx: "));) {
        at += 5;
        size_t n = strcspn(at, "\r\n");
        const char *name = host;
        if (at[0] == '*') {
            name = parent ? parent : "";
            at++;
            n--;
        }
        if (strlen(name) == n && strncasecmp(name, at, n) == 0)
            return true;
    }
    return false;
}

/* -- what was sent --------------------------------------------------------- */

static const struct posture_host *host_of(const struct posture *p,
                                          const char *name)
{
    const struct posture_host *h = p ? p->hosts : NULL;
    while (h && strcasecmp(h->name, name) != 0)
        h = h->next;
    return h;
}

static bool is_good(const struct posture_host *h)
{
    return h->certificate == POSTURE_CERTIFICATE_GOOD ||
           h->certificate == POSTURE_CERTIFICATE_WILDCARD || h->tlsa;
}

static bool has_mail(const json_t *connection)
{
    size_t i;
    const json_t *command;
    json_array_foreach(evidence_list(connection, "commands"), i, command)
    {
        const char *text = json_string_value(command);
        if (text && strncasecmp(text, "MAIL", 4) == 0)
            return true;
    }
    return false;
}

static void judge_connection(struct trial *t, const json_t *connection)
{
    const char *domain = evidence_text(connection, "domain");
    const char *name = evidence_text(connection, "host");
    unsigned step = (unsigned)evidence_number(connection, "step", 0);
    const struct posture *policy = in_force(t, domain, step);
    const struct posture_host *h = host_of(posture_in(t, domain, step), name);
    if (!policy || !h || !has_mail(connection))
        return;
    const char *what = TEXT(t, "connection to %s", name);
    if (!names(posture_sts_text(t->arena, policy, domain), name))
        fault(t, t->c->place, "TRANSPORT-6", what,
              "no mail for a host that the policy in force does not name",
              "MAIL");
    if (!*evidence_text(connection, "tls"))
        fault(t, t->c->place, "TRANSPORT-6", what,
              "TLS, which the policy in force asks for", "plain text");
    else if (!is_good(h))
        fault(t, t->c->place, "TRANSPORT-6", what,
              "no mail below pkix, which the policy in force asks for", "MAIL");
}

void judge_sts(struct trial *t)
{
    size_t i;
    const json_t *one;
    json_array_foreach(evidence_list(t->evidence, "policy_fetches"), i, one)
    {
        judge_fetch(t, one);
    }
    json_array_foreach(evidence_list(t->evidence, "connections"), i, one)
    {
        judge_connection(t, one);
    }
}

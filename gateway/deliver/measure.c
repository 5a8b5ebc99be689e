#include "deliver/measure.h"

#include <stdio.h>
#include <string.h>

static struct transport_reply take_reply(const struct reply *reply)
{
    struct transport_reply out = {.line = ""};
    if (reply == NULL) {
        return out;
    }
    struct arena *arena = arena_create();
    snprintf(out.line, sizeof out.line, "%s", reply_line(arena, reply));
    arena_destroy(&arena);
    if (reply->status != NULL && reply->status[0] != '\0') {
        snprintf(out.status, sizeof out.status, "%s", reply->status);
    } else {
        snprintf(out.status, sizeof out.status, "%d.0.0", reply->code / 100);
    }
    return out;
}

static enum why why_of_fault(enum tls_fault fault)
{
    switch (fault) {
    case TLS_FAULT_NONE:
        return WHY_NO_DANE;
    case TLS_FAULT_SELF_SIGNED:
        return WHY_SELF_SIGNED;
    case TLS_FAULT_NO_CERTIFICATE:
    case TLS_FAULT_UNTRUSTED:
        return WHY_UNTRUSTED_ISSUER;
    case TLS_FAULT_EXPIRED:
        return WHY_EXPIRED;
    case TLS_FAULT_NOT_YET_VALID:
        return WHY_NOT_YET_VALID;
    case TLS_FAULT_WRONG_HOST:
        return WHY_WRONG_HOST;
    case TLS_FAULT_WEAK_KEY:
        return WHY_WEAK_KEY;
    case TLS_FAULT_REVOKED:
        return WHY_REVOKED;
    case TLS_FAULT_COUNT:
        break;
    }
    BUG("tls fault %d", (int)fault);
}

struct measure measure_no_connection(void)
{
    return (struct measure){.kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION};
}

struct measure measure_look_up_failed(void)
{
    return (struct measure){.kind = MEASURE_UNKNOWN, .why = WHY_LOOKUP_FAILED};
}

struct measure measure_handshake_failed(const struct tls_facts *tls)
{
    /* Refused by us, or by the server with its alert. */
    bool is_version = tls != NULL && (tls->version_refused ||
                                      strstr(tls->error, "protocol version"));
    return (struct measure){.kind = MEASURE_MEASURED,
                            .level = LEVEL_NONE,
                            .why = is_version ? WHY_TLS_BELOW_1_2
                                              : WHY_HANDSHAKE_FAILED};
}

struct measure measure_session(const struct client_session *session,
                               const struct tls_facts *tls)
{
    struct measure measure = {.kind = MEASURE_MEASURED, .usable = true};
    if (client_session_is_tls(session)) {
        measure.certificate = tls->pkix && tls->rfc9325;
        measure.level = measure.certificate ? LEVEL_PKIX : LEVEL_TLS;
        measure.why = why_of_fault(tls->fault);
        snprintf(measure.tls, sizeof measure.tls, "%s", tls->version);
        return measure;
    }
    measure.level = LEVEL_NONE;
    measure.starttls_refused = client_session_starttls_refusal(session) != NULL;
    measure.why =
        measure.starttls_refused ? WHY_STARTTLS_REFUSED : WHY_NO_STARTTLS;
    return measure;
}

struct measure measure_barred(void)
{
    return (struct measure){.kind = MEASURE_UNKNOWN, .why = WHY_BARRED};
}

static struct measure bound_by_dane(struct measure measure,
                                    const struct mail_host *host,
                                    const struct tls_facts *tls)
{
    if (!host->binding.tls_mandatory) {
        return measure;
    }
    bool is_up = tls != NULL && tls->version[0] != '\0';
    if (is_up && tls->dane == TLS_DANE_MISMATCH) {
        return measure_barred();
    }
    if (measure.kind != MEASURE_MEASURED) {
        return measure;
    }
    if (measure.tls[0] == '\0') {
        return measure_barred();
    }
    if (tls->dane == TLS_DANE_MATCH && tls->rfc9325 &&
        host->is_named_securely) {
        measure.level = LEVEL_DANE;
    }
    return measure;
}

struct measure measure_bound(struct measure measure,
                             const struct mail_host *host,
                             const struct tls_facts *tls)
{
    measure = bound_by_dane(measure, host, tls);
    bool is_short =
        measure.kind == MEASURE_MEASURED && measure.level < LEVEL_PKIX;
    return host->sts != HOST_STS_NONE && is_short ? measure_barred() : measure;
}

struct measure measure_failure(const struct client_session *session,
                               const struct tls_facts *tls)
{
    const struct client_result *result = client_session_result(session);
    if (result->phase == CLIENT_PHASE_STARTTLS &&
        result->verdict == CLIENT_VERDICT_PROTOCOL) {
        return measure_handshake_failed(tls);
    }
    /* 421 with the end of the connection is a 4xx like any other. */
    if (result->phase == CLIENT_PHASE_STARTTLS && result->reply != NULL) {
        return (struct measure){.kind = MEASURE_MEASURED,
                                .level = LEVEL_NONE,
                                .why = WHY_STARTTLS_REFUSED,
                                .starttls_refused = true};
    }
    struct measure measure = measure_no_connection();
    measure.reply = take_reply(result->reply);
    if (result->verdict == CLIENT_VERDICT_PERMANENT) {
        measure.kind = MEASURE_REFUSED;
        measure.why = WHY_REFUSED_BY_SERVER;
    }
    return measure;
}

struct sent measure_sent(const struct client_session *session)
{
    const struct client_result *result = client_session_result(session);
    struct sent sent = {.kind = SENT_LOST,
                        .reply = take_reply(result->reply),
                        .is_at_start = result->phase == CLIENT_PHASE_RSET ||
                                       result->phase == CLIENT_PHASE_MAIL};
    switch (result->verdict) {
    case CLIENT_VERDICT_ACCEPTED:
        sent.kind = SENT_ACCEPTED;
        break;
    case CLIENT_VERDICT_TEMPORARY:
        sent.kind = SENT_TEMPORARY;
        break;
    case CLIENT_VERDICT_PERMANENT:
        sent.kind = SENT_PERMANENT;
        break;
    case CLIENT_VERDICT_NONE:
    case CLIENT_VERDICT_PROTOCOL:
    case CLIENT_VERDICT_LOST:
    case CLIENT_VERDICT_COUNT:
        break;
    }
    return sent;
}

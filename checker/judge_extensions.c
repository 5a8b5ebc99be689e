/* What a host offered in its last EHLO reply against what the gateway used of
 * it: no parameter that was not offered, and no octets that were not. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/dsn_view.h"

/* The connection that carried a copy; NULL: none says so. */
static const json_t *connection_of(const struct trial *t,
                                   const struct copy *copy)
{
    size_t i, k;
    const json_t *connection, *index;
    json_array_foreach(evidence_list(t->evidence, "connections"), i, connection)
    {
        json_array_foreach(evidence_list(connection, "received"), k, index)
        {
            if (json_integer_value(index) == copy - t->w.copies)
                return connection;
        }
    }
    return NULL;
}

static const char *line_at(const json_t *replies, size_t i)
{
    const char *text = json_string_value(json_array_get(replies, i));
    return text ? text : "";
}

/* The first line of the n-th reply; the greeting is reply 0. */
static size_t reply_start(const json_t *replies, size_t n)
{
    size_t i = 0;
    for (; n && i < json_array_size(replies); i++) {
        const char *line = line_at(replies, i);
        n -= strlen(line) < 4 || line[3] != '-';
    }
    return i;
}

/* Of the last EHLO, for what was said before STARTTLS is void; 0: none. */
static size_t last_ehlo_reply(const json_t *connection)
{
    size_t i, found = 0;
    const json_t *command;
    json_array_foreach(evidence_list(connection, "commands"), i, command)
    {
        const char *text = json_string_value(command);
        if (text && strncasecmp(text, "EHLO", 4) == 0)
            found = i + 1;
    }
    return found;
}

const char *copy_offered(struct trial *t, const struct copy *copy,
                         const char *keyword)
{
    const json_t *connection = connection_of(t, copy);
    const json_t *replies = evidence_list(connection, "replies");
    size_t ehlo = connection ? last_ehlo_reply(connection) : 0;
    size_t i = reply_start(replies, ehlo), end = reply_start(replies, ehlo + 1);
    for (i++; ehlo && i < end; i++) {
        struct slice rest = slice_of(line_at(replies, i));
        if (rest.n < 4)
            continue;
        rest = slice_from(rest, 4);
        struct slice word = slice_word(&rest);
        if (slice_is_nocase(word, keyword))
            return arena_text(t->arena, slice_trim(rest));
    }
    return NULL;
}

bool octets_are_ascii(struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++) {
        if ((unsigned char)octets.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* The value of a parameter ("" without one); NULL: it does not stand there. */
static const char *parameter(struct trial *t, const char *all, const char *name)
{
    struct slice rest = slice_of(all), word;
    while ((word = slice_word(&rest)).n) {
        struct slice key = slice_cut(&word, '=');
        if (slice_is_nocase(key, name))
            return arena_text(t->arena, word);
    }
    return NULL;
}

static void extension_fault(struct trial *t, const struct copy *copy,
                            const char *clause, const char *expected,
                            const char *got)
{
    fault(t, place_for(t, copy->recipient), clause,
          TEXT(t, "message to %s at %s", copy->recipient, copy->host), expected,
          got);
}

static void judge_parameters(struct trial *t, const struct copy *copy,
                             const char *all)
{
    static const struct {
        const char *parameter, *keyword;
    } rows[] = {{"SIZE", "SIZE"},         {"BODY", "8BITMIME"},
                {"SMTPUTF8", "SMTPUTF8"}, {"RET", "DSN"},
                {"ENVID", "DSN"},         {"NOTIFY", "DSN"},
                {"ORCPT", "DSN"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (parameter(t, all, rows[i].parameter) &&
            !copy_offered(t, copy, rows[i].keyword))
            extension_fault(
                t, copy, "TRANSPORT-2", "only parameters that the host offers",
                TEXT(t, "%s without %s", rows[i].parameter, rows[i].keyword));
    }
}

static void judge_octets(struct trial *t, const struct copy *copy,
                         const char *mail)
{
    const char *body = parameter(t, mail, "BODY");
    bool eight = body && strcasecmp(body, "8BITMIME") == 0;
    if (!octets_are_ascii(copy->mail.body) && !eight)
        extension_fault(t, copy, "MAIL-1",
                        copy_offered(t, copy, "8BITMIME")
                            ? "BODY=8BITMIME for octets above 127"
                            : "a message converted to 7 bits",
                        "octets above 127");
    if (!octets_are_ascii(copy->mail.head) && !parameter(t, mail, "SMTPUTF8"))
        extension_fault(t, copy, "DSN-3", "SMTPUTF8 for such a header",
                        "octets above 127 in the header");
    if (!octets_are_ascii(slice_of(copy->recipient)) &&
        !parameter(t, mail, "SMTPUTF8"))
        extension_fault(t, copy, "DSN-3", "SMTPUTF8 for such an address",
                        copy->recipient);
}

static void judge_size(struct trial *t, const struct copy *copy)
{
    const char *limit = copy_offered(t, copy, "SIZE");
    unsigned long long most = limit ? strtoull(limit, NULL, 10) : 0;
    if (most && copy->mail.octets.n > most)
        extension_fault(t, copy, "DSN-3", TEXT(t, "at most %llu octets", most),
                        TEXT(t, "%zu octets", copy->mail.octets.n));
}

static bool same_or_absent(const char *got, const char *want)
{
    return !got || (want && strcasecmp(got, want) == 0);
}

/* The gateway is this hop's originator and asks to be told (NTA-8); what the
 * submitter asks of a direct copy's success goes on to a host that answers for
 * it (RFC 3461 5.2.1). */
static void judge_notify(struct trial *t, const struct copy *copy,
                         const char *rcpt)
{
    const char *notify = parameter(t, rcpt, "NOTIFY");
    const struct submit *s = copy->letter ? dsn_submit(copy->letter) : NULL;
    const char *asked = s ? dsn_asked(s->notify, copy->recipient) : NULL;
    bool success =
        copy->kind == COPY_KIND_DIRECT && asked && strcasestr(asked, "SUCCESS");
    if (copy->kind == COPY_KIND_DSN || copy->kind == COPY_KIND_MAILED) {
        if (!same_or_absent(notify, "NEVER"))
            extension_fault(t, copy, "DSN-1", "NOTIFY=NEVER, or none", notify);
        return;
    }
    if (!notify || !strcasestr(notify, "FAILURE") ||
        !strcasestr(notify, "DELAY") ||
        success != (strcasestr(notify, "SUCCESS") != NULL))
        extension_fault(
            t, copy,
            strcmp(copy->transport, "nta7516") == 0 ? "NTA-8" : "DSN-1",
            success ? "NOTIFY=SUCCESS,FAILURE,DELAY" : "NOTIFY=FAILURE,DELAY",
            notify ? notify : "no NOTIFY");
}

/* RFC 3461 5.2.1: the submitter's own identifiers go on with a direct copy. No
 * other goes on; content never comes back in a DSN (RET). */
static void judge_identifiers(struct trial *t, const struct copy *copy,
                              const char *mail, const char *rcpt)
{
    const struct submit *s = copy->letter ? dsn_submit(copy->letter) : NULL;
    bool direct = copy->kind == COPY_KIND_DIRECT && s;
    const char *envid = parameter(t, mail, "ENVID");
    const char *orcpt = parameter(t, rcpt, "ORCPT");
    const char *asked = direct ? dsn_asked(s->orcpt, copy->recipient) : NULL;
    const char *own = TEXT(t, "rfc822;%s", copy->recipient);
    if (direct && s->envid && !envid)
        envid = "";
    if (direct && !same_or_absent(envid, s->envid))
        extension_fault(t, copy, "DSN-1",
                        s->envid ? TEXT(t, "ENVID=%s", s->envid) : "no ENVID",
                        *envid ? envid : "none");
    if (asked ? !orcpt || strcasecmp(orcpt, asked) != 0
              : !same_or_absent(orcpt, own))
        extension_fault(t, copy, "DSN-1",
                        TEXT(t, "ORCPT=%s", asked ? asked : own),
                        orcpt ? orcpt : "none");
    if (!same_or_absent(parameter(t, mail, "RET"), "HDRS"))
        extension_fault(t, copy, "DSN-1", "RET=HDRS", "RET=FULL");
}

void judge_extensions(struct trial *t, const struct copy *copy)
{
    const json_t *parameters = json_object_get(copy->json, "parameters");
    const char *mail = evidence_text(parameters, "mail");
    const char *rcpt =
        json_string_value(json_array_get(evidence_list(parameters, "rcpt"), 0));
    rcpt = rcpt ? rcpt : "";
    if (!copy->taken || !connection_of(t, copy))
        return;
    judge_parameters(t, copy, mail);
    judge_parameters(t, copy, rcpt);
    judge_octets(t, copy, mail);
    judge_size(t, copy);
    if (!copy_offered(t, copy, "DSN"))
        return;
    judge_notify(t, copy, rcpt);
    judge_identifiers(t, copy, mail, rcpt);
}

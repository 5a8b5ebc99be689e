#include "engine/mail_checks.h"

#include <string.h>

#include "peer/dkim_check.h"
#include "peer/dkim_text.h"
#include "peer/dmarc_check.h"
#include "peer/spf_check.h"

static void set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text);
    json_object_set_new(object, key, value ? value : json_string("?"));
}

static bool is_pass(const char *result)
{
    return strcmp(result, "pass") == 0;
}

/* The addr-spec of a From field with one mailbox; quoted text is passed over.
 */
static struct slice bare_address(struct slice value)
{
    size_t open = value.n;
    bool quoted = false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' && (!i || value.p[i - 1] != '\\'))
            quoted = !quoted;
        if (value.p[i] == '<' && !quoted)
            open = i;
    }
    if (open == value.n)
        return slice_trim(value);
    value = slice_from(value, open + 1);
    value.n = slice_find(value, '>');
    return slice_trim(value);
}

static const char *from_domain(struct arena *arena, struct slice content)
{
    struct dkim_message m = dkim_message_read(arena, content);
    const struct dkim_field *from = NULL;
    for (size_t i = 0; i < m.count; i++) {
        if (!slice_is_nocase(m.fields[i].name, "From"))
            continue;
        if (from)
            return "";
        from = &m.fields[i];
    }
    const char *address =
        from ? arena_text(arena, bare_address(from->value)) : "";
    const char *at = strrchr(address, '@');
    return at ? at + 1 : "";
}

static json_t *dkim_list(const struct dkim_verdict *verdicts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        set_text(one, "domain", verdicts[i].domain);
        set_text(one, "selector", verdicts[i].selector);
        set_text(one, "algorithm", verdicts[i].algorithm);
        set_text(one, "result", verdicts[i].result);
        set_text(one, "reason", verdicts[i].reason);
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *dmarc_object(struct arena *arena, const struct ask *ask,
                            enum dmarc_discovery discovery,
                            const struct dmarc_message *message)
{
    struct dmarc_verdict v;
    json_t *object = json_object();
    dmarc_check(arena, ask, discovery, message, &v);
    set_text(object, "domain", message->from_domain);
    set_text(object, "organizational", v.organizational);
    set_text(object, "result", v.result);
    set_text(object, "policy", v.policy);
    json_object_set_new(object, "spf_aligned", json_boolean(v.is_spf_aligned));
    json_object_set_new(object, "dkim_aligned",
                        json_boolean(v.is_dkim_aligned));
    return object;
}

void mail_checks(json_t *received, const struct ask *ask,
                 const struct mailhost_message *message, int64_t now_s)
{
    struct arena *arena = arena_create();
    const struct dkim_verdict *dkim;
    size_t n = dkim_check(arena, ask, message->content, now_s, &dkim);
    struct spf_client client = {.address = message->session->client,
                                .helo = message->session->helo,
                                .sender = message->reverse_path};
    const char *spf_domain;
    const char *spf = spf_check(arena, ask, &client, &spf_domain);
    struct dmarc_identifier *signers =
        arena_alloc(arena, (n + 1) * sizeof *signers);
    for (size_t i = 0; i < n; i++)
        signers[i] =
            (struct dmarc_identifier){dkim[i].domain, is_pass(dkim[i].result)};
    struct dmarc_message identifiers = {
        .from_domain = from_domain(arena, message->content),
        .spf = {spf_domain, is_pass(spf)},
        .dkim = signers,
        .dkim_count = n};
    json_t *spf_object = json_object();
    set_text(spf_object, "domain", spf_domain);
    set_text(spf_object, "result", spf);
    json_object_set_new(received, "dkim", dkim_list(dkim, n));
    json_object_set_new(received, "spf", spf_object);
    json_object_set_new(
        received, "dmarc",
        dmarc_object(arena, ask, DMARC_DISCOVERY_PSL, &identifiers));
    json_object_set_new(
        received, "dmarc_walk",
        dmarc_object(arena, ask, DMARC_DISCOVERY_WALK, &identifiers));
    arena_destroy(&arena);
}

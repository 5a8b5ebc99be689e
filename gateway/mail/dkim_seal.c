#include "mail/dkim_seal.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "mail/dkim_sign.h"
#include "mail/dkim_verify.h"

static bool is_of(struct arena *arena, const struct mail_field *field,
                  const char *domain, struct dkim_signature *out)
{
    return dkim_field_is(field) && dkim_signature_parse(arena, field, out) &&
           strcmp(out->domain, domain) == 0;
}

static bool is_listed(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

size_t dkim_seal_selectors(struct arena *arena, struct slice content,
                           const char *domain,
                           const char *selectors_out[DKIM_SEEN_MAX])
{
    struct mail_message message = mail_parse(arena, content);
    struct dkim_signature signature;
    size_t count = 0;
    for (size_t i = 0; i < message.field_count && count < DKIM_SEEN_MAX; i++)
        if (is_of(arena, &message.fields[i], domain, &signature) &&
            !is_listed(selectors_out, count, signature.selector))
            selectors_out[count++] = signature.selector;
    return count;
}

/* Not so: a signature of the From domain that does not verify any more. */
static bool stays(struct arena *arena, const struct dkim_seal *seal,
                  const struct mail_message *message,
                  const struct mail_field *field, size_t *verified)
{
    struct dkim_signature signature;
    if (*verified == DKIM_SEEN_MAX ||
        !is_of(arena, field, seal->domain, &signature))
        return true;
    (*verified)++;
    for (size_t i = 0; i < seal->seen_count; i++) {
        const struct dkim_seen *seen = &seal->seen[i];
        if (strcmp(seen->selector, signature.selector) != 0)
            continue;
        const char *fault =
            seen->is_unknown
                ? NULL
                : dkim_verify(arena, message, &signature, seen->texts,
                              seen->count, seal->now_s);
        if (fault)
            log_info("mail", "signature removed", "d=%s s=%s why=%s",
                     signature.domain, signature.selector, fault);
        return !fault;
    }
    return true;
}

/* Nearly always one of the two is empty. */
static struct slice join(struct arena *arena, struct slice a, struct slice b)
{
    if (!a.n || !b.n)
        return a.n ? a : b;
    char *both = arena_alloc(arena, a.n + b.n);
    memcpy(both, a.p, a.n);
    memcpy(both + a.n, b.p, b.n);
    return (struct slice){both, a.n + b.n};
}

struct slice dkim_seal(struct arena *arena, const struct dkim_seal *seal,
                       struct slice content, struct slice *body)
{
    struct mail_message message = mail_parse(arena, content);
    size_t header_bytes = content.n - message.body.n;
    message.body = join(arena, message.body, *body);
    struct mail_field *kept =
        arena_alloc(arena, (message.field_count + 1) * sizeof *kept);
    struct mail_message left = {kept, 0, message.body};
    size_t verified = 0;
    for (size_t i = 0; i < message.field_count; i++)
        if (stays(arena, seal, &message, &message.fields[i], &verified))
            kept[left.field_count++] = message.fields[i];
    struct slice signatures =
        dkim_sign(arena, &left, &seal->signers, seal->now_s);
    struct buf out;
    buf_init(&out, signatures.n + header_bytes + 2);
    buf_put(&out, signatures);
    for (size_t i = 0; i < left.field_count; i++)
        buf_put(&out, kept[i].raw);
    buf_puts(&out, "\r\n");
    *body = message.body;
    struct slice header = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return header;
}

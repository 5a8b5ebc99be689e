#include "mail/dkim_sign.h"

#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "mail/dkim_canon.h"

enum { LINE_BYTES = 74, VALUE_LINE_BYTES = 70 };

static const char *const once[] = {
    "From",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "Cc",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
};
enum { ONCE_COUNT = sizeof once / sizeof *once };

static const char *const prefixes[] = {"Resent-", "List-", "X-Zivver-",
                                       "Content-", "Auto-Submitted"};

static bool is_once(struct slice name)
{
    for (size_t i = 0; i < ONCE_COUNT; i++)
        if (slice_is_nocase(name, once[i]))
            return true;
    return false;
}

/* A name that no tag list can hold is not signed: a `;` would end h= within it
 * (RFC 6376 3.2). */
static bool is_other_signed(struct slice name)
{
    if (slice_find(name, ';') < name.n)
        return false;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (slice_starts_nocase(name, prefixes[i]))
            return !is_once(name);
    return false;
}

/* What is signed, in the order of h=. */
struct selection {
    const struct mail_field **fields; /* NULL: named, and not there */
    struct slice *names;
    size_t count;
};

static void add(struct selection *s, struct slice name,
                const struct mail_field *field)
{
    s->names[s->count] = name;
    s->fields[s->count++] = field;
}

/* Instances are taken from the bottom up: RFC 6376 5.4.2. */
static struct selection select_fields(struct arena *arena,
                                      const struct mail_message *message)
{
    size_t most = message->field_count + ONCE_COUNT;
    struct selection s = {arena_alloc(arena, most * sizeof *s.fields),
                          arena_alloc(arena, most * sizeof *s.names), 0};
    for (size_t k = 0; k < ONCE_COUNT; k++) {
        for (size_t i = message->field_count; i-- > 0;)
            if (slice_is_nocase(message->fields[i].name, once[k]))
                add(&s, slice_of(once[k]), &message->fields[i]);
        add(&s, slice_of(once[k]), NULL);
    }
    for (size_t i = message->field_count; i-- > 0;)
        if (is_other_signed(message->fields[i].name))
            add(&s, message->fields[i].name, &message->fields[i]);
    return s;
}

/* h=, folded between names. */
static void put_names(struct buf *out, const struct selection *s)
{
    size_t line = 3;
    buf_puts(out, " h=");
    for (size_t i = 0; i < s->count; i++) {
        if (i && line + s->names[i].n + 1 > LINE_BYTES) {
            buf_puts(out, "\r\n  ");
            line = 2;
        }
        line += s->names[i].n + 1;
        buf_printf(out, "%.*s%s", SLICE_ARG(s->names[i]),
                   i + 1 < s->count ? ":" : ";\r\n");
    }
}

static void put_folded(struct buf *out, const char *value)
{
    for (size_t n = strlen(value); n;) {
        size_t piece = n < VALUE_LINE_BYTES ? n : VALUE_LINE_BYTES;
        buf_put(out, (struct slice){value, piece});
        value += piece;
        n -= piece;
        if (n)
            buf_puts(out, "\r\n  ");
    }
}

static void digest(struct arena *arena, const struct selection *s,
                   struct slice unsigned_field,
                   unsigned char hash_out[DKIM_HASH_BYTES])
{
    struct dkim_hash *hash = dkim_hash_create();
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i])
            dkim_hash_field(hash, DKIM_CANON_RELAXED, s->fields[i]);
    struct mail_message own = mail_parse(arena, unsigned_field);
    struct slice body = own.fields[0].body;
    dkim_hash_signature(hash, DKIM_CANON_RELAXED, &own.fields[0],
                        slice_from(body, body.n));
    dkim_hash_end(&hash, hash_out);
}

static void put_signature(struct arena *arena, struct buf *out,
                          const struct selection *s,
                          const struct dkim_selector *with,
                          const char *body_hash, int64_t now_s)
{
    unsigned char hash[DKIM_HASH_BYTES];
    struct buf field;
    buf_init(&field, SIZE_MAX);
    buf_printf(&field,
               "DKIM-Signature: v=1; a=%s; c=relaxed/relaxed;\r\n"
               " d=%s; s=%s;\r\n t=%lld;\r\n",
               dkim_algorithm_name(dkim_key_algorithm(with->key)), with->domain,
               with->selector, (long long)now_s);
    put_names(&field, s);
    buf_printf(&field, " bh=%s;\r\n b=", body_hash);
    digest(arena, s, buf_slice(&field), hash);
    put_folded(&field,
               base64_encode(arena, dkim_key_sign(arena, with->key, hash)));
    buf_puts(&field, "\r\n");
    buf_put(out, buf_slice(&field));
    buf_release(&field);
}

struct slice dkim_sign(struct arena *arena, const struct mail_message *message,
                       const struct dkim_ring *selectors, int64_t now_s)
{
    unsigned char hash[DKIM_HASH_BYTES];
    struct buf out;
    if (!selectors->count)
        return SLICE_LITERAL("");
    struct selection s = select_fields(arena, message);
    dkim_hash_body(DKIM_CANON_RELAXED, message->body, -1, hash);
    const char *body_hash =
        base64_encode(arena, (struct slice){(const char *)hash, sizeof hash});
    buf_init(&out, SIZE_MAX);
    for (size_t i = 0; i < selectors->count; i++)
        put_signature(arena, &out, &s, &selectors->selectors[i], body_hash,
                      now_s);
    struct slice fields = arena_slice(arena, buf_slice(&out));
    buf_release(&out);
    return fields;
}

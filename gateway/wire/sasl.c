#include "wire/sasl.h"

#include <stdint.h>
#include <string.h>

#include "base/base64.h"

static void wipe(struct slice s)
{
    /* The arena that holds it is ours; slices are const by type alone. */
    explicit_bzero((void *)(uintptr_t)s.p, s.n);
}

enum status sasl_plain_parse(struct arena *arena, struct slice base64,
                             struct sasl_plain *out, struct err *err)
{
    struct slice message;
    *out = (struct sasl_plain){0};
    if (base64_decode(arena, base64, &message) != ST_OK)
        return err_set(err, ST_PROTO, "no base64");
    struct slice rest = message;
    size_t first = slice_find(rest, '\0');
    struct slice authzid = slice_cut(&rest, '\0');
    size_t second = slice_find(rest, '\0');
    bool ok = first < message.n && second < rest.n;
    struct slice user = slice_cut(&rest, '\0');
    ok = ok && user.n && rest.n && slice_find(rest, '\0') == rest.n;
    if (ok) {
        out->authzid = arena_slice(arena, authzid);
        out->user = arena_slice(arena, user);
        secret_init(&out->secret, rest);
    }
    wipe(message);
    return ok ? ST_OK : err_set(err, ST_PROTO, "no message of PLAIN");
}

enum status sasl_text_parse(struct arena *arena, struct slice base64,
                            struct secret *out, struct err *err)
{
    struct slice text;
    if (base64_decode(arena, base64, &text) != ST_OK)
        return err_set(err, ST_PROTO, "no base64");
    bool ok = text.n && slice_find(text, '\0') == text.n;
    if (ok)
        secret_init(out, text);
    wipe(text);
    return ok ? ST_OK : err_set(err, ST_PROTO, "empty, or with a NUL");
}

/* DKIM as the gateway hashes and verifies it against the receiver's own
 * reading. The first line is a key record, the rest a message: bodies have the
 * same canonical hash, and what the stricter one passes the other passes. */
#include "base/test_fuzz.h"
#include "mail/dkim_canon.h"
#include "mail/dkim_verify.h"
#include "peer/dkim_check.h"
#include "peer/dkim_text.h"

enum { NOW_S = 1600000000 };

static enum ask_answer look_up(void *ctx, struct arena *arena, const char *name,
                               const char *type, const char *const **texts_out)
{
    const char **texts = arena_alloc(arena, 2 * sizeof *texts);
    (void)name;
    (void)type;
    texts[0] = ctx;
    *texts_out = texts;
    return ASK_ANSWER_FOUND;
}

static void check_hash(struct slice body, enum dkim_canon canon)
{
    unsigned char ours[DKIM_HASH_BYTES], theirs[DKIM_HASH_BYTES];
    struct buf text;
    buf_init(&text, 2 * body.n + 64);
    buf_puts(&text, "");
    FUZZ_MUST(dkim_hash_body(canon, body, -1, ours));
    dkim_put_body(&text, body, canon == DKIM_CANON_RELAXED);
    struct dkim_hash *hash = dkim_hash_create();
    dkim_hash_put(hash, buf_slice(&text));
    dkim_hash_end(&hash, theirs);
    FUZZ_MUST(memcmp(ours, theirs, sizeof ours) == 0);
    buf_release(&text);
}

/* The n-th DKIM-Signature that has a domain and a selector, verified by us. */
static void check_verdicts(struct arena *arena, struct slice content,
                           const char *record)
{
    const struct dkim_verdict *theirs;
    struct ask ask = {look_up, (void *)(uintptr_t)record};
    size_t count = dkim_check(arena, &ask, content, NOW_S, &theirs), n = 0;
    struct mail_message message = mail_parse(arena, content);
    struct slice text = slice_of(record);
    for (size_t i = 0; i < message.field_count && n < count; i++) {
        struct dkim_signature signature;
        if (!dkim_field_is(&message.fields[i]))
            continue;
        bool is_pass = strcmp(theirs[n++].result, "pass") == 0;
        FUZZ_MUST(
            !is_pass ||
            (dkim_signature_parse(arena, &message.fields[i], &signature) &&
             !dkim_verify(arena, &message, &signature, &text, 1, NOW_S)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    const char *record = arena_text(arena, slice_cut(&in, '\n'));
    in = fuzz_crlf(arena, in);
    struct mail_message message = mail_parse(arena, in);
    check_hash(message.body, DKIM_CANON_RELAXED);
    check_hash(message.body, DKIM_CANON_SIMPLE);
    check_verdicts(arena, in, record);
    arena_destroy(&arena);
    return 0;
}

/* DKIM as a receiver of the world reads it: the first line is every key record,
 * the rest the message. A word of the list comes out for each signature. */
#include "peer/dkim_check.h"

#include "base/test_fuzz.h"
#include "peer/dkim_text.h"

static enum ask_answer look_up(void *ctx, struct arena *arena, const char *name,
                               const char *type, const char *const **texts_out)
{
    const char **texts = arena_alloc(arena, 2 * sizeof *texts);
    FUZZ_MUST(name && strcmp(type, "TXT") == 0);
    texts[0] = ctx;
    *texts_out = texts;
    return strcmp(ctx, "!") == 0 ? ASK_ANSWER_FAILED
           : texts[0][0]         ? ASK_ANSWER_FOUND
                                 : ASK_ANSWER_NONE;
}

static void check_verdict(const struct dkim_verdict *v)
{
    FUZZ_MUST(v->domain && v->selector && v->algorithm && v->reason);
    bool is_pass = strcmp(v->result, "pass") == 0;
    FUZZ_MUST(is_pass || strcmp(v->result, "fail") == 0 ||
              strcmp(v->result, "permerror") == 0 ||
              strcmp(v->result, "temperror") == 0);
    FUZZ_MUST(is_pass == !*v->reason);
}

/* RFC 6376 3.4: canonical once, canonical for ever. */
static void check_canonical(struct slice body, bool is_relaxed)
{
    struct buf once, twice;
    buf_init(&once, 2 * body.n + 64);
    buf_init(&twice, 2 * body.n + 64);
    dkim_put_body(&once, body, is_relaxed);
    dkim_put_body(&twice, buf_slice(&once), is_relaxed);
    FUZZ_MUST(fuzz_eq(buf_slice(&once), buf_slice(&twice)));
    buf_release(&once);
    buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    struct slice record = slice_cut(&in, '\n');
    const struct dkim_verdict *verdicts;
    struct ask ask = {look_up, arena_text(arena, record)};
    in = fuzz_crlf(arena, in);
    size_t n = dkim_check(arena, &ask, in, 1600000000, &verdicts);
    FUZZ_MUST(n <= 20);
    for (size_t i = 0; i < n; i++)
        check_verdict(&verdicts[i]);
    struct dkim_message message = dkim_message_read(arena, in);
    FUZZ_MUST(fuzz_is_in(message.body, in));
    check_canonical(message.body, true);
    check_canonical(message.body, false);
    arena_destroy(&arena);
    return 0;
}

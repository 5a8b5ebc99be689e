/* A server's replies as a client of the world reads them: the same whole and in
 * pieces. */
#include "peer/reply.h"

#include <event2/buffer.h>

#include "base/test_fuzz.h"

static void run(struct arena *arena, struct slice in, bool is_whole,
                struct buf *seen)
{
    struct prng prng = fuzz_prng(in);
    struct evbuffer *input = evbuffer_new();
    struct transcript transcript = {0};
    struct reply reply = {0};
    enum status status = ST_MORE;
    while (in.n && status != ST_PROTO) {
        struct slice now =
            fuzz_take(&in, is_whole ? in.n : fuzz_step(&prng, in.n));
        evbuffer_add(input, now.p, now.n);
        while ((status = reply_take(&reply, input, arena, &transcript)) ==
               ST_OK) {
            FUZZ_MUST(reply.code <= 999 && reply.text);
            buf_printf(seen, "%u %s\n", reply.code, reply.text);
            reply = (struct reply){0};
        }
    }
    buf_printf(seen, "%d %zu", status, transcript.count);
    evbuffer_free(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct buf whole, pieces;
    buf_init(&whole, 4 * size + 256);
    buf_init(&pieces, 4 * size + 256);
    run(arena, fuzz_input(data, size), true, &whole);
    run(arena, fuzz_input(data, size), false, &pieces);
    FUZZ_MUST(fuzz_eq(buf_slice(&whole), buf_slice(&pieces)));
    buf_release(&whole);
    buf_release(&pieces);
    arena_destroy(&arena);
    return 0;
}

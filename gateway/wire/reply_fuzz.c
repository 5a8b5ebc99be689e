/* A server's replies: the same whole and in pieces, within their limits; what
 * was read, written by us, is read as the same. */
#include "wire/reply.h"

#include "base/test_fuzz.h"

static void check_reply(const struct reply *reply)
{
    FUZZ_MUST(reply->code >= 200 && reply->code <= 599 && reply->text);
    FUZZ_MUST(strlen(reply->text) <= REPLY_LINES * REPLY_LINE_BYTES);
    struct arena *arena = arena_create();
    struct reply_parser parser;
    struct reply again;
    struct err err;
    struct buf out;
    size_t used;
    reply_parser_init(&parser);
    buf_init(&out, 2 * REPLY_LINES * REPLY_LINE_BYTES);
    reply_format(&out, reply);
    struct slice text = buf_slice(&out);
    enum status status = reply_parser_feed(&parser, text, &used, &again, &err);
    /* Our status in each line may make a line too long for our own parser. */
    if (status == ST_OK) {
        FUZZ_MUST(used == text.n && again.code == reply->code);
        FUZZ_MUST(*again.status || !*reply->status);
    }
    const char *line = reply_line(arena, reply);
    for (const char *p = line; *p; p++)
        FUZZ_MUST(*p >= ' ' && *p <= '~');
    FUZZ_MUST(reply_from_line(arena, line).code == reply->code);
    FUZZ_MUST(fuzz_same(reply_copy(arena, reply)->text, reply->text));
    buf_release(&out);
    reply_parser_release(&parser);
    arena_destroy(&arena);
}

static void run(struct slice in, bool is_whole, struct buf *seen)
{
    struct prng prng = fuzz_prng(in);
    struct reply_parser parser;
    reply_parser_init(&parser);
    while (in.n) {
        struct reply reply;
        struct err err;
        struct slice now = in;
        size_t used;
        now.n = is_whole ? in.n : fuzz_step(&prng, in.n);
        enum status s = reply_parser_feed(&parser, now, &used, &reply, &err);
        FUZZ_MUST(used <= now.n);
        fuzz_take(&in, used);
        if (s == ST_MORE) {
            FUZZ_MUST(used == now.n);
            continue;
        }
        buf_printf(seen, "%d ", s);
        if (s != ST_OK)
            break;
        FUZZ_MUST(!reply_parser_is_open(&parser));
        buf_printf(seen, "%d [%s] [%s] ", reply.code, reply.status, reply.text);
        if (is_whole)
            check_reply(&reply);
    }
    buf_printf(seen, "%d", reply_parser_is_open(&parser));
    reply_parser_release(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_input(data, size);
    struct buf whole, pieces;
    buf_init(&whole, 32 * size + 64);
    buf_init(&pieces, 32 * size + 64);
    run(in, true, &whole);
    run(in, false, &pieces);
    FUZZ_MUST(fuzz_eq(buf_slice(&whole), buf_slice(&pieces)));
    buf_release(&whole);
    buf_release(&pieces);
    return 0;
}

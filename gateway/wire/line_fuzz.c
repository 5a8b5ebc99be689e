/* The lines of a session: the same whole and in pieces, CRLF alone ends them,
 * none above its cap; and the verb of each. */
#include "wire/line.h"

#include "base/test_fuzz.h"
#include "wire/verb.h"

static void check_line(const struct line_reader *reader, struct slice line)
{
    struct slice args;
    FUZZ_MUST(!fuzz_has(line, '\r') && !fuzz_has(line, '\n'));
    FUZZ_MUST(line.n + 2 <= LINE_AUTH_BYTES);
    FUZZ_MUST(line.n + 2 <= LINE_COMMAND_BYTES || reader->is_auth);
    enum smtp_verb verb = smtp_verb_parse(line, &args);
    FUZZ_MUST(verb < SMTP_VERB_COUNT && smtp_verb_name(verb));
    FUZZ_MUST(fuzz_is_in(args, line));
}

/* Adds what happened to out, up to the first bare CR or LF. */
static void run(struct slice in, bool is_whole, struct buf *out)
{
    struct prng prng = fuzz_prng(in);
    struct line_reader reader;
    line_reader_init(&reader);
    while (in.n) {
        struct slice line, now = in;
        now.n = is_whole ? in.n : fuzz_step(&prng, in.n);
        size_t used;
        enum line_event event = line_reader_feed(&reader, now, &used, &line);
        FUZZ_MUST(used <= now.n);
        FUZZ_MUST(event != LINE_EVENT_MORE || used == now.n);
        fuzz_take(&in, used);
        if (event != LINE_EVENT_MORE)
            buf_printf(out, "%d%d", event, reader.is_auth);
        if (event == LINE_EVENT_READY) {
            check_line(&reader, line);
            buf_put(out, line);
            reader.is_response = line.n && line.p[0] == '?';
        }
        if (event == LINE_EVENT_BARE)
            break;
    }
    line_reader_release(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_input(data, size);
    struct buf whole, pieces;
    buf_init(&whole, 4 * size + 64);
    buf_init(&pieces, 4 * size + 64);
    run(in, true, &whole);
    run(in, false, &pieces);
    FUZZ_MUST(fuzz_eq(buf_slice(&whole), buf_slice(&pieces)));
    buf_release(&whole);
    buf_release(&pieces);
    return 0;
}

/* An HTTP answer by anybody: the same whole and in pieces, within its caps. */
#include "net/http_reader.h"

#include "base/test_fuzz.h"

enum { BODY_MAX = 1000 };

static enum status run(struct http_reader *reader, struct slice in,
                       bool is_whole)
{
    struct prng prng = fuzz_prng(in);
    struct err err;
    enum status status = ST_MORE;
    http_reader_init(reader, BODY_MAX);
    while (in.n && status == ST_MORE)
        status = http_reader_feed(
            reader, fuzz_take(&in, is_whole ? in.n : fuzz_step(&prng, in.n)),
            &err);
    return status == ST_MORE ? http_reader_end(reader, &err) : status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_input(data, size);
    struct http_reader whole, pieces;
    enum status status = run(&whole, in, true);
    FUZZ_MUST(status == run(&pieces, in, false));
    FUZZ_MUST(buf_slice(&whole.body).n <= BODY_MAX);
    if (status == ST_OK) {
        FUZZ_MUST(whole.status >= 100 && whole.status <= 999);
        FUZZ_MUST(whole.status == pieces.status);
        FUZZ_MUST(fuzz_eq(buf_slice(&whole.body), buf_slice(&pieces.body)));
        FUZZ_MUST(fuzz_eq(buf_slice(&whole.content_type),
                          buf_slice(&pieces.content_type)));
    }
    http_reader_release(&whole);
    http_reader_release(&pieces);
    return 0;
}

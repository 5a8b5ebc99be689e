/* Dot-stuffing: undone the same whole and in pieces; what was stuffed comes
 * back, and nothing in it ends the data (CONN-5). */
#include "wire/dot.h"

#include "base/test_fuzz.h"

enum { CAP = 4096 };

/* Returns how many octets stood before the end; in.n + 1: there was none. */
static size_t decode(struct slice in, bool is_whole, struct buf *out,
                     struct dot_decoder *decoder)
{
    struct prng prng = fuzz_prng(in);
    size_t at = 0;
    dot_decoder_init(decoder);
    while (at < in.n) {
        struct slice now = slice_from(in, at);
        now.n = is_whole ? now.n : fuzz_step(&prng, now.n);
        size_t used;
        enum dot_event event = dot_decoder_feed(decoder, now, &used, out);
        FUZZ_MUST(used <= now.n);
        at += used;
        if (event == DOT_EVENT_END)
            return at;
        FUZZ_MUST(used == now.n);
    }
    return in.n + 1;
}

static void check_decode(struct slice in)
{
    struct buf whole, pieces;
    struct dot_decoder a, b;
    buf_init(&whole, CAP);
    buf_init(&pieces, CAP);
    FUZZ_MUST(decode(in, true, &whole, &a) == decode(in, false, &pieces, &b));
    FUZZ_MUST(a.is_bare == b.is_bare && a.too_long == b.too_long);
    FUZZ_MUST(a.is_bare || a.too_long ||
              fuzz_eq(buf_slice(&whole), buf_slice(&pieces)));
    FUZZ_MUST(buf_slice(&whole).n <= CAP);
    buf_release(&whole);
    buf_release(&pieces);
}

static void encode(struct slice in, struct buf *out)
{
    struct dot_encoder encoder;
    struct prng prng = fuzz_prng(in);
    dot_encoder_init(&encoder);
    for (struct slice rest = in; rest.n;)
        dot_encoder_feed(&encoder, fuzz_take(&rest, fuzz_step(&prng, rest.n)),
                         out);
    dot_encoder_end(&encoder, out);
}

/* What comes out behind the encoder: the input with each line end as CRLF. */
static void expect(struct slice in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '\n' && i > 0 && in.p[i - 1] == '\r')
            continue;
        bool is_end = c == '\r' || c == '\n';
        buf_put(out, is_end ? SLICE_LITERAL("\r\n") : (struct slice){&c, 1});
    }
    struct slice so_far = buf_slice(out);
    if (so_far.n && so_far.p[so_far.n - 1] != '\n')
        buf_puts(out, "\r\n");
}

static void check_encode(struct slice in)
{
    struct buf stuffed, back, want;
    struct dot_decoder decoder;
    buf_init(&stuffed, 2 * in.n + 64);
    buf_init(&back, 2 * in.n + 64);
    buf_init(&want, 2 * in.n + 64);
    encode(in, &stuffed);
    expect(in, &want);
    size_t end = decode(buf_slice(&stuffed), true, &back, &decoder);
    FUZZ_MUST(end == buf_slice(&stuffed).n);
    FUZZ_MUST(!decoder.is_bare && !decoder.too_long);
    FUZZ_MUST(fuzz_eq(buf_slice(&back), buf_slice(&want)));
    buf_release(&stuffed);
    buf_release(&back);
    buf_release(&want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_decode(fuzz_input(data, size));
    check_encode(fuzz_input(data, size));
    return 0;
}

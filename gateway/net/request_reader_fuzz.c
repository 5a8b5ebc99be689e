/* A request by anybody: the same whole and in pieces, within its caps, made of
 * what the grammar allows, and read the same when it is written again. */
#include "net/request_reader.h"

#include "base/test_fuzz.h"

enum { HEAD_MAX = 2048, BODY_MAX = 1000 };

/* What is left of the input behind the request. */
static struct slice run(struct request_reader *reader, struct slice in,
                        bool is_whole)
{
    struct prng prng = fuzz_prng(in);
    struct err err;
    request_reader_init(reader, HEAD_MAX);
    while (in.n && reader->state < REQUEST_WHOLE) {
        size_t step = is_whole ? in.n : fuzz_step(&prng, in.n);
        struct slice piece = {in.p, step < in.n ? step : in.n};
        size_t had = piece.n;
        if (request_reader_feed(reader, &piece, &err) == REQUEST_HEAD)
            (void)request_reader_admit(reader, BODY_MAX, &err);
        in = slice_from(in, had - piece.n);
    }
    return in;
}

static void check_same(const struct request_reader *a,
                       const struct request_reader *b)
{
    const struct web_request *r = &a->request, *s = &b->request;
    FUZZ_MUST(a->state == b->state && a->status == b->status);
    FUZZ_MUST(a->closes == b->closes);
    FUZZ_MUST(r->field_count == s->field_count);
    FUZZ_MUST(strcmp(r->method, s->method) == 0);
    FUZZ_MUST(strcmp(r->path, s->path) == 0);
    FUZZ_MUST(strcmp(r->query, s->query) == 0);
    FUZZ_MUST(fuzz_eq(r->body, s->body));
}

static void check_text(const char *text, bool is_field)
{
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        FUZZ_MUST(c != 0x7f);
        FUZZ_MUST(is_field ? c >= 0x20 || c == '\t' : c > 0x20 && c < 0x7f);
    }
}

static void check_good(const struct request_reader *reader)
{
    const struct web_request *r = &reader->request;
    FUZZ_MUST(r->body.n <= BODY_MAX);
    FUZZ_MUST(r->field_count <= REQUEST_FIELDS_MOST && *r->method && *r->path);
    check_text(r->path, false);
    check_text(r->query, false);
    for (size_t i = 0; i < r->field_count; i++) {
        check_text(r->fields[i].name, false);
        check_text(r->fields[i].value, true);
    }
}

/* Written with a length, it has the same body and nothing behind it. */
static void check_again(const struct request_reader *reader)
{
    const struct web_request *r = &reader->request;
    struct request_reader again;
    struct buf out;
    if (strcmp(r->method, "OTHER") == 0)
        return;
    buf_init(&out, SIZE_MAX / 4);
    buf_printf(&out, "%s %s%s%s HTTP/1.1\r\nHost: a\r\n", r->method, r->path,
               *r->query ? "?" : "", r->query);
    buf_printf(&out, "Content-Length: %zu\r\n\r\n", r->body.n);
    buf_put(&out, r->body);
    FUZZ_MUST(run(&again, buf_slice(&out), false).n == 0);
    FUZZ_MUST(again.state == REQUEST_WHOLE);
    FUZZ_MUST(strcmp(again.request.path, r->path) == 0);
    FUZZ_MUST(fuzz_eq(again.request.body, r->body));
    request_reader_release(&again);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_input(data, size);
    struct request_reader whole, pieces;
    struct slice left = run(&whole, in, true);
    struct slice other = run(&pieces, in, false);
    check_same(&whole, &pieces);
    if (whole.state == REQUEST_WHOLE) {
        FUZZ_MUST(left.n == other.n);
        check_good(&whole);
        check_again(&whole);
    } else if (whole.state == REQUEST_BROKEN) {
        FUZZ_MUST(whole.status >= 400 && whole.status <= 505 && whole.closes);
    }
    request_reader_release(&whole);
    request_reader_release(&pieces);
    return 0;
}

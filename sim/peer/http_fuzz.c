/* HTTP as the witnesses read it: the first octet says of what, and the rest is
 * the same whole and in pieces. */
#include "peer/http.h"

#include "base/test_fuzz.h"

enum { MOST = 4096 };

static enum http_state run(struct http_reader *reader, struct slice in,
                           bool is_whole)
{
    struct prng prng = fuzz_prng(in);
    enum http_state state = HTTP_STATE_MORE;
    while (in.n && state == HTTP_STATE_MORE)
        state = http_reader_feed(
            reader, fuzz_take(&in, is_whole ? in.n : fuzz_step(&prng, in.n)));
    return state == HTTP_STATE_MORE ? http_reader_end(reader) : state;
}

static void check_same(const struct http_message *a,
                       const struct http_message *b, bool is_request)
{
    FUZZ_MUST(a && b && a->field_count == b->field_count);
    FUZZ_MUST(is_request == (a->method != NULL));
    FUZZ_MUST(is_request == (a->status == 0));
    FUZZ_MUST(fuzz_same(a->method, b->method));
    FUZZ_MUST(fuzz_same(a->target, b->target) && a->status == b->status);
    FUZZ_MUST(fuzz_eq(a->body, b->body) && a->body.n <= MOST);
    for (size_t i = 0; i < a->field_count; i++) {
        FUZZ_MUST(fuzz_same(a->fields[i].name, b->fields[i].name));
        FUZZ_MUST(fuzz_same(a->fields[i].value, b->fields[i].value));
        FUZZ_MUST(http_field(a, a->fields[i].name, 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const of[] = {NULL, "GET", "HEAD", "POST"};
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    const char *method = of[fuzz_octet(&in) % 4];
    struct http_reader *a = http_reader_create(arena, method, MOST);
    struct http_reader *b = http_reader_create(arena, method, MOST);
    enum http_state state = run(a, in, true);
    FUZZ_MUST(state == run(b, in, false) && state < HTTP_STATE_COUNT);
    if (state == HTTP_STATE_DONE)
        check_same(http_reader_message(a), http_reader_message(b), !method);
    (void)http_escape(arena, arena_text(arena, in));
    http_reader_destroy(&a);
    http_reader_destroy(&b);
    arena_destroy(&arena);
    return 0;
}

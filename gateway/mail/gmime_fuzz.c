/* Parts and links held against GMime: the input chooses what the message is
 * made of, so that both have something to say about it. */
#include "mail/test_gmime.h"

#include "base/test_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    if (!is_ready)
        g_mime_init();
    is_ready = true;
    struct maker m = {.arena = arena_create(),
                      .choices = fuzz_input(data, size)};
    make_message(&m);
    const char *wrong = check_message(&m);
    if (wrong)
        fprintf(stderr, "%s\n", wrong);
    FUZZ_MUST(!wrong);
    buf_release(&m.out);
    arena_destroy(&m.arena);
    return 0;
}

/* SPF and DMARC as a receiver of the world reads them: the first line is the
 * sender, each further one the answer to the next look-up; '|' separates
 * records, "!" is a failure. A word of the list comes out, whatever stands
 * there. */
#include "peer/spf_check.h"

#include "base/test_fuzz.h"
#include "peer/dmarc_check.h"

enum { LOOK_UPS_MOST = 500, RECORDS = 8 };

struct world {
    struct slice lines;
    int asked;
};

static enum ask_answer look_up(void *ctx, struct arena *arena, const char *name,
                               const char *type, const char *const **texts_out)
{
    struct world *world = ctx;
    const char **texts = arena_alloc(arena, (RECORDS + 1) * sizeof *texts);
    size_t n = 0;
    FUZZ_MUST(name && type && world->asked++ < LOOK_UPS_MOST);
    struct slice line = slice_cut(&world->lines, '\n');
    if (slice_is(line, "!"))
        return ASK_ANSWER_FAILED;
    while (line.n && n < RECORDS)
        texts[n++] = arena_text(arena, slice_cut(&line, '|'));
    *texts_out = texts;
    return n ? ASK_ANSWER_FOUND : ASK_ANSWER_NONE;
}

static bool is_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static void check_spf(struct arena *arena, const char *sender,
                      struct slice lines)
{
    static const char *const words[] = {"pass",      "fail", "softfail",
                                        "neutral",   "none", "permerror",
                                        "temperror", NULL};
    struct world world = {.lines = lines};
    struct ask ask = {look_up, &world};
    struct spf_client client = {"127.65.3.1", "helo.example", sender};
    const char *domain = NULL;
    FUZZ_MUST(is_word(spf_check(arena, &ask, &client, &domain), words));
    FUZZ_MUST(domain);
}

static void check_dmarc(struct arena *arena, const char *from,
                        struct slice lines, enum dmarc_discovery discovery)
{
    static const char *const results[] = {"pass",      "fail",      "none",
                                          "permerror", "temperror", NULL};
    struct world world = {.lines = lines};
    struct ask ask = {look_up, &world};
    struct dmarc_identifier dkim = {"clinic.example", true};
    struct dmarc_message message = {
        from, {"mail.clinic.example", true}, &dkim, 1};
    struct dmarc_verdict verdict;
    dmarc_check(arena, &ask, discovery, &message, &verdict);
    FUZZ_MUST(is_word(verdict.result, results));
    FUZZ_MUST(verdict.policy && verdict.organizational);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    const char *sender = arena_text(arena, slice_cut(&in, '\n'));
    check_spf(arena, sender, in);
    const char *at = strrchr(sender, '@');
    check_dmarc(arena, at ? at + 1 : sender, in, DMARC_DISCOVERY_PSL);
    check_dmarc(arena, at ? at + 1 : sender, in, DMARC_DISCOVERY_WALK);
    arena_destroy(&arena);
    return 0;
}

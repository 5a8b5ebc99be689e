/* SPF as the gateway evaluates it against the receiver's own small reading, in
 * a DNS that the input describes: each line is "name type records", records
 * separated by '|', and the first line is the sender. What the small one does
 * not know (ptr, transformers, IPv6) is not compared. */
#include "base/test_fuzz.h"
#include "peer/spf_check.h"
#include "rules/spf.h"

enum { RECORDS = 8, LINES = 24 };

static const char client[] = "127.65.3.1", helo[] = "helo.example";

struct line {
    const char *name, *type;
    struct slice records;
};

struct world {
    struct line lines[LINES];
    size_t count;
};

static void read_world(struct arena *arena, struct slice in, struct world *out)
{
    while (in.n && out->count < LINES) {
        struct slice line = slice_cut(&in, '\n');
        struct line *l = &out->lines[out->count++];
        l->name = arena_text(arena, slice_cut(&line, ' '));
        l->type = arena_text(arena, slice_cut(&line, ' '));
        l->records = line;
    }
}

static bool is_same_name(const char *a, const char *b)
{
    struct slice x = slice_of(a), y = slice_of(b);
    x.n -= x.n && x.p[x.n - 1] == '.';
    y.n -= y.n && y.p[y.n - 1] == '.';
    return slice_eq_nocase(x, y);
}

static const struct line *find(const struct world *world, const char *name,
                               const char *type)
{
    for (size_t i = 0; i < world->count; i++)
        if (is_same_name(world->lines[i].name, name) &&
            strcmp(world->lines[i].type, type) == 0)
            return &world->lines[i];
    return NULL;
}

static size_t split(struct slice records, struct slice *out)
{
    size_t n = 0;
    while (records.n && n < RECORDS)
        out[n++] = slice_cut(&records, '|');
    return n;
}

/* --- the receiver --------------------------------------------------------- */

static enum ask_answer look_up(void *ctx, struct arena *arena, const char *name,
                               const char *type, const char *const **texts_out)
{
    const struct line *line = find(ctx, name, type);
    struct slice records[RECORDS];
    size_t n = line ? split(line->records, records) : 0;
    const char **texts = arena_alloc(arena, (n + 1) * sizeof *texts);
    for (size_t i = 0; i < n; i++)
        texts[i] = strcmp(type, "MX") == 0
                       ? arena_printf(arena, "10 %.*s", SLICE_ARG(records[i]))
                       : arena_text(arena, records[i]);
    *texts_out = texts;
    if (n && slice_is(records[0], "!"))
        return ASK_ANSWER_FAILED;
    return n ? ASK_ANSWER_FOUND : ASK_ANSWER_NONE;
}

/* --- the gateway ---------------------------------------------------------- */

static const char *by_gateway(struct arena *arena, const struct world *world,
                              const char *sender)
{
    static const char *const types[] = {"TXT", "A", "AAAA", "MX", "PTR"};
    const char *at = strrchr(sender, '@');
    struct spf_request request = {.client = client,
                                  .helo = slice_of(helo),
                                  .local = {sender, (size_t)(at - sender)},
                                  .domain = slice_of(at + 1),
                                  .receiver = "gw.example"};
    struct spf *spf = spf_create(arena, &request);
    const struct spf_question *q;
    while ((q = spf_question(spf))) {
        struct slice records[RECORDS];
        const struct line *line = find(world, q->name, types[q->type]);
        size_t n = line ? split(line->records, records) : 0;
        struct spf_answer answer = {SPF_OUTCOME_FOUND, records, n};
        if (!n)
            answer.outcome = SPF_OUTCOME_NO_DOMAIN;
        if (n && slice_is(records[0], "!"))
            answer = (struct spf_answer){.outcome = SPF_OUTCOME_FAILED};
        spf_answer(spf, &answer);
    }
    return spf_result_name(spf_verdict(spf)->result);
}

/* Whatever could be read in two ways, or only by one, is left out. */
static bool is_common(struct slice in)
{
    static const char *const unknown[] = {"ptr", "PTR", "AAAA", "ip6",
                                          "//",  "%",   "exp",  "EXP"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        if (in.n && memmem(in.p, in.n, unknown[i], strlen(unknown[i])))
            return false;
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] != '\n' && (in.p[i] < ' ' || in.p[i] > '~'))
            return false;
    return true;
}

/* A domain that a MAIL FROM can bear: labels, with dots between them. */
static bool is_domain(const char *name)
{
    size_t n = strlen(name);
    return n && name[0] != '.' && name[n - 1] != '.' && !strstr(name, "..");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    bool is_read = is_common(in);
    const char *sender = arena_text(arena, slice_cut(&in, '\n')), *domain;
    const char *at = strrchr(sender, '@');
    if (is_read && at && at > sender && is_domain(at + 1)) {
        struct world world = {.count = 0};
        read_world(arena, in, &world);
        struct ask ask = {look_up, &world};
        struct spf_client as = {client, helo, sender};
        const char *theirs = spf_check(arena, &ask, &as, &domain);
        const char *ours = by_gateway(arena, &world, sender);
        /* The small one knows no syntax that it does not come to, and counts
         * void look-ups of each host. */
        bool is_error =
            strcmp(ours, "permerror") == 0 || strcmp(theirs, "permerror") == 0;
        if (!is_error && strcmp(ours, theirs) != 0)
            fprintf(stderr, "gateway %s, receiver %s\n", ours, theirs);
        FUZZ_MUST(is_error || strcmp(ours, theirs) == 0);
    }
    arena_destroy(&arena);
    return 0;
}

/* SPF: records by anybody, met by a resolver that answers from the input. Each
 * line but the first is an answer; the first is "client local domain helo".
 * The machine ends, within its limits, and says printable ASCII. */
#include "rules/spf.h"

#include "base/test_fuzz.h"
#include "rules/nta.h"
#include "rules/spf_record.h"

enum { QUESTIONS_MOST = 256, RECORDS = 16 };

static void check_text(const char *text)
{
    for (; text && *text; text++)
        FUZZ_MUST(*text >= ' ' && *text <= '~');
}

/* A name that the DNS can be asked for: 253 octets of text, where one may be
 * escaped as four. */
static void check_question(const struct spf_question *question)
{
    FUZZ_MUST(question->type < SPF_TYPE_COUNT);
    FUZZ_MUST(*question->name && strlen(question->name) <= 4 * 253);
    check_text(question->name);
}

/* Names come in presentation format. */
static struct slice printable(struct arena *arena, struct slice line)
{
    char *text = arena_text(arena, line);
    for (size_t i = 0; i < line.n; i++)
        if (text[i] <= ' ' || text[i] > '~')
            text[i] = '?';
    return (struct slice){text, line.n};
}

/* "!0" to "!3" says an outcome; records are separated by '|'. */
static void answer(struct arena *arena, struct spf *spf, struct slice *lines)
{
    struct slice records[RECORDS], line = slice_cut(lines, '\n');
    if (spf_question(spf)->type != SPF_TYPE_TXT)
        line = printable(arena, line);
    struct spf_answer out = {SPF_OUTCOME_FOUND, records, 0};
    if (line.n > 1 && line.p[0] == '!') {
        out.outcome = (enum spf_outcome)(line.p[1] & 3);
        line = slice_from(line, 2);
    }
    while (out.outcome == SPF_OUTCOME_FOUND && line.n && out.count < RECORDS)
        records[out.count++] = slice_cut(&line, '|');
    if (!out.count && out.outcome == SPF_OUTCOME_FOUND)
        out.outcome = SPF_OUTCOME_NO_DOMAIN;
    spf_answer(spf, &out);
}

static void check_verdict(struct arena *arena, const struct spf_verdict *v)
{
    FUZZ_MUST(v->result < SPF_RESULT_COUNT && spf_result_name(v->result));
    FUZZ_MUST(v->lookups <= 11 && v->voids <= 3);
    check_text(v->mechanism);
    check_text(v->domain);
    check_text(v->problem);
    check_text(v->explanation);
    const char *refusal = spf_refusal(arena, v);
    FUZZ_MUST(!refusal == (v->result == SPF_RESULT_PASS) || refusal);
    check_text(refusal);
}

static void check_host(struct arena *arena, struct slice in)
{
    struct slice first = slice_cut(&in, '\n');
    const char *client = arena_text(arena, slice_cut(&first, ' '));
    struct spf_request request = {.client = client,
                                  .local = slice_cut(&first, ' '),
                                  .domain = slice_cut(&first, ' '),
                                  .helo = first,
                                  .receiver = "gw.example",
                                  .now_s = 1000};
    struct ip ip;
    if (!ip_parse(slice_of(client), &ip))
        request.client = "192.0.2.1";
    struct spf *spf = spf_create(arena, &request);
    const struct spf_question *question;
    int asked = 0;
    while ((question = spf_question(spf))) {
        FUZZ_MUST(!spf_verdict(spf) && asked++ < QUESTIONS_MOST);
        check_question(question);
        answer(arena, spf, &in);
    }
    FUZZ_MUST(spf_verdict(spf));
    check_verdict(arena, spf_verdict(spf));
}

static void check_record(struct arena *arena, struct slice text)
{
    struct spf_record record;
    struct slice bad;
    (void)nta_spf_is_strict(arena, &text, 1);
    if (!spf_record_is(text))
        return;
    if (spf_record_parse(arena, text, &record, &bad) != ST_OK) {
        FUZZ_MUST(fuzz_is_in(bad, text));
        return;
    }
    for (size_t i = 0; i < record.count; i++) {
        FUZZ_MUST(record.terms[i].mechanism < SPF_MECHANISM_COUNT);
        FUZZ_MUST(fuzz_is_in(record.terms[i].text, text));
        FUZZ_MUST(fuzz_is_in(record.terms[i].domain, text));
        FUZZ_MUST(record.terms[i].length4 <= 32);
        FUZZ_MUST(record.terms[i].length6 <= 128);
    }
    FUZZ_MUST(fuzz_is_in(record.exp, text));
    FUZZ_MUST(fuzz_is_in(record.redirect_text, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size), lines = in;
    check_host(arena, in);
    for (int i = 0; i < 4 && lines.n; i++)
        check_record(arena, slice_cut(&lines, '\n'));
    arena_destroy(&arena);
    return 0;
}

/* BOUNCE-1: what a host sends back in the handmade case, what the gateway
 * answers, and what it journals of it. */
#include "checker/test_bench.h"

#define PATH "1123456789abcdef0123456789abcdef@zivverbounce.clinic.example"
#define NOBODYS "00aa11bb22cc33dd44ee55ff66007788@zivverbounce.clinic.example"
#define BOB "\"recipient\":\"bob@hospital.example\""
#define FAILED "\"form\":\"report\",\"action\":\"failed\",\"status\":\"5.2.1\""
#define DELAYED                                                                \
    "\"form\":\"report\",\"action\":\"delayed\",\"status\":\"4.2.1\""
#define PLAIN "\"form\":\"plain\""
#define ABSENT "\"form\":\"vacation\""
#define TOLD "{\"step\":1,\"event\":\"bounced\",\"message\":\"m1\"," BOB
#define TOLD_521 TOLD ",\"status\":\"5.2.1\"}"

struct bounced {
    const char *step; /* "": no such step */
    const char *to;   /* NULL: nothing was sent back */
    const char *form;
    const char *reply;
    const char *events; /* of the journal */
    const char *says;   /* NULL: nothing is amiss */
};

static void add_all(json_t *evidence, const char *list, const char *octets)
{
    json_t *more = json_loads(octets, 0, NULL);
    assert_non_null(more);
    if (!json_object_get(evidence, list))
        json_object_set_new(evidence, list, json_array());
    json_array_extend(json_object_get(evidence, list), more);
    json_decref(more);
}

static json_t *bounced_evidence(const struct bench *b,
                                const struct bounced *row)
{
    json_t *evidence = json_deep_copy(b->evidence);
    char *events = xasprintf("[%s]", row->events);
    add_all(evidence, "journal", events);
    free(events);
    if (!row->to)
        return evidence;
    char *bounce = xasprintf(
        "[{\"step\":1,\"of\":\"bob@hospital.example\",\"to\":\"%s\",%s,"
        "\"tls\":\"1.3\",\"reply\":\"%s\",\"accepted\":%s}]",
        row->to, row->form, row->reply,
        row->reply[0] == '2' ? "true" : "false");
    add_all(evidence, "bounces", bounce);
    free(bounce);
    return evidence;
}

static void judge_row(const struct bench *b, size_t i,
                      const struct bounced *row)
{
    struct arena *arena = arena_create();
    json_t *evidence = bounced_evidence(b, row);
    struct scenario *s =
        bench_varied(b, "expect:\n  bob",
                     arena_printf(arena, "%sexpect:\n  bob", row->step));
    struct case_result r = bench_judged(b, s, evidence, arena);
    if (bench_says(&r, "BOUNCE-1", row->says ? row->says : "") !=
        (row->says != NULL)) {
        bench_print(&r);
        fail_msg("row %zu: %s", i, row->says ? row->says : "a mismatch");
    }
    scenario_destroy(&s);
    json_decref(evidence);
    arena_destroy(&arena);
}

#define BOUNCE "steps:\n  - bounce: {of: bob@hospital.example"
#define REPORT BOUNCE ", status: 5.2.1}\n"
#define LATE BOUNCE ", action: delayed, status: 4.2.1}\n"
#define GUESSED BOUNCE ", to: guessed, expect: 550 5.1.1}\n"
#define OK "250 2.0.0 ok"
#define UNKNOWN "550 5.1.1 unknown"

static void test_judge_bounces_each_row(void **state)
{
    static const struct bounced rows[] = {
        {"", NULL, NULL, NULL, "", NULL},
        {REPORT, PATH, FAILED, OK, TOLD_521, NULL},
        /* the journal says it once, and of this message */
        {REPORT, PATH, FAILED, OK, "", "one event 'bounced'"},
        {REPORT, PATH, FAILED, OK, TOLD_521 "," TOLD_521, "one event"},
        {REPORT, PATH, FAILED, OK, TOLD ",\"status\":\"5.1.1\"}", "one event"},
        {REPORT, PATH, FAILED, OK, TOLD_521 "," TOLD ",\"status\":\"5.1.1\"}",
         "something that came back"},
        {"", NULL, NULL, NULL, TOLD_521, "something that came back"},
        /* mail without a report tells the class alone */
        {BOUNCE ", form: plain}\n", PATH, PLAIN, OK,
         TOLD ",\"status\":\"5.0.0\"}", NULL},
        {BOUNCE ", form: plain}\n", PATH, PLAIN, OK,
         TOLD ",\"status\":\"4.0.0\"}", "one event"},
        /* what is no failure */
        {BOUNCE ", form: vacation}\n", PATH, ABSENT, OK, "", NULL},
        {LATE, PATH, DELAYED, OK, "", NULL},
        {LATE, PATH, DELAYED, OK, TOLD ",\"status\":\"4.2.1\"}", "no event"},
        /* live return paths alone are taken, and those are */
        {GUESSED, NOBODYS, FAILED, UNKNOWN, "", NULL},
        {GUESSED, NOBODYS, FAILED, OK, "", "what nobody was given"},
        {REPORT, PATH, FAILED, UNKNOWN, "", UNKNOWN},
        /* each is sent */
        {REPORT, NULL, NULL, NULL, "", "bounces"},
        {"", PATH, FAILED, OK, TOLD_521, "bounces"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        judge_row(*state, i, &rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_bounces_each_row),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}

/* What a failed case shows of policy fetches, SMS and visits, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "checker/judge_internal.h"

struct row {
    const char *list, *json; /* one element of the evidence's list */
    const char *who, *says;  /* a line of whose transcript */
};

static const struct row rows[] = {
    {"policy_fetches",
     "{\"step\":1,\"host\":\"mta-sts.a.example\",\"tls\":\"1.3\","
     "\"sni\":\"mta-sts.a.example\",\"request\":\"GET /x HTTP/1.1\","
     "\"request_host\":\"mta-sts.a.example\",\"status\":200,\"policy\":true}",
     "mta-sts.a.example",
     "  GET /x HTTP/1.1, Host: mta-sts.a.example -> 200, the whole policy"},
    {"policy_fetches",
     "{\"step\":0,\"host\":\"mta-sts.a.example\",\"sni\":\"a\","
     "\"handshake_error\":\"unknown ca\",\"request\":\"\"}",
     "mta-sts.a.example", "step 1: (TLS none, SNI a) unknown ca"},
    {"sms",
     "{\"step\":1,\"to\":\"+31612345678\",\"text\":\"123456\","
     "\"accepted\":true}",
     "SMS service", "step 2: to ...78, 6 octets: accepted"},
    {"sms", "{\"step\":1,\"to\":\"+31612345678\",\"text\":\"123456\"}",
     "SMS service", "step 2: to ...78, 6 octets: refused"},
    {"visits",
     "{\"actions\":[{\"browser\":\"visit 1\",\"action\":\"code\",\"value\":"
     "\"wrong\"}]}",
     "visitor", "visit 1: code wrong"},
    {"visits",
     "{\"actions\":[{\"browser\":\"visit 1\",\"action\":\"code\",\"value\":"
     "\"123456\",\"failure\":\"no link\"}]}",
     "visitor", "visit 1: code ......: no link"},
    {"visits",
     "{\"actions\":[{\"browser\":\"visit 1\",\"action\":\"access-code\","
     "\"value\":\"135789x\",\"exchanges\":[{\"method\":\"GET\","
     "\"target\":\"/\",\"status\":200}]}]}",
     "visitor", "visit 1: access-code ..."},
};

static bool has_line(const struct case_result *r, const char *who,
                     const char *line)
{
    for (size_t i = 0; i < r->transcript_count; i++) {
        const struct transcript *t = &r->transcripts[i];
        for (size_t k = 0; k < t->lines.n && strcmp(t->name, who) == 0; k++)
            if (strcmp(t->lines.v[k], line) == 0)
                return true;
    }
    return false;
}

static void test_each_element_has_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_create();
        struct case_result r;
        case_result_init(&r, arena, "a.yaml", "");
        json_t *evidence = json_object();
        json_object_set_new(
            evidence, rows[i].list,
            json_pack("[o]", json_loads(rows[i].json, 0, NULL)));
        struct trial t = {.evidence = evidence, .result = &r, .arena = arena};
        add_transcripts(&t);
        if (!has_line(&r, rows[i].who, rows[i].says))
            fail_msg("row %zu: no line `%s` of %s", i, rows[i].says,
                     rows[i].who);
        json_decref(evidence);
        arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_element_has_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

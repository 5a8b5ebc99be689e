#include "engine/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"

/* Every kind of key that a scenario may have, in two cases. */
static const char sample[] =
    "lasthop: 1\n"
    "title: A sample\n"
    "clauses: [ORDER-1, DIRECT-1]\n"
    "tags: [sample]\n"
    "clock: 2026-03-02T09:00:00+01:00\n"
    "seed: 7\n"
    "expected-fail: only a sample\n"
    "world:\n"
    "  sender: {organization: clinic, transport-security: $policy}\n"
    "  organizations:\n"
    "    umc: {inbound-direct-delivery: no}\n"
    "  accounts:\n"
    "    ann@practice.example: {two-factor: yes, status: suspended}\n"
    "  shared:\n"
    "    bob@hospital.example: {sms: \"+31612345678\", organization: "
    "practice}\n"
    "  domains:\n"
    "    hospital.example: $posture\n"
    "    lab.example: {mx: [{20 mx2: tls13}, {10 mx1: tls10}]}\n"
    "  gateway:\n"
    "    notification_subject: generic\n"
    "    retry_first_ms: 1000\n"
    "steps:\n"
    "  - submit:\n"
    "      from: jansen@clinic.example\n"
    "      reverse-path: <>\n"
    "      to: [bob@hospital.example]\n"
    "      cc: [eve@lab.example]\n"
    "      headers:\n"
    "        - zivver-access-right: bob@hospital.example $right\n"
    "      notify: {bob@hospital.example: NEVER}\n"
    "      settle: no\n"
    "      tls: \"1.2\"\n"
    "  - session:\n"
    "      - expect: [\"220\", \"221\"]\n"
    "      - send: NOOP\n"
    "      - tls: \"1.0\"\n"
    "        expect: protocol-version\n"
    "      - auth: clinic-app\n"
    "  - advance: 4h\n"
    "  - restart: kill\n"
    "  - change:\n"
    "      domains:\n"
    "        hospital.example: null-mx\n"
    "expect:\n"
    "  bob@hospital.example: {method: email, delivery: notification, "
    "conversation: 1, not: {account: no account}}\n"
    "  replies: {data: 250 2.0.0}\n"
    "  warnings: [access-right-ignored]\n"
    "  journal: [{event: accepted, sender: jansen@clinic.example}]\n"
    "cases:\n"
    "  columns: [policy, posture, right]\n"
    "  first: [off, tls13, sms +31612345678]\n"
    "  second: [pkix, self-signed, absent]\n";

static struct fixtures *fixtures;

static int load_fixtures(void **state)
{
    struct diagnostics *list = diagnostics_create();
    struct err err;
    (void)state;
    enum status status =
        fixtures_load(SOURCE_DIR "/fixtures", list, &fixtures, &err);
    if (status != ST_OK)
        diagnostics_print(list, stderr);
    diagnostics_destroy(&list);
    return status != ST_OK;
}

static int drop_fixtures(void **state)
{
    (void)state;
    fixtures_destroy(&fixtures);
    return 0;
}

struct parsed {
    struct diagnostics *list;
    struct scenario *scenario;
};

static struct parsed parse(const char *text)
{
    struct parsed p = {diagnostics_create(), NULL};
    enum status status = scenario_parse(fixtures, "sample.yaml", slice_of(text),
                                        p.list, &p.scenario);
    assert_int_equal(status == ST_OK, diagnostics_count(p.list) == 0);
    return p;
}

static void drop(struct parsed *p)
{
    scenario_destroy(&p->scenario);
    diagnostics_destroy(&p->list);
}

static void test_scenario_sample_has_two_cases(void **state)
{
    (void)state;
    struct parsed p = parse(sample);
    if (diagnostics_count(p.list))
        diagnostics_print(p.list, stderr);
    assert_int_equal(diagnostics_count(p.list), 0);
    const struct scenario_case *first = scenario_cases(p.scenario);
    const struct scenario_case *second = first->next;
    assert_string_equal(first->id, "sample.yaml:first");
    assert_string_equal(second->name, "second");
    assert_null(second->next);
    assert_int_equal(first->clock_s, 1772438400);
    assert_string_equal(first->world->sender->transport_security, "off");
    assert_string_equal(second->world->sender->transport_security, "pkix");
    assert_string_equal(first->steps->submit->headers->value,
                        "bob@hospital.example sms +31612345678");
    assert_null(second->steps->submit->headers);
    assert_string_equal(second->steps->submit->left_out.texts[0],
                        "zivver-access-right");
    assert_string_equal(first->steps->submit->reverse_path, "");
    assert_int_equal(first->steps->submit->envelope.count, 2);
    drop(&p);
}

static void test_scenario_world_follows_the_steps(void **state)
{
    (void)state;
    struct parsed p = parse(sample);
    const struct step *s = scenario_cases(p.scenario)->steps;
    assert_string_equal(world_posture(s->world, "hospital.example")->reaches,
                        "pkix");
    const struct account *ann = world_account(s->world, "Ann@practice.example");
    assert_true(ann->two_factor && ann->suspended);
    for (; s->next; s = s->next)
        ;
    assert_int_equal(s->kind, STEP_KIND_EXPECT);
    assert_int_equal(s->number, 5);
    assert_string_equal(world_posture(s->world, "hospital.example")->reaches,
                        "null-mx");
    const struct posture *lab = world_posture(s->world, "lab.example");
    assert_string_equal(lab->hosts->name, "mx1.lab.example");
    assert_string_equal(lab->reaches, "pkix");
    drop(&p);
}

static void test_scenario_cell_keeps_its_place(void **state)
{
    (void)state;
    struct parsed p = parse(sample);
    const struct scenario_case *second = scenario_cases(p.scenario)->next;
    const struct node *policy =
        node_get(node_get(node_get(second->root, "world"), "sender"),
                 "transport-security");
    assert_string_equal(policy->text, "pkix");
    assert_string_equal(policy->column, "policy");
    assert_int_equal(policy->place.line, second->place.line);
    assert_int_equal(policy->place.column, 12);
    drop(&p);
}

/* The sample with line `at` changed by a function; NULL: left out. */
static char *changed(int at, const char *replacement)
{
    struct buf buf;
    buf_init(&buf, 1 << 16);
    buf_puts(&buf, "");
    int line = 1;
    for (struct slice rest = slice_of(sample); rest.n; line++) {
        struct slice text = slice_cut(&rest, '\n');
        if (line != at)
            buf_printf(&buf, "%.*s\n", SLICE_ARG(text));
        else if (replacement)
            buf_printf(&buf, "%s\n", replacement);
    }
    char *copy = xstrdup(buf_slice(&buf).p);
    buf_release(&buf);
    return copy;
}

static char *sample_line(int at)
{
    struct slice rest = slice_of(sample), text = {NULL, 0};
    for (int line = 1; line <= at && rest.n; line++)
        text = slice_cut(&rest, '\n');
    return xasprintf("%.*s", SLICE_ARG(text));
}

static bool has_error_in(struct diagnostics *list, int line)
{
    for (size_t i = 0; i < diagnostics_count(list); i++)
        if (diagnostics_at(list, i)->place.line == line)
            return true;
    return false;
}

/* A key of the line is renamed: an error with its place in that line. */
static void test_scenario_every_key_renamed_is_an_error_there(void **state)
{
    (void)state;
    int tried = 0;
    for (int at = 1; at <= 44; at++) {
        char *line = sample_line(at);
        char *colon = strchr(line, ':');
        /* names of domains, fields and accounts are free; so is a YAML value */
        bool is_free = !colon || strchr(line, '@') ||
                       strstr(line, ".example") || strstr(line, "    umc") ||
                       strstr(line, "access-right");
        if (!is_free) {
            colon[-1] = colon[-1] == 'x' ? 'z' : 'x';
            char *text = changed(at, line);
            struct parsed p = parse(text);
            if (!has_error_in(p.list, at))
                fail_msg("line %d renamed gives no error there: %s", at, line);
            drop(&p);
            free(text);
            tried++;
        }
        free(line);
    }
    assert_true(tried > 25);
}

struct slip {
    const char *from, *to; /* in the sample */
    const char *says;      /* part of the diagnostic */
    int line;              /* where; 0: anywhere */
};

static const struct slip slips[] = {
    {"clock: 2026-03-02T09", "clock: 2026-13-02T09", "expected a time", 5},
    {"clock: 2026", "clock: [2026", "not valid YAML", 0},
    {"seed: 7", "seed: seven", "expected a number", 6},
    {"tags: [sample]", "tags: sample", "expected a list", 4},
    {"title: A sample", "title: [A sample]", "expected a text", 2},
    {"title: A sample\n", "", "`title` is missing", 1},
    {"clauses: [ORDER-1", "clauses: [ORDER-99", "no clause `ORDER-99`", 3},
    {"organization: clinic", "organization: clinik", "no organization", 9},
    {"    umc:", "    umk:", "no organization `umk`", 11},
    {"ann@practice", "ann@praktice", "no organization claims", 13},
    {"two-factor: yes", "two-factor: maybe", "expected yes or no", 13},
    {"status: suspended", "status: gone", "`gone` is not one of", 13},
    {"organization: practice}", "organization: pracice}", "no organization",
     15},
    {"hospital.example: $posture", "hospital.example: $postur",
     "`$postur` is no column", 17},
    {"{10 mx1: tls10}", "{mx1: tls10}", "a preference and a label", 18},
    {"{10 mx1: tls10}", "{10 mx1: tls9}", "no posture `tls9`", 18},
    {"retry_first_ms: 1000", "retry_first_ms: soon", "expected a number", 21},
    {"from: jansen@clinic", "from: jansen.clinic", "expected an address", 24},
    {"to: [bob@hospital.example]", "to: [bob@hopsital.example]",
     "is in no `world: domains`", 26},
    {"settle: no", "settle: never", "is not one of", 31},
    {"settle: no", "raw: plane.eml", "no message `plane.eml`", 31},
    {"      tls: \"1.2\"\n  -", "      tls: \"1.4\"\n  -", "is not one of", 32},
    {"auth: clinic-app", "auth: clinic-ap", "no organization has a", 38},
    {"- auth: clinic-app", "- {auth: clinic-app, send: NOOP}",
     "expected one of", 38},
    {"- auth: clinic-app", "- held: \"1\"", "`held` stands first", 38},
    {"- expect: [\"220\", \"221\"]", "- held: \"1\"",
     "no step before this one holds", 34},
    {"- expect: [\"220\", \"221\"]", "- hold: \"2\"", "`hold` stands last", 34},
    {"  - advance: 4h", "      - hold: \"2\"\n  - session: [held: \"3\"]",
     "expected 1 to 2 connections", 40},
    {"  - advance: 4h",
     "      - hold: \"2\"\n  - session: [held: \"1\", source: other]",
     "where the connection was made", 40},
    {"  - advance: 4h",
     "      - hold: \"2\"\n  - session: [held: \"2\", hold: \"1\"]",
     "as many as `held`", 40},
    {"advance: 4h", "advance: 4 hours", "expected a duration", 39},
    {"advance: 4h", "advance: 0s", "only goes forward", 39},
    {"restart: kill", "change: {sender: {transport-security: tls}}",
     "a `restart` must follow", 40},
    {"restart: kill", "restart: kil", "is not one of", 40},
    {"hospital.example: null-mx", "hospital.example: nul-mx", "no posture", 43},
    {"method: email", "method: mail", "`mail` is not one of", 45},
    {"delivery: notification, ", "", "`delivery` is missing", 45},
    {"conversation: 1", "conversation: one", "expected a number", 45},
    {"account: no account", "acount: no account", "no method `acount`", 45},
    {"no account}", "no acount}", "no word of", 45},
    {"data: 250 2.0.0", "dat: 250 2.0.0", "unknown key `dat`", 46},
    {"access-right-ignored", "access-right-ignore", "is not one of", 47},
    {"event: accepted", "event: acepted", "is not one of", 48},
    {"columns: [policy, ", "columns: [polcy, ", "`$policy` is no column", 9},
    {"columns: [policy, posture, right]",
     "columns: [policy, posture, right, x]", "has 3 cells, expected 4", 51},
    {"  first: [off, tls13,", "  first: [off, tls13, x,", "has 4 cells", 51},
    {"first: [off, tls13", "first: [of, tls13", "`of` is not one of", 51},
    {"second: [pkix, self-signed", "second: [pkix, self-sined", "no posture",
     52},
    {"second: [", "first: [", "duplicate key `first`", 52},
    {"bob@hospital.example $right", "bob@hospital.example",
     "column `right` is used nowhere", 50},
};

static char *slipped(const struct slip *slip)
{
    const char *at = strstr(sample, slip->from);
    if (!at)
        fail_msg("the sample has no `%s`", slip->from);
    return xasprintf("%.*s%s%s", (int)(at - sample), sample, slip->to,
                     at + strlen(slip->from));
}

static void check_slip(const struct slip *slip)
{
    char *text = slipped(slip);
    struct parsed p = parse(text);
    bool found = false;
    for (size_t i = 0; i < diagnostics_count(p.list); i++) {
        const struct diagnostic *d = diagnostics_at(p.list, i);
        found |= strstr(d->text, slip->says) &&
                 (!slip->line || d->place.line == slip->line);
    }
    if (!found) {
        diagnostics_print(p.list, stderr);
        fail_msg("`%s` for `%s`: want `%s` in line %d", slip->to, slip->from,
                 slip->says, slip->line);
    }
    drop(&p);
    free(text);
}

static void test_scenario_each_slip_is_an_error_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
        check_slip(&slips[i]);
}

/* An unknown column is told, not what the empty text in its place would be. */
static void test_scenario_unknown_column_is_the_only_error_there(void **state)
{
    (void)state;
    const struct slip slip = {"delivery: notification", "delivery: $x", "", 0};
    char *text = slipped(&slip);
    struct parsed p = parse(text);
    assert_int_equal(diagnostics_count(p.list), 1);
    assert_non_null(
        strstr(diagnostics_at(p.list, 0)->text, "`$x` is no column"));
    drop(&p);
    free(text);
}

static void test_scenario_all_errors_come_at_once(void **state)
{
    (void)state;
    struct parsed p = parse("lasthop: 2\ntitel: x\nclauses: [ORDER-1]\n"
                            "submit: {from: a, to: [b@c.example]}\n");
    assert_int_equal(diagnostics_count(p.list), 4);
    assert_string_equal(diagnostics_at(p.list, 2)->near_miss, "title");
    drop(&p);
}

/* One look shows every slip, whatever kind it is of. */
static void test_scenario_slips_are_all_told_at_once(void **state)
{
    (void)state;
    static const char text[] =
        "lasthop: 1\n"
        "title: x\n"
        "clauses: [ORDR-1]\n"
        "world:\n"
        "  sender: {organization: clinc}\n"
        "  domains: {hospital.example: slef-signed}\n"
        "submit: {from: a@b.example, too: [c@d.example],\n"
        "  headers: [{a: b}]}\n";
    static const struct {
        int line;
        const char *near;
    } want[] = {{3, "ORDER-1"}, {5, "clinic"}, {6, "self-signed"}, {7, "to"}};
    struct diagnostics *list = diagnostics_create();
    struct scenario *s = NULL;
    (void)!scenario_parse(fixtures, "x.yaml", slice_of(text), list, &s);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct diagnostic *d = diagnostics_at(list, i);
        assert_int_equal(d->place.line, want[i].line);
        assert_string_equal(d->near_miss, want[i].near);
    }
    scenario_destroy(&s);
    diagnostics_destroy(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenario_sample_has_two_cases),
        cmocka_unit_test(test_scenario_world_follows_the_steps),
        cmocka_unit_test(test_scenario_cell_keeps_its_place),
        cmocka_unit_test(test_scenario_every_key_renamed_is_an_error_there),
        cmocka_unit_test(test_scenario_each_slip_is_an_error_with_its_place),
        cmocka_unit_test(test_scenario_unknown_column_is_the_only_error_there),
        cmocka_unit_test(test_scenario_all_errors_come_at_once),
        cmocka_unit_test(test_scenario_slips_are_all_told_at_once),
    };
    return cmocka_run_group_tests(tests, load_fixtures, drop_fixtures);
}

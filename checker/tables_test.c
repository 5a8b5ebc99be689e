#include "checker/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

#define FIXTURES SOURCE_DIR "/fixtures"

static struct tables *load(const char *dir, struct diagnostics *list)
{
    struct tables *tables = NULL;
    struct err err;
    if (tables_load(dir, list, &tables, &err) != ST_OK) {
        diagnostics_print(list, stderr);
        fail_msg("%s", err.text);
    }
    return tables;
}

static void test_tables_of_the_project_are_complete(void **state)
{
    (void)state;
    struct diagnostics *list = diagnostics_create();
    struct tables *tables = load(FIXTURES, list);
    struct err err;
    if (tables_check(tables, list, &err) != ST_OK) {
        diagnostics_print(list, stderr);
        fail_msg("%s", err.text);
    }
    tables_destroy(&tables);
    diagnostics_destroy(&list);
}

/* A copy of the project's tables in which `from` stands as `to` in one file. */
static char *changed_tables(struct arena *arena, const char *file,
                            const char *from, const char *to)
{
    static const char *const files[] = {"axes", "default-order",
                                        "direct-delivery-order", "decisions"};
    char *dir = arena_strdup(arena, "/tmp/lasthop-tables-XXXXXX");
    assert_non_null(mkdtemp(dir));
    assert_int_equal(mkdir(arena_printf(arena, "%s/tables", dir), 0700), 0);
    for (size_t i = 0; i < 4; i++) {
        static char text[1 << 16];
        FILE *in = fopen(
            arena_printf(arena, FIXTURES "/tables/%s.yaml", files[i]), "r");
        FILE *out =
            fopen(arena_printf(arena, "%s/tables/%s.yaml", dir, files[i]), "w");
        assert_non_null(in);
        assert_non_null(out);
        size_t n = fread(text, 1, sizeof text - 1, in);
        text[n] = '\0';
        char *at = strcmp(files[i], file) == 0 ? strstr(text, from) : NULL;
        if (strcmp(files[i], file) == 0)
            assert_non_null(at);
        if (at)
            fprintf(out, "%.*s%s%s", (int)(at - text), text, to,
                    at + strlen(from));
        else
            fputs(text, out);
        fclose(in);
        fclose(out);
    }
    return dir;
}

static void remove_tables(struct arena *arena, const char *dir)
{
    static const char *const files[] = {"axes", "default-order",
                                        "direct-delivery-order", "decisions"};
    for (size_t i = 0; i < 4; i++)
        unlink(arena_printf(arena, "%s/tables/%s.yaml", dir, files[i]));
    rmdir(arena_printf(arena, "%s/tables", dir));
    rmdir(dir);
}

static void test_tables_check_names_each_fault(void **state)
{
    (void)state;
    static const struct {
        const char *file, *from, *to, *says;
    } rows[] = {
        /* a gap: rank 7 only for one account */
        {"default-order", "when: {}", "when: {account: [suspended]}",
         "no row decides"},
        /* useless: everything with a share is taken by a row above */
        {"default-order", "when: {shares: [sms, both]}",
         "when: {shares: [sms, both, access-code]}", "decides no combination"},
        /* a decision that the rows do not make */
        {"decisions", "gives: {method: email, delivery: notification}",
         "gives: {method: email, delivery: deferred}", "nothing-at-all"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *dir =
            changed_tables(arena, rows[i].file, rows[i].from, rows[i].to);
        struct diagnostics *list = diagnostics_create();
        struct tables *tables = load(dir, list);
        struct err err;
        bool found = false;
        assert_int_equal(tables_check(tables, list, &err), ST_INVAL);
        for (size_t d = 0; d < diagnostics_count(list); d++)
            found |= strstr(diagnostics_at(list, d)->text, rows[i].says) != 0;
        if (!found)
            fail_msg("row %zu: no diagnostic says '%s'", i, rows[i].says);
        tables_destroy(&tables);
        diagnostics_destroy(&list);
        remove_tables(arena, dir);
    }
    arena_destroy(&arena);
}

static void test_tables_load_refuses_what_the_axes_do_not_have(void **state)
{
    (void)state;
    static const struct {
        const char *file, *from, *to;
    } rows[] = {
        {"default-order", "server: [no-domain]", "server: [nowhere]"},
        {"default-order", "server: [no-domain]", "sever: [no-domain]"},
        {"default-order", "rank: 1\n    of: account",
         "rank: 2\n    of: account"},
        {"default-order", "clause: ORDER-7", "because: ORDER-7"},
        {"decisions", "facts: {server: refused}", "facts: {server: refuses}"},
        {"axes", "best-tls: [tls,", "best-tls: [lts,"},
        {"axes", "lasthop-tables: 1", "lasthop-tables: 2"},
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *dir =
            changed_tables(arena, rows[i].file, rows[i].from, rows[i].to);
        struct diagnostics *list = diagnostics_create();
        struct tables *tables = NULL;
        struct err err;
        if (tables_load(dir, list, &tables, &err) != ST_INVAL || tables)
            fail_msg("row %zu was loaded", i);
        assert_true(diagnostics_count(list) > 0);
        diagnostics_destroy(&list);
        remove_tables(arena, dir);
    }
    arena_destroy(&arena);
}

/* What a gateway that agrees would write; `change` may alter a line. */
struct line {
    char text[512];
    bool drop, twice;
};

/* All combinations in order, the last axis fastest; what stands before the
 * first axis that changed is not written anew. */
struct walk {
    const struct tables *tables;
    struct facts facts;
    char text[512];
    size_t end[TABLES_AXES_MAX]; /* of each axis's word in text */
};

static char *put(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n + 1);
    return to + n;
}

static void write_facts(struct walk *w, unsigned from)
{
    for (unsigned i = from; i < tables_axis_count(w->tables); i++) {
        char *to = w->text + (i ? w->end[i - 1] : 0);
        to = put(put(to, i ? " " : ""), tables_axis(w->tables, i));
        to = put(put(to, "="), tables_value(w->tables, i, w->facts.value[i]));
        w->end[i] = (size_t)(to - w->text);
    }
}

/* The first axis that changed; the number of axes when that was the last. */
static unsigned next_facts(struct walk *w)
{
    unsigned count = tables_axis_count(w->tables);
    for (unsigned i = count; i-- > 0;) {
        if (++w->facts.value[i] < tables_value_count(w->tables, i))
            return i;
        w->facts.value[i] = 0;
    }
    return count;
}

static void write_line(const struct walk *w, struct line *line)
{
    const struct table_row *row = tables_decide(w->tables, &w->facts);
    char *to = put(put(line->text, w->text), " -> method=");
    to = put(put(put(to, row->method), " delivery="), row->delivery);
    if (row->status)
        to = put(put(to, " status="), row->status);
    *put(to, "\n") = '\0';
    line->drop = line->twice = false;
}

static void enumerate(const struct tables *tables, FILE *out,
                      void (*change)(struct line *, unsigned long))
{
    struct walk w = {.tables = tables};
    struct line line;
    unsigned changed = 0;
    for (unsigned long n = 0; changed < tables_axis_count(tables); n++) {
        write_facts(&w, changed);
        write_line(&w, &line);
        if (change)
            change(&line, n);
        for (int i = 0; i < (line.drop ? 0 : line.twice ? 2 : 1); i++)
            fputs(line.text, out);
        changed = next_facts(&w);
    }
}

/* Half a gigabyte of lines: from a process of their own, as the gateway's. */
static FILE *start_lines(const struct tables *tables,
                         void (*change)(struct line *, unsigned long),
                         pid_t *pid_out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *pid_out = fork();
    assert_true(*pid_out >= 0);
    if (*pid_out == 0) {
        FILE *out = fdopen(ends[1], "w");
        close(ends[0]);
        enumerate(tables, out, change);
        fclose(out);
        _exit(0);
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

static enum status compare(void (*change)(struct line *, unsigned long),
                           struct tables_difference *d, char **report)
{
    static char text[1 << 16];
    struct diagnostics *list = diagnostics_create();
    struct tables *tables = load(FIXTURES, list);
    pid_t pid;
    FILE *lines = start_lines(tables, change, &pid), *to = tmpfile();
    struct err err;
    enum status status = tables_compare(tables, lines, to, d, &err);
    rewind(to);
    text[fread(text, 1, sizeof text - 1, to)] = '\0';
    *report = text;
    fclose(to);
    fclose(lines);
    waitpid(pid, NULL, 0);
    tables_destroy(&tables);
    diagnostics_destroy(&list);
    return status;
}

static void test_tables_compare_agrees_with_itself(void **state)
{
    (void)state;
    struct tables_difference d;
    char *report;
    if (compare(NULL, &d, &report) != ST_OK)
        fail_msg("%s", report);
    assert_int_equal(d.lines, d.combinations);
    assert_true(d.combinations > 1000000);
}

static void spoil(struct line *line, unsigned long number)
{
    char *at;
    if (number == 10)
        line->drop = true;
    if (number == 20)
        line->twice = true;
    if (number >= 34 && number < 39 && (at = strstr(line->text, "email")))
        memcpy(at, "maile", 5);
    if (number == 40 && (at = strstr(line->text, "shares=")))
        memcpy(at, "shores=", 7);
    if (number == 50 && (at = strstr(line->text, "server=")))
        memcpy(at + 7, "SEVERE", 6);
}

static void test_tables_compare_finds_what_is_spoilt(void **state)
{
    (void)state;
    struct tables_difference d;
    char *report;
    assert_int_equal(compare(spoil, &d, &report), ST_INVAL);
    assert_int_equal(d.different, 5);
    assert_int_equal(d.repeated, 1);
    assert_int_equal(d.unreadable, 2);
    assert_int_equal(d.missing, 3);
    assert_int_equal(d.unused, 0);
    assert_non_null(strstr(report, "row 'email' of default-order"));
    assert_non_null(strstr(report, "5 combinations"));
}

static void only_unmet(struct line *line, unsigned long number)
{
    (void)number;
    line->drop = strstr(line->text, "sender-nta=met") != NULL;
}

static void test_tables_compare_finds_a_value_that_nobody_has(void **state)
{
    (void)state;
    struct tables_difference d;
    char *report;
    assert_int_equal(compare(only_unmet, &d, &report), ST_INVAL);
    assert_int_equal(d.unused, 1);
    assert_int_equal(d.missing, d.combinations / 2);
    assert_int_equal(d.decisions, 4); /* those in which the sender meets it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_of_the_project_are_complete),
        cmocka_unit_test(test_tables_check_names_each_fault),
        cmocka_unit_test(test_tables_load_refuses_what_the_axes_do_not_have),
        cmocka_unit_test(test_tables_compare_agrees_with_itself),
        cmocka_unit_test(test_tables_compare_finds_what_is_spoilt),
        cmocka_unit_test(test_tables_compare_finds_a_value_that_nobody_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

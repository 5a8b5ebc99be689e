/* One whole case made by hand, which passes; then each lie, leak and loss that
 * the judge must notice, one at a time. */
#include "checker/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "checker/doubt.h"
#include "checker/handmade.h"

#define FIXTURES SOURCE_DIR "/fixtures"
#define MARK HANDMADE_MARK

struct fixture {
    struct fixtures *fixtures;
    struct diagnostics *list;
    struct tables *tables;
    struct clauses *clauses;
    struct scenario *scenario;
    json_t *evidence;
};

/* -- the case ------------------------------------------------------------- */

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct err err;
    char path[] = "/tmp/lasthop-judge-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, handmade_scenario, strlen(handmade_scenario)),
                     strlen(handmade_scenario));
    close(fd);
    f->list = diagnostics_create();
    bool ok = fixtures_load(FIXTURES, f->list, &f->fixtures, &err) == ST_OK &&
              tables_load(FIXTURES, f->list, &f->tables, &err) == ST_OK &&
              clauses_load(FIXTURES, f->list, &f->clauses, &err) == ST_OK &&
              scenario_load(f->fixtures, path, f->list, &f->scenario) == ST_OK;
    unlink(path);
    if (!ok)
        diagnostics_print(f->list, stderr);
    assert_true(ok);
    f->evidence = handmade_evidence();
    assert_non_null(f->evidence);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_decref(f->evidence);
    scenario_destroy(&f->scenario);
    clauses_destroy(&f->clauses);
    tables_destroy(&f->tables);
    fixtures_destroy(&f->fixtures);
    diagnostics_destroy(&f->list);
    free(f);
    return 0;
}

static struct case_result judged(const struct fixture *f,
                                 const json_t *evidence, struct arena *arena)
{
    const struct scenario_case *c = scenario_cases(f->scenario);
    struct judge judge = {f->tables, f->clauses};
    struct case_result r;
    case_result_init(&r, arena, c->file, c->name);
    judge_case(&judge, c, evidence, &r);
    return r;
}

static void print(const struct case_result *r)
{
    for (size_t i = 0; i < r->mismatch_count; i++) {
        const struct mismatch *m = &r->mismatches[i];
        print_message("  %s:%d: %s [%s]: expected %s, got %s\n    %s\n",
                      m->place.file ? m->place.file : "?", m->place.line,
                      m->what, m->clause ? m->clause : "-",
                      m->expected ? m->expected : "-", m->got ? m->got : "-",
                      m->row ? m->row : "");
    }
}

static void test_judge_case_as_it_should_be_passes(void **state)
{
    struct fixture *f = *state;
    struct arena *arena = arena_create();
    struct case_result r = judged(f, f->evidence, arena);
    print(&r);
    assert_int_equal(r.mismatch_count, 0);
    assert_int_equal(r.verdict, VERDICT_PASS);
    arena_destroy(&arena);
}

/* The value at a path such as "received/1/content"; *parent and *key name it.
 */
static void find(json_t *root, const char *path, json_t **parent, char *key)
{
    *parent = root;
    for (;;) {
        size_t n = strcspn(path, "/");
        memcpy(key, path, n);
        key[n] = '\0';
        if (!path[n])
            return;
        *parent = json_is_array(*parent)
                      ? json_array_get(*parent, strtoul(key, NULL, 10))
                      : json_object_get(*parent, key);
        assert_non_null(*parent);
        path += n + 1;
    }
}

static void put(json_t *parent, const char *key, json_t *value)
{
    if (json_is_array(parent) && value)
        json_array_set_new(parent, strtoul(key, NULL, 10), value);
    else if (json_is_array(parent))
        json_array_remove(parent, strtoul(key, NULL, 10));
    else if (value)
        json_object_set_new(parent, key, value);
    else
        json_object_del(parent, key);
}

/* One change: `from` within a text becomes `to`; without `from`, the value is
 * `to` (JSON); without `to`, it goes. */
struct change {
    const char *path, *from, *to;
};

static json_t *changed(const json_t *evidence, const struct change *change)
{
    json_t *root = json_deep_copy(evidence), *parent;
    char key[64];
    find(root, change->path, &parent, key);
    if (!change->from) {
        json_t *value =
            change->to ? json_loads(change->to, JSON_DECODE_ANY, NULL) : NULL;
        assert_true(!change->to || value);
        put(parent, key, value);
        return root;
    }
    const char *text = json_string_value(
        json_is_array(parent) ? json_array_get(parent, strtoul(key, NULL, 10))
                              : json_object_get(parent, key));
    const char *at = text ? strstr(text, change->from) : NULL;
    if (!at)
        fail_msg("%s has no '%s'", change->path, change->from);
    char *new = xasprintf("%.*s%s%s", (int)(at - text), text, change->to,
                          at + strlen(change->from));
    put(parent, key, json_string(new));
    free(new);
    return root;
}

static bool says(const struct mismatch *m, const char *clause, const char *text)
{
    return (!clause || (m->clause && strcmp(m->clause, clause) == 0)) &&
           (strstr(m->what, text) ||
            (m->expected && strstr(m->expected, text)) ||
            (m->got && strstr(m->got, text)));
}

struct row {
    struct change change;
    const char *clause, *text; /* what some mismatch must say */
};

static void expect_noticed(const struct fixture *f, const struct row *rows,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_create();
        json_t *evidence = changed(f->evidence, &rows[i].change);
        struct case_result r = judged(f, evidence, arena);
        bool found = false;
        for (size_t k = 0; k < r.mismatch_count; k++)
            found |= says(&r.mismatches[k], rows[i].clause, rows[i].text);
        if (!found) {
            print(&r);
            fail_msg("row %zu (%s -> %s): no mismatch of %s says '%s'", i,
                     rows[i].change.path,
                     rows[i].change.to ? rows[i].change.to : "gone",
                     rows[i].clause ? rows[i].clause : "any", rows[i].text);
        }
        json_decref(evidence);
        arena_destroy(&arena);
    }
}

#define EXPECT_NOTICED(f, rows)                                                \
    expect_noticed((f), (rows), sizeof(rows) / sizeof *(rows))

static void test_judge_claims_need_evidence(void **state)
{
    static const struct row rows[] = {
        {{"journal/2/tls", NULL, "\"1.2\""}, "TRANSPORT-1", "TLS"},
        {{"journal/2/level", NULL, "\"dane\""}, "TRANSPORT-1", "level"},
        {{"journal/2/host", NULL, "\"mx2.hospital.example\""}, NULL, "host"},
        {{"journal/2/method", NULL, "\"transport-security\""}, NULL, "method"},
        {{"journal/2/delivery", NULL, "\"notification\""},
         "MAIL-1",
         "X-Zivver-Transport"},
        {{"journal/2/delivery", NULL, "\"lost\""}, "KEEP-2", "outcome"},
        {{"journal/2", NULL, NULL}, "KEEP-2", "outcome"},
        {{"journal/2/conversation", NULL, "\"other\""}, "CONV-1", "other"},
        {{"journal/0", NULL, NULL}, "KEEP-1", "accepted message"},
        {{"journal/0/recipients/1", NULL, NULL}, "KEEP-1", "accepted"},
        {{"journal/0/recipients/0/recipient", NULL, "\"x@hospital.example\""},
         "CONV-2",
         "x@hospital.example"},
        {{"journal/0/recipients/3/conversation", NULL, "\"conversation-1\""},
         "CONV-1",
         "conversation"},
        {{"journal/0/recipients/1/conversation", NULL, "\"conversation-3\""},
         "CONV-1",
         "one conversation"},
        {{"journal/9", NULL, NULL}, "DSN-1", "an event 'dsn'"},
        {{"journal/9/host", NULL, "\"mx.lab.example\""}, "DSN-1", "host"},
        {{"journal/6/dsn", NULL, "false"}, "DSN-1", "claim"},
        {{"journal/6/status", NULL, "\"5.1.1\""}, "DSN-1", "Status"},
        {{"journal/6/delivery", NULL, "\"notification\""},
         "KEEP-2",
         "received messages"},
        {{"journal/6/reply", NULL, "\"550 5.1.1 no\""}, "DSN-3", "no host"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_evidence_needs_claims(void **state)
{
    static const struct row rows[] = {
        {{"received/0", NULL, NULL}, "KEEP-2", "received messages"},
        {{"received/1", NULL, NULL}, "KEEP-2", "carl@lab.example"},
        {{"received/3", NULL, NULL}, "DSN-1", "reports that it was failed"},
        {{"received/0/recipients", NULL, "[\"zoe@hospital.example\"]"},
         "KEEP-2",
         "without a claim"},
        {{"received/0/recipients", NULL,
          "[\"bob@hospital.example\",\"eve@hospital.example\"]"},
         "MAIL-1",
         "one RCPT"},
        {{"received/0/late", NULL, "true"}, "KEEP-2", "late"},
        {{"received/0/tls", NULL, "\"1.2\""}, "TRANSPORT-1", "TLS"},
        {{"received/0/host", NULL, "\"mx.lab.example\""}, NULL, "host"},
        {{"received/0/reverse_path", NULL,
          "\"3e5d90b7c1248fa6d03b7e95c26af18d@zivverbounce.clinic.example\""},
         "MAIL-2",
         "one of its own"},
        {{"received/0/reverse_path", NULL,
          "\"b1@zivverbounce.clinic.example\""},
         "MAIL-2",
         "nobody can guess"},
        {{"received/0/reverse_path", NULL,
          "\"b-00000000000000000000a7c01f93e2@zivverbounce.clinic.example\""},
         "MAIL-2",
         "nobody can guess"},
        {{"received/1/reverse_path", NULL,
          "\"1123456789abcdef0123456789abcdff@bounce.gateway.lasthop.example"
          "\""},
         "MAIL-2",
         "does not tell"},
        {{"received/1/reverse_path", NULL,
          "\"3e5d90b7c1248fa6d03b7e95c26af18d@zivverbounce.clinic.example\""},
         "MAIL-2",
         "bounce.gateway.lasthop.example"},
        {{"received/0/dkim/1/result", NULL, "\"fail\""},
         "MAIL-1",
         "one that verifies"},
        {{"received/0/dkim/0", NULL, NULL}, "MAIL-1", "lasthop1"},
        {{"received/0/dkim/0/domain", NULL, "\"gateway.lasthop.example\""},
         "MAIL-1",
         "of clinic.example"},
        {{"received/2/dkim/1/algorithm", NULL, "\"rsa-sha1\""},
         "MAIL-1",
         "rsa-sha256"},
        {{"received/1/dkim/0/domain", NULL, "\"clinic.example\""},
         "MAIL-1",
         "of gateway.lasthop.example"},
        {{"received/3/spf/result", NULL, "\"softfail\""}, "MAIL-2", "SPF"},
        {{"received/0/dmarc/result", NULL, "\"fail\""}, "MAIL-2", "RFC 7489"},
        {{"received/1/dmarc_walk/result", NULL, "\"fail\""},
         "MAIL-2",
         "RFC 9989"},
        {{"received/0/reverse_path", NULL, "\"jansen@clinic.example\""},
         "MAIL-2",
         "an address at"},
        {{"received/3/reverse_path", NULL, "\"b@gateway.lasthop.example\""},
         "DSN-1",
         "reverse-path"},
        {{"target/exit", NULL, "1"}, "KEEP-1", "exit"},
        {{"target/signal", NULL, "11"}, "KEEP-1", "signal"},
        {{"target/clock_ok", NULL, "false"}, NULL, "clock"},
        {{"faults", NULL, "[\"did not settle\"]"}, NULL, "did not settle"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_direct_copy_is_the_senders_message(void **state)
{
    static const char content[] = "received/0/content";
    static const struct row rows[] = {
        {{content, "Subject: Appointment", "Subject: Meeting"},
         "MAIL-1",
         "header"},
        {{content, "Cc: dora@weak.example\r\n", ""}, "MAIL-1", "header"},
        {{content, "\r\n\r\nDear", "\r\nX-New: 1\r\n\r\nDear"},
         "MAIL-1",
         "X-New"},
        {{content, "Dear all,", "Dear all"}, "MAIL-1", "body"},
        {{content, "X-Zivver-Transport: direct\r\n", ""},
         "CONN-9",
         "X-Zivver-Transport"},
        {{content, "Transport: direct", "Transport: idd"}, "MAIL-1", "idd"},
        {{content, "Received: by gateway.lasthop.example", "X-R: by g"},
         "MAIL-1",
         "Received"},
        {{content, "Subject:", "zivver-x: 1\r\nSubject:"},
         "RIGHT-5",
         "zivver-*"},
        {{content, "Subject:", "Bcc: eve@hospital.example\r\nSubject:"},
         "CONV-3",
         "eve@hospital.example"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_notification_is_the_gateways_own(void **state)
{
    static const char content[] = "received/1/content";
    static const struct row rows[] = {
        {{content, "no-reply@gateway.lasthop.example", "a@clinic.example"},
         "MAIL-3",
         "From"},
        {{content, "To: carl@lab.example", "To: bob@hospital.example"},
         "MAIL-3",
         "To"},
        {{content, "auto-generated", "no"}, "MAIL-3", "Auto-Submitted"},
        {{content, "multipart/alternative", "multipart/mixed"},
         "MAIL-3",
         "Content-Type"},
        {{content, "https://", "http://"}, "MAIL-3", "link"},
        {{content, "jansen@clinic.example", "somebody"}, "MAIL-3", "who wrote"},
        {{content, "bericht", "brief"}, "MAIL-3", "Dutch"},
        {{content, "antwoord", "answer"}, "MAIL-3", "in Dutch"},
        {{content, "text/html", "text/calendar"}, "MAIL-3", "alternatives"},
        {{content, "Message-ID: <n1", "X-ID: <n1"}, "MAIL-3", "Message-ID"},
        {{content, "Subject: Appointment", "Subject: News"},
         "MAIL-3",
         "Subject"},
        {{content, "conversation-1", "conversation-2"},
         "KEEP-2",
         "without a claim"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_dsn_has_its_form(void **state)
{
    static const char content[] = "received/3/content";
    static const struct row rows[] = {
        {{content, "multipart/report", "multipart/mixed"},
         "DSN-1",
         "Content-Type"},
        {{content, "report-type=delivery-status", "report-type=x"},
         "DSN-1",
         "report-type"},
        {{content, "message/delivery-status", "text/plain"}, "DSN-1", "parts"},
        {{content, "text/rfc822-headers", "message/rfc822"}, "DSN-1", "parts"},
        {{content, "Reporting-MTA", "X-MTA"}, "DSN-1", "Reporting-MTA"},
        {{content, "Action: failed", "Action: delayed"},
         "DSN-2",
         "reports that it is delayed"},
        {{content, "Action: failed", "Action: lost"}, "DSN-1", "Action"},
        {{content, "dns;gateway.", "dns;other."}, "DSN-1", "Reporting-MTA"},
        {{content, "auto-replied", "no"}, "DSN-1", "Auto-Submitted"},
        {{content, "dora@weak.example: it", "It"}, "DSN-1", "text"},
        {{content, "Status: 5.7.10", "Status: 5.0.0"}, "DSN-1", "Status"},
        {{content, "rfc822;dora@weak.example", "rfc822;bob@hospital.example"},
         "DSN-1",
         "reports that it was failed"},
        {{content, "Subject: Appointment", "Bcc: x@y.example"},
         "DSN-1",
         "returned header"},
        {{content, "Subject: Appointment", "zivver-x: y"},
         "RIGHT-5",
         "zivver-*"},
        {{content, "it failed.", MARK}, "DSN-1", "content"},
        {{"submissions/0/reverse_path", NULL, "\"\""}, "DSN-1", "not made"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_submitter_and_expectations(void **state)
{
    static const struct row rows[] = {
        {{"submissions/0/replies/11/reply", NULL, "\"554 5.0.0 no\""},
         NULL,
         "reply to data"},
        {{"submissions/0/replies/7", NULL, NULL}, "CONN-7", "RCPT"},
        {{"submissions/0/tls", NULL, "\"1.1\""}, "CONN-1", "TLS"},
        {{"submissions/0/certificate_verified", NULL, "false"},
         "CONN-1",
         "certificate"},
        {{"submissions/0/accepted", NULL, "false"}, "CONN-8", "250"},
        {{"journal/1/not/0/why", NULL, "\"account suspended\""},
         "ORDER-3",
         "no account"},
        {{"journal/1/not/1", NULL, NULL}, "ORDER-3", "nta7516"},
        {{"journal/3/not/2/why", NULL, "\"expired\""},
         "ORDER-3",
         "self-signed"},
        {{"journal/9", NULL,
          "{\"step\":0,\"event\":\"warning\",\"word\":\"access-right-"
          "ignored\"}"},
         "RIGHT-4",
         "access-right-ignored"},
        {{"journal/9", NULL,
          "{\"event\":\"refused\",\"step\":0,\"reply\":\"550 5.7.1 no\"}"},
         "CONN-7",
         "refused"},
        {{"connections/0/tls", NULL, "\"1.1\""}, "TRANSPORT-7", "connection"},
    };
    EXPECT_NOTICED(*state, rows);
}

/* A text in base64 with `offset` octets before it, in lines. */
static const char *coded(struct arena *arena, const char *text, size_t offset)
{
    char *all = arena_printf(arena, "%.*s%s tail", (int)offset, "xx", text);
    char *b = base64_encode(arena, slice_of(all));
    return arena_printf(arena, "%.20s\r\n%s", b, b + 20);
}

static void
test_invariants_content_in_a_notification_in_any_coding(void **state)
{
    struct arena *arena = arena_create();
    static const char path[] = "received/1/content";
    for (size_t offset = 0; offset < 3; offset++) {
        struct row rows[] = {
            {{path, "--b--", coded(arena, MARK, offset)}, "MAIL-3", "mark"},
            {{path, "--b--", coded(arena, "31612345678", offset)},
             "RIGHT-5",
             "a phone number"},
        };
        EXPECT_NOTICED(*state, rows);
    }
    static const struct row rows[] = {
        {{path, "--b--", MARK}, "MAIL-3", "plain"},
        {{path, "--b--", "=4CH-MARK-ABCDEFGHIJ=\r\nKLMNOPQRSTUVWX"},
         "MAIL-3",
         "quoted-printable"},
        {{path, "--b--", "LH-MARK-ABCDEFGHIJ\r\n KLMNOPQRSTUVWX"},
         "MAIL-3",
         "plain"},
        {{path, "--b--", "call 31612345678"}, "RIGHT-5", "a phone number"},
        {{path, "--b--", "EVE@hospital.example"}, "CONV-3", "eve@"},
    };
    EXPECT_NOTICED(*state, rows);
    arena_destroy(&arena);
}

static void test_invariants_hold_everywhere(void **state)
{
    static const struct row rows[] = {
        /* content below the level that its method demands */
        {{"received/0/level", NULL, "\"tls\""},
         "TRANSPORT-1",
         "level pkix for method direct-delivery"},
        {{"received/0/tls", NULL, "null"}, "TRANSPORT-2", "plain"},
        {{"journal/1/method", NULL, "\"email\""},
         "ORDER-2",
         "no content by method email"},
        /* what the gateway writes */
        {{"journal/9/to", NULL, "\"" MARK "\""}, "MAIL-3", "journal"},
        {{"journal/9/to", NULL, "\"31612345678\""}, "RIGHT-5", "journal"},
        {{"target/stderr_tail", NULL, "\"code +31612345678\""},
         "RIGHT-5",
         "log"},
        {{"submissions/0/replies/11/reply", NULL, "\"250 2.0.0 31612345678\""},
         "RIGHT-5",
         "reply"},
        /* another's mail */
        {{"received/3/content", "it failed.", "It failed: +31612345678"},
         "RIGHT-5",
         "DSN"},
        {{"received/3/recipients", NULL, "[\"bob@hospital.example\"]"},
         "DSN-1",
         "about none"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_uses_what_the_host_offers(void **state)
{
    static const char capability[] = "connections/0/replies/6";
    static const struct row rows[] = {
        /* a parameter that was not offered */
        {{capability, "8BITMIME", "HELP"}, "TRANSPORT-2", "BODY without"},
        {{"connections/0/replies/5", "DSN", "X"},
         "TRANSPORT-2",
         "NOTIFY without"},
        {{"connections/0/replies/7", "SIZE", "X"}, "TRANSPORT-2", "SIZE"},
        {{"received/0/parameters/mail", NULL, "\"SMTPUTF8\""},
         "TRANSPORT-2",
         "SMTPUTF8"},
        /* offered before TLS alone */
        {{"connections/0/commands/2", "EHLO", "NOOP"}, "TRANSPORT-2", "SIZE"},
        {{"connections/0/replies/7", "9000", "40"}, "DSN-3", "at most 40"},
        {{"received/0/content", "Dear",
          "D\xc3\xa9"
          "ar"},
         "MAIL-1",
         "body"},
        {{"received/0/content", "Subject: A",
          "Subject: \xc3\xa9"
          "A"},
         "DSN-3",
         "SMTPUTF8"},
        {{"connections/0/commands/4", "TO:<r>", "TO:<31612345678>"},
         "RIGHT-5",
         "command to a host"},
    };
    EXPECT_NOTICED(*state, rows);
}

/* Applies changes to the evidence that all later rows start from. */
static json_t *varied(struct fixture *f, const struct change *changes,
                      size_t count)
{
    json_t *before = f->evidence;
    f->evidence = json_incref(before);
    for (size_t i = 0; i < count; i++) {
        json_t *next = changed(f->evidence, &changes[i]);
        json_decref(f->evidence);
        f->evidence = next;
    }
    return before;
}

static void restored(struct fixture *f, json_t *before)
{
    json_decref(f->evidence);
    f->evidence = before;
}

static void expect_pass(struct fixture *f)
{
    struct arena *arena = arena_create();
    struct case_result r = judged(f, f->evidence, arena);
    print(&r);
    assert_int_equal(r.mismatch_count, 0);
    arena_destroy(&arena);
}

#define EIGHT "Dear \xc3\xa9ve,\r\n" MARK "\r\n"
#define QUOTED "Dear =C3=A9ve,=\r\n\r\n" MARK "\r\n"
#define CODING "Content-Transfer-Encoding: "

static void test_judge_converted_copy_has_the_same_parts(void **state)
{
    struct fixture *f = *state;
    static const char sent[] = "submissions/0/content";
    static const char got[] = "received/0/content";
    static const char other[] = "received/2/content";
    static const struct change changes[] = {
        {sent, "\r\nDear all,\r\n" MARK "\r\n",
         "MIME-Version: 1.0\r\n" CODING "8bit\r\n\r\n" EIGHT},
        {got, "\r\nDear all,\r\n" MARK "\r\n",
         "MIME-Version: 1.0\r\n" CODING "quoted-printable\r\n\r\n" QUOTED},
        {other, "\r\nDear all,\r\n" MARK "\r\n",
         "MIME-Version: 1.0\r\n" CODING "8bit\r\n\r\n" EIGHT},
        {"connections/0/replies/6", "8BITMIME", "HELP"},
        {"received/0/parameters/mail", NULL, "\"SIZE=400\""},
    };
    static const struct row rows[] = {
        {{got, "=C3=A9", "=C3=A8"}, "MAIL-1", "other octets"},
        {{got, "Dear =C3=A9ve", "Dear \xc3\xa9ve"},
         "MAIL-1",
         "converted to 7 bits"},
        {{got, "quoted-printable", "7bit"}, "MAIL-1", "other octets"},
        {{got, "Subject: A", "Subject: B"}, "MAIL-1", "header"},
        {{got, "MIME-Version: 1.0", "Content-Type: text/html"},
         "MAIL-1",
         "header"},
        /* not where the host takes eight bits */
        {{"connections/0/replies/6", "HELP", "8BITMIME"}, "MAIL-1", "header"},
    };
    json_t *before = varied(f, changes, sizeof changes / sizeof *changes);
    expect_pass(f);
    EXPECT_NOTICED(f, rows);
    restored(f, before);
}

static void test_judge_dsn_for_an_address_beyond_ascii(void **state)
{
    struct fixture *f = *state;
    static const char content[] = "received/3/content";
    static const struct change changes[] = {
        {content, "message/delivery-status", "message/global-delivery-status"},
        {content, "text/rfc822-headers", "message/global-headers"},
        {content, "rfc822;dora", "utf-8;d\\x{6F}ra"},
    };
    static const struct row rows[] = {
        {{content, "\\x{6F}", "\\x{F6}"},
         "DSN-1",
         "reports that it was failed"},
        {{content, "utf-8;", "x400;"}, "DSN-1", "reports that it was failed"},
        {{content, "message/global-headers", "message/global"},
         "DSN-1",
         "parts"},
    };
    json_t *before = varied(f, changes, sizeof changes / sizeof *changes);
    expect_pass(f);
    EXPECT_NOTICED(f, rows);
    restored(f, before);
}

static void test_judge_outcome_is_what_was_decided(void **state)
{
    static const struct row rows[] = {
        {{"journal/3/delivery", NULL, "\"direct\""}, "ORDER-3", "direct"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_refused_message_leaves_no_trace(void **state)
{
    static const struct row rows[] = {
        {{"journal/2/message", NULL, "\"m2\""}, "CONN-8", "m2"},
        {{"journal/0/message", NULL, "\"m2\""}, "CONN-8", "m1"},
        {{"journal/0", NULL, NULL}, "CONN-8", "none"},
    };
    EXPECT_NOTICED(*state, rows);
}

static void test_judge_reports_what_is_needed_to_understand(void **state)
{
    struct fixture *f = *state;
    struct arena *arena = arena_create();
    struct change change = {"journal/4/method", NULL, "\"email\""};
    json_t *evidence = changed(f->evidence, &change);
    struct case_result r = judged(f, evidence, arena);
    bool found = false;
    for (size_t i = 0; i < r.mismatch_count; i++) {
        const struct mismatch *m = &r.mismatches[i];
        if (strcmp(m->what, "carl@lab.example: method") != 0)
            continue;
        found = true;
        assert_string_equal(m->expected, "access-right");
        assert_string_equal(m->got, "email");
        assert_int_equal(m->place.line, 20);
        assert_string_equal(m->clause, "ORDER-2");
        assert_non_null(m->clause_text);
        assert_true(m->facts.n > 2);
        assert_string_equal(m->row,
                            "carl@lab.example: {method: email, delivery: "
                            "notification, conversation: 1, not: "
                            "{direct-delivery: self-signed}}");
    }
    assert_true(found);
    assert_true(r.transcript_count > 0);
    json_decref(evidence);
    arena_destroy(&arena);
}

static void test_doubt_leaves_no_survivor(void **state)
{
    struct fixture *f = *state;
    struct arena *arena = arena_create();
    struct judge judge = {f->tables, f->clauses};
    struct doubt_report report;
    doubt_case(&judge, scenario_cases(f->scenario), f->evidence, arena,
               &report);
    for (size_t i = 0; i < report.survivors.n; i++)
        print_message("  survived: %s\n", report.survivors.v[i]);
    assert_int_equal(report.survivors.n, 0);
    assert_true(report.changes > 100);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_case_as_it_should_be_passes),
        cmocka_unit_test(test_judge_claims_need_evidence),
        cmocka_unit_test(test_judge_evidence_needs_claims),
        cmocka_unit_test(test_judge_direct_copy_is_the_senders_message),
        cmocka_unit_test(test_judge_notification_is_the_gateways_own),
        cmocka_unit_test(test_judge_dsn_has_its_form),
        cmocka_unit_test(test_judge_submitter_and_expectations),
        cmocka_unit_test(
            test_invariants_content_in_a_notification_in_any_coding),
        cmocka_unit_test(test_invariants_hold_everywhere),
        cmocka_unit_test(test_judge_uses_what_the_host_offers),
        cmocka_unit_test(test_judge_converted_copy_has_the_same_parts),
        cmocka_unit_test(test_judge_dsn_for_an_address_beyond_ascii),
        cmocka_unit_test(test_judge_outcome_is_what_was_decided),
        cmocka_unit_test(test_judge_refused_message_leaves_no_trace),
        cmocka_unit_test(test_judge_reports_what_is_needed_to_understand),
        cmocka_unit_test(test_doubt_leaves_no_survivor),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

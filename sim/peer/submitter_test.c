/* The submitter, the dialogue and the mail host against each other, over
 * loopback, on ports that the system picks. */
#include "peer/submitter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "peer/dialogue.h"
#include "peer/mailhost.h"

#define NOW_S INT64_C(1772438400)
#define HOST "mx1.hospital.example"
enum { LIMIT_MS = 30000 };

/* What the host told, copied. */
static struct {
    unsigned message_count;
    unsigned session_count;
    char content[4096];
    size_t content_n;
    char reverse_path[128], mail_parameters[128];
    char recipients[512]; /* "address parameters;" each */
    bool is_complete, is_accepted, is_truncated, has_bare;
    char reply[128];
    char tls[8], sni[64], helo[64], tls_failure[128], closed_by[16];
    char client[32];
    char octets[8192];
} seen;

static struct loop *loop;
static struct pki *pki;
static struct mailhost *host;
static struct arena *arena;

static void put(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "-");
}

static void on_message(void *ctx, const struct mailhost_message *m)
{
    (void)ctx;
    seen.message_count++;
    seen.content_n = m->content.n;
    if (m->content.n < sizeof seen.content)
        memcpy(seen.content, m->content.p, m->content.n);
    put(seen.reverse_path, sizeof seen.reverse_path, m->reverse_path);
    put(seen.mail_parameters, sizeof seen.mail_parameters, m->parameters);
    put(seen.reply, sizeof seen.reply, m->reply);
    for (size_t i = 0; i < m->recipient_count; i++) {
        size_t n = strlen(seen.recipients);
        snprintf(seen.recipients + n, sizeof seen.recipients - n, "%s %s;",
                 m->recipients[i].address, m->recipients[i].parameters);
    }
    seen.is_complete = m->is_complete;
    seen.is_accepted = m->is_accepted;
}

static void on_close(void *ctx, const struct mailhost_session *s)
{
    (void)ctx;
    seen.session_count++;
    put(seen.tls, sizeof seen.tls, s->tls);
    put(seen.sni, sizeof seen.sni, s->sni);
    put(seen.helo, sizeof seen.helo, s->helo);
    put(seen.tls_failure, sizeof seen.tls_failure, s->tls_failure);
    put(seen.closed_by, sizeof seen.closed_by, s->closed_by);
    put(seen.client, sizeof seen.client, s->client);
    seen.is_truncated = s->is_truncated;
    seen.has_bare = s->has_bare_line_end;
    if (s->octets.n < sizeof seen.octets)
        memcpy(seen.octets, s->octets.p, s->octets.n);
}

static const struct mailhost_events events = {on_message, on_close, NULL};

static int set_up(void **state)
{
    (void)state;
    loop = loop_create();
    pki = pki_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pki_destroy(&pki);
    loop_destroy(&loop);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    arena = arena_create();
    memset(&seen, 0, sizeof seen);
    return 0;
}

static int end(void **state)
{
    (void)state;
    mailhost_destroy(&host);
    arena_destroy(&arena);
    return 0;
}

static struct mailhost_settings usual(enum pki_kind kind, const char *versions)
{
    struct pki_request request = {.name = HOST, .kind = kind, .now_s = NOW_S};
    struct tls_range range;
    assert_true(tls_range_parse(versions, &range));
    return (struct mailhost_settings){
        .name = HOST,
        .address = "127.0.0.1",
        .tls = pki_server(pki, pki_chain_find(pki, &request), range),
    };
}

static void serve(const struct mailhost_settings *settings)
{
    struct err err;
    if (mailhost_create(loop, settings, &events, &host, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static bool is_settled(void *ctx)
{
    return submitter_result(ctx) && !mailhost_open_count(host);
}

static struct submitter_settings sender(void)
{
    static const struct submitter_recipient to[] = {
        {"bob@hospital.example", NULL},
        {"eve@hospital.example", "NOTIFY=NEVER"}};
    return (struct submitter_settings){
        .address = "127.0.0.1",
        .port = mailhost_port(host),
        .helo = "sender.clinic.example",
        .server_name = HOST,
        .pki = pki,
        .now_s = NOW_S,
        .reverse_path = "jansen@clinic.example",
        .recipients = to,
        .recipient_count = 2,
        .content = slice_of("Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n"),
    };
}

static struct submitter *submit(const struct submitter_settings *settings)
{
    struct submitter *s = submitter_start(loop, settings, NULL, NULL);
    assert_true(loop_run_until(loop, is_settled, s, LIMIT_MS));
    return s;
}

static const struct submitter_reply *reply_at(struct submitter *s,
                                              const char *stage)
{
    const struct submitter_result *r = submitter_result(s);
    for (size_t i = 0; i < r->reply_count; i++)
        if (!strcmp(r->replies[i].stage, stage))
            return &r->replies[i];
    return NULL;
}

/* --- A good submission --- */

static void test_submitter_each_version_delivers(void **state)
{
    (void)state;
    static const char *const versions[] = {"1.0", "1.1", "1.2", "1.3"};
    for (size_t i = 0; i < 4; i++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual(PKI_KIND_VALID, versions[i]);
        serve(&settings);
        struct submitter_settings from = sender();
        from.mail_parameters = "RET=HDRS ENVID=e1";
        struct submitter *s = submit(&from);
        const struct submitter_result *r = submitter_result(s);
        assert_null(r->failure);
        assert_true(r->is_accepted);
        assert_true(r->is_verified);
        assert_string_equal(r->tls, versions[i]);
        assert_string_equal(seen.tls, versions[i]);
        assert_string_equal(seen.sni, HOST);
        assert_string_equal(seen.helo, "sender.clinic.example");
        assert_string_equal(seen.reverse_path, "jansen@clinic.example");
        assert_string_equal(seen.mail_parameters, "RET=HDRS ENVID=e1");
        assert_string_equal(seen.recipients,
                            "bob@hospital.example ;"
                            "eve@hospital.example NOTIFY=NEVER;");
        assert_int_equal(seen.content_n, from.content.n);
        assert_memory_equal(seen.content, from.content.p, from.content.n);
        assert_non_null(
            strstr(seen.octets, "\r\n..dot\r\n...\r\nend\r\n.\r\n"));
        assert_true(seen.is_complete && seen.is_accepted);
        assert_false(seen.is_truncated);
        assert_false(seen.has_bare);
        assert_string_equal(seen.closed_by, "host");
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_submitter_binds_its_address(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct submitter_settings from = sender();
    from.local_address = "127.0.0.77";
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_string_equal(seen.client, "127.0.0.77");
    submitter_destroy(&s);
}

static void test_submitter_large_content_arrives_whole(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    size_t n = 4 << 20;
    char *content = xmalloc(n);
    for (size_t i = 0; i < n; i++)
        content[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : '.';
    struct submitter_settings from = sender();
    from.content = (struct slice){content, n};
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_int_equal(seen.content_n, n);
    submitter_destroy(&s);
    free(content);
}

/* --- Certificates and credentials --- */

static void test_submitter_refuses_a_bad_certificate(void **state)
{
    (void)state;
    for (int kind = 0; kind < PKI_KIND_COUNT; kind++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual((enum pki_kind)kind, "1.2");
        serve(&settings);
        struct submitter_settings from = sender();
        from.user = "clinic-app";
        from.password = "pw";
        struct submitter *s = submit(&from);
        const struct submitter_result *r = submitter_result(s);
        /* A submitter does not ask for a stapled response. */
        bool is_good = kind == PKI_KIND_VALID || kind == PKI_KIND_WILDCARD ||
                       kind == PKI_KIND_REVOKED;
        assert_int_equal(r->is_verified, is_good);
        assert_int_equal(strstr(seen.octets, "AUTH") != NULL, is_good);
        if (!is_good)
            assert_non_null(strstr(r->failure, "certificate"));
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_submitter_hides_the_password(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    struct submitter_settings from = sender();
    from.user = "clinic-app";
    from.password = "pw";
    struct submitter *s = submit(&from);
    const struct submitter_result *r = submitter_result(s);
    /* The mail host knows no AUTH. */
    assert_int_equal(reply_at(s, "auth")->code, 500);
    assert_string_equal(reply_at(s, "auth")->command, "AUTH PLAIN ***");
    assert_false(r->is_accepted);
    const char *token = submitter_plain_token(arena, "clinic-app", "pw");
    assert_string_equal(token, "AGNsaW5pYy1hcHAAcHc=");
    assert_non_null(strstr(seen.octets, token));
    for (size_t i = 0; i < r->transcript.count; i++)
        assert_null(strstr(r->transcript.lines[i].text, token));
    submitter_destroy(&s);
}

/* --- A host that misbehaves --- */

static void test_mailhost_each_starttls_fault(void **state)
{
    (void)state;
    static const struct {
        enum mailhost_starttls starttls;
        const char *failure; /* NULL: none */
        unsigned code;       /* of STARTTLS; 0: never sent */
    } rows[] = {
        {MAILHOST_STARTTLS_OFFERED, NULL, 220},
        {MAILHOST_STARTTLS_ABSENT, "not offered", 0},
        {MAILHOST_STARTTLS_REFUSED, NULL, 454},
        {MAILHOST_STARTTLS_STRIPPED, "not offered", 0},
        {MAILHOST_STARTTLS_GARBAGE, "handshake failed", 220},
        {MAILHOST_STARTTLS_CLOSES, "handshake failed", 220},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
        settings.starttls = rows[i].starttls;
        serve(&settings);
        struct submitter_settings from = sender();
        struct submitter *s = submit(&from);
        const struct submitter_result *r = submitter_result(s);
        const struct submitter_reply *reply = reply_at(s, "starttls");
        assert_int_equal(reply ? reply->code : 0, rows[i].code);
        if (rows[i].failure)
            assert_non_null(strstr(r->failure, rows[i].failure));
        else
            assert_null(r->failure);
        assert_int_equal(r->is_accepted, i == 0);
        assert_int_equal(seen.message_count, i == 0);
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_mailhost_prescribed_replies(void **state)
{
    (void)state;
    static const struct {
        enum mailhost_stage stage;
        const char *reply;
        const char *at; /* the submitter's stage */
        unsigned messages;
    } rows[] = {
        {MAILHOST_STAGE_GREETING, "554 5.3.2 no", "connect", 0},
        {MAILHOST_STAGE_GREETING, "421 4.3.2 later", "connect", 0},
        {MAILHOST_STAGE_EHLO, "550 5.7.1 not you", "ehlo", 0},
        {MAILHOST_STAGE_TLS_EHLO, "450 4.7.1 wait", "tls-ehlo", 0},
        {MAILHOST_STAGE_STARTTLS, "501 5.5.4 no", "starttls", 0},
        {MAILHOST_STAGE_MAIL, "452 4.3.1 full", "mail", 0},
        {MAILHOST_STAGE_RCPT, "550 5.1.1 unknown", "rcpt", 0},
        {MAILHOST_STAGE_DATA, "451 4.3.0 no", "data", 0},
        {MAILHOST_STAGE_CONTENT, "554 5.6.0 spam", "content", 1},
        {MAILHOST_STAGE_QUIT, "221 2.0.0 so long", "quit", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(&seen, 0, sizeof seen);
        struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
        settings.reply[rows[i].stage] = rows[i].reply;
        serve(&settings);
        struct submitter_settings from = sender();
        struct submitter *s = submit(&from);
        assert_non_null(reply_at(s, rows[i].at));
        assert_string_equal(reply_at(s, rows[i].at)->reply, rows[i].reply);
        assert_int_equal(submitter_result(s)->is_accepted,
                         rows[i].stage == MAILHOST_STAGE_QUIT);
        assert_int_equal(seen.message_count, rows[i].messages);
        submitter_destroy(&s);
        mailhost_destroy(&host);
    }
}

static void test_mailhost_reply_for_one_recipient(void **state)
{
    (void)state;
    static const struct mailhost_rcpt_reply rcpt[] = {
        {"BOB@hospital.example", "550 5.1.1 unknown"}};
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    settings.rcpt = rcpt;
    settings.rcpt_count = 1;
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_string_equal(seen.recipients, "eve@hospital.example NOTIFY=NEVER;");
    submitter_destroy(&s);
}

static void test_mailhost_drops_in_data(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    settings.drop_in_data_bytes = 10;
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_false(submitter_result(s)->is_accepted);
    assert_non_null(submitter_result(s)->failure);
    submitter_destroy(&s);
    mailhost_destroy(&host);
    settings.drop_in_data_bytes = 0;
    settings.reply[MAILHOST_STAGE_CONTENT] = "close";
    serve(&settings);
    from.port = mailhost_port(host);
    s = submit(&from);
    assert_false(submitter_result(s)->is_accepted);
    assert_true(seen.is_complete);
    assert_false(seen.is_accepted);
    assert_string_equal(seen.reply, "");
    submitter_destroy(&s);
}

static void test_mailhost_change_and_deafen(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    submitter_destroy(&s);
    settings.starttls = MAILHOST_STARTTLS_ABSENT;
    mailhost_change(host, &settings);
    s = submit(&from);
    assert_non_null(strstr(submitter_result(s)->failure, "not offered"));
    submitter_destroy(&s);
    mailhost_deafen(host);
    s = submit(&from);
    assert_non_null(strstr(submitter_result(s)->failure, "refused"));
    submitter_destroy(&s);
    struct err err;
    assert_int_equal(mailhost_listen(host, &err), ST_OK);
    assert_int_equal(mailhost_port(host), from.port);
    from.is_plain = true;
    s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    assert_string_equal(seen.tls, "-");
    submitter_destroy(&s);
}

static bool is_open(void *ctx)
{
    (void)ctx;
    return mailhost_open_count(host);
}

static void test_mailhost_destroyed_with_open_connection(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submitter_start(loop, &from, NULL, NULL);
    assert_true(loop_run_until(loop, is_open, NULL, LIMIT_MS));
    mailhost_destroy(&host);
    assert_int_equal(seen.session_count, 1);
    assert_string_equal(seen.closed_by, "host");
    submitter_destroy(&s);
    loop_run_for(loop, 5);
}

/* --- Dialogues --- */

static bool is_told(void *ctx)
{
    return dialogue_result(ctx) && !mailhost_open_count(host);
}

static struct dialogue *talk(const struct dialogue_step *steps, size_t count,
                             int64_t quiet_ms)
{
    struct dialogue_settings settings = {.address = "127.0.0.1",
                                         .port = mailhost_port(host),
                                         .server_name = HOST,
                                         .steps = steps,
                                         .step_count = count,
                                         .step_limit_ms = LIMIT_MS,
                                         .quiet_ms = quiet_ms};
    struct dialogue *d = dialogue_start(loop, &settings, NULL, NULL);
    assert_true(loop_run_until(loop, is_told, d, LIMIT_MS));
    return d;
}

static struct dialogue_step say(const char *octets)
{
    return (struct dialogue_step){.kind = DIALOGUE_KIND_SEND,
                                  .octets = slice_of(octets)};
}

static struct dialogue_step expect(const char *prefix)
{
    const char **list = arena_alloc(arena, 2 * sizeof *list);
    list[0] = prefix;
    return (struct dialogue_step){.kind = DIALOGUE_KIND_EXPECT,
                                  .prefixes = list};
}

static struct dialogue_step tls(const char *version, const char *alert)
{
    struct dialogue_step step = {.kind = DIALOGUE_KIND_TLS, .alert = alert};
    assert_true(tls_range_parse(version, &step.tls));
    return step;
}

#define COUNT(all) (sizeof(all) / sizeof *(all))
#define TALK(steps) talk(steps, COUNT(steps), 10)

static void test_dialogue_goes_through_tls(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_SELF_SIGNED, "any");
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        {.kind = DIALOGUE_KIND_NOTHING},
        say("EHLO x\r\nNO"),
        expect("250"),
        say("OP\r\nSTARTTLS\r\n"),
        expect("250 2.0"),
        expect("220"),
        tls("1.2", NULL),
        say("EHLO y\r\nQUIT\r\n"),
        expect("250"),
        expect("221"),
        {.kind = DIALOGUE_KIND_CLOSED},
    };
    struct dialogue *d = TALK(steps);
    const struct dialogue_result *r = dialogue_result(d);
    if (!r->is_ok)
        fail_msg("%s", r->failure);
    assert_string_equal(r->outcomes[7].got, "1.2");
    assert_string_equal(r->outcomes[11].got, "closed");
    assert_string_equal(seen.tls, "1.2");
    dialogue_destroy(&d);
}

static void test_dialogue_stops_at_the_first_failure(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct dialogue_step steps[] = {expect("220"), say("HELO x\r\n"),
                                    expect("5"), say("QUIT\r\n")};
    struct dialogue *d = TALK(steps);
    const struct dialogue_result *r = dialogue_result(d);
    assert_false(r->is_ok);
    assert_true(r->outcomes[2].is_reached);
    assert_false(r->outcomes[2].is_ok);
    assert_string_equal(r->outcomes[2].got, "250 " HOST);
    assert_false(r->outcomes[3].is_reached);
    assert_null(strstr(seen.octets, "QUIT"));
    dialogue_destroy(&d);
}

static void test_dialogue_sees_the_alert(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.2-1.3");
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        say("STARTTLS\r\n"),
        expect("220"),
        tls("1.0", "protocol-version"),
        {.kind = DIALOGUE_KIND_CLOSED},
    };
    struct dialogue *d = TALK(steps);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    assert_string_equal(dialogue_result(d)->outcomes[3].got,
                        "protocol-version");
    assert_string_not_equal(seen.tls_failure, "-");
    dialogue_destroy(&d);
}

static void test_dialogue_nothing_and_closed_can_fail(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct dialogue_step loud[] = {
        expect("220"), say("NOOP\r\n"), {.kind = DIALOGUE_KIND_NOTHING}};
    struct dialogue *d = talk(loud, COUNT(loud), LIMIT_MS);
    assert_false(dialogue_result(d)->is_ok);
    dialogue_destroy(&d);
    struct dialogue_step open[] = {
        expect("220"), say("NOOP\r\n"), {.kind = DIALOGUE_KIND_CLOSED}};
    d = TALK(open);
    assert_false(dialogue_result(d)->is_ok);
    assert_string_equal(dialogue_result(d)->outcomes[2].got, "250 2.0.0 ok");
    dialogue_destroy(&d);
}

static void test_mailhost_ends_lines_at_crlf_alone(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        say("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n"),
        expect("250"),
        expect("250"),
        expect("250"),
        expect("354"),
        say("one\n.\ntwo\r\n.\nthree\n.\r\n\r\n.\r\n"),
        expect("250"),
        {.kind = DIALOGUE_KIND_NOTHING},
    };
    struct dialogue *d = TALK(steps);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    assert_true(seen.has_bare);
    assert_string_equal(seen.reverse_path, "");
    /* The dot at the start of a line is gone, the others stay. */
    assert_memory_equal(seen.content, "one\n.\ntwo\r\n\nthree\n.\r\n\r\n", 23);
    assert_int_equal(seen.content_n, 23);
    assert_true(seen.is_truncated); /* no QUIT */
    dialogue_destroy(&d);
}

static void test_mailhost_fed_bytewise_sees_the_same(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "any");
    serve(&settings);
    static const char text[] = "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>"
                               "\r\nDATA\r\n..a\r\n.\r\nQUIT\r\n";
    static struct dialogue_step steps[sizeof text + 8];
    size_t n = 0;
    steps[n++] = expect("220");
    for (const char *p = text; *p; p++)
        steps[n++] = (struct dialogue_step){.kind = DIALOGUE_KIND_SEND,
                                            .octets = {p, 1}};
    static const char *const replies[] = {"250", "250", "250",
                                          "354", "250", "221"};
    for (size_t i = 0; i < 6; i++)
        steps[n++] = expect(replies[i]);
    struct dialogue *d = talk(steps, n, 10);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    assert_int_equal(seen.content_n, 4);
    assert_memory_equal(seen.content, ".a\r\n", 4);
    dialogue_destroy(&d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

static void test_mailhost_refuses_what_it_does_not_offer(void **state)
{
    (void)state;
    static const char *const few[] = {"SIZE 300", NULL};
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    settings.capabilities = few;
    serve(&settings);
    struct dialogue_step steps[] = {
        expect("220"),
        say("EHLO c\r\n"),
        expect("250"),
        say("MAIL FROM:<a@b.example> BODY=8BITMIME\r\n"),
        expect("555 5.5.4"),
        say("MAIL FROM:<a@b.example> SIZE=301\r\n"),
        expect("552 5.3.4"),
        say("MAIL FROM:<\xc3\xa9@b.example>\r\n"),
        expect("553 5.6.7"),
        say("MAIL FROM:<a@b.example> SIZE=300\r\nRCPT TO:<c@d.example>\r\n"),
        expect("250"),
        expect("503 5.5.0"),
        say("RCPT TO:<c@d.example> NOTIFY=NEVER\r\n"),
        expect("555 5.5.4"),
    };
    struct dialogue *d = TALK(steps);
    if (!dialogue_result(d)->is_ok)
        fail_msg("%s", dialogue_result(d)->failure);
    dialogue_destroy(&d);
}

static void test_mailhost_is_another_later_and_slow(void **state)
{
    (void)state;
    struct mailhost_settings settings = usual(PKI_KIND_VALID, "1.3");
    struct mailhost_settings later = settings;
    later.reply[MAILHOST_STAGE_MAIL] = "550 5.7.1 not twice";
    settings.later = &later;
    settings.delay_ms = 3;
    serve(&settings);
    struct submitter_settings from = sender();
    struct submitter *s = submit(&from);
    assert_true(submitter_result(s)->is_accepted);
    submitter_destroy(&s);
    s = submit(&from);
    assert_false(submitter_result(s)->is_accepted);
    submitter_destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_submitter_each_version_delivers),
        TEST(test_submitter_binds_its_address),
        TEST(test_submitter_large_content_arrives_whole),
        TEST(test_submitter_refuses_a_bad_certificate),
        TEST(test_submitter_hides_the_password),
        TEST(test_mailhost_each_starttls_fault),
        TEST(test_mailhost_prescribed_replies),
        TEST(test_mailhost_reply_for_one_recipient),
        TEST(test_mailhost_drops_in_data),
        TEST(test_mailhost_refuses_what_it_does_not_offer),
        TEST(test_mailhost_is_another_later_and_slow),
        TEST(test_mailhost_change_and_deafen),
        TEST(test_mailhost_destroyed_with_open_connection),
        TEST(test_dialogue_goes_through_tls),
        TEST(test_dialogue_stops_at_the_first_failure),
        TEST(test_dialogue_sees_the_alert),
        TEST(test_dialogue_nothing_and_closed_can_fail),
        TEST(test_mailhost_ends_lines_at_crlf_alone),
        TEST(test_mailhost_fed_bytewise_sees_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* test_mailhost - for tests of the mail host and of those who speak to it, over
 * loopback, on ports that the system picks: a host, what it told, a submitter
 * and a dialogue. */
#ifndef PEER_TEST_MAILHOST_H
#define PEER_TEST_MAILHOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer/dialogue.h"
#include "peer/mailhost.h"
#include "peer/submitter.h"

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

static inline void put(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "-");
}

static inline void on_message(void *ctx, const struct mailhost_message *m)
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

static inline void on_close(void *ctx, const struct mailhost_session *s)
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

static inline int set_up(void **state)
{
    (void)state;
    loop = loop_create();
    pki = pki_create();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    pki_destroy(&pki);
    loop_destroy(&loop);
    return 0;
}

static inline int begin(void **state)
{
    (void)state;
    arena = arena_create();
    memset(&seen, 0, sizeof seen);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    mailhost_destroy(&host);
    arena_destroy(&arena);
    return 0;
}

static inline struct mailhost_settings usual(enum pki_kind kind,
                                             const char *versions)
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

static inline void serve(const struct mailhost_settings *settings)
{
    struct err err;
    if (mailhost_create(loop, settings, &events, &host, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static inline bool is_settled(void *ctx)
{
    return submitter_result(ctx) && !mailhost_open_count(host);
}

static inline struct submitter_settings sender(void)
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

static inline struct submitter *
submit(const struct submitter_settings *settings)
{
    struct submitter *s = submitter_start(loop, settings, NULL, NULL);
    assert_true(loop_run_until(loop, is_settled, s, LIMIT_MS));
    return s;
}

static inline const struct submitter_reply *reply_at(struct submitter *s,
                                                     const char *stage)
{
    const struct submitter_result *r = submitter_result(s);
    for (size_t i = 0; i < r->reply_count; i++)
        if (!strcmp(r->replies[i].stage, stage))
            return &r->replies[i];
    return NULL;
}

#define COUNT(all) (sizeof(all) / sizeof *(all))
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* --- Dialogues --- */

static inline bool is_told(void *ctx)
{
    return dialogue_result(ctx) && !mailhost_open_count(host);
}

static inline struct dialogue_settings
talk_settings(const struct dialogue_step *steps, size_t count, int64_t quiet_ms)
{
    return (struct dialogue_settings){.address = "127.0.0.1",
                                      .port = mailhost_port(host),
                                      .server_name = HOST,
                                      .steps = steps,
                                      .step_count = count,
                                      .step_limit_ms = LIMIT_MS,
                                      .quiet_ms = quiet_ms};
}

static inline struct dialogue *talk(const struct dialogue_step *steps,
                                    size_t count, int64_t quiet_ms)
{
    struct dialogue_settings settings = talk_settings(steps, count, quiet_ms);
    struct dialogue *d = dialogue_start(loop, &settings, NULL, NULL);
    assert_true(loop_run_until(loop, is_told, d, LIMIT_MS));
    return d;
}

static inline struct dialogue_step say(const char *octets)
{
    return (struct dialogue_step){.kind = DIALOGUE_KIND_SEND,
                                  .octets = slice_of(octets)};
}

static inline struct dialogue_step expect(const char *prefix)
{
    const char **list = arena_alloc(arena, 2 * sizeof *list);
    list[0] = prefix;
    return (struct dialogue_step){.kind = DIALOGUE_KIND_EXPECT,
                                  .prefixes = list};
}

static inline struct dialogue_step tls(const char *version, const char *alert)
{
    struct dialogue_step step = {.kind = DIALOGUE_KIND_TLS, .alert = alert};
    assert_true(tls_range_parse(version, &step.tls));
    return step;
}

#define TALK(steps) talk(steps, COUNT(steps), 10)

#endif

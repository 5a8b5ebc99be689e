/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "deliver/reach.h"
#include "deliver/transport_fake.h"

enum { HOSTS = 4, TEXT_BYTES = 2000 };

static const char *const outcome_names[] = {"unasked",  "reached",
                                            "too-weak", "weak-and-unreachable",
                                            "unknown",  "refused"};

/* Servers; the hosts of a row are all of them, in order. */
#define PKIX(name)                                                             \
    {                                                                          \
        .host = name, .level = LEVEL_PKIX, .why = WHY_NO_DANE,                 \
        .certificate = true                                                    \
    }
#define SELF_SIGNED(name)                                                      \
    {                                                                          \
        .host = name, .level = LEVEL_TLS, .why = WHY_SELF_SIGNED               \
    }
#define NO_STARTTLS(name)                                                      \
    {                                                                          \
        .host = name, .why = WHY_NO_STARTTLS                                   \
    }
#define BAD_HANDSHAKE(name)                                                    \
    {                                                                          \
        .host = name, .why = WHY_TLS_BELOW_1_2, .handshake_fails = true        \
    }
#define REFUSES_STARTTLS(name)                                                 \
    {                                                                          \
        .host = name, .why = WHY_STARTTLS_REFUSED, .starttls_refused = true    \
    }
#define UNREACHABLE(name)                                                      \
    {                                                                          \
        .host = name, .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION        \
    }
#define BARRED(name)                                                           \
    {                                                                          \
        .host = name, .kind = MEASURE_UNKNOWN, .why = WHY_BARRED               \
    }
#define REFUSING(name)                                                         \
    {                                                                          \
        .host = name, .kind = MEASURE_REFUSED, .why = WHY_REFUSED_BY_SERVER,   \
        .reply = "554 5.3.2 no"                                                \
    }

/* want: "outcome level why [host] [reply] | log" */
static const struct row {
    const char *title;
    bool best;
    enum minimum minimum;
    struct transport_fake_row servers[HOSTS];
    const char *want;
} rows[] = {
    {"pkix reached",
     false,
     MINIMUM_PKIX,
     {PKIX("a")},
     "reached pkix no DANE a | open a strict; "},
    {"tls asked: no strict suites",
     false,
     MINIMUM_TLS,
     {SELF_SIGNED("a")},
     "reached tls self-signed a | open a; "},
    {"the first that reaches it is used",
     false,
     MINIMUM_PKIX,
     {SELF_SIGNED("a"), PKIX("b"), PKIX("c")},
     "reached pkix no DANE b | open a strict; quit a; open b strict; "},
    {"another minimum picks another host",
     false,
     MINIMUM_TLS,
     {SELF_SIGNED("a"), PKIX("b")},
     "reached tls self-signed a | open a; "},
    {"every host too weak: the best one's word",
     false,
     MINIMUM_PKIX,
     {NO_STARTTLS("a"), SELF_SIGNED("b")},
     "too-weak tls self-signed | open a strict; quit a; open b strict; "
     "quit b; "},
    {"among equals the first one's word",
     false,
     MINIMUM_TLS,
     {BAD_HANDSHAKE("a"), NO_STARTTLS("b")},
     "too-weak none tls below 1.2 | open a; quit a; open b; quit b; "},
    {"dane asked, pkix there",
     false,
     MINIMUM_DANE,
     {PKIX("a")},
     "too-weak pkix no DANE | open a strict; quit a; "},
    {"certificate asked",
     false,
     MINIMUM_CERTIFICATE,
     {PKIX("a")},
     "reached pkix no DANE a | open a strict; "},
    {"weak beside unreachable",
     false,
     MINIMUM_PKIX,
     {UNREACHABLE("a"), SELF_SIGNED("b")},
     "weak-and-unreachable tls self-signed | open a strict; quit a; "
     "open b strict; quit b; "},
    {"weak beside barred: unknown",
     false,
     MINIMUM_PKIX,
     {SELF_SIGNED("a"), BARRED("b")},
     "unknown tls self-signed | open a strict; quit a; open b strict; "
     "quit b; "},
    {"unreachable alone",
     false,
     MINIMUM_PKIX,
     {UNREACHABLE("a")},
     "unknown none no connection | open a strict; quit a; "},
    {"refused everywhere",
     false,
     MINIMUM_PKIX,
     {REFUSING("a"), REFUSING("b")},
     "refused none refused by the server 554 5.3.2 no | open a strict; "
     "quit a; open b strict; quit b; "},
    {"refused beside unreachable: unknown",
     false,
     MINIMUM_PKIX,
     {REFUSING("a"), UNREACHABLE("b")},
     "unknown none no connection 554 5.3.2 no | open a strict; quit a; "
     "open b strict; quit b; "},
    {"refused beside weak: too weak",
     false,
     MINIMUM_PKIX,
     {REFUSING("a"), NO_STARTTLS("b")},
     "too-weak none no STARTTLS 554 5.3.2 no | open a strict; quit a; "
     "open b strict; quit b; "},
    {"refused, then good",
     false,
     MINIMUM_PKIX,
     {REFUSING("a"), PKIX("b")},
     "reached pkix no DANE b | open a strict; quit a; open b strict; "},
    {"best: TLS without certificate check",
     true,
     MINIMUM_TLS,
     {SELF_SIGNED("a")},
     "reached tls self-signed a | open a; "},
    {"best: plain where nothing else is offered",
     true,
     MINIMUM_TLS,
     {NO_STARTTLS("a")},
     "reached none no STARTTLS a | open a; "},
    {"best: plain on a new connection after a failed handshake",
     true,
     MINIMUM_TLS,
     {BAD_HANDSHAKE("a"), PKIX("b")},
     "reached none tls below 1.2 a | open a; quit a; open a plain; "},
    {"best: plain on a new connection after STARTTLS was refused",
     true,
     MINIMUM_TLS,
     {REFUSES_STARTTLS("a")},
     "reached none STARTTLS refused a | open a; quit a; open a plain; "},
    {"best: the next host where one cannot be reached",
     true,
     MINIMUM_TLS,
     {UNREACHABLE("a"), REFUSING("b"), PKIX("c")},
     "reached pkix no DANE c | open a; quit a; open b; quit b; open c; "},
    {"best: nobody there",
     true,
     MINIMUM_TLS,
     {UNREACHABLE("a")},
     "unknown none no connection | open a; quit a; "},
};

static void describe(const struct reached *reached, void *ctx)
{
    struct buf *out = ctx;
    buf_printf(out, "%s %s %s", outcome_names[reached->reach.outcome],
               level_name(reached->reach.level), why_name(reached->reach.why));
    if (reached->host != NULL) {
        buf_printf(out, " %s", reached->host);
    } else if (reached->reply.line[0] != '\0') {
        buf_printf(out, " %s", reached->reply.line);
    }
}

/* hosts: named as the servers, each with an address. */
static struct hosts hosts_of(struct arena *arena,
                             const struct transport_fake_row *servers)
{
    static const char *const addresses[] = {"127.0.0.1"};
    struct mail_host *host = arena_alloc(arena, HOSTS * sizeof *host);
    size_t count = 0;
    for (; count < HOSTS && servers[count].host != NULL; count++) {
        host[count] = (struct mail_host){.name = servers[count].host,
                                         .addresses = addresses,
                                         .address_count = 1};
    }
    return (struct hosts){.host = host, .count = count};
}

static void run_row(const struct row *row, struct buf *got)
{
    struct arena *arena = arena_create();
    struct hosts hosts = hosts_of(arena, row->servers);
    struct transport_fake *fake =
        transport_fake_create(row->servers, hosts.count);
    struct reach_wish wish = {row->best, row->minimum};
    reach_start(arena, transport_fake_face(fake), &hosts, &wish, describe, got);
    assert_int_equal(buf_slice(got).n, 0);
    transport_fake_run(fake);
    buf_printf(got, " | %s", transport_fake_log(fake));
    transport_fake_destroy(&fake);
    arena_destroy(&arena);
}

static void test_reach_every_server_as_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf got;
        buf_init(&got, TEXT_BYTES);
        run_row(&rows[i], &got);
        if (!slice_is(buf_slice(&got), rows[i].want)) {
            fail_msg("%s: got \"%.*s\", want \"%s\"", rows[i].title,
                     SLICE_ARG(buf_slice(&got)), rows[i].want);
        }
        buf_release(&got);
    }
}

static void test_reach_host_without_look_up_is_unknown(void **state)
{
    (void)state;
    static const struct transport_fake_row servers[HOSTS] = {SELF_SIGNED("a"),
                                                             PKIX("b")};
    struct arena *arena = arena_create();
    struct hosts hosts = hosts_of(arena, servers);
    struct mail_host changed[2] = {hosts.host[0], hosts.host[1]};
    changed[1].failure = "b: server failure";
    hosts.host = changed;
    struct transport_fake *fake = transport_fake_create(servers, 2);
    struct reach_wish wish = {false, MINIMUM_PKIX};
    struct buf got;
    buf_init(&got, TEXT_BYTES);
    reach_start(arena, transport_fake_face(fake), &hosts, &wish, describe,
                &got);
    transport_fake_run(fake);
    assert_string_equal(got.p, "unknown tls self-signed");
    assert_string_equal(transport_fake_log(fake), "open a strict; quit a; ");
    buf_release(&got);
    transport_fake_destroy(&fake);
    arena_destroy(&arena);
}

static void test_reach_cancel_quits_what_is_open(void **state)
{
    (void)state;
    static const struct transport_fake_row servers[HOSTS] = {PKIX("a")};
    struct arena *arena = arena_create();
    struct hosts hosts = hosts_of(arena, servers);
    struct transport_fake *fake = transport_fake_create(servers, 1);
    struct reach_wish wish = {false, MINIMUM_PKIX};
    struct buf got;
    buf_init(&got, TEXT_BYTES);
    struct reach_query *query = reach_start(arena, transport_fake_face(fake),
                                            &hosts, &wish, describe, &got);
    reach_cancel(&query);
    assert_int_equal(transport_fake_run(fake), 0);
    assert_string_equal(transport_fake_log(fake), "open a strict; quit a; ");
    assert_int_equal(buf_slice(&got).n, 0);
    buf_release(&got);
    transport_fake_destroy(&fake);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reach_every_server_as_in_the_table),
        cmocka_unit_test(test_reach_host_without_look_up_is_unknown),
        cmocka_unit_test(test_reach_cancel_quits_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

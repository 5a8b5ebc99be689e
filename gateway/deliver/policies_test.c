/* Policies over a DNS of the test and a policy host on loopback. */
#include "net/test_end.h"
#include "net/test_pki.h"

#include <unistd.h>

#include "base/test_folder.h"
#include "deliver/destination.h"
#include "deliver/policies.h"
#include "dns/resolver_fake.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define POLICY                                                                 \
    "version: STSv1\nmode: enforce\nmx: *.d.example\nmax_age: 604800\n"

struct world {
    char folder[64];
    struct loop *loop;
    struct end server;
    struct tls_server *tls_server;
    struct tls_client *tls_client;
    struct resolver_fake *dns;
    struct policies_settings settings;
    struct policies *policies;
    struct arena *arena;
    const char *says; /* what the policy host answers */
    unsigned fetched; /* connections to it */
    size_t asked;     /* DNS questions */
    unsigned kept;
    size_t answered;
    struct policy_answer answer;
    const struct hosts *hosts;
};

static const struct resolver_fake_row rows[] = {
    {"_mta-sts.d.example",
     DNS_TYPE_TXT,
     0,
     DNS_INSECURE,
     NULL,
     {"v=STSv1; id=a;"}},
    {"mta-sts.d.example", DNS_TYPE_A, 0, DNS_INSECURE, NULL, {"127.0.0.1"}},
    {"_mta-sts.nowhere.example",
     DNS_TYPE_TXT,
     0,
     DNS_INSECURE,
     NULL,
     {"v=STSv1; id=a;"}},
    {"d.example",
     DNS_TYPE_MX,
     0,
     DNS_INSECURE,
     NULL,
     {"10 mx.d.example", "20 mx.e.example"}},
    {"mx.d.example", DNS_TYPE_A, 0, DNS_INSECURE, NULL, {"127.0.0.1"}},
    {"mx.e.example", DNS_TYPE_A, 0, DNS_INSECURE, NULL, {"127.0.0.1"}},
};

static const char *in_folder(const struct world *w, const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", w->folder, name);
    return path;
}

static void on_policy_host(struct conn *conn, enum conn_event event, void *ctx)
{
    struct world *w = ctx;
    if (event == CONN_EVENT_DATA) {
        conn_consume(conn, conn_input(conn).n);
        conn_write(conn, slice_of(w->says));
        conn_close(&w->server.conn);
    } else if (event == CONN_EVENT_EOF || event == CONN_EVENT_ERROR) {
        conn_close(&w->server.conn);
    }
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct world *w = ctx;
    struct err err;
    w->fetched++;
    conn_abort(&w->server.conn); /* of a fetch that was cancelled */
    w->server.conn = conn;
    conn_set_handler(conn, on_policy_host, w);
    assert_int_equal(conn_start_tls_server(conn, w->tls_server, &err), ST_OK);
}

static void load_tls(struct world *w)
{
    struct err err;
    struct pki_identity root =
        pki_make((struct pki_wish){.common_name = "root", .is_ca = true});
    struct pki_identity leaf =
        pki_make((struct pki_wish){.common_name = "policy",
                                   .alt_name = "DNS:mta-sts.d.example",
                                   .issuer = &root});
    pki_write(in_folder(w, "root.pem"), root.certificate, NULL);
    pki_write(in_folder(w, "chain.pem"), leaf.certificate, NULL);
    pki_write_key(in_folder(w, "key.pem"), leaf.key);
    pki_free(&leaf);
    pki_free(&root);
    assert_int_equal(tls_server_create(in_folder(w, "chain.pem"),
                                       in_folder(w, "key.pem"), &w->tls_server,
                                       &err),
                     ST_OK);
    assert_int_equal(
        tls_client_create(in_folder(w, "root.pem"), &w->tls_client, &err),
        ST_OK);
}

static void on_keep(void *ctx, const struct store_policy *policy)
{
    struct world *w = ctx;
    assert_string_equal(policy->domain, "d.example");
    assert_string_equal(policy->id, "a");
    assert_int_equal(policy->until_s - policy->fetched_s, 604800);
    w->kept++;
}

static int setup(void **state)
{
    struct err err;
    struct listener_settings at = {.address = "127.0.0.1"};
    struct world *w = xcalloc(1, sizeof *w);
    if (!test_folder_make(w->folder, "policies"))
        return -1;
    w->loop = loop_create();
    w->arena = arena_create();
    w->dns = resolver_fake_create(rows, sizeof rows / sizeof *rows);
    load_tls(w);
    end_init(&w->server, w->loop);
    assert_int_equal(
        listener_create(w->loop, &at, on_accept, w, &w->server.listener, &err),
        ST_OK);
    w->settings = (struct policies_settings){
        .loop = w->loop,
        .resolver = resolver_fake_face(w->dns),
        .tls = w->tls_client,
        .keep = on_keep,
        .ctx = w,
        .https_port = listener_port(w->server.listener),
        .timeout_ms = END_WAIT_MS};
    w->policies = policies_create(&w->settings);
    w->says = OK "\r\n" POLICY;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    end_release(&w->server);
    end_wait_none(w->loop);
    policies_destroy(&w->policies);
    resolver_fake_destroy(&w->dns);
    tls_server_destroy(&w->tls_server);
    tls_client_destroy(&w->tls_client);
    loop_destroy(&w->loop);
    arena_destroy(&w->arena);
    test_folder_remove(w->folder);
    free(w);
    return 0;
}

static void on_answer(const struct policy_answer *answer, void *ctx)
{
    struct world *w = ctx;
    w->answer = *answer;
    w->answered++;
}

static struct policy_query *begin(struct world *w, const char *domain)
{
    return policies_find(w->policies, w->arena, domain, on_answer, w);
}

static void turn_until(struct world *w, size_t answers)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    do {
        w->asked += resolver_fake_run(w->dns);
        if (w->answered < answers)
            loop_run_once(w->loop, 10);
    } while (w->answered < answers && clock_mono_ms() < until);
    assert_int_equal(w->answered, answers);
}

/* "MTA-STS enforce" and the like, of one question. */
static const char *ask(struct world *w, const char *domain)
{
    (void)begin(w, domain);
    turn_until(w, w->answered + 1);
    return w->answer.note ? w->answer.note : "";
}

static void keep_before(struct world *w, int64_t age_s)
{
    int64_t now_s = clock_wall_s();
    policies_take(w->policies,
                  &(struct store_policy){"d.example", "old", now_s - 10,
                                         now_s + age_s, slice_of(POLICY)});
}

static void test_policies_without_record_cost_one_query(void **state)
{
    struct world *w = *state;
    assert_string_equal(ask(w, "e.example"), "");
    assert_null(w->answer.policy);
    assert_int_equal(w->asked, 1);
    assert_int_equal(w->fetched, 0);
}

static void test_policies_fetched_once_and_kept(void **state)
{
    struct world *w = *state;
    assert_string_equal(ask(w, "D.example"), "MTA-STS enforce");
    assert_int_equal(w->answer.policy->mode, STS_MODE_ENFORCE);
    assert_string_equal(w->answer.policy->mx[0], "*.d.example");
    assert_int_equal(w->kept, 1);
    assert_string_equal(ask(w, "d.example"), "MTA-STS enforce");
    assert_int_equal(w->fetched, 1);
}

static void test_policies_asked_at_once_are_fetched_once(void **state)
{
    struct world *w = *state;
    struct policy_query *first = begin(w, "d.example");
    (void)begin(w, "d.example");
    (void)begin(w, "d.example");
    policies_cancel(&first);
    turn_until(w, 2);
    assert_int_equal(w->fetched, 1);
}

static void test_policies_cancelled_leave_nothing(void **state)
{
    struct world *w = *state;
    struct policy_query *query = begin(w, "d.example");
    policies_cancel(&query);
    assert_int_equal(resolver_fake_open(w->dns), 0);
    query = begin(w, "d.example");
    w->asked += resolver_fake_run(w->dns); /* the fetch has begun */
    policies_cancel(&query);
    assert_string_equal(ask(w, "d.example"), "MTA-STS enforce");
}

static void on_done_and_again(const struct policy_answer *answer, void *ctx)
{
    struct world *w = ctx;
    (void)answer;
    w->answered++;
    struct policy_query *again = begin(w, "bare.example");
    policies_cancel(&again);
}

/* Nothing is remembered of a domain without a policy; what is being told must
 * outlast the last one who asks. */
static void test_policies_asked_and_cancelled_while_told(void **state)
{
    struct world *w = *state;
    (void)policies_find(w->policies, w->arena, "bare.example",
                        on_done_and_again, w);
    while (!w->answered)
        w->asked += resolver_fake_run(w->dns);
    assert_int_equal(resolver_fake_open(w->dns), 0);
    assert_string_equal(ask(w, "d.example"), "MTA-STS enforce");
}

/* RFC 8461 3.3: what is no policy leaves none, or the kept one. */
static void test_policies_not_fetched_are_told_and_do_not_replace(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *says, *why;
    } faults[] = {
        {"HTTP/1.1 404 Not Found\r\n\r\n" POLICY, "HTTP status 404"},
        {"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n" POLICY, "HTTP status 302"},
        {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" POLICY,
         "it is no text/plain"},
        {OK "\r\nversion: STSv1\n", "no mode"},
        {OK "Content-Length: 65537\r\n\r\n", "the answer is too large"},
        {"", "the answer ended early"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        policies_destroy(&w->policies);
        w->policies = policies_create(&w->settings);
        w->says = faults[i].says;
        const char *none = ask(w, "d.example");
        assert_string_equal(
            none, arena_printf(w->arena, "no MTA-STS policy: not fetched: %s",
                               faults[i].why));
        assert_null(w->answer.policy);
        keep_before(w, 100);
        const char *kept = ask(w, "d.example");
        assert_string_equal(
            kept,
            arena_printf(w->arena, "MTA-STS enforce, kept: not fetched: %s",
                         faults[i].why));
        assert_non_null(w->answer.policy);
    }
    assert_int_equal(w->kept, 0);
}

static void test_policies_in_force_until_their_age_ends(void **state)
{
    struct world *w = *state;
    static const struct resolver_fake_row gone[] = {
        {"d.example", DNS_TYPE_MX, 0, DNS_INSECURE, NULL, {"10 mx.d.example"}}};
    resolver_fake_set(w->dns, gone, 1);
    keep_before(w, 100);
    assert_string_equal(ask(w, "d.example"), "MTA-STS enforce");
    keep_before(w, 0);
    assert_string_equal(ask(w, "d.example"), "");
    assert_null(w->answer.policy);
}

static void test_policies_need_a_host_with_that_name(void **state)
{
    struct world *w = *state;
    static const struct resolver_fake_row other[] = {{"_mta-sts.x.example",
                                                      DNS_TYPE_TXT,
                                                      0,
                                                      DNS_INSECURE,
                                                      NULL,
                                                      {"v=STSv1; id=a;"}},
                                                     {"mta-sts.x.example",
                                                      DNS_TYPE_A,
                                                      0,
                                                      DNS_INSECURE,
                                                      NULL,
                                                      {"127.0.0.1"}}};
    assert_string_equal(ask(w, "nowhere.example"),
                        "no MTA-STS policy: not fetched: the policy host has "
                        "no address");
    resolver_fake_set(w->dns, other, 2);
    assert_string_equal(ask(w, "x.example"),
                        "no MTA-STS policy: not fetched: certificate: wrong "
                        "host");
}

static void on_hosts(const struct hosts *hosts, void *ctx)
{
    struct world *w = ctx;
    w->hosts = hosts;
    w->answered++;
}

static void test_destination_binds_each_host_by_the_policy(void **state)
{
    struct world *w = *state;
    struct deliver_world world = {.resolver = w->settings.resolver,
                                  .policies = w->policies};
    (void)destination_find(w->arena, &world, "d.example", 1, on_hosts, w);
    turn_until(w, 1);
    assert_int_equal(w->hosts->count, 2);
    assert_int_equal(w->hosts->host[0].sts, HOST_STS_NAMED);
    assert_int_equal(w->hosts->host[1].sts, HOST_STS_UNNAMED);
    assert_int_equal(w->hosts->note_count, 2);
    assert_string_equal(w->hosts->note[0].note, "MTA-STS enforce");
    assert_string_equal(w->hosts->note[1].name, "mx.e.example");
    policies_destroy(&w->policies);
    world.policies = w->policies = policies_create(&w->settings);
    w->says = OK "\r\nversion: STSv1\nmode: testing\nmx: a\nmax_age: 604800\n";
    (void)destination_find(w->arena, &world, "d.example", 1, on_hosts, w);
    turn_until(w, 2);
    assert_int_equal(w->hosts->host[0].sts, HOST_STS_NONE);
    assert_int_equal(w->hosts->note_count, 3);
    struct destination_query *query =
        destination_find(w->arena, &world, "d.example", 1, on_hosts, w);
    destination_cancel(&query);
    assert_int_equal(resolver_fake_open(w->dns), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_policies_without_record_cost_one_query),
        TEST(test_policies_fetched_once_and_kept),
        TEST(test_policies_asked_at_once_are_fetched_once),
        TEST(test_policies_cancelled_leave_nothing),
        TEST(test_policies_asked_and_cancelled_while_told),
        TEST(test_policies_not_fetched_are_told_and_do_not_replace),
        TEST(test_policies_in_force_until_their_age_ends),
        TEST(test_policies_need_a_host_with_that_name),
        TEST(test_destination_binds_each_host_by_the_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

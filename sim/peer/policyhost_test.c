/* A policy host over loopback, asked as an HTTPS client would. */
#include "peer/policyhost.h"

#include <event2/buffer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "peer/pki.h"
#include "peer/stream.h"

#define NAME "mta-sts.hospital.example"
#define POLICY "version: STSv1\nmode: none\nmax_age: 1\n"
enum { LIMIT_MS = 30000 };

static struct loop *loop;
static struct pki *pki;
static struct policyhost *host;
static struct {
    unsigned count;
    char tls[8], sni[64], request[64], host[64];
    bool failed, is_policy;
    int status;
} seen;
static struct {
    struct stream *stream;
    const char *says;
    char got[100000];
    size_t n;
    bool is_over;
} client;

static void on_fetch(void *ctx, const struct policyhost_fetch *fetch)
{
    (void)ctx;
    seen.count++;
    snprintf(seen.tls, sizeof seen.tls, "%s", fetch->tls ? fetch->tls : "-");
    snprintf(seen.sni, sizeof seen.sni, "%s", fetch->sni ? fetch->sni : "-");
    snprintf(seen.request, sizeof seen.request, "%s", fetch->request);
    snprintf(seen.host, sizeof seen.host, "%s", fetch->host);
    seen.failed = fetch->tls_failure != NULL;
    seen.is_policy = fetch->is_policy;
    seen.status = fetch->status;
}

static void on_connected(void *ctx)
{
    stream_start_tls(client.stream, ctx, false, NAME);
}

static void on_tls(void *ctx, const char *failure)
{
    (void)ctx;
    assert_null(failure);
    stream_send(client.stream, slice_of(client.says));
}

static void on_data(void *ctx)
{
    (void)ctx;
    int n = evbuffer_remove(stream_input(client.stream), client.got + client.n,
                            sizeof client.got - client.n - 1);
    client.n += n > 0 ? (size_t)n : 0;
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    (void)ctx;
    (void)end;
    (void)why;
    client.is_over = true;
}

static bool is_over(void *ctx)
{
    (void)ctx;
    return client.is_over;
}

static void begin(enum policyhost_fault fault, struct policyhost_settings *out)
{
    struct err err;
    struct pki_request request = {.name = NAME, .now_s = 1772438400};
    *out = (struct policyhost_settings){
        .name = NAME,
        .address = "127.0.0.1",
        .tls = pki_server(pki, pki_chain_find(pki, &request),
                          (struct tls_range){0x0303, 0x0304, false}),
        .policy = POLICY,
        .fault = fault};
    memset(&seen, 0, sizeof seen);
    assert_int_equal(policyhost_create(loop, out, on_fetch, NULL, &host, &err),
                     ST_OK);
}

static void ask(const char *says, int64_t limit_ms)
{
    SSL_CTX *context = tls_client_create((struct tls_range){0, 0, false});
    struct stream_events events = {.on_connected = on_connected,
                                   .on_tls = on_tls,
                                   .on_data = on_data,
                                   .on_end = on_end,
                                   .ctx = context};
    memset(&client, 0, sizeof client);
    client.says = says;
    client.stream =
        stream_connect(loop, NULL, "127.0.0.1", policyhost_port(host), &events);
    loop_run_until(loop, is_over, NULL, limit_ms);
    stream_destroy(&client.stream);
    tls_context_destroy(&context);
}

#define GET(path)                                                              \
    "GET " path " HTTP/1.1\r\nHost: " NAME "\r\nConnection: close\r\n\r\n"

static void test_policyhost_serves_and_tells(void **state)
{
    (void)state;
    struct policyhost_settings settings;
    begin(POLICYHOST_FAULT_NONE, &settings);
    ask(GET("/.well-known/mta-sts.txt"), LIMIT_MS);
    assert_true(strncmp(client.got, "HTTP/1.1 200 OK\r\n", 17) == 0);
    assert_non_null(strstr(client.got, "\r\n\r\n" POLICY));
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.tls, "1.3");
    assert_string_equal(seen.sni, NAME);
    assert_string_equal(seen.host, NAME);
    assert_string_equal(seen.request, "GET /.well-known/mta-sts.txt HTTP/1.1");
    assert_int_equal(seen.status, 200);
    assert_true(seen.is_policy);
    ask(GET("/elsewhere.txt"), LIMIT_MS);
    assert_int_equal(seen.status, 404);
    assert_false(seen.is_policy);
    policyhost_destroy(&host);
}

static void test_policyhost_misbehaves_as_told(void **state)
{
    (void)state;
    static const struct {
        enum policyhost_fault fault;
        const char *holds;
        int status;
    } rows[] = {
        {POLICYHOST_FAULT_NOT_FOUND, "404", 404},
        {POLICYHOST_FAULT_ERROR, "500", 500},
        {POLICYHOST_FAULT_REDIRECT, "Location: https://" NAME "/elsewhere.txt",
         302},
        {POLICYHOST_FAULT_HTML, "text/html", 200},
        {POLICYHOST_FAULT_OVERSIZED, "x-padding: ", 200},
        {POLICYHOST_FAULT_CUT, "version: STSv1\n", 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policyhost_settings settings;
        begin(rows[i].fault, &settings);
        ask(GET("/.well-known/mta-sts.txt"), LIMIT_MS);
        if (!strstr(client.got, rows[i].holds))
            fail_msg("row %zu: got %s", i, client.got);
        assert_int_equal(seen.status, rows[i].status);
        assert_false(seen.is_policy);
        assert_true((client.n > 65536) ==
                    (rows[i].fault == POLICYHOST_FAULT_OVERSIZED));
        policyhost_destroy(&host);
    }
}

static void test_policyhost_silent_deaf_and_changed(void **state)
{
    (void)state;
    struct err err;
    struct policyhost_settings settings;
    begin(POLICYHOST_FAULT_SILENT, &settings);
    ask(GET("/.well-known/mta-sts.txt"), 50);
    assert_false(client.is_over);
    assert_int_equal(client.n, 0);
    policyhost_deafen(host);
    ask(GET("/"), LIMIT_MS);
    assert_true(client.is_over);
    settings.fault = POLICYHOST_FAULT_NONE;
    policyhost_change(host, &settings);
    assert_int_equal(policyhost_listen(host, &err), ST_OK);
    ask(GET("/.well-known/mta-sts.txt"), LIMIT_MS);
    assert_true(seen.is_policy);
    policyhost_destroy(&host);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policyhost_serves_and_tells),
        cmocka_unit_test(test_policyhost_misbehaves_as_told),
        cmocka_unit_test(test_policyhost_silent_deaf_and_changed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* test_web - the HTTPS server over loopback, asked by our own client and by raw
 * octets, for the tests of net/web. */
#ifndef NET_TEST_WEB_H
#define NET_TEST_WEB_H

#include "net/test_end.h"
#include "net/test_pki.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/http.h"
#include "net/web.h"

enum {
    BODY_MAX = 1000,
    LARGE_MAX = 3000,
    BODIES_MAX = 2100,
    LARGE_MS = 3000,
    SHORT_MS = 150
};

static char folder[64];

struct world {
    struct loop *loop;
    struct tls_server *tls_server;
    struct tls_client *tls_client;
    struct web_server *server;
    struct web_exchange *held; /* the last one */
    struct web_exchange *all_held[16];
    size_t held_count;
    bool holds; /* answers later */
    char seen[512];
    bool pulls; /* answers in pieces */
    int pieces, asked, released;
    struct http_fetch *fetch;
    bool is_done;
    int status;
    char type[64], body[256], failure[512];
};

static inline const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void on_release(void *ctx)
{
    struct world *w = ctx;
    w->released++;
}

enum { PIECE = 65536, PIECES = 400 };

static inline bool pull(void *ctx, struct slice *piece)
{
    static char octets[PIECE];
    struct world *w = ctx;
    w->pieces++;
    *piece = (struct slice){octets, PIECE};
    return true;
}

static inline void reply(struct world *w, struct web_exchange *exchange)
{
    static const struct web_field fields[] = {{"Content-Type", "text/x-a"}};
    struct web_answer answer = {.status = 403,
                                .fields = fields,
                                .field_count = 1,
                                .body = SLICE_LITERAL("an answer"),
                                .release = on_release,
                                .release_ctx = w};
    if (w->pulls) {
        answer.pull = pull;
        answer.octets = (uint64_t)PIECES * PIECE;
    }
    web_answer(exchange, &answer);
}

static inline void on_request(struct web_exchange *exchange,
                              const struct web_request *request, void *ctx)
{
    struct world *w = ctx;
    const char *host = web_header(exchange, "host");
    w->asked++;
    snprintf(w->seen, sizeof w->seen, "%s %s ?%s %s [%.*s]", request->method,
             request->path, request->query, host ? host : "-",
             SLICE_ARG(request->body));
    if (w->holds)
        w->held = w->all_held[w->held_count++ % 16] = exchange;
    else
        reply(w, exchange);
}

static inline bool is_large(void *ctx, const struct web_request *head)
{
    const char *type = web_field_of(head, "content-type");
    (void)ctx;
    return type && strcmp(type, "text/large") == 0;
}

static inline void on_fault(void *ctx, const struct web_request *head,
                            struct web_answer *answer)
{
    static const struct web_field fields[] = {{"Content-Type", "text/x-fault"}};
    (void)ctx;
    answer->fields = fields;
    answer->field_count = 1;
    answer->body = slice_of(head->method);
}

static inline int set_up_with(void **state, struct web_settings settings)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct err err;
    snprintf(folder, sizeof folder, "/tmp/lasthop-web-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    struct pki_identity leaf = pki_make((struct pki_wish){
        .common_name = "portal", .alt_name = "DNS:portal.example"});
    pki_write(in_folder("chain.pem"), leaf.certificate, NULL);
    pki_write_key(in_folder("key.pem"), leaf.key);
    pki_free(&leaf);
    w->loop = loop_create();
    if (tls_server_create(in_folder("chain.pem"), in_folder("key.pem"),
                          &w->tls_server, &err) != ST_OK ||
        tls_client_create(in_folder("chain.pem"), &w->tls_client, &err) !=
            ST_OK)
        return -1;
    settings.address = "127.0.0.1";
    settings.tls = w->tls_server;
    settings.is_large = is_large;
    settings.on_fault = on_fault;
    if (web_server_create(w->loop, &settings, on_request, w, &w->server,
                          &err) != ST_OK)
        return -1;
    *state = w;
    return 0;
}

static const struct web_settings usual = {.header_max = 4096,
                                          .body_max = BODY_MAX,
                                          .bodies_max = BODIES_MAX,
                                          .idle_ms = END_WAIT_MS,
                                          .request_ms = END_WAIT_MS,
                                          .connections = 40,
                                          .connections_per_client = 4,
                                          .large_max = LARGE_MAX,
                                          .large_ms = LARGE_MS,
                                          .large_count = 1};

static inline int set_up(void **state)
{
    return set_up_with(state, usual);
}

static inline int tear_down(void **state)
{
    struct world *w = *state;
    http_cancel(&w->fetch);
    web_server_destroy(&w->server);
    tls_server_destroy(&w->tls_server);
    tls_client_destroy(&w->tls_client);
    loop_destroy(&w->loop);
    unlink(in_folder("chain.pem"));
    unlink(in_folder("key.pem"));
    free(w);
    return rmdir(folder);
}

static inline void on_done(const struct http_response *response, void *ctx)
{
    struct world *w = ctx;
    w->is_done = true;
    w->fetch = NULL;
    w->status = response->status;
    snprintf(w->type, sizeof w->type, "%.*s",
             SLICE_ARG(response->content_type));
    snprintf(w->body, sizeof w->body, "%.*s", SLICE_ARG(response->body));
    snprintf(w->failure, sizeof w->failure, "%s",
             response->failure ? response->failure : "");
}

static inline void begin_typed(struct world *w, const char *method,
                               const char *path, struct slice body,
                               const char *type)
{
    struct http_request request = {.method = method,
                                   .address = "127.0.0.1",
                                   .port = web_port(w->server),
                                   .host = "portal.example",
                                   .path = path,
                                   .tls = w->tls_client,
                                   .content_type = body.n ? type : NULL,
                                   .body = body,
                                   .body_max = 4096,
                                   .timeout_ms = END_WAIT_MS};
    w->is_done = false;
    w->fetch = http_fetch(w->loop, &request, on_done, w);
}

static inline void begin(struct world *w, const char *method, const char *path,
                         struct slice body)
{
    begin_typed(w, method, path, body, "text/a");
}

static inline void turn_until(struct world *w, const bool *flag)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!*flag && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_true(*flag);
}

static inline void connect_from(struct world *w, struct end *end,
                                const char *address)
{
    struct conn_settings to = {.address = "127.0.0.1",
                               .port = web_port(w->server),
                               .bind_address = address,
                               .connect_timeout_ms = END_WAIT_MS};
    end_init(end, w->loop);
    end->conn = conn_connect(w->loop, &to, end_on_event, end);
}

static inline void shake_hands_from(struct world *w, struct end *end,
                                    const char *address)
{
    struct err err;
    struct tls_client_options options = {.host = "portal.example"};
    connect_from(w, end, address);
    end_wait(end, CONN_EVENT_CONNECTED);
    assert_int_equal(
        conn_start_tls_client(end->conn, w->tls_client, &options, &err), ST_OK);
    end_wait(end, CONN_EVENT_TLS_READY);
}

static inline void shake_hands(struct world *w, struct end *end)
{
    shake_hands_from(w, end, NULL);
}

static inline void assert_cut_off(struct world *w, const struct end *end)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!(end->seen & (1U << CONN_EVENT_EOF | 1U << CONN_EVENT_ERROR)) &&
           clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_true(clock_mono_ms() < until);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

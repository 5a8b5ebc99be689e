/* A fetch over loopback: plain, over TLS, and what ends it without an answer.
 */
#include "net/test_end.h"
#include "net/test_pki.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/http.h"

static char folder[64];
static struct pki_identity root;

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/lasthop-http-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    root = pki_make((struct pki_wish){.common_name = "root", .is_ca = true});
    pki_write(in_folder("root.pem"), root.certificate, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(in_folder("root.pem"));
    unlink(in_folder("chain.pem"));
    unlink(in_folder("key.pem"));
    pki_free(&root);
    return rmdir(folder);
}

/* A server that answers one request, and what came of the fetch. */
struct world {
    struct loop *loop;
    struct end server;
    struct tls_server *tls_server;
    struct tls_client *tls_client;
    struct http_fetch *fetch;
    bool is_done;
    int status;
    char type[64], body[256], failure[512];
    enum tls_fault certificate;
};

static void copy(char *to, size_t n, struct slice s)
{
    snprintf(to, n, "%.*s", SLICE_ARG(s));
}

static void on_done(const struct http_response *response, void *ctx)
{
    struct world *w = ctx;
    assert_false(w->is_done);
    w->is_done = true;
    w->fetch = NULL;
    w->status = response->status;
    w->certificate = response->certificate;
    copy(w->type, sizeof w->type, response->content_type);
    copy(w->body, sizeof w->body, response->body);
    copy(w->failure, sizeof w->failure, slice_of(response->failure));
    assert_true((response->status == 0) == (response->failure != NULL));
}

static void on_accept(struct conn *conn, void *ctx)
{
    struct world *w = ctx;
    struct err err;
    end_on_accept(conn, &w->server);
    if (w->tls_server)
        assert_int_equal(conn_start_tls_server(conn, w->tls_server, &err),
                         ST_OK);
}

static void world_init(struct world *w)
{
    struct err err;
    struct listener_settings at = {.address = "127.0.0.1"};
    *w = (struct world){.loop = loop_create()};
    end_init(&w->server, w->loop);
    assert_int_equal(
        listener_create(w->loop, &at, on_accept, w, &w->server.listener, &err),
        ST_OK);
    w->server.port = listener_port(w->server.listener);
}

static void world_release(struct world *w)
{
    http_cancel(&w->fetch);
    end_release(&w->server);
    end_wait_none(w->loop);
    tls_server_destroy(&w->tls_server);
    tls_client_destroy(&w->tls_client);
    loop_destroy(&w->loop);
}

static void load(struct world *w, struct pki_wish wish)
{
    struct err err;
    struct pki_identity leaf = pki_make(wish);
    pki_write(in_folder("chain.pem"), leaf.certificate, NULL);
    pki_write_key(in_folder("key.pem"), leaf.key);
    pki_free(&leaf);
    assert_int_equal(tls_server_create(in_folder("chain.pem"),
                                       in_folder("key.pem"), &w->tls_server,
                                       &err),
                     ST_OK);
    assert_int_equal(
        tls_client_create(in_folder("root.pem"), &w->tls_client, &err), ST_OK);
}

static void begin_for(struct world *w, const char *method, const char *body,
                      int64_t timeout_ms)
{
    struct http_request request = {
        .method = method,
        .address = "127.0.0.1",
        .port = w->server.port,
        .host = "policy.example",
        .path = "/a/b",
        .tls = w->tls_client,
        .content_type = body ? "application/json" : NULL,
        .body = slice_of(body),
        .body_max = 64,
        .timeout_ms = timeout_ms,
    };
    w->fetch = http_fetch(w->loop, &request, on_done, w);
    assert_false(w->is_done);
}

static void begin(struct world *w, const char *method, const char *body)
{
    begin_for(w, method, body, END_WAIT_MS);
}

static void turn_until(struct world *w, const bool *flag)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!*flag && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_true(*flag);
}

static void accept_one(struct world *w)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!w->server.conn && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_non_null(w->server.conn);
}

static void test_http_plain_post_is_sent_and_answered(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    begin(&w, "POST", "{\"a\":1}");
    accept_one(&w);
    end_wait_octets(&w.server, "POST /a/b HTTP/1.1\r\nHost: policy.example\r\n"
                               "Connection: close\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: 7\r\n\r\n{\"a\":1}");
    end_say(&w.server, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; x=y\r\n"
                       "Content-Length: 2\r\n\r\nok");
    turn_until(&w, &w.is_done);
    assert_int_equal(w.status, 200);
    assert_string_equal(w.body, "ok");
    assert_string_equal(w.type, "text/plain; x=y");
    world_release(&w);
}

static void test_http_redirect_is_an_answer_like_any_other(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    begin(&w, "GET", NULL);
    accept_one(&w);
    end_say(&w.server, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n"
                       "Content-Length: 0\r\n\r\n");
    turn_until(&w, &w.is_done);
    assert_int_equal(w.status, 302);
    world_release(&w);
}

static void test_http_tls_verifies_before_a_word_is_sent(void **state)
{
    (void)state;
    static const struct {
        struct pki_wish wish;
        enum tls_fault fault;
    } rows[] = {
        {{.alt_name = "DNS:policy.example", .issuer = &root}, TLS_FAULT_NONE},
        {{.alt_name = "DNS:other.example", .issuer = &root},
         TLS_FAULT_WRONG_HOST},
        {{.alt_name = "DNS:policy.example"}, TLS_FAULT_SELF_SIGNED},
        {{.alt_name = "DNS:policy.example",
          .issuer = &root,
          .from_s = -9000,
          .to_s = -10},
         TLS_FAULT_EXPIRED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct pki_wish wish = rows[i].wish;
        wish.common_name = "policy.example";
        world_init(&w);
        load(&w, wish);
        begin(&w, "GET", NULL);
        accept_one(&w);
        if (rows[i].fault == TLS_FAULT_NONE) {
            end_wait_octets(&w.server,
                            "GET /a/b HTTP/1.1\r\nHost: policy.example\r\n"
                            "Connection: close\r\n\r\n");
            end_say(&w.server, "HTTP/1.1 200 OK\r\n\r\nversion: STSv1");
            conn_close(&w.server.conn);
        }
        turn_until(&w, &w.is_done);
        assert_int_equal(w.certificate, rows[i].fault);
        assert_int_equal(w.status, rows[i].fault == TLS_FAULT_NONE ? 200 : 0);
        assert_string_equal(w.body, w.status ? "version: STSv1" : "");
        assert_int_equal(buf_slice(&w.server.got).n, 0);
        world_release(&w);
    }
}

static void test_http_fails_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *said; /* then the connection is cut; NULL: silence */
        const char *failure;
    } rows[] = {
        {"", "ended early"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "ended early"},
        {"220 mx ESMTP\r\n", "no HTTP status line"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", "too large"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        world_init(&w);
        begin(&w, "GET", NULL);
        accept_one(&w);
        end_say(&w.server, rows[i].said);
        conn_close(&w.server.conn);
        turn_until(&w, &w.is_done);
        if (!strstr(w.failure, rows[i].failure))
            fail_msg("row %zu: got \"%s\"", i, w.failure);
        world_release(&w);
    }
}

static void test_http_silence_refusal_and_cancel(void **state)
{
    (void)state;
    struct world w;
    struct http_request request = {.method = "GET",
                                   .address = "127.0.0.1",
                                   .host = "policy.example",
                                   .path = "/",
                                   .body_max = 1,
                                   .timeout_ms = 20};
    world_init(&w);
    request.port = w.server.port;
    w.fetch = http_fetch(w.loop, &request, on_done, &w);
    turn_until(&w, &w.is_done);
    assert_string_equal(w.failure, "no answer in time");
    w.is_done = false;
    listener_destroy(&w.server.listener);
    conn_abort(&w.server.conn);
    w.fetch = http_fetch(w.loop, &request, on_done, &w);
    turn_until(&w, &w.is_done);
    assert_non_null(strstr(w.failure, "refused"));
    w.is_done = false;
    w.fetch = http_fetch(w.loop, &request, on_done, &w);
    http_cancel(&w.fetch);
    assert_null(w.fetch);
    end_wait_none(w.loop);
    assert_false(w.is_done);
    world_release(&w);
}

/* Each octet in time, the answer as a whole not: nothing is held by it, and
 * nothing stays open (CONN-11). */
static void test_http_dripping_server_is_left(void **state)
{
    (void)state;
    static const char *const begins[] = {
        "", "HTTP/1.1 200 OK\r\nX: ",
        "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        struct world w;
        world_init(&w);
        begin_for(&w, "GET", NULL, 100);
        accept_one(&w);
        end_say(&w.server, begins[i]);
        int64_t now = clock_mono_ms(), until = now + END_WAIT_MS, next = now;
        for (; !w.is_done && now < until; now = clock_mono_ms()) {
            if (now >= next)
                end_say(&w.server, "a");
            next = now >= next ? now + 10 : next;
            loop_run_once(w.loop, 10);
        }
        assert_true(w.is_done);
        assert_string_equal(w.failure, "no answer in time");
        assert_int_equal(w.status, 0);
        conn_abort(&w.server.conn);
        for (int turn = 0; turn < 3; turn++)
            loop_run_once(w.loop, 0);
        assert_int_equal(conn_count(w.loop), 0);
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_plain_post_is_sent_and_answered),
        cmocka_unit_test(test_http_redirect_is_an_answer_like_any_other),
        cmocka_unit_test(test_http_tls_verifies_before_a_word_is_sent),
        cmocka_unit_test(test_http_fails_in_words),
        cmocka_unit_test(test_http_silence_refusal_and_cancel),
        cmocka_unit_test(test_http_dripping_server_is_left),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

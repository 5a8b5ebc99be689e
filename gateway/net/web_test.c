/* The server over loopback, asked by our own client and by raw octets. */
#include "net/test_end.h"
#include "net/test_pki.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/http.h"
#include "net/web.h"

enum { BODY_MAX = 1000, LARGE_MAX = 3000, LARGE_MS = 3000, REQUEST_MS = 150 };

static char folder[64];

struct world {
    struct loop *loop;
    struct tls_server *tls_server;
    struct tls_client *tls_client;
    struct web_server *server;
    struct web_exchange *held;
    bool holds; /* answers later */
    char seen[512];
    bool pulls; /* answers in pieces */
    int pieces, asked, released;
    struct http_fetch *fetch;
    bool is_done;
    int status;
    char type[64], body[256], failure[512];
};

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void on_release(void *ctx)
{
    struct world *w = ctx;
    w->released++;
}

enum { PIECE = 65536, PIECES = 400 };

static bool pull(void *ctx, struct slice *piece)
{
    static char octets[PIECE];
    struct world *w = ctx;
    w->pieces++;
    *piece = (struct slice){octets, PIECE};
    return true;
}

static void reply(struct world *w, struct web_exchange *exchange)
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

static void on_request(struct web_exchange *exchange,
                       const struct web_request *request, void *ctx)
{
    struct world *w = ctx;
    const char *host = web_header(exchange, "host");
    w->asked++;
    snprintf(w->seen, sizeof w->seen, "%s %s ?%s %s [%.*s]", request->method,
             request->path, request->query, host ? host : "-",
             SLICE_ARG(request->body));
    if (w->holds)
        w->held = exchange;
    else
        reply(w, exchange);
}

static bool is_large(void *ctx, struct slice head)
{
    (void)ctx;
    return memmem(head.p, head.n, "text/large", 10) != NULL;
}

static void on_fault(void *ctx, struct slice head, struct web_answer *answer)
{
    static const struct web_field fields[] = {{"Content-Type", "text/x-fault"}};
    (void)ctx;
    answer->fields = fields;
    answer->field_count = 1;
    answer->body = slice_cut(&head, ' ');
}

static int set_up_with(void **state, size_t per_address)
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
    struct web_settings settings = {.address = "127.0.0.1",
                                    .tls = w->tls_server,
                                    .header_max = 4096,
                                    .body_max = BODY_MAX,
                                    .idle_ms = END_WAIT_MS,
                                    .request_ms = REQUEST_MS,
                                    .connections = 2,
                                    .connections_per_address = per_address,
                                    .is_large = is_large,
                                    .large_max = LARGE_MAX,
                                    .large_ms = LARGE_MS,
                                    .large_count = 1,
                                    .on_fault = on_fault};
    if (web_server_create(w->loop, &settings, on_request, w, &w->server,
                          &err) != ST_OK)
        return -1;
    *state = w;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 2);
}

static int set_up_alone(void **state)
{
    return set_up_with(state, 1);
}

static int tear_down(void **state)
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

static void on_done(const struct http_response *response, void *ctx)
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

static void begin_typed(struct world *w, const char *method, const char *path,
                        struct slice body, const char *type)
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

static void begin(struct world *w, const char *method, const char *path,
                  struct slice body)
{
    begin_typed(w, method, path, body, "text/a");
}

static void turn_until(struct world *w, const bool *flag)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!*flag && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_true(*flag);
}

static void test_request_comes_whole_and_is_answered(void **state)
{
    struct world *w = *state;
    begin(w, "POST", "/m/x?lang=nl", SLICE_LITERAL("a=b"));
    turn_until(w, &w->is_done);
    assert_string_equal(w->seen, "POST /m/x ?lang=nl portal.example [a=b]");
    assert_string_equal(w->failure, "");
    assert_int_equal(w->status, 403);
    assert_string_equal(w->type, "text/x-a");
    assert_string_equal(w->body, "an answer");
    for (int i = 0; i < 100 && !w->released; i++)
        loop_run_once(w->loop, 50);
    assert_int_equal(w->released, 1);
}

static void test_body_above_the_cap_is_413(void **state)
{
    struct world *w = *state;
    char big[BODY_MAX + 1];
    memset(big, 'a', sizeof big);
    begin(w, "POST", "/", (struct slice){big, sizeof big - 1});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    begin(w, "POST", "/", (struct slice){big, sizeof big});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 413);
    assert_string_equal(w->type, "text/x-fault");
    assert_string_equal(w->body, "POST");
    assert_int_equal(w->asked, 1);
}

static void test_other_methods_are_none_of_ours(void **state)
{
    struct world *w = *state;
    begin(w, "DELETE", "/", (struct slice){"", 0});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    assert_int_equal(strncmp(w->seen, "OTHER ", 6), 0);
}

static bool is_held(struct world *w)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!w->held && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    return w->held != NULL;
}

static void test_answer_may_come_later_than_a_request_may_take(void **state)
{
    struct world *w = *state;
    w->holds = true;
    begin(w, "GET", "/", (struct slice){"", 0});
    assert_true(is_held(w));
    int64_t until = clock_mono_ms() + 2 * REQUEST_MS;
    while (clock_mono_ms() < until)
        loop_run_once(w->loop, 10);
    assert_int_equal(web_exchange_count(w->server), 1);
    assert_false(w->is_done);
    reply(w, w->held);
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    assert_int_equal(web_exchange_count(w->server), 0);
}

static void test_answer_to_a_client_that_left_goes_nowhere(void **state)
{
    struct world *w = *state;
    w->holds = true;
    begin(w, "GET", "/", (struct slice){"", 0});
    assert_true(is_held(w));
    http_cancel(&w->fetch);
    for (int i = 0; i < 10; i++)
        loop_run_once(w->loop, 5);
    reply(w, w->held);
    for (int i = 0; i < 10; i++)
        loop_run_once(w->loop, 5);
    assert_int_equal(w->released, 1);
    assert_int_equal(web_exchange_count(w->server), 0);
}

static void test_answer_after_the_server_went_goes_nowhere(void **state)
{
    struct world *w = *state;
    w->holds = true;
    begin(w, "GET", "/", (struct slice){"", 0});
    assert_true(is_held(w));
    web_server_destroy(&w->server);
    reply(w, w->held);
    assert_int_equal(w->released, 1);
}

/* One at a time, and of the next request on that connection nobody knows. */
static void test_large_body_wants_a_place(void **state)
{
    struct world *w = *state;
    char big[LARGE_MAX];
    struct slice body = {big, sizeof big};
    memset(big, 'a', sizeof big);
    w->holds = true;
    begin_typed(w, "POST", "/", body, "text/large");
    assert_true(is_held(w));
    struct http_fetch *first = w->fetch;
    begin_typed(w, "POST", "/", body, "text/large");
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 413);
    w->fetch = first;
    w->is_done = false;
    reply(w, w->held);
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    w->holds = false;
    begin_typed(w, "POST", "/", body, "text/large");
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
}

static void shake_hands(struct world *w, struct end *end)
{
    struct err err;
    struct tls_client_options options = {.host = "portal.example"};
    end_connect(end, w->loop, web_port(w->server), NULL);
    end_wait(end, CONN_EVENT_CONNECTED);
    assert_int_equal(
        conn_start_tls_client(end->conn, w->tls_client, &options, &err), ST_OK);
    end_wait(end, CONN_EVENT_TLS_READY);
}

static void assert_cut_off(struct world *w, const struct end *end)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!(end->seen & (1U << CONN_EVENT_EOF | 1U << CONN_EVENT_ERROR)) &&
           clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_true(clock_mono_ms() < until);
}

static void test_broken_request_gets_our_page(void **state)
{
    struct world *w = *state;
    static const char *const requests[] = {
        "GET nonsense\r\n\r\n",
        "BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n"
        "Content-Length: 3\r\n\r\nabc",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
        "Content-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n"
        "Content-Length: 2\r\n\r\nab"};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct end end;
        shake_hands(w, &end);
        end_say(&end, requests[i]);
        assert_cut_off(w, &end);
        char *got = xasprintf("%.*s", SLICE_ARG(buf_slice(&end.got)));
        assert_non_null(strstr(got, "HTTP/1.1 "));
        assert_non_null(strstr(got, "text/x-fault\r\n"));
        assert_null(strcasestr(got, "<html"));
        free(got);
        end_release(&end);
    }
    assert_int_equal(w->asked, 0);
}

static void test_head_has_no_body(void **state)
{
    struct world *w = *state;
    struct end end;
    shake_hands(w, &end);
    end_say(&end, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_cut_off(w, &end);
    struct slice got = buf_slice(&end.got);
    assert_true(got.n > 4);
    assert_memory_equal(got.p + got.n - 4, "\r\n\r\n", 4);
    end_release(&end);
}

/* A line of the chunked coding without an end is kept, in memory. */
static void test_endless_chunk_line_is_cut_off(void **state)
{
    struct world *w = *state;
    struct end end;
    static char line[1 << 20];
    memset(line, 0x61, sizeof line - 1);
    shake_hands(w, &end);
    end_say(&end, "POST / HTTP/1.1\r\nHost: a\r\n"
                  "Content-Type: text/large\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n1");
    int64_t start = clock_mono_ms();
    end_say(&end, line);
    assert_cut_off(w, &end);
    assert_true(clock_mono_ms() - start < LARGE_MS);
    assert_int_equal(w->asked, 0);
    end_release(&end);
}

static void test_connections_of_one_address_are_few(void **state)
{
    struct world *w = *state;
    struct end ends[2];
    for (int i = 0; i < 2; i++) {
        end_connect(&ends[i], w->loop, web_port(w->server), NULL);
        end_wait(&ends[i], CONN_EVENT_CONNECTED);
    }
    end_wait(&ends[1], CONN_EVENT_EOF);
    assert_int_equal(ends[0].seen & 1U << CONN_EVENT_EOF, 0);
    for (int i = 0; i < 2; i++)
        end_release(&ends[i]);
}

static void test_slow_request_is_cut_off(void **state)
{
    struct world *w = *state;
    struct end end;
    struct err err;
    end_connect(&end, w->loop, web_port(w->server), NULL);
    end_wait(&end, CONN_EVENT_CONNECTED);
    struct tls_client_options options = {.host = "portal.example"};
    assert_int_equal(
        conn_start_tls_client(end.conn, w->tls_client, &options, &err), ST_OK);
    end_wait(&end, CONN_EVENT_TLS_READY);
    int64_t start = clock_mono_ms();
    end_say(&end, "GET / HTTP/1.1\r\n");
    end_wait(&end, CONN_EVENT_ERROR);
    assert_in_range(clock_mono_ms() - start, REQUEST_MS / 3, END_WAIT_MS / 2);
    assert_int_equal(w->asked, 0);
    end_release(&end);
}

/* Two stand idle; a third is served once they were cut off. */
static void test_connections_above_the_cap_wait(void **state)
{
    struct world *w = *state;
    struct end ends[2];
    for (int i = 0; i < 2; i++) {
        end_connect(&ends[i], w->loop, web_port(w->server), NULL);
        end_wait(&ends[i], CONN_EVENT_CONNECTED);
    }
    for (int i = 0; i < 5; i++)
        loop_run_once(w->loop, 5);
    begin(w, "GET", "/", (struct slice){"", 0});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    for (int i = 0; i < 2; i++) {
        end_wait(&ends[i], CONN_EVENT_EOF);
        end_release(&ends[i]);
    }
}

/* A reader that stands still holds a few pieces, not the whole, and nobody
 * else up; when it goes, the answer is let go. */
static void test_answer_in_pieces_waits_for_its_reader(void **state)
{
    struct world *w = *state;
    struct end end;
    w->pulls = true;
    shake_hands(w, &end);
    end.keeps = true;
    end_say(&end, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 50; i++)
        loop_run_once(w->loop, 5);
    assert_in_range(w->pieces, 1, PIECES / 2);
    w->pulls = false;
    begin(w, "GET", "/", (struct slice){"", 0});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    assert_int_equal(w->released, 1);
    end_release(&end);
    for (int i = 0; i < 100 && w->released < 2; i++)
        loop_run_once(w->loop, 50);
    assert_int_equal(w->released, 2);
}

static void test_answer_in_pieces_comes_whole(void **state)
{
    struct world *w = *state;
    struct end end;
    unsigned over = 1U << CONN_EVENT_EOF | 1U << CONN_EVENT_ERROR;
    w->pulls = true;
    shake_hands(w, &end);
    end_say(&end, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!(end.seen & over) && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_int_equal(w->pieces, PIECES);
    assert_int_equal(w->released, 1);
    assert_in_range(buf_slice(&end.got).n, (size_t)PIECES * PIECE,
                    (size_t)PIECES * PIECE + 500);
    end_release(&end);
}

static void test_answer_in_pieces_ends_with_the_server(void **state)
{
    struct world *w = *state;
    struct end end;
    w->pulls = true;
    shake_hands(w, &end);
    end.keeps = true;
    end_say(&end, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 20; i++)
        loop_run_once(w->loop, 5);
    web_server_destroy(&w->server);
    assert_int_equal(w->released, 1);
    end_release(&end);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request_comes_whole_and_is_answered),
        TEST(test_body_above_the_cap_is_413),
        TEST(test_other_methods_are_none_of_ours),
        TEST(test_answer_may_come_later_than_a_request_may_take),
        TEST(test_answer_to_a_client_that_left_goes_nowhere),
        TEST(test_answer_after_the_server_went_goes_nowhere),
        TEST(test_large_body_wants_a_place),
        TEST(test_broken_request_gets_our_page),
        TEST(test_head_has_no_body),
        TEST(test_endless_chunk_line_is_cut_off),
        cmocka_unit_test_setup_teardown(test_connections_of_one_address_are_few,
                                        set_up_alone, tear_down),
        TEST(test_slow_request_is_cut_off),
        TEST(test_connections_above_the_cap_wait),
        TEST(test_answer_in_pieces_waits_for_its_reader),
        TEST(test_answer_in_pieces_comes_whole),
        TEST(test_answer_in_pieces_ends_with_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

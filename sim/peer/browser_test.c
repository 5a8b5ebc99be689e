/* The browser: cookies, links and redirects, against an HTTPS server that says
 * what each row has for it. */
#include "peer/browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "peer/listen.h"
#include "peer/stream.h"

#define NOW_S INT64_C(1772438400)
#define HOST "portal.gateway.lasthop.example"
#define COUNT(all) (sizeof(all) / sizeof *(all))
enum { LIMIT_MS = 30000, ANSWERS_MOST = 12, HEAD_BYTES = 2048 };

/* A site that gives its answers in order, one a connection. */
static struct {
    struct loop *loop;
    struct pki *pki;
    struct arena *arena;
    struct browser *browser;
    struct stream *stream;
    struct loop_watch *watch;
    SSL_CTX *tls;
    int fd;
    const char *const *answers;
    unsigned asked;
    char heads[ANSWERS_MOST][HEAD_BYTES];
    const struct browser_exchange *first;
} s;

/* -- the site ------------------------------------------------------------- */

static void on_connected(void *ctx)
{
    (void)ctx;
    stream_start_tls(s.stream, s.tls, true, NULL);
}

static void on_data(void *ctx)
{
    (void)ctx;
    char *head = s.heads[s.asked];
    size_t n = strlen(head);
    int got =
        evbuffer_remove(stream_input(s.stream), head + n, HEAD_BYTES - 1 - n);
    head[n + (got > 0 ? (size_t)got : 0)] = '\0';
    if (!strstr(head, "\r\n\r\n"))
        return;
    stream_send(s.stream, slice_of(s.answers[s.asked++]));
    stream_close(s.stream);
}

static void on_knock(void *ctx)
{
    (void)ctx;
    struct stream_events events = {.on_connected = on_connected,
                                   .on_data = on_data};
    int fd = listen_take(s.fd);
    if (fd < 0)
        return;
    stream_destroy(&s.stream);
    s.stream = stream_accept(s.loop, fd, &events);
    on_connected(NULL);
}

static int begin(void **state)
{
    (void)state;
    struct err err;
    uint16_t port = 0;
    struct pki_request request = {.name = HOST, .now_s = NOW_S};
    memset(&s, 0, sizeof s);
    s.loop = loop_create();
    s.pki = pki_create();
    s.arena = arena_create();
    s.tls = pki_server(s.pki, pki_chain_find(s.pki, &request),
                       (struct tls_range){0x0303, 0x0304, false});
    assert_int_equal(listen_open("127.0.0.1", &port, &s.fd, &err), ST_OK);
    s.watch = loop_watch_read(s.loop, s.fd, on_knock, NULL);
    struct browser_settings settings = {.loop = s.loop,
                                        .pki = s.pki,
                                        .address = "127.0.0.1",
                                        .port = port,
                                        .host = HOST};
    s.browser = browser_create(&settings);
    return 0;
}

static int end(void **state)
{
    (void)state;
    browser_destroy(&s.browser);
    stream_destroy(&s.stream);
    loop_watch_cancel(&s.watch);
    close(s.fd);
    arena_destroy(&s.arena);
    pki_destroy(&s.pki);
    loop_destroy(&s.loop);
    return 0;
}

static void on_done(void *ctx, const struct browser_exchange *first)
{
    (void)ctx;
    s.first = first;
}

static bool is_done(void *ctx)
{
    (void)ctx;
    return s.first != NULL;
}

/* One fetch, which meets these answers. */
static const struct browser_exchange *
fetch(const struct browser_request *request, const char *const *answers)
{
    s.answers = answers;
    s.asked = 0;
    s.first = NULL;
    memset(s.heads, 0, sizeof s.heads);
    browser_fetch(s.browser, request, NOW_S, on_done, NULL);
    assert_true(loop_run_until(s.loop, is_done, NULL, LIMIT_MS));
    return s.first;
}

#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define MOVED(to)                                                              \
    "HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nLocation: " to "\r\n\r\n"
#define SET(cookie)                                                            \
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: " cookie "\r\n\r\n"

/* -- tests ---------------------------------------------------------------- */

static void test_browser_path_of_each_link(void **state)
{
    (void)state;
    static const struct {
        const char *link, *at, *path; /* NULL: it leads elsewhere */
    } rows[] = {
        {"https://" HOST "/m/1", "/", "/m/1"},
        {"HTTPS://" HOST ":8443/m/1#top", "/", "/m/1"},
        {"https://" HOST, "/a", "/"},
        {"https://" HOST ".evil.example/m", "/", NULL},
        {"https://elsewhere.example/m", "/", NULL},
        {"http://" HOST "/m", "/", NULL},
        {"//elsewhere.example/m", "/", NULL},
        {"mailto:a@b.example", "/", NULL},
        {"/m/2", "/m/1", "/m/2"},
        {"2", "/m/1?x=/y", "/m/2"},
        {"?page=2", "/m/1?page=1", "/m/1?page=2"},
        {"", "/m/1?page=1", "/m/1?page=1"},
        {"#top", "/m/1", "/m/1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got =
            browser_path(s.browser, s.arena, rows[i].link, rows[i].at);
        if ((got == NULL) != (rows[i].path == NULL) ||
            (got && strcmp(got, rows[i].path) != 0))
            fail_msg("row %zu (%s): %s", i, rows[i].link, got ? got : "NULL");
    }
}

static void test_browser_keeps_and_sends_cookies(void **state)
{
    (void)state;
    static const struct {
        const char *set; /* by the answer before */
        enum browser_cookies how;
        const char *sent; /* with the next request */
    } rows[] = {
        {SET("id=a1; Path=/; Secure"), BROWSER_COOKIES_OWN, "id=a1"},
        {SET("id=b2"), BROWSER_COOKIES_OWN, "id=b2"},
        {SET("more=x"), BROWSER_COOKIES_OWN, "more=x; id=b2"},
        {SET("more=y"), BROWSER_COOKIES_NONE, ""},
        {SET("more=gone; Max-Age=0"), BROWSER_COOKIES_OWN, "id=b2"},
        {SET("id=b2"), BROWSER_COOKIES_WRONG, "id=c3"},
    };
    static const char *const page[] = {PAGE};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct browser_request request = {.target = "/"};
        fetch(&request, &rows[i].set);
        request.cookies = rows[i].how;
        const struct browser_exchange *e = fetch(&request, page);
        const char *line =
            arena_printf(s.arena, "\r\nCookie: %s\r\n", rows[i].sent);
        bool has = strstr(s.heads[0], "\r\nCookie: ") != NULL;
        if (strcmp(e->cookie, rows[i].sent) != 0 ||
            (*rows[i].sent ? !strstr(s.heads[0], line) : has))
            fail_msg("row %zu: %s", i, s.heads[0]);
    }
}

static void test_browser_follows_redirects_within_the_site(void **state)
{
    (void)state;
    static const struct {
        const char *answers[ANSWERS_MOST];
        bool stay;
        unsigned asked; /* how often */
        unsigned status;
        const char *target; /* of the last */
    } rows[] = {
        {{PAGE}, false, 1, 200, "/a/form"},
        {{MOVED("/done"), PAGE}, false, 2, 200, "/done"},
        {{MOVED("next"), MOVED("?n=2"), PAGE}, false, 3, 200, "/a/next?n=2"},
        {{MOVED("/done"), PAGE}, true, 1, 303, "/a/form"},
        {{MOVED("https://elsewhere.example/"), PAGE}, false, 1, 303, "/a/form"},
        /* it does not go round for ever */
        {{MOVED("/1"), MOVED("/2"), MOVED("/3"), MOVED("/4"), MOVED("/5"),
          MOVED("/6"), MOVED("/7"), MOVED("/8"), MOVED("/9"), PAGE},
         false,
         9,
         303,
         "/8"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct browser_request request = {.method = "POST",
                                          .target = "/a/form",
                                          .content_type = "text/plain",
                                          .body = slice_of("x"),
                                          .stay = rows[i].stay};
        const struct browser_exchange *e = fetch(&request, rows[i].answers);
        unsigned n = 1;
        assert_string_equal(e->method, "POST");
        for (; e->next; n++) {
            e = e->next;
            assert_string_equal(e->method, "GET");
            assert_int_equal(e->body.n, 0);
        }
        if (n != rows[i].asked || s.asked != n || !e->response ||
            e->response->status != rows[i].status ||
            strcmp(e->target, rows[i].target) != 0)
            fail_msg("row %zu: %u, %s", i, n, e->target);
    }
}

static void test_browser_says_what_failed(void **state)
{
    (void)state;
    static const struct {
        enum pki_kind kind;
        const char *answer;
        bool is_trusted;
    } rows[] = {{PKI_KIND_VALID, "no HTTP\r\n\r\n", true},
                {PKI_KIND_VALID, "", true},
                {PKI_KIND_EXPIRED, PAGE, false},
                {PKI_KIND_WRONG_HOST, PAGE, false},
                {PKI_KIND_UNTRUSTED_CA, PAGE, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pki_request chain = {
            .name = HOST, .kind = rows[i].kind, .now_s = NOW_S};
        struct browser_request request = {.target = "/"};
        s.tls = pki_server(s.pki, pki_chain_find(s.pki, &chain),
                           (struct tls_range){0x0303, 0x0304, false});
        const struct browser_exchange *e = fetch(&request, &rows[i].answer);
        if (e->response || !e->failure ||
            (e->certificate == NULL) != rows[i].is_trusted ||
            s.asked != (unsigned)rows[i].is_trusted)
            fail_msg("row %zu: %s", i, e->failure ? e->failure : "nothing");
        assert_string_equal(e->tls, "1.3");
    }
}

static void test_browser_octets_bring_every_answer(void **state)
{
    (void)state;
    static const char *const two[] = {
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n"
        "Content-Length: 2\r\n\r\nnoHTTP/1.1 400 Bad\r\n"
        "Content-Length: 1\r\n\r\nx"};
    static const char *const cut[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 2"};
    static const unsigned statuses[] = {100, 404, 400};
    struct browser_request request = {
        .target = "", .octets = SLICE_LITERAL("BREW \n\r\n\r\n")};
    const struct browser_exchange *e = fetch(&request, two);
    assert_string_equal(s.heads[0], "BREW \n\r\n\r\n");
    for (size_t i = 0; i < COUNT(statuses); i++, e = e->next) {
        assert_non_null(e);
        assert_null(e->failure);
        assert_string_equal(e->tls, "1.3");
        assert_int_equal(e->response->status, statuses[i]);
    }
    assert_null(e);
    e = fetch(&request, cut);
    assert_int_equal(e->response->status, 200);
    assert_non_null(e->next->failure);
    assert_null(e->next->response);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_browser_path_of_each_link),
        TEST(test_browser_keeps_and_sends_cookies),
        TEST(test_browser_follows_redirects_within_the_site),
        TEST(test_browser_says_what_failed),
        TEST(test_browser_octets_bring_every_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

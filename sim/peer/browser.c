#include "peer/browser.h"

#include <event2/buffer.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "peer/stream.h"

enum { RESPONSE_MOST = 128 << 20, REDIRECTS_MOST = 8, LIMIT_MS = 8000 };

struct browser {
    struct browser_settings settings;
    struct arena *arena;
    SSL_CTX *tls;
    struct browser_cookie *jar;
    /* The fetch that runs. */
    struct browser_request request;
    int64_t now_s;
    browser_done *on_done;
    void *ctx;
    struct browser_exchange *first, *last;
    unsigned redirects;
    struct stream *stream;
    struct http_reader *reader;
    struct loop_timer *limit;
};

/* -- cookies (RFC 6265) --------------------------------------------------- */

static struct browser_cookie *find_cookie(struct browser *b, struct slice name)
{
    for (struct browser_cookie *c = b->jar; c; c = c->next)
        if (slice_is(name, c->name))
            return c;
    return NULL;
}

static bool is_deletion(struct slice attributes)
{
    while (attributes.n) {
        struct slice one = slice_trim(slice_cut(&attributes, ';'));
        if (slice_is_nocase(one, "Max-Age=0"))
            return true;
    }
    return false;
}

static void keep_cookie(struct browser *b, const char *field)
{
    struct slice rest = slice_of(field);
    struct slice pair = slice_trim(slice_cut(&rest, ';'));
    struct slice name = slice_cut(&pair, '=');
    struct browser_cookie *c = find_cookie(b, name);
    if (!c) {
        c = ARENA_NEW(b->arena, struct browser_cookie);
        c->name = arena_text(b->arena, name);
        c->next = b->jar;
        b->jar = c;
    }
    c->value = is_deletion(rest) ? NULL : arena_text(b->arena, pair);
}

static void keep_cookies(struct browser *b, const struct http_message *m)
{
    const char *field;
    for (size_t i = 0; (field = http_field(m, "Set-Cookie", i)); i++)
        keep_cookie(b, field);
}

const struct browser_cookie *browser_cookies(const struct browser *browser)
{
    return browser->jar;
}

/* Another value of the same length and alphabet. */
static const char *falsified(struct arena *arena, const char *value)
{
    char *out = arena_strdup(arena, value);
    for (char *p = out; *p; p++)
        if ((*p >= '0' && *p <= '8') || (*p >= 'a' && *p < 'f') ||
            (*p >= 'A' && *p < 'F'))
            ++*p;
    return out;
}

static const char *cookie_line(struct browser *b)
{
    const struct browser *from =
        b->request.cookies_of ? b->request.cookies_of : b;
    const char *line = "";
    if (b->request.cookies == BROWSER_COOKIES_NONE)
        return line;
    for (const struct browser_cookie *c = from->jar; c; c = c->next) {
        const char *value = c->value;
        if (value && b->request.cookies == BROWSER_COOKIES_WRONG)
            value = falsified(b->arena, value);
        if (value)
            line = arena_printf(b->arena, "%s%s%s=%s", line, *line ? "; " : "",
                                c->name, value);
    }
    return line;
}

/* -- links ---------------------------------------------------------------- */

/* "https://host[:port]" at the front of a link: what stands behind, or NULL
 * when it is another site. */
static const char *behind_site(const struct browser *b, const char *link)
{
    static const char scheme[] = "https://";
    size_t host = strlen(b->settings.host);
    if (strncasecmp(link, scheme, sizeof scheme - 1) != 0)
        return NULL;
    link += sizeof scheme - 1;
    if (strncasecmp(link, b->settings.host, host) != 0)
        return NULL;
    link += host;
    if (*link == ':')
        link += 1 + strspn(link + 1, "0123456789");
    return *link == '/' || !*link ? link : NULL;
}

static bool has_scheme(const char *link)
{
    size_t n = strcspn(link, ":/?#");
    return link[n] == ':';
}

const char *browser_path(const struct browser *browser, struct arena *arena,
                         const char *link, const char *at)
{
    struct slice rest = slice_of(link);
    rest.n = slice_find(rest, '#');
    const char *path = arena_text(arena, rest);
    if (has_scheme(path)) {
        path = behind_site(browser, path);
        return path && !*path ? "/" : path;
    }
    if (path[0] == '/')
        return path[1] == '/' ? NULL : path;
    size_t query = strcspn(at, "?"), folder = query;
    if (!*path)
        return at;
    if (*path == '?')
        return arena_printf(arena, "%.*s%s", (int)query, at, path);
    while (folder && at[folder - 1] != '/')
        folder--;
    return arena_printf(arena, "%.*s%s", (int)folder, at, path);
}

/* -- one exchange --------------------------------------------------------- */

static void put_request(struct browser *b, struct buf *out)
{
    const struct browser_request *q = &b->request;
    const struct browser_exchange *e = b->last;
    buf_printf(out, "%s %s HTTP/1.1\r\nHost: %s:%u\r\n", e->method, e->target,
               b->settings.host, b->settings.port);
    if (*e->cookie)
        buf_printf(out, "Cookie: %s\r\n", e->cookie);
    if (q->origin)
        buf_printf(out, "Origin: %s\r\n", q->origin);
    if (q->authorization)
        buf_printf(out, "Authorization: %s\r\n", q->authorization);
    if (q->content_type)
        buf_printf(out, "Content-Type: %s\r\n", q->content_type);
    if (q->content_type || e->body.n)
        buf_printf(out, "Content-Length: %zu\r\n", e->body.n);
    buf_puts(out, "Accept-Language: en\r\nConnection: close\r\n\r\n");
    buf_put(out, e->body);
}

static void start_exchange(struct browser *b);
static void add_exchange(struct browser *b);

/* The same site's page that a redirect names; NULL: none. */
static const char *next_target(struct browser *b)
{
    const struct http_message *m = b->last->response;
    const char *location = m ? http_field(m, "Location", 0) : NULL;
    if (!location || m->status / 100 != 3 || b->request.stay ||
        ++b->redirects > REDIRECTS_MOST)
        return NULL;
    return browser_path(b, b->arena, location, b->last->target);
}

/* What was asked is answered, or never will be. */
static void finish_exchange(void *ctx)
{
    struct browser *b = ctx;
    loop_timer_cancel(&b->limit);
    stream_destroy(&b->stream);
    http_reader_destroy(&b->reader);
    const char *target = next_target(b);
    if (!target || b->request.octets.n) {
        b->on_done(b->ctx, b->first);
        return;
    }
    /* RFC 9110 15.4.4; a 307 or 308 would repeat the request, which no portal
     * needs. */
    b->request.method = "GET";
    b->request.target = target;
    b->request.body = (struct slice){NULL, 0};
    b->request.content_type = NULL;
    start_exchange(b);
}

static bool keep_response(struct browser *b)
{
    const struct http_message *message = http_reader_message(b->reader);
    if (!message)
        return false;
    /* The reader goes before the exchange does. */
    struct http_message *own = ARENA_NEW(b->arena, struct http_message);
    *own = *message;
    b->last->response = own;
    keep_cookies(b, own);
    return true;
}

static void end_exchange(struct browser *b, const char *failure)
{
    struct browser_exchange *e = b->last;
    if (!b->reader || e->response || e->failure)
        return;
    if (!keep_response(b))
        e->failure = arena_strdup(b->arena, failure);
    loop_timer_cancel(&b->limit);
    b->limit = loop_after(b->settings.loop, 0, finish_exchange, b);
}

/* -- octets as they are ---------------------------------------------------- */

/* failure NULL: the site ended the connection. */
static void end_octets(struct browser *b, const char *failure)
{
    struct browser_exchange *e = b->last;
    if (e->failure)
        return;
    if (!e->response || failure)
        e->failure = arena_strdup(b->arena, failure ? failure : "no answer");
    loop_timer_cancel(&b->limit);
    b->limit = loop_after(b->settings.loop, 0, finish_exchange, b);
}

static void add_answer(struct browser *b)
{
    const struct browser_exchange *before = b->last;
    add_exchange(b);
    b->last->tls = before->tls;
    b->last->certificate = before->certificate;
}

/* What comes behind an answer is the next one. */
static void take_answers(struct browser *b, struct slice octets)
{
    for (size_t i = 0; i < octets.n && !b->last->failure; i++) {
        struct slice one = {octets.p + i, 1};
        if (b->last->response)
            add_answer(b);
        enum http_state state = http_reader_feed(b->reader, one);
        if (state == HTTP_STATE_DONE)
            keep_response(b);
        else if (state == HTTP_STATE_BAD)
            end_octets(b, "what came is no HTTP response");
    }
}

static void on_connected(void *ctx)
{
    struct browser *b = ctx;
    stream_start_tls(b->stream, b->tls, false, b->settings.host);
}

static void on_tls(void *ctx, const char *failure)
{
    struct browser *b = ctx;
    struct browser_exchange *e = b->last;
    struct buf out;
    if (failure) {
        end_exchange(b, failure);
        return;
    }
    const SSL *ssl = stream_tls(b->stream);
    e->tls = tls_connection_version(ssl);
    const char *why =
        pki_verify(b->settings.pki, ssl, b->settings.host, b->now_s);
    e->certificate = why ? arena_strdup(b->arena, why) : NULL;
    if (why) {
        end_exchange(b, why);
        return;
    }
    buf_init(&out, e->body.n + b->request.octets.n + 65536);
    if (b->request.octets.n)
        buf_put(&out, b->request.octets);
    else
        put_request(b, &out);
    stream_send(b->stream, buf_slice(&out));
    buf_release(&out);
}

static void on_data(void *ctx)
{
    struct browser *b = ctx;
    struct evbuffer *in = stream_input(b->stream);
    struct evbuffer_iovec part;
    enum http_state state = HTTP_STATE_MORE;
    while (evbuffer_peek(in, -1, NULL, &part, 1) > 0 && part.iov_len) {
        struct slice octets = {part.iov_base, part.iov_len};
        if (b->request.octets.n)
            take_answers(b, octets);
        else
            state = http_reader_feed(b->reader, octets);
        evbuffer_drain(in, part.iov_len);
    }
    if (state != HTTP_STATE_MORE)
        end_exchange(b, "what came is no HTTP response");
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    struct browser *b = ctx;
    (void)end;
    if (b->request.octets.n) {
        end_octets(b, b->last->response ? NULL : why);
        return;
    }
    if (b->reader)
        http_reader_end(b->reader);
    end_exchange(b, why);
}

static void on_limit(void *ctx)
{
    struct browser *b = ctx;
    if (b->request.octets.n)
        end_octets(b, "the connection is still open");
    else
        end_exchange(b, "no answer in time");
}

static void add_exchange(struct browser *b)
{
    struct browser_exchange *e = ARENA_NEW(b->arena, struct browser_exchange);
    const struct browser_request *q = &b->request;
    *e = (struct browser_exchange){.method = q->method ? q->method : "GET",
                                   .target = q->target,
                                   .content_type = q->content_type,
                                   .body = q->body,
                                   .cookie = cookie_line(b)};
    if (b->last)
        b->last->next = e;
    else
        b->first = e;
    b->last = e;
    http_reader_destroy(&b->reader);
    b->reader = http_reader_create(b->arena, e->method, RESPONSE_MOST);
}

static void start_exchange(struct browser *b)
{
    add_exchange(b);
    struct stream_events events = {.on_connected = on_connected,
                                   .on_data = on_data,
                                   .on_tls = on_tls,
                                   .on_end = on_end,
                                   .ctx = b};
    b->limit = loop_after(b->settings.loop, LIMIT_MS, on_limit, b);
    b->stream = stream_connect(b->settings.loop, b->settings.local_address,
                               b->settings.address, b->settings.port, &events);
}

void browser_fetch(struct browser *browser,
                   const struct browser_request *request, int64_t now_s,
                   browser_done *on_done, void *ctx)
{
    struct browser *b = browser;
    if (b->stream)
        BUG("one fetch at a time");
    b->request = *request;
    b->request.target = arena_strdup(b->arena, request->target);
    b->request.body = arena_slice(b->arena, request->body);
    b->request.octets = arena_slice(b->arena, request->octets);
    b->request.content_type =
        request->content_type ? arena_strdup(b->arena, request->content_type)
                              : NULL;
    b->now_s = now_s;
    b->on_done = on_done;
    b->ctx = ctx;
    b->first = b->last = NULL;
    b->redirects = 0;
    start_exchange(b);
}

/* -- life ----------------------------------------------------------------- */

struct browser *browser_create(const struct browser_settings *settings)
{
    struct browser *b = xcalloc(1, sizeof *b);
    struct tls_range range = {0, 0, false};
    b->arena = arena_create();
    b->settings = *settings;
    b->tls = tls_client_create(range);
    return b;
}

void browser_destroy(struct browser **browser)
{
    struct browser *b = *browser;
    *browser = NULL;
    if (!b)
        return;
    loop_timer_cancel(&b->limit);
    stream_destroy(&b->stream);
    http_reader_destroy(&b->reader);
    tls_context_destroy(&b->tls);
    arena_destroy(&b->arena);
    free(b);
}

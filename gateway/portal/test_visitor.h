/* test_visitor - the portal over loopback, with a real store and a world that
 * answers what the test wants; the client is raw octets over TLS. */
#ifndef PORTAL_TEST_VISITOR_H
#define PORTAL_TEST_VISITOR_H

#include "net/test_end.h"
#include "net/test_pki.h"

#include <stdlib.h>

#include "base/test_folder.h"
#include "net/workers.h"
#include "portal/portal.h"
#include "portal/totp.h"

#define DIGITS16 "aaaaaaaaaaaaaaaa"
#define TOKEN(c) c DIGITS16 DIGITS16 DIGITS16 "aaaaaaaaaaaaaaa"
#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static const char content[] =
    "From: \"Jansen\" <jansen@clinic.example>\r\n"
    "To: \"Bob \\\"B\\\"\" <bob@h.example>, other@h.example\r\n"
    "Subject: =?utf-8?q?caf=C3=A9_<1>?=\r\nMessage-ID: <m@clinic.example>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nsecret <text>\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<b>secret html</b>\r\n"
    "--b\r\nContent-Type: application/pdf\r\n"
    "Content-Disposition: attachment; filename=\"a b.pdf\"\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nc2VjcmV0IGZpbGU=\r\n--b--\r\n";

struct world {
    char folder[64], pem[96], key[96];
    struct loop *loop;
    struct tls_server *tls_server;
    struct tls_client *tls_client;
    struct store *store;
    struct workers *workers;
    struct portal *portal;
    bool is_settled, is_suspended;
    const char *hash, *totp;  /* of the account */
    const char *bind_address; /* of the client; NULL: the usual one */
    int mails, shares;
    struct buf journal;
    /* Of the client. */
    char cookie[200], csrf[80], bearer[80];
    char answer[200000];
    int status;
    /* What is due. */
    struct store_item *item;
};

/* --- the application ----------------------------------------------------- */

static inline void on_journal(void *ctx, const struct store_event *event)
{
    struct world *w = ctx;
    buf_printf(&w->journal, "%s\n", event->line);
}

static inline void on_mail(void *ctx)
{
    struct world *w = ctx;
    w->mails++;
}

static inline void on_share(void *ctx, const struct portal_share *share)
{
    struct world *w = ctx;
    w->shares++;
    assert_memory_equal(share->value, "code:", 5); /* never in the clear */
}

static inline bool find_account(void *ctx, const char *address,
                                struct portal_account *out)
{
    const struct world *w = ctx;
    *out = (struct portal_account){"bob@h.example", w->hash, w->totp};
    return !w->is_suspended && strcmp(address, "bob@h.example") == 0;
}

static inline const char *find_share(void *ctx, const char *organization,
                                     const char *recipient, const char *kind)
{
    (void)ctx;
    (void)organization;
    (void)recipient;
    (void)kind;
    return NULL;
}

static inline const char *address_key(struct arena *arena, const char *address)
{
    return arena_strdup(arena, address);
}

struct checking {
    void (*on_done)(void *visit, bool right);
    void *visit;
    bool right;
};

static inline void on_checked(void *ctx)
{
    struct checking *c = ctx;
    if (c->on_done)
        c->on_done(c->visit, c->right);
    free(c);
}

static struct loop *the_loop;

static inline void *check(void *ctx, const char *user,
                          const struct secret *password, const char *hash,
                          void (*on_done)(void *visit, bool right), void *visit)
{
    struct checking *c = xcalloc(1, sizeof *c);
    (void)ctx;
    (void)user;
    *c = (struct checking){on_done, visit,
                           hash && slice_is(secret_slice(password), "pw")};
    loop_defer(the_loop, on_checked, c);
    return c;
}

static inline void cancel(void *checking)
{
    ((struct checking *)checking)->on_done = NULL;
}

/* --- messages ------------------------------------------------------------ */

static inline void post(void *loop, void (*fn)(void *), void *arg)
{
    loop_post(loop, fn, arg);
}

static inline void on_stored(void *ctx, const struct store_answer *answer)
{
    struct world *w = ctx;
    assert_int_equal(answer->status, ST_OK);
    w->is_settled = true;
}

static inline void on_due(void *ctx, const struct store_due *due)
{
    struct world *w = ctx;
    w->is_settled = true;
    w->item = due->count ? due->items[0] : NULL;
}

static inline void turn_until(struct world *w, const bool *flag)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!*flag && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_true(*flag);
}

static inline const struct store_item *next_due(struct world *w)
{
    w->is_settled = false;
    store_due(w->store, INT64_MAX, 1, on_due, w);
    turn_until(w, &w->is_settled);
    return w->item;
}

/* One recipient of one message, its outcome final. */
static inline void add_link(struct world *w, const char *token,
                            const char *method, const char *delivery)
{
    const char *id = token; /* unique */
    struct store_message message = {.id = id,
                                    .organization = "clinic",
                                    .sender = "jansen@clinic.example",
                                    .reverse_path = "jansen@clinic.example",
                                    .accepted_ms = 1000,
                                    .content = SLICE_LITERAL(content)};
    struct store_recipient recipient = {.address = "bob@h.example",
                                        .conversation = "c1",
                                        .right = "access-code",
                                        .right_value = "135789",
                                        .return_path = id,
                                        .link_token = token,
                                        .mail_id = id};
    struct store_accept accept = {
        .message = &message, .recipients = &recipient, .recipient_count = 1};
    w->is_settled = false;
    store_accept(w->store, &accept, on_stored, w);
    turn_until(w, &w->is_settled);
    struct store_record record = {.item = next_due(w),
                                  .change = STORE_CHANGE_FINISHED,
                                  .method = method,
                                  .delivery = delivery};
    w->is_settled = false;
    store_record(w->store, &record, on_stored, w);
    turn_until(w, &w->is_settled);
    store_item_release(w->item);
}

/* --- the client ---------------------------------------------------------- */

static inline void take_between(char *out, size_t n, const char *text,
                                const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at)
        return;
    at += strlen(from);
    snprintf(out, n, "%.*s", (int)strcspn(at, to), at);
}

static inline void ask_with(struct world *w, const char *method,
                            const char *path, const char *type,
                            const char *body)
{
    struct end end;
    struct err err;
    struct conn_settings to = {.address = "127.0.0.1",
                               .port = portal_port(w->portal),
                               .bind_address = w->bind_address,
                               .connect_timeout_ms = END_WAIT_MS};
    end_init(&end, w->loop);
    end.conn = conn_connect(w->loop, &to, end_on_event, &end);
    end_wait(&end, CONN_EVENT_CONNECTED);
    struct tls_client_options options = {.host = "portal.example"};
    assert_int_equal(
        conn_start_tls_client(end.conn, w->tls_client, &options, &err), ST_OK);
    end_wait(&end, CONN_EVENT_TLS_READY);
    char *request = xasprintf(
        "%s %s HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n"
        "Accept-Language: nl\r\nCookie: __Host-portal=%s\r\n"
        "Content-Type: %s\r\nContent-Length: %zu\r\n"
        "Authorization: Bearer %s\r\n\r\n%s",
        method, path, w->cookie, type, strlen(body), w->bearer, body);
    end_say(&end, request);
    free(request);
    unsigned over = 1U << CONN_EVENT_EOF | 1U << CONN_EVENT_ERROR;
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!(end.seen & over) && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    struct slice got = buf_slice(&end.got);
    snprintf(w->answer, sizeof w->answer, "%.*s", SLICE_ARG(got));
    unsigned long status = 0;
    struct slice digits = {w->answer + 9, got.n > 12 ? 3 : 0};
    w->status = slice_number(digits, 999, &status) ? (int)status : 0;
    take_between(w->cookie, sizeof w->cookie, w->answer, "__Host-portal=", ";");
    take_between(w->csrf, sizeof w->csrf, w->answer, "name=\"csrf\" value=\"",
                 "\"");
    end_release(&end);
    for (int i = 0; i < 4; i++)
        loop_run_once(w->loop, 0);
}

static inline int ask(struct world *w, const char *path)
{
    ask_with(w, "GET", path, "text/none", "");
    return w->status;
}

/* fields: "a=b&c=d"; csrf is added. */
static inline int send_form(struct world *w, const char *path,
                            const char *fields)
{
    char *body = xasprintf("csrf=%s&%s", w->csrf, fields);
    ask_with(w, "POST", path, "application/x-www-form-urlencoded", body);
    free(body);
    return w->status;
}

static inline bool said(const struct world *w, const char *text)
{
    return strstr(w->answer, text) != NULL;
}

/* --- set up -------------------------------------------------------------- */

static inline int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct err err;
    w->hash = "hash";
    w->totp = SECRET;
    if (!test_folder_make(w->folder, "portal"))
        return -1;
    snprintf(w->pem, sizeof w->pem, "%s/c.pem", w->folder);
    snprintf(w->key, sizeof w->key, "%s/k.pem", w->folder);
    struct pki_identity leaf = pki_make((struct pki_wish){
        .common_name = "portal", .alt_name = "DNS:portal.example"});
    pki_write(w->pem, leaf.certificate, NULL);
    pki_write_key(w->key, leaf.key);
    pki_free(&leaf);
    buf_init(&w->journal, 1 << 20);
    the_loop = w->loop = loop_create();
    struct store_settings store = {
        .directory = w->folder, .post = post, .loop = w->loop};
    struct portal_settings settings = {.address = "127.0.0.1",
                                       .base = "https://portal.example",
                                       .from = "no-reply@g.example",
                                       .host_name = "g.example",
                                       .limits = {5, 20, 3, 900000, 900000},
                                       .code_email_ms = 600000,
                                       .session_ms = 3600000,
                                       .notice_ms = 1000,
                                       .reply_bytes = 2000,
                                       .replies_per_hour = 2};
    struct portal_world world = {
        NULL,         NULL,       w,           on_journal, on_mail, on_share,
        find_account, find_share, address_key, check,      cancel,  NULL};
    if (tls_server_create(w->pem, w->key, &w->tls_server, &err) != ST_OK ||
        tls_client_create(w->pem, &w->tls_client, &err) != ST_OK ||
        store_open(&store, &w->store, &err) != ST_OK)
        return -1;
    settings.tls = w->tls_server;
    world.loop = w->loop;
    world.store = w->store;
    world.workers = w->workers = workers_create(w->loop);
    if (portal_create(&settings, &world, &w->portal, &err) != ST_OK)
        return -1;
    *state = w;
    return 0;
}

static inline int tear_down(void **state)
{
    struct world *w = *state;
    portal_destroy(&w->portal);
    store_close(&w->store);
    for (int i = 0; i < 4; i++)
        loop_run_once(w->loop, 0);
    workers_destroy(&w->workers);
    tls_server_destroy(&w->tls_server);
    tls_client_destroy(&w->tls_client);
    loop_destroy(&w->loop);
    buf_release(&w->journal);
    test_folder_remove(w->folder);
    free(w);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

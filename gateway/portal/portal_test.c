/* The portal over loopback, with a real store and a world that answers what
 * the test wants; the client is raw octets over TLS. */
#include "net/test_end.h"
#include "net/test_pki.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/test_folder.h"
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
    struct portal *portal;
    bool is_settled, is_suspended;
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

static void on_journal(void *ctx, const struct store_event *event)
{
    struct world *w = ctx;
    buf_printf(&w->journal, "%s\n", event->line);
}

static void on_mail(void *ctx)
{
    struct world *w = ctx;
    w->mails++;
}

static void on_share(void *ctx, const struct portal_share *share)
{
    struct world *w = ctx;
    w->shares++;
    assert_string_equal(share->value, "135789");
}

static bool find_account(void *ctx, const char *address,
                         struct portal_account *out)
{
    const struct world *w = ctx;
    *out = (struct portal_account){"bob@h.example", "hash", SECRET};
    return !w->is_suspended && strcmp(address, "bob@h.example") == 0;
}

static const char *find_share(void *ctx, const char *organization,
                              const char *recipient, const char *kind)
{
    (void)ctx;
    (void)organization;
    (void)recipient;
    (void)kind;
    return NULL;
}

static const char *address_key(struct arena *arena, const char *address)
{
    return arena_strdup(arena, address);
}

struct checking {
    void (*on_done)(void *visit, bool right);
    void *visit;
    bool right;
};

static void on_checked(void *ctx)
{
    struct checking *c = ctx;
    if (c->on_done)
        c->on_done(c->visit, c->right);
    free(c);
}

static struct loop *the_loop;

static void *check(void *ctx, const char *user, const struct secret *password,
                   const char *hash, void (*on_done)(void *visit, bool right),
                   void *visit)
{
    struct checking *c = xcalloc(1, sizeof *c);
    (void)ctx;
    (void)user;
    *c = (struct checking){on_done, visit,
                           hash && slice_is(secret_slice(password), "pw")};
    loop_defer(the_loop, on_checked, c);
    return c;
}

static void cancel(void *checking)
{
    ((struct checking *)checking)->on_done = NULL;
}

/* --- messages ------------------------------------------------------------ */

static void post(void *loop, void (*fn)(void *), void *arg)
{
    loop_post(loop, fn, arg);
}

static void on_stored(void *ctx, const struct store_answer *answer)
{
    struct world *w = ctx;
    assert_int_equal(answer->status, ST_OK);
    w->is_settled = true;
}

static void on_due(void *ctx, const struct store_due *due)
{
    struct world *w = ctx;
    w->is_settled = true;
    w->item = due->count ? due->items[0] : NULL;
}

static void turn_until(struct world *w, const bool *flag)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!*flag && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_true(*flag);
}

static const struct store_item *next_due(struct world *w)
{
    w->is_settled = false;
    store_due(w->store, INT64_MAX, 1, on_due, w);
    turn_until(w, &w->is_settled);
    return w->item;
}

/* One recipient of one message, its outcome final. */
static void add_link(struct world *w, const char *token, const char *method,
                     const char *delivery)
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

static void take_between(char *out, size_t n, const char *text,
                         const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at)
        return;
    at += strlen(from);
    snprintf(out, n, "%.*s", (int)strcspn(at, to), at);
}

static void ask_with(struct world *w, const char *method, const char *path,
                     const char *type, const char *body)
{
    struct end end;
    struct err err;
    end_connect(&end, w->loop, portal_port(w->portal), NULL);
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

static int ask(struct world *w, const char *path)
{
    ask_with(w, "GET", path, "text/none", "");
    return w->status;
}

/* fields: "a=b&c=d"; csrf is added. */
static int send_form(struct world *w, const char *path, const char *fields)
{
    char *body = xasprintf("csrf=%s&%s", w->csrf, fields);
    ask_with(w, "POST", path, "application/x-www-form-urlencoded", body);
    free(body);
    return w->status;
}

static bool said(const struct world *w, const char *text)
{
    return strstr(w->answer, text) != NULL;
}

/* --- set up -------------------------------------------------------------- */

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct err err;
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
                                       .reply_bytes = 2000};
    struct portal_world world = {
        NULL,         NULL,       w,           on_journal, on_mail, on_share,
        find_account, find_share, address_key, check,      cancel};
    if (tls_server_create(w->pem, w->key, &w->tls_server, &err) != ST_OK ||
        tls_client_create(w->pem, &w->tls_client, &err) != ST_OK ||
        store_open(&store, &w->store, &err) != ST_OK)
        return -1;
    settings.tls = w->tls_server;
    world.loop = w->loop;
    world.store = w->store;
    if (portal_create(&settings, &world, &w->portal, &err) != ST_OK)
        return -1;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    portal_destroy(&w->portal);
    store_close(&w->store);
    for (int i = 0; i < 4; i++)
        loop_run_once(w->loop, 0);
    tls_server_destroy(&w->tls_server);
    tls_client_destroy(&w->tls_client);
    loop_destroy(&w->loop);
    buf_release(&w->journal);
    test_folder_remove(w->folder);
    free(w);
    return 0;
}

/* --- tests --------------------------------------------------------------- */

static void test_link_alone_shows_nothing(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "access-right", "notification");
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 200);
    assert_true(said(w, "data-page=\"verify\" data-method=\"access-code\""));
    assert_true(said(w, "<html lang=\"nl\">"));
    assert_true(said(w, "SameSite=Lax") && said(w, "Secure; HttpOnly"));
    assert_false(said(w, "secret") || said(w, "135789") ||
                 said(w, "caf\xc3\xa9"));
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/html/1"), 403);
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/a/2"), 403);
    assert_false(said(w, "secret"));
    assert_int_equal(buf_slice(&w->journal).n, 0);
}

static void test_verified_reads_everything(void **state)
{
    struct world *w = *state;
    const char *verify = "/m/" TOKEN("1") "/verify";
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    assert_int_equal(send_form(w, verify, "code=135780"), 403);
    assert_true(said(w, "data-error=\"wrong\""));
    assert_int_equal(send_form(w, verify, "code=135789"), 303);
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 200);
    assert_true(said(w, "data-page=\"message\""));
    assert_true(said(w, "caf\xc3\xa9 &lt;1&gt;"));
    assert_true(said(w, "secret &lt;text&gt;"));
    assert_true(said(w, "Jansen &lt;jansen@clinic.example&gt;"));
    assert_true(said(w, "data-participant=\"bob@h.example\""));
    assert_false(said(w, "other@h.example")); /* no envelope recipient */
    assert_true(said(w, "default-src 'none'") && said(w, "no-store"));
    assert_int_equal(w->shares, 1);
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/html/1"), 200);
    assert_true(said(w, "frame-ancestors 'self'; sandbox\r\n"));
    assert_true(said(w, "<b>secret html</b>"));
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/a/2"), 200);
    assert_true(said(w, "attachment; filename=\"a b.pdf\";"));
    assert_true(said(w, "nosniff") && said(w, "\r\n\r\nsecret file"));
    assert_int_equal(ask(w, "/m/" TOKEN("1") "/a/1"), 404);
    const char *journal = buf_slice(&w->journal).p;
    assert_non_null(strstr(journal, "\"method\":\"access-code\""));
    assert_null(strstr(strchr(journal, '\n'), "opened")); /* once */
}

static void test_form_without_its_csrf_does_nothing(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    snprintf(w->csrf, sizeof w->csrf, "%064d", 0);
    assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=135789"),
                     403);
    assert_true(said(w, "data-page=\"expired\""));
    ask(w, "/m/" TOKEN("1"));
    w->cookie[0] = '\0';
    assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=135789"),
                     403);
    assert_true(said(w, "data-page=\"expired\""));
}

/* The answers but for their date and cookie. */
static void assert_unknown(struct world *w, const char *path)
{
    w->cookie[0] = '\0';
    assert_int_equal(ask(w, path), 404);
    const char *page = strstr(w->answer, "\r\n\r\n");
    static char first[200000];
    if (!first[0])
        snprintf(first, sizeof first, "%s", page);
    assert_string_equal(page, first);
    assert_true(said(w, "data-page=\"unknown\""));
}

static void test_unknown_and_void_links_are_one_answer(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "access-right", "notification");
    add_link(w, TOKEN("2"), "transport-security", "direct");
    add_link(w, TOKEN("3"), "email", "failed");
    assert_unknown(w, "/m/" TOKEN("4"));
    assert_unknown(w, "/m/" TOKEN("2"));
    assert_unknown(w, "/m/" TOKEN("3"));
    assert_unknown(w, "/d/" TOKEN("1") "/2");
    assert_unknown(w, "/m/short");
    assert_unknown(w, "/");
    w->cookie[0] = '\0';
    for (int i = 0; i < 4; i++) {
        ask(w, "/m/" TOKEN("1"));
        assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=1"),
                         403);
    }
    assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", "code=1"), 429);
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 429);
    assert_true(said(w, "data-page=\"locked\""));
}

static void test_account_logs_in_with_both_factors(void **state)
{
    struct world *w = *state;
    const char *login = "/m/" TOKEN("1") "/login";
    char code[TOTP_DIGITS + 1], fields[200];
    add_link(w, TOKEN("1"), "account", "notification");
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-form=\"login\""));
    assert_true(totp_code(SECRET, clock_wall_s() / 30, code));
    snprintf(fields, sizeof fields,
             "address=bob%%40h.example&password=no&code=%s", code);
    assert_int_equal(send_form(w, login, fields), 403);
    assert_int_equal(
        send_form(w, login, "address=bob%40h.example&password=pw&code=1"), 403);
    snprintf(fields, sizeof fields,
             "address=eve%%40h.example&password=pw&code=%s", code);
    assert_int_equal(send_form(w, login, fields), 403);
    snprintf(fields, sizeof fields,
             "address=bob%%40h.example&password=pw&code=%s", code);
    assert_int_equal(send_form(w, login, fields), 303);
    assert_int_equal(ask(w, "/m/" TOKEN("1")), 200);
    assert_true(said(w, "data-page=\"message\""));
    assert_int_equal(w->shares, 0);
    w->is_suspended = true;
    ask(w, "/m/" TOKEN("1"));
    assert_true(said(w, "data-page=\"verify\""));
}

static void test_code_goes_by_mail_and_opens_once(void **state)
{
    struct world *w = *state;
    char code[7], fields[40];
    add_link(w, TOKEN("2"), "transport-security", "direct");
    assert_int_equal(ask(w, "/d/" TOKEN("2") "/2"), 200);
    assert_int_equal(send_form(w, "/d/" TOKEN("2") "/2/code", ""), 303);
    assert_int_equal(w->mails, 1);
    const struct store_item *item = next_due(w);
    assert_int_equal(item->kind, STORE_KIND_DSN);
    assert_string_equal(item->dsn->to, "bob@h.example");
    assert_string_equal(item->dsn->action, "code");
    char *mail = xasprintf("%.*s", SLICE_ARG(item->dsn->content));
    assert_non_null(strstr(mail, "X-Zivver-Transport: notification\r\n"));
    assert_null(strstr(mail, "caf\xc3\xa9"));
    snprintf(code, sizeof code, "%.6s", strstr(mail, "\r\n\r\n") + 4);
    free(mail);
    store_item_release(w->item);
    ask(w, "/d/" TOKEN("2") "/2");
    assert_true(said(w, "data-note=\"code-sent\""));
    snprintf(fields, sizeof fields, "code=%s", code);
    assert_int_equal(send_form(w, "/d/" TOKEN("2") "/2/verify", fields), 303);
    assert_int_equal(ask(w, "/d/" TOKEN("2") "/2"), 200);
    assert_true(said(w, "data-page=\"download\"") && said(w, "a b.pdf"));
    assert_int_equal(ask(w, "/d/" TOKEN("2") "/2/file"), 200);
    assert_true(said(w, "\r\n\r\nsecret file"));
    assert_int_equal(ask(w, "/m/" TOKEN("2")), 404);
    assert_non_null(
        strstr(buf_slice(&w->journal).p, "\"what\":\"attachment\""));
}

static void send_reply(struct world *w, const char *text, const char *file)
{
    char *body = xasprintf(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%s\r\n"
        "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n%s\r\n"
        "--x\r\nContent-Disposition: form-data; name=\"attachment\"; "
        "filename=\"%s\"\r\nContent-Type: text/html\r\n\r\n%s\r\n--x--\r\n",
        w->csrf, text, *file ? "a.html" : "", file);
    ask_with(w, "POST", "/m/" TOKEN("1") "/reply",
             "multipart/form-data; boundary=x", body);
    free(body);
}

static void test_reply_goes_to_the_sender_alone(void **state)
{
    struct world *w = *state;
    char big[2100];
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    send_form(w, "/m/" TOKEN("1") "/verify", "code=135789");
    ask(w, "/m/" TOKEN("1"));
    send_reply(w, " ", "");
    assert_int_equal(w->status, 400);
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    send_reply(w, "kept", big);
    assert_int_equal(w->status, 413);
    assert_true(said(w, "data-error=\"too-large\"") && said(w, "kept"));
    send_reply(w, "my answer", "<i>x</i>");
    assert_int_equal(w->status, 303);
    assert_int_equal(w->mails, 1);
    const struct store_item *item = next_due(w);
    assert_string_equal(item->message->kind, "reply");
    assert_string_equal(item->message->organization, "clinic");
    assert_string_equal(item->message->reverse_path, "bob@h.example");
    assert_string_equal(item->recipient->address, "jansen@clinic.example");
    assert_string_equal(item->recipient->conversation, "c1");
    char *mail = xasprintf("%.*s", SLICE_ARG(item->message->content));
    assert_non_null(strstr(
        mail, "From: \"Bob \\\"B\\\" (bob@h.example) via the portal\"\r\n "
              "<no-reply@g.example>\r\n"));
    assert_non_null(strstr(mail, "\r\nReply-To: bob@h.example\r\n"));
    assert_non_null(strstr(mail, "\r\nIn-Reply-To: <m@clinic.example>\r\n"));
    assert_non_null(strcasestr(mail, "\r\nSubject: =?utf-8?"));
    assert_non_null(strstr(mail, "\r\n\r\nmy answer"));
    assert_non_null(
        strstr(mail, "filename*=UTF-8''a.html\r\n\r\nPGk+eDwvaT4="));
    free(mail);
    store_item_release(w->item);
    assert_null(next_due(w));
}

static int client_login(struct world *w, const char *address,
                        const char *password, const char *code)
{
    char *body = xasprintf("{\"address\":\"%s\",\"password\":\"%s\","
                           "\"code\":\"%s\"}",
                           address, password, code);
    ask_with(w, "POST", "/api/login", "application/json", body);
    free(body);
    take_between(w->bearer, sizeof w->bearer, w->answer, "\"token\":\"", "\"");
    return w->status;
}

static void test_mail_client_reads_its_conversation(void **state)
{
    struct world *w = *state;
    char code[TOTP_DIGITS + 1];
    add_link(w, TOKEN("1"), "account", "notification");
    assert_true(totp_code(SECRET, clock_wall_s() / 30, code));
    assert_int_equal(ask(w, "/api/conversations/c1"), 401);
    assert_int_equal(client_login(w, "bob@h.example", "no", code), 401);
    assert_int_equal(client_login(w, "bob@h.example", "pw", "1"), 401);
    assert_int_equal(client_login(w, "bob@h.example", "pw", code), 200);
    assert_int_equal(ask(w, "/api/conversations/c1"), 200);
    assert_true(said(w, "\"subject\":\"caf\xc3\xa9 <1>\""));
    assert_true(said(w, "\"participants\":[\"bob@h.example\"]"));
    assert_true(said(w, "secret <text>") && said(w, "<b>secret html</b>"));
    const char *href = "/api/messages/" TOKEN("1") "/attachments/2";
    assert_true(said(w, "\"name\":\"a b.pdf\"") && said(w, "/attachments/2\""));
    assert_non_null(strstr(buf_slice(&w->journal).p, "\"opened\""));
    assert_int_equal(ask(w, "/api/conversations/c2"), 404);
    assert_int_equal(ask(w, href), 404); /* an id of 64 digits is none */
    w->is_suspended = true;
    assert_int_equal(ask(w, "/api/conversations/c1"), 401);
    w->is_suspended = false;
    ask_with(w, "POST", "/api/logout", "application/json", "");
    assert_int_equal(w->status, 200);
    assert_int_equal(ask(w, "/api/conversations/c1"), 401);
}

/* Nobody is told from somebody. */
static void test_unknown_account_is_locked_like_a_known_one(void **state)
{
    struct world *w = *state;
    static const char *const addresses[] = {"bob@h.example", "eve@h.example"};
    for (int a = 0; a < 2; a++)
        for (int i = 1; i <= 6; i++)
            assert_int_equal(client_login(w, addresses[a], "no", "123456"),
                             i < 5 ? 401 : 429);
    ask_with(w, "POST", "/api/login", "application/json", "[1]");
    assert_int_equal(w->status, 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_link_alone_shows_nothing),
        TEST(test_verified_reads_everything),
        TEST(test_form_without_its_csrf_does_nothing),
        TEST(test_unknown_and_void_links_are_one_answer),
        TEST(test_account_logs_in_with_both_factors),
        TEST(test_code_goes_by_mail_and_opens_once),
        TEST(test_reply_goes_to_the_sender_alone),
        TEST(test_mail_client_reads_its_conversation),
        TEST(test_unknown_account_is_locked_like_a_known_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "portal/visit.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "portal/download.h"
#include "portal/page.h"

enum { TOKEN_OCTETS = 32, DIGEST_OCTETS = 32, MARK_DIGITS = 32 };

#define LANGUAGE_COOKIE "__Host-language"

const char *proof_name(enum proof proof)
{
    static const char *const names[] = {
        [PROOF_NONE] = "none",   [PROOF_ACCOUNT] = "account",
        [PROOF_SMS] = "sms",     [PROOF_ACCESS_CODE] = "access-code",
        [PROOF_EMAIL] = "email",
    };
    _Static_assert(sizeof names / sizeof *names == PROOF_COUNT, "names");
    return names[proof];
}

/* --- who it is ----------------------------------------------------------- */

static void to_hex(const unsigned char digest[DIGEST_OCTETS],
                   char out[PORTAL_HASH_BYTES])
{
    for (int i = 0; i < DIGEST_OCTETS; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void visit_hash(const char *use, const char *token, char out[PORTAL_HASH_BYTES])
{
    unsigned char digest[DIGEST_OCTETS];
    char *text = xasprintf("%s:%s", use, token);
    if (EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) != 1)
        BUG("SHA-256");
    explicit_bzero(text, strlen(text));
    free(text);
    to_hex(digest, out);
}

static void authenticate(const struct portal_settings *settings,
                         const char *text, char out[PORTAL_HASH_BYTES])
{
    unsigned char digest[DIGEST_OCTETS];
    if (!HMAC(EVP_sha256(), settings->key, PORTAL_KEY_BYTES,
              (const unsigned char *)text, strlen(text), digest, NULL))
        BUG("HMAC");
    to_hex(digest, out);
}

/* What a marked cookie bears behind its token (PORTAL-3: of 256 random bits).
 */
static void make_mark(const struct portal_settings *settings,
                      const char *cookie, char out[PORTAL_HASH_BYTES])
{
    char text[2 * TOKEN_OCTETS + sizeof "verified:"];
    snprintf(text, sizeof text, "verified:%.*s", 2 * TOKEN_OCTETS, cookie);
    authenticate(settings, text, out);
}

bool visit_is_marked(const struct portal_settings *settings, const char *cookie)
{
    char mark[PORTAL_HASH_BYTES];
    if (!cookie || strlen(cookie) != 2 * TOKEN_OCTETS + MARK_DIGITS)
        return false;
    make_mark(settings, cookie, mark);
    return CRYPTO_memcmp(mark, cookie + 2 * TOKEN_OCTETS, MARK_DIGITS) == 0;
}

static void set_cookie(struct visit *v, const char *token)
{
    v->cookie = token;
    visit_hash("web", token, v->session);
    authenticate(v->settings, token, v->csrf);
}

static char *new_token(struct arena *arena)
{
    char *token = arena_alloc(arena, 2 * TOKEN_OCTETS + MARK_DIGITS + 1);
    random_hex(token, TOKEN_OCTETS);
    return token;
}

const char *visit_renew(struct visit *v, bool is_marked)
{
    char *token = new_token(v->arena), mark[PORTAL_HASH_BYTES];
    if (is_marked) {
        make_mark(v->settings, token, mark);
        memcpy(token + 2 * TOKEN_OCTETS, mark, MARK_DIGITS);
        token[2 * TOKEN_OCTETS + MARK_DIGITS] = '\0';
    }
    set_cookie(v, token);
    v->sets_cookie = true;
    return v->session;
}

static void read_cookies(struct visit *v)
{
    const char *header = web_header(v->exchange, "Cookie");
    const char *token = form_cookie(v->arena, header, VISIT_COOKIE);
    size_t n = token ? strlen(token) : 0;
    v->has_cookie =
        (n == 2 * TOKEN_OCTETS || n == 2 * TOKEN_OCTETS + MARK_DIGITS) &&
        strspn(token, "0123456789abcdef") == n;
    v->sets_cookie = !v->has_cookie;
    set_cookie(v, v->has_cookie ? token : new_token(v->arena));
    const char *wish = form_query(v->arena, v->request.query, "lang");
    v->sets_language = language_find(wish, &v->language);
    if (!v->sets_language &&
        !language_find(form_cookie(v->arena, header, LANGUAGE_COOKIE),
                       &v->language))
        v->language =
            language_choose(web_header(v->exchange, "Accept-Language"));
}

static void read_form(struct visit *v)
{
    if (strcmp(v->request.method, "POST") != 0 || v->kind == VISIT_API)
        return;
    if (form_parse(v->arena, web_header(v->exchange, "Content-Type"),
                   v->request.body, &v->form) != ST_OK)
        return;
    const char *csrf = form_text(v->arena, &v->form, "csrf");
    v->has_form = v->has_cookie && strlen(csrf) == strlen(v->csrf) &&
                  CRYPTO_memcmp(csrf, v->csrf, strlen(csrf)) == 0;
}

bool visit_account(struct visit *v, const char *address)
{
    struct portal_account *a = &v->account;
    if (!v->world->account(v->world->ctx, address, a)) {
        *a = (struct portal_account){NULL, NULL, NULL};
        return false;
    }
    a->address = arena_strdup(v->arena, a->address);
    a->password_hash = arena_strdup(v->arena, a->password_hash);
    a->totp = arena_strdup(v->arena, a->totp);
    return true;
}

const char *visit_credential(struct visit *v)
{
    char *hash = arena_alloc(v->arena, PORTAL_HASH_BYTES);
    visit_hash("credential",
               arena_printf(v->arena, "%s %s", v->account.password_hash,
                            v->account.totp),
               hash);
    return hash;
}

bool visit_is_current(struct visit *v, const char *address,
                      const char *credential)
{
    return credential && visit_account(v, address) &&
           strcmp(credential, visit_credential(v)) == 0;
}

/* --- where to ------------------------------------------------------------ */

static void read_link(struct visit *v, struct slice rest)
{
    bool attachment = v->kind == VISIT_ATTACHMENT;
    v->token = arena_text(v->arena, slice_cut(&rest, '/'));
    struct slice number = {"", 0}, action = slice_cut(&rest, '/');
    if (attachment) {
        number = action;
        action = slice_cut(&rest, '/');
    } else {
        number = slice_cut(&rest, '/');
    }
    v->has_number = slice_number(number, 100000, &v->number);
    v->action = arena_text(v->arena, action);
    /* The path goes into forms: only what was understood. */
    size_t n = strlen(v->token);
    if (n != 2 * TOKEN_OCTETS || strspn(v->token, "0123456789abcdef") != n ||
        rest.n || (number.n && !v->has_number) ||
        (attachment && !v->has_number)) {
        v->token = "";
        v->path = "/m/unknown";
        return;
    }
    v->path = attachment
                  ? arena_printf(v->arena, "/d/%s/%lu", v->token, v->number)
                  : arena_printf(v->arena, "/m/%s", v->token);
}

static void read_path(struct visit *v)
{
    struct slice rest = slice_of(v->request.path);
    v->kind = VISIT_NOWHERE;
    v->action = v->path = v->token = "";
    if (slice_is(rest, "/style.css") || slice_is(rest, "/icon.svg"))
        v->kind = VISIT_STYLE;
    else if (slice_starts_nocase(rest, "/api/"))
        v->kind = VISIT_API;
    else if (rest.n > 3 && memcmp(rest.p, "/m/", 3) == 0)
        v->kind = VISIT_MESSAGE;
    else if (rest.n > 3 && memcmp(rest.p, "/d/", 3) == 0)
        v->kind = VISIT_ATTACHMENT;
    if (v->kind == VISIT_MESSAGE || v->kind == VISIT_ATTACHMENT)
        read_link(v, slice_from(rest, 3));
}

/* --- its life ------------------------------------------------------------ */

struct visit *visit_create(struct portal *portal, struct web_exchange *exchange,
                           const struct web_request *request)
{
    struct arena *arena = arena_create();
    arena_set_secret(arena);
    struct visit *v = ARENA_NEW(arena, struct visit);
    v->arena = arena;
    v->exchange = exchange;
    v->request = *request;
    v->client = arena_strdup(arena, web_client(exchange));
    v->now_ms = clock_wall_ms();
    portal_join(portal, v);
    v->limits = v->settings->limits;
    read_path(v);
    read_cookies(v);
    read_form(v);
    return v;
}

static void free_visit(struct visit *v)
{
    struct arena *arena = v->arena;
    blob_destroy(&v->blob);
    if (v->download)
        download_destroy(v->download);
    arena_destroy(&arena);
}

void visit_destroy(struct visit *v)
{
    work_cancel(&v->work);
    http_cancel(&v->fetch);
    if (v->check)
        v->world->cancel(v->check);
    v->check = NULL;
    loop_timer_destroy(&v->pause);
    if (v->exchange) /* it goes nowhere */
        web_answer(v->exchange, &(struct web_answer){.status = 503});
    v->exchange = NULL;
    portal_leave_list(v);
    v->portal = NULL;
    if (!v->waits)
        free_visit(v);
}

void visit_wait(struct visit *v)
{
    v->waits = true;
}

bool visit_is_over(struct visit *v)
{
    v->waits = false;
    if (v->portal)
        return false;
    free_visit(v);
    return true;
}

/* --- its answer ---------------------------------------------------------- */

/* PORTAL-3: nothing from elsewhere, nobody frames us, no script at all; a part
 * of a message may not even load from here. */
static const char *policy(enum answer_kind kind)
{
    switch (kind) {
    case ANSWER_PAGE:
        return "default-src 'none'; style-src 'self'; img-src 'self'; "
               "frame-src 'self'; form-action 'self'; base-uri 'none'; "
               "frame-ancestors 'none'";
    case ANSWER_FRAME:
        return "default-src 'none'; style-src 'unsafe-inline'; "
               "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
               "sandbox";
    case ANSWER_FILE:
    case ANSWER_DATA:
    case ANSWER_STYLE:
        return "default-src 'none'; frame-ancestors 'none'; sandbox";
    }
    BUG("answer %d", (int)kind);
}

static size_t put_cookies(struct visit *v, struct web_field *fields)
{
    size_t n = 0;
    if (v->sets_cookie)
        fields[n++] = (struct web_field){
            "Set-Cookie",
            arena_printf(v->arena,
                         VISIT_COOKIE "=%s; Path=/; Secure; HttpOnly; "
                                      "SameSite=Lax",
                         v->cookie)};
    if (v->sets_language)
        fields[n++] = (struct web_field){
            "Set-Cookie",
            arena_printf(v->arena,
                         LANGUAGE_COOKIE "=%s; Path=/; Secure; HttpOnly; "
                                         "SameSite=Lax; Max-Age=31536000",
                         language_tag(v->language))};
    return n;
}

size_t visit_fields(enum answer_kind kind, const char *type,
                    struct web_field *fields)
{
    const struct web_field all[] = {
        {"Content-Type", type},
        {"Content-Security-Policy", policy(kind)},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", kind == ANSWER_FRAME ? "SAMEORIGIN" : "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cache-Control",
         kind == ANSWER_STYLE ? "public, max-age=3600" : "no-store"},
        {"Strict-Transport-Security", "max-age=31536000"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"X-Robots-Tag", "noindex, nofollow"}};
    memcpy(fields, all, sizeof all);
    return sizeof all / sizeof *all;
}

void visit_answer(struct visit *v, int status, enum answer_kind kind,
                  const char *type, struct slice body,
                  const struct web_field *extra)
{
    struct web_field fields[VISIT_FIELDS_MAX];
    size_t n = visit_fields(kind, type, fields);
    if (kind == ANSWER_PAGE)
        n += put_cookies(v, fields + n);
    for (; extra && extra->name && n < VISIT_FIELDS_MAX; extra++)
        fields[n++] = *extra;
    struct web_exchange *exchange = v->exchange;
    struct web_answer answer = {
        .status = status, .fields = fields, .field_count = n, .body = body};
    if (kind == ANSWER_FILE) {
        answer.release = download_destroy;
        answer.release_ctx = v->download;
        answer.pull = download_pull;
        answer.octets = v->download_octets;
        v->download = NULL;
    }
    v->exchange = NULL;
    web_answer(exchange, &answer);
    visit_destroy(v);
}

void visit_page(struct visit *v, int status, struct slice html)
{
    visit_answer(v, status, ANSWER_PAGE, "text/html; charset=utf-8", html,
                 NULL);
}

void visit_redirect(struct visit *v, const char *path)
{
    const struct web_field extra[] = {
        {"Location", arena_strdup(v->arena, path)}, {NULL, NULL}};
    visit_answer(v, 303, ANSWER_PAGE, "text/html; charset=utf-8",
                 SLICE_LITERAL(""), extra);
}

void visit_unknown(struct visit *v)
{
    visit_page(v, 404,
               page_plain(v, "unknown", TEXT_UNKNOWN_TITLE, TEXT_UNKNOWN));
}

void visit_locked(struct visit *v)
{
    visit_page(v, 429, page_plain(v, "locked", TEXT_LOCKED_TITLE, TEXT_LOCKED));
}

void visit_expired(struct visit *v)
{
    visit_page(v, 403,
               page_plain(v, "expired", TEXT_EXPIRED_TITLE, TEXT_EXPIRED));
}

void visit_fault(struct visit *v, int status)
{
    static const struct web_field allow[] = {{"Allow", "GET, POST"},
                                             {NULL, NULL}};
    visit_answer(v, status, ANSWER_PAGE, "text/html; charset=utf-8",
                 page_plain(v, "fault", TEXT_FAULT_TITLE, TEXT_FAULT),
                 status == 405 ? allow : NULL); /* RFC 9110 15.5.6 */
}

void visit_aside(struct visit *v)
{
    visit_page(v, 503, page_plain(v, "fault", TEXT_FAULT_TITLE, TEXT_ASIDE));
}

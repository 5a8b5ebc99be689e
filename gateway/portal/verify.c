#include "portal/verify.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "portal/events.h"
#include "portal/mails.h"
#include "portal/page.h"
#include "portal/totp.h"

enum { SMS_TIMEOUT_MS = 15000, SMS_ANSWER_MAX = 65536, CODE_MAX = 200 };

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static enum proof by_right(const char *right)
{
    return is(right, "sms")           ? PROOF_SMS
           : is(right, "access-code") ? PROOF_ACCESS_CODE
                                      : PROOF_NONE;
}

static const char *shared(struct visit *v, const char *kind)
{
    return v->world->share(v->world->ctx, v->link.message.organization,
                           v->link.address, kind);
}

/* A link of a notification works from the decision on, for its token was sent
 * nowhere else; one of an attachment once the message was delivered. */
void verify_proof(struct visit *v)
{
    const struct portal_link *link = &v->link;
    v->proof = PROOF_NONE;
    if (v->kind == VISIT_ATTACHMENT) {
        if (is(link->delivery, "direct")) {
            v->proof = PROOF_EMAIL;
            (void)visit_account(v, link->address);
        }
        return;
    }
    if (link->delivery && !is(link->delivery, "notification"))
        return;
    if (is(link->method, "account")) {
        v->proof = PROOF_ACCOUNT;
    } else if (is(link->method, "access-right")) {
        v->proof = by_right(link->right);
        v->secret = link->right_value;
    } else if (is(link->method, "shared-sms")) {
        v->proof = PROOF_SMS;
        v->secret = shared(v, "sms");
    } else if (is(link->method, "shared-access-code")) {
        v->proof = PROOF_ACCESS_CODE;
        v->secret = shared(v, "access-code");
    } else if (is(link->method, "email")) {
        v->proof = PROOF_EMAIL;
    }
}

static bool lacks_phone(const struct visit *v)
{
    return v->proof == PROOF_SMS && !v->secret;
}

void verify_show(struct visit *v)
{
    visit_page(v, 200,
               page_verify(v, lacks_phone(v) ? VERIFY_ERROR_NO_PHONE
                                             : VERIFY_ERROR_NONE));
}

/* --- what a try came to -------------------------------------------------- */

static void on_tried(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    switch (answer->result) {
    case PORTAL_OK:
        visit_redirect(v, v->path);
        return;
    case PORTAL_WRONG:
        v->sets_cookie = !v->has_cookie;
        visit_page(v, 403, page_verify(v, VERIFY_ERROR_WRONG));
        return;
    case PORTAL_LOCKED:
        v->sets_cookie = !v->has_cookie;
        visit_locked(v);
        return;
    case PORTAL_VOID:
    case PORTAL_NONE:
        v->sets_cookie = !v->has_cookie;
        visit_unknown(v);
        return;
    case PORTAL_TOO_MANY:
    case PORTAL_FAULT:
        break;
    }
    visit_fault(v, 503);
}

static void try_it(struct visit *v, enum proof proof)
{
    const struct portal_settings *s = v->settings;
    struct portal_try *t = &v->try_in;
    const char *csrf = arena_strdup(v->arena, v->csrf);
    t->recipient = v->link.recipient;
    t->method = proof_name(proof);
    t->old_session = arena_strdup(v->arena, v->session);
    t->new_session = visit_renew(v, true);
    /* The page that says no goes with the session as it was. */
    memcpy(v->csrf, csrf, sizeof v->csrf);
    t->now_ms = v->now_ms;
    t->session_until_ms = v->now_ms + s->session_ms;
    t->limits = &v->limits;
    visit_wait(v);
    store_portal_try(v->world->store, t, on_tried, v);
}

/* What a person typed: blanks around it and between the digits of a code mean
 * nothing. */
static const char *typed_code(struct visit *v, bool digits)
{
    char *text = arena_text(
        v->arena, slice_trim(slice_of(form_text(v->arena, &v->form, "code"))));
    if (!digits)
        return text;
    char *out = text;
    for (const char *p = text; *p && out - text < CODE_MAX; p++)
        if (*p != ' ')
            *out++ = *p;
    *out = '\0';
    return text;
}

void verify_code(struct visit *v)
{
    if (v->proof == PROOF_ACCOUNT || v->proof == PROOF_NONE) {
        visit_unknown(v);
        return;
    }
    v->try_in.given = typed_code(v, v->proof != PROOF_ACCESS_CODE);
    v->try_in.expected = v->secret;
    try_it(v, v->proof);
}

/* --- an account ---------------------------------------------------------- */

static void on_checked(void *ctx, bool right)
{
    struct visit *v = ctx;
    v->check = NULL;
    int64_t step = 0;
    if (v->try_in.is_right) /* the account is the recipient's */
        step =
            totp_check(v->account.totp, typed_code(v, true), v->now_ms / 1000);
    v->try_in.is_right = v->try_in.is_right && right && step > 0;
    v->try_in.account = v->account.address ? v->account.address : "";
    v->try_in.totp_step = step;
    if (v->try_in.is_right)
        v->try_in.credential = visit_credential(v);
    try_it(v, PROOF_ACCOUNT);
}

/* Somebody else's account, or none, costs the same and is as wrong. */
void verify_login(struct visit *v)
{
    const struct portal_world *w = v->world;
    if (v->proof != PROOF_ACCOUNT && v->kind != VISIT_ATTACHMENT) {
        visit_unknown(v);
        return;
    }
    if (portal_is_busy(v)) {
        visit_fault(v, 503);
        return;
    }
    const char *address = arena_text(
        v->arena,
        slice_trim(slice_of(form_text(v->arena, &v->form, "address"))));
    bool known = visit_account(v, address);
    bool own = known && strcmp(w->address_key(v->arena, address),
                               w->address_key(v->arena, v->link.address)) == 0;
    if (!own) /* the page that says no shows the recipient's form */
        (void)visit_account(v, v->link.address);
    struct secret password;
    secret_init(&password, slice_of(form_text(v->arena, &v->form, "password")));
    v->try_in.is_right = own;
    v->check = w->check(w->ctx, address, &password,
                        own ? v->account.password_hash : NULL, on_checked, v);
    secret_release(&password);
}

/* --- codes --------------------------------------------------------------- */

static void on_sms(const struct http_response *response, void *ctx)
{
    struct visit *v = ctx;
    bool sent = response->status == 200;
    v->fetch = NULL;
    v->world->journal(v->world->ctx,
                      &(struct store_event){.line = event_sms(v, sent).line});
    if (sent) {
        visit_redirect(v, v->path);
        return;
    }
    log_warn("portal", "SMS not sent", "status=%d why=%s", response->status,
             response->failure ? response->failure : "-");
    visit_page(v, 502, page_verify(v, VERIFY_ERROR_NOT_SENT));
}

static void send_sms(struct visit *v)
{
    const struct portal_sms *sms = &v->settings->sms;
    const char *text = arena_printf(
        v->arena,
        "%s is your code for a secure message. / is uw code voor een "
        "beveiligd bericht.",
        v->code.code);
    json_t *to = json_string(v->secret); /* NULL: no UTF-8 in the database */
    json_t *object =
        json_pack("{s:o, s:s, s:s}", "to", to ? to : json_string(""), "text",
                  text, "token", sms->token ? sms->token : "");
    char *body = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (!body) { /* a number that is no UTF-8 */
        json_decref(object);
        log_error("portal", "a phone number that is no text", "recipient=%s",
                  v->link.address);
        visit_page(v, 502, page_verify(v, VERIFY_ERROR_NOT_SENT));
        return;
    }
    struct http_request request = {.method = "POST",
                                   .address = sms->address,
                                   .port = sms->port,
                                   .host = sms->host,
                                   .path = sms->path,
                                   .tls = sms->tls,
                                   .content_type = "application/json",
                                   .body = slice_of(body),
                                   .body_max = SMS_ANSWER_MAX,
                                   .timeout_ms = SMS_TIMEOUT_MS,
                                   .bind_address = sms->bind_address};
    v->fetch = http_fetch(v->world->loop, &request, on_sms, v);
    explicit_bzero(body, strlen(body));
    free(body);
    json_decref(object);
}

static void on_code(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    switch (answer->result) {
    case PORTAL_OK:
        if (v->proof == PROOF_SMS) {
            send_sms(v);
            return;
        }
        v->world->on_mail(v->world->ctx);
        visit_redirect(v, v->path);
        return;
    case PORTAL_TOO_MANY:
        visit_page(v, 429, page_verify(v, VERIFY_ERROR_TOO_MANY));
        return;
    case PORTAL_LOCKED:
        visit_locked(v);
        return;
    case PORTAL_VOID:
    case PORTAL_NONE:
        visit_unknown(v);
        return;
    case PORTAL_WRONG:
    case PORTAL_FAULT:
        break;
    }
    visit_fault(v, 503);
}

/* Six digits, evenly: what would favour the low ones is thrown again. */
static const char *new_code(struct visit *v)
{
    uint32_t n;
    do
        random_bytes(&n, sizeof n);
    while (n >= UINT32_MAX - UINT32_MAX % 1000000);
    return arena_printf(v->arena, "%06u", (unsigned)(n % 1000000));
}

void verify_send_code(struct visit *v)
{
    const struct portal_settings *s = v->settings;
    bool sms = v->proof == PROOF_SMS;
    if (!sms && v->proof != PROOF_EMAIL) {
        visit_unknown(v);
        return;
    }
    if (lacks_phone(v) || (sms && !s->sms.address)) {
        visit_page(v, sms && v->secret ? 502 : 200,
                   page_verify(v, v->secret ? VERIFY_ERROR_NOT_SENT
                                            : VERIFY_ERROR_NO_PHONE));
        return;
    }
    v->code = (struct portal_code){
        .recipient = v->link.recipient,
        .kind = proof_name(v->proof),
        .code = new_code(v),
        .now_ms = v->now_ms,
        .until_ms = v->now_ms + (sms ? s->code_sms_ms : s->code_email_ms),
        .limits = &v->limits};
    if (!sms) {
        v->mail = (struct store_dsn){.to = v->link.address,
                                     .recipients = v->link.address,
                                     .action = "code",
                                     .content = mail_code(v, v->code.code),
                                     .until_ms = v->code.until_ms};
        v->code.mail = &v->mail;
    }
    visit_wait(v);
    store_portal_code(v->world->store, &v->code, on_code, v);
}

/* --- an access code that is forgotten ------------------------------------ */

static void on_told(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    if (answer->result == PORTAL_FAULT) {
        visit_fault(v, 503);
        return;
    }
    if (answer->result == PORTAL_OK)
        v->world->on_mail(v->world->ctx);
    visit_redirect(v, arena_printf(v->arena, "%s?note=told", v->path));
}

void verify_forgotten(struct visit *v)
{
    if (v->proof != PROOF_ACCESS_CODE) {
        visit_unknown(v);
        return;
    }
    v->mail =
        (struct store_dsn){.to = v->link.message.sender,
                           .recipients = v->link.message.sender,
                           .action = "forgotten",
                           .content = mail_forgotten(v),
                           .until_ms = v->now_ms + v->settings->notice_ms};
    v->tell = (struct portal_tell){.recipient = v->link.recipient,
                                   .now_ms = v->now_ms,
                                   .window_ms = v->settings->limits.window_ms,
                                   .mail = &v->mail};
    visit_wait(v);
    store_portal_tell(v->world->store, &v->tell, on_told, v);
}

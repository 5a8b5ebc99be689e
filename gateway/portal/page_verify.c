/* The page `verify`: by the link's method, without a word of the message. */
#include "portal/page.h"

#include <string.h>

#define SIX_DIGITS                                                             \
    "inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"12\""    \
    " required"

static void put_login(struct page *page, struct visit *visit)
{
    page_form(page, visit->path, "login", false);
    page_element(page, "<p>", text_of(page->language, TEXT_LOGIN_HOW),
                 "</p>\n");
    page_input(page, "address", TEXT_ADDRESS,
               "type=\"email\" autocomplete=\"username\" maxlength=\"320\""
               " required");
    page_input(page, "password", TEXT_PASSWORD,
               "type=\"password\" autocomplete=\"current-password\""
               " maxlength=\"1000\" required");
    page_raw(page, "<label for=\"totp\">");
    page_say(page, TEXT_TOTP);
    page_raw(page, "</label>\n<input id=\"totp\" name=\"code\""
                   " aria-describedby=\"totp-hint\" " SIX_DIGITS ">\n");
    page_element(page, "<p class=\"hint\" id=\"totp-hint\">",
                 text_of(page->language, TEXT_TOTP_HINT), "</p>\n");
    page_form_end(page, TEXT_LOGIN, true);
}

static void put_ask(struct page *page, struct visit *visit, bool sent)
{
    bool sms = visit->proof == PROOF_SMS;
    page_form(page, visit->path, "code", false);
    if (!sent)
        page_element(
            page, "<p>",
            text_of(page->language, sms ? TEXT_SMS_HOW : TEXT_EMAIL_HOW),
            "</p>\n");
    page_form_end(page, sent ? TEXT_SEND_NEW_CODE : TEXT_SEND_CODE, !sent);
}

static void put_enter(struct page *page, struct visit *visit, bool sent)
{
    page_form(page, visit->path, "verify", false);
    page_raw(page, "<label for=\"code\">");
    page_say(page, TEXT_CODE);
    page_raw(page, "</label>\n<input id=\"code\" name=\"code\""
                   " aria-describedby=\"code-hint\" " SIX_DIGITS ">\n");
    page_element(page, "<p class=\"hint\" id=\"code-hint\">",
                 text_of(page->language, TEXT_CODE_HINT), "</p>\n");
    page_form_end(page, TEXT_VERIFY, sent);
}

/* What is next comes first; both are always there, for a code may still be on
 * its way. */
static void put_codes(struct page *page, struct visit *visit, bool sent)
{
    if (sent)
        put_enter(page, visit, sent);
    put_ask(page, visit, sent);
    if (!sent)
        put_enter(page, visit, sent);
}

static void put_access_code(struct page *page, struct visit *visit)
{
    page_form(page, visit->path, "verify", false);
    page_element(page, "<p>", text_of(page->language, TEXT_ACCESS_CODE_HOW),
                 "</p>\n");
    page_input(page, "code", TEXT_ACCESS_CODE,
               "type=\"password\" autocomplete=\"off\" maxlength=\"200\""
               " required");
    page_form_end(page, TEXT_VERIFY, true);
    page_form(page, visit->path, "forgotten", false);
    page_element(page, "<p class=\"hint\">",
                 text_of(page->language, TEXT_FORGOTTEN_HINT), "</p>\n");
    page_form_end(page, TEXT_FORGOTTEN, false);
}

static const char *attributes(struct visit *visit, enum verify_error error,
                              bool sent, bool told)
{
    static const char *const words[] = {
        [VERIFY_ERROR_WRONG] = " data-error=\"wrong\"",
        [VERIFY_ERROR_TOO_MANY] = " data-error=\"too-many-codes\"",
        [VERIFY_ERROR_NOT_SENT] = " data-error=\"not-sent\"",
        [VERIFY_ERROR_NO_PHONE] = " data-error=\"no-phone\"",
    };
    const char *word = words[error] ? words[error] : "";
    return arena_printf(visit->arena, " data-method=\"%s\"%s%s",
                        proof_name(visit->proof), word,
                        sent   ? " data-note=\"code-sent\""
                        : told ? " data-note=\"told\""
                               : "");
}

/* By the form that was sent. */
static enum text wrong(const struct visit *visit)
{
    return strcmp(visit->action, "login") == 0 ? TEXT_ERROR_WRONG_LOGIN
           : visit->proof == PROOF_ACCESS_CODE ? TEXT_ERROR_WRONG_ACCESS_CODE
                                               : TEXT_ERROR_WRONG_CODE;
}

static void put_notices(struct page *page, struct visit *visit,
                        enum verify_error error, bool sent, bool told)
{
    static const enum text errors[] = {
        [VERIFY_ERROR_TOO_MANY] = TEXT_ERROR_TOO_MANY,
        [VERIFY_ERROR_NOT_SENT] = TEXT_ERROR_NOT_SENT,
        [VERIFY_ERROR_NO_PHONE] = TEXT_ERROR_NO_PHONE,
    };
    if (error != VERIFY_ERROR_NONE)
        page_notice(page, true,
                    error == VERIFY_ERROR_WRONG ? wrong(visit) : errors[error]);
    else if (sent)
        page_notice(page, false,
                    visit->proof == PROOF_SMS ? TEXT_NOTE_CODE_SENT_SMS
                                              : TEXT_NOTE_CODE_SENT_EMAIL);
    else if (told)
        page_notice(page, false, TEXT_NOTE_TOLD);
}

struct slice page_verify(struct visit *visit, enum verify_error error)
{
    struct page page;
    const struct portal_link *link = &visit->link;
    bool attachment = visit->kind == VISIT_ATTACHMENT;
    const char *note = form_query(visit->arena, visit->request.query, "note");
    bool told = note && strcmp(note, "told") == 0;
    bool sent = link->code_kind && error != VERIFY_ERROR_NOT_SENT &&
                strcmp(link->code_kind, proof_name(visit->proof)) == 0;
    const char *title = text_of(
        visit->language, attachment ? TEXT_DOWNLOAD_TITLE : TEXT_VERIFY_TITLE);
    page_begin(&page, visit, "verify", attributes(visit, error, sent, told),
               title);
    page_element(&page, "<h1>", title, "</h1>\n");
    page_element(&page, "<p class=\"lead\">",
                 text_of(visit->language, TEXT_VERIFY_WHY), "</p>\n");
    put_notices(&page, visit, error, sent, told);
    if (visit->proof == PROOF_ACCOUNT || visit->account.address)
        put_login(&page, visit);
    if (visit->account.address && visit->proof == PROOF_EMAIL)
        page_element(&page, "<h2>", text_of(visit->language, TEXT_OR_BY_MAIL),
                     "</h2>\n");
    if (visit->proof == PROOF_ACCESS_CODE)
        put_access_code(&page, visit);
    else if (visit->proof == PROOF_EMAIL ||
             (visit->proof == PROOF_SMS && error != VERIFY_ERROR_NO_PHONE))
        put_codes(&page, visit, sent);
    return page_end(&page);
}

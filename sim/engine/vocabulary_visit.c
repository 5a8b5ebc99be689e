#include "engine/vocabulary_visit.h"

#define END                                                                    \
    {                                                                          \
        .name = NULL                                                           \
    }

const char *const words_seen[] = {
    /* pages */
    "verify", "locked", "message", "download", "unknown", "expired", "fault",
    /* faults and notices on them */
    "wrong", "too-many-codes", "not-sent", "no-phone", "empty", "too-large",
    "code-sent", "told", "sent",
    /* what is no page */
    "file", "html", "token", "conversation", "unauthorized", "not-found",
    "refused",
    /* no answer at all: the connection ended */
    "nothing", NULL};

static const char *const look_words[] = {"page", "html", NULL};
static const char *const press_words[] = {"code", "forgotten", "leave", NULL};
static const char *const login_words[] = {
    "right", "wrong-password", "wrong-code", "old-code", "same-code", NULL};
static const char *const steal_words[] = {"page", "html", "attachment", NULL};
static const char *const token_words[] = {"altered", "guessed", "shortened",
                                          NULL};
static const char *const source_words[] = {"other", NULL};
static const char *const false_words[] = {"none", "wrong", "other", NULL};
static const char *const method_words[] = {"GET",   "HEAD",   "POST", "PUT",
                                           "PATCH", "DELETE", NULL};

static const struct key each_seen[] = {{.name = "*",
                                        .type = VALUE_WORD,
                                        .words = words_seen,
                                        .help = "a page, or what it says"},
                                       END};
static const struct key each_text[] = {
    {.name = "*", .type = VALUE_TEXT, .help = "a text"}, END};

static const struct key each_status[] = {
    {.name = "*", .type = VALUE_NUMBER, .help = "a status of HTTP"}, END};

static const struct key turn_keys[] = {
    {.name = "browser",
     .type = VALUE_TEXT,
     .help = "go on in the browser of this name, with its cookies"},
    {.name = "open",
     .type = VALUE_ADDRESS,
     .help = "the link of the newest notification to this recipient"},
    {.name = "open-attachment",
     .type = VALUE_ADDRESS,
     .help = "a secure download link of the newest direct mail to this "
             "recipient"},
    {.name = "look",
     .type = VALUE_WORD,
     .words = look_words,
     .help = "the page again, or the HTML within its frame"},
    {.name = "press",
     .type = VALUE_WORD,
     .words = press_words,
     .help = "ask for a code, say that the access code is forgotten, leave"},
    {.name = "code",
     .type = VALUE_TEXT,
     .help = "right, old, wrong, or six digits: a code from SMS or mail"},
    {.name = "access-code", .type = VALUE_TEXT, .help = "the code as typed"},
    {.name = "login",
     .type = VALUE_WORD,
     .words = login_words,
     .help = "with password and time-based code"},
    {.name = "download",
     .type = VALUE_NUMBER,
     .help = "the page's attachment, counted from 1"},
    {.name = "reply", .type = VALUE_TEXT, .help = "a text to the sender"},
    {.name = "steal",
     .type = VALUE_WORD,
     .words = steal_words,
     .help = "ask for what the browser `of` saw last"},
    {.name = "http", .type = VALUE_TEXT, .help = "a raw request: GET /path"},
    {.name = "octets",
     .type = VALUE_TEXT,
     .help = "requests as they are written, in one go, with \\r \\n \\xHH"},
    {.name = "client-login",
     .type = VALUE_ADDRESS,
     .help = "a mail client logs in to this account"},
    {.name = "client-fetch",
     .type = VALUE_ADDRESS,
     .help = "it fetches the conversation of this recipient's notification"},
    {.name = "client-download",
     .type = VALUE_NUMBER,
     .help = "it fetches an attachment of it, counted from 1"},
    {.name = "times", .type = VALUE_NUMBER, .help = "how often it is done"},
    {.name = "nth",
     .type = VALUE_NUMBER,
     .help = "which notification or link instead, counted from 1"},
    {.name = "of",
     .type = VALUE_TEXT,
     .help = "whose code or account, or which browser's secret"},
    {.name = "token",
     .type = VALUE_WORD,
     .words = token_words,
     .help = "what is done to the link"},
    {.name = "csrf",
     .type = VALUE_WORD,
     .words = false_words,
     .help = "what is done to the form's hidden field"},
    {.name = "cookie",
     .type = VALUE_WORD,
     .words = false_words,
     .help = "what is done to the cookies"},
    {.name = "method",
     .type = VALUE_WORD,
     .words = method_words,
     .help = "another method of HTTP"},
    {.name = "source",
     .type = VALUE_WORD,
     .words = source_words,
     .help = "of a new browser: it comes from another address, {other}"},
    {.name = "origin", .type = VALUE_TEXT, .help = "an Origin field"},
    {.name = "with",
     .type = VALUE_WORD,
     .words = login_words,
     .help = "how a mail client logs in"},
    {.name = "attachment",
     .type = VALUE_NUMBER,
     .help = "of a reply: a file of so many octets"},
    {.name = "answers",
     .type = VALUE_LIST,
     .inner = each_status,
     .one_or_list = true,
     .help = "of octets: the status of each answer, up to the end of the "
             "connection"},
    {.name = "sees",
     .type = VALUE_LIST,
     .inner = each_seen,
     .one_or_list = true,
     .help = "the page that came, and what it says"},
    {.name = "shows",
     .type = VALUE_LIST,
     .inner = each_text,
     .one_or_list = true,
     .help = "texts that it holds"},
    {.name = "hides",
     .type = VALUE_LIST,
     .inner = each_text,
     .one_or_list = true,
     .help = "texts that it does not hold"},
    END};

const struct key vocabulary_visit[] = {{.name = "*",
                                        .type = VALUE_MAP,
                                        .inner = turn_keys,
                                        .help = "what a visitor does"},
                                       END};

/* The keys of `submit:` in scenario files. */
#include "engine/vocabulary.h"
#include "engine/words.h"

#define END                                                                    \
    {                                                                          \
        .name = NULL                                                           \
    }

static const char *const ret_words[] = {"FULL", "HDRS", NULL};
static const char *const auth_words[] = {"credentials", "plain", "login",
                                         "none", NULL};
static const char *const body_words[] = {"7bit", "8bitmime", NULL};
static const char *const source_words[] = {"submitter", "other", NULL};
static const char *const settle_words[] = {"yes", "no", "outcome", NULL};
static const char *const texts_words[] = {"both", "plain", "html", "none",
                                          NULL};
static const char *const kind_words[] = {"attachment", "inline", "message",
                                         "signed",     "text",   NULL};
static const char *const dkim_words[] = {"stays", "covers-control", "broken",
                                         "foreign", NULL};
static const char *const coding_words[] = {"base64", "quoted-printable", NULL};

static const struct key each_text[] = {
    {.name = "*", .type = VALUE_TEXT, .help = "a text"}, END};
static const struct key each_address[] = {
    {.name = "*", .type = VALUE_ADDRESS, .help = "an address"}, END};
static const struct key by_address[] = {
    {.name = "@", .type = VALUE_TEXT, .help = "a recipient's value"}, END};
static const struct key header_entry[] = {{.name = "*",
                                           .type = VALUE_MAP,
                                           .inner = each_text,
                                           .help = "a header field"},
                                          END};
static const struct key attachment_keys[] = {
    {.name = "octets",
     .type = VALUE_NUMBER,
     .required = true,
     .help = "decoded"},
    {.name = "kind",
     .type = VALUE_WORD,
     .words = kind_words,
     .help = "default attachment"},
    {.name = "name", .type = VALUE_TEXT, .help = "default: bears the mark"},
    {.name = "type", .type = VALUE_TEXT, .help = "Content-Type"},
    {.name = "coding",
     .type = VALUE_WORD,
     .words = coding_words,
     .help = "default base64"},
    END};
static const struct key attachment_entry[] = {{.name = "*",
                                               .type = VALUE_MAP,
                                               .inner = attachment_keys,
                                               .help = "one part"},
                                              END};
const struct key vocabulary_submit[] = {
    {.name = "from",
     .type = VALUE_ADDRESS,
     .required = true,
     .help = "the From field; its organization's credential is used"},
    {.name = "reverse-path",
     .type = VALUE_TEXT,
     .help = "MAIL FROM, default as from; <> is allowed"},
    {.name = "to", .type = VALUE_LIST, .inner = each_address, .help = "To"},
    {.name = "cc", .type = VALUE_LIST, .inner = each_address, .help = "Cc"},
    {.name = "bcc",
     .type = VALUE_LIST,
     .inner = each_address,
     .help = "in the envelope alone"},
    {.name = "envelope",
     .type = VALUE_LIST,
     .inner = each_address,
     .help = "RCPT TO, instead of to, cc and bcc"},
    {.name = "headers",
     .type = VALUE_LIST,
     .inner = header_entry,
     .help = "header fields; a default field of that name is left out",
     .example = "[{zivver-direct-delivery: tls tls1.2}]"},
    {.name = "subject", .type = VALUE_TEXT, .help = "the Subject field"},
    {.name = "text", .type = VALUE_TEXT, .help = "the text; a mark is added"},
    {.name = "html", .type = VALUE_TEXT, .help = "the HTML; a mark is added"},
    {.name = "texts",
     .type = VALUE_WORD,
     .words = texts_words,
     .help = "which of the alternatives there are"},
    {.name = "attachment",
     .type = VALUE_YES_NO,
     .help = "the small one, default yes without `attachments`"},
    {.name = "attachments",
     .type = VALUE_LIST,
     .inner = attachment_entry,
     .help = "parts of a given size",
     .example = "[{octets: 10000001}]"},
    {.name = "raw",
     .type = VALUE_TEXT,
     .help = "a file of fixtures/messages instead of a made message"},
    {.name = "auth",
     .type = VALUE_WORD,
     .words = auth_words,
     .help = "by PLAIN or LOGIN, or none: no credentials are shown"},
    {.name = "body", .type = VALUE_WORD, .words = body_words, .help = "BODY"},
    {.name = "size", .type = VALUE_NUMBER, .help = "SIZE, true or not"},
    {.name = "smtputf8", .type = VALUE_YES_NO, .help = "SMTPUTF8"},
    {.name = "chunks",
     .type = VALUE_NUMBER,
     .help = "BDAT instead of DATA: octets of a chunk"},
    {.name = "helo", .type = VALUE_TEXT, .help = "another EHLO name"},
    {.name = "source",
     .type = VALUE_WORD,
     .words = source_words,
     .help = "the address that the submitter comes from"},
    {.name = "user", .type = VALUE_TEXT, .help = "another credential"},
    {.name = "password", .type = VALUE_TEXT, .help = "another password"},
    {.name = "notify",
     .type = VALUE_MAP,
     .inner = by_address,
     .help = "NOTIFY, by recipient",
     .example = "{bob@hospital.example: NEVER}"},
    {.name = "orcpt",
     .type = VALUE_MAP,
     .inner = by_address,
     .help = "ORCPT, by recipient"},
    {.name = "dkim",
     .type = VALUE_WORD,
     .words = dkim_words,
     .help = "a signature of the submitter's own, good or not"},
    {.name = "envid", .type = VALUE_TEXT, .help = "ENVID"},
    {.name = "ret", .type = VALUE_WORD, .words = ret_words, .help = "RET"},
    {.name = "settle",
     .type = VALUE_WORD,
     .words = settle_words,
     .help = "no: the next step starts without waiting; outcome: it waits for "
             "this message alone"},
    {.name = "tls",
     .type = VALUE_WORD,
     .words = words_tls,
     .help = "the one version that the submitter speaks"},
    END};

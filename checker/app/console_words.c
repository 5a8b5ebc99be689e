#include "kit/console_words.h"

#include <string.h>
#include <strings.h>

struct word {
    const char *word, *says;
};

static const char *find(const struct word *words, const char *word)
{
    while (words->word && strcmp(words->word, word) != 0)
        words++;
    return words->says;
}

const char *console_stage(const char *stage)
{
    static const struct word words[] = {
        {"connect", "the connection"},   {"ehlo", "EHLO"},
        {"starttls", "STARTTLS"},        {"auth", "AUTH"},
        {"mail", "MAIL FROM"},           {"rcpt", "RCPT TO"},
        {"data", "the end of the data"}, {NULL, "a command"}};
    return find(words, stage);
}

/* The first row that fits: its stage (NULL: any), how the reply starts, and a
 * word in it (NULL: none). */
static const struct refusal {
    const char *stage, *start, *has, *says;
} refusals[] = {
    {"auth", "535", NULL,
     "user name or password is wrong, or the credential was revoked"},
    {"auth", "454", NULL,
     "locked for a while, after wrong passwords: try again later"},
    {"auth", "530", NULL,
     "credentials before STARTTLS are never looked at: start TLS first"},
    {"auth", "501", NULL, "this is no well-formed AUTH exchange"},
    {NULL, "530", "STARTTLS",
     "the client goes on without TLS: make STARTTLS mandatory there"},
    {"mail", "530", NULL,
     "the client did not log in (AUTH), and SPF does not vouch for it"},
    {"mail", "550 5.7.23", NULL,
     "SPF: the client's address may not send for this domain"},
    {"mail", "550 5.7.24", NULL, "the domain's SPF record has an error"},
    {"mail", "451 4.7.24", NULL, "the SPF look-up failed: try again later"},
    {"mail", "550 5.7.1", NULL,
     "MAIL FROM is in no domain of the organization that logged in"},
    {"mail", "501", NULL, "the reverse-path is no mail address"},
    {"rcpt", "550 5.1.2", NULL, "recipients at [address literals] get no mail"},
    {"rcpt", "501", NULL, "the recipient is no mail address"},
    {"rcpt", "452", NULL,
     "too many recipients for one message: the client sends it again to them"},
    {"data", "550 5.7.1", NULL,
     "From must be an active account of the organization that logged in"},
    {"data", "550 5.6.0", "access-right",
     "a zivver-access-right field is malformed; rather than weaken the "
     "verification the whole message is refused"},
    {"data", "550 5.6.0", NULL, "From must be one field with one address"},
    {"data", "554 5.4.6", NULL,
     "the message has passed a gateway before: this would be a loop"},
    {"data", "451", NULL, "it could not be stored: try again later"},
    {"data", "452", NULL, "it could not be stored: try again later"},
    {NULL, "550 5.5.2", NULL,
     "a bare CR or LF: only CRLF ends a line (and no message hides in "
     "another)"},
    {NULL, "552", NULL, "the message is too large"},
    {NULL, "555", NULL, "a parameter that the gateway's EHLO does not offer"},
    {NULL, "503", NULL, "the commands come in the wrong order"},
    {NULL, "500", NULL, "this is no command"},
    {NULL, "502", NULL, "this command is not served"},
    {NULL, "421 4.4.2", NULL, "nothing was heard from the client for too long"},
};

const char *console_refusal(const char *stage, const char *reply)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *r = &refusals[i];
        if ((!r->stage || strcmp(r->stage, stage) == 0) &&
            strncmp(r->start, reply, strlen(r->start)) == 0 &&
            (!r->has || strcasestr(reply, r->has)))
            return r->says;
    }
    return NULL;
}

const char *console_handshake(const char *version, const char *reason)
{
    static const char too_old[] =
        "the client speaks no TLS 1.2 or 1.3: update it, or lift its limit";
    if (strcmp(version, "1.0") == 0 || strcmp(version, "1.1") == 0 ||
        strcmp(version, "ssl3") == 0 || strcasestr(reason, "protocol version"))
        return too_old;
    if (strcasestr(reason, "unknown ca"))
        return "the client does not trust the CA of this world: give it the "
               "file above";
    if (strcasestr(reason, "certificate"))
        return "the client does not take the gateway's certificate: check the "
               "name that it expects and its clock";
    if (strcasestr(reason, "cipher"))
        return "client and gateway have no cipher in common";
    return "the TLS handshake failed";
}

const char *console_warning(const char *word)
{
    static const struct word words[] = {
        {"access-right-for-no-recipient",
         "a zivver-access-right names somebody who is no recipient; ignored"},
        {"direct-delivery-defaults",
         "zivver-direct-delivery is not `tls tls1.2 auth "
         "certificate-validation`; these defaults apply"},
        {"access-right-ignored", "a malformed zivver-access-right was ignored"},
        {NULL, NULL}};
    return find(words, word);
}

const char *console_method(const char *method)
{
    static const struct word words[] = {
        {"account", "logs in to the own account, with 2FA"},
        {"nta7516", "both sides meet NTA 7516"},
        {"direct-delivery", "the server reaches the message's minimum"},
        {"access-right", "verifies with what the message gave"},
        {"transport-security", "the server reaches the organization's minimum"},
        {"shared-sms", "verifies by SMS, as shared before"},
        {"shared-access-code", "verifies with the access code shared before"},
        {"email", "verifies with a code by e-mail"},
        {"none", "no method applies"},
        {NULL, "?"}};
    return find(words, method);
}

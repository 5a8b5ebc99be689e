/* Which command is served when: RFC 5321 4.1.4, RFC 3207 4.2, CONN-2, CONN-7,
 * in one screen. */
#include "session/server_internal.h"

enum {
    NEW = 1 << SERVER_STATE_NEW,
    READY = 1 << SERVER_STATE_READY,
    MAIL = 1 << SERVER_STATE_MAIL,
    RCPT = 1 << SERVER_STATE_RCPT,
    CHUNKS = 1 << SERVER_STATE_CHUNKS,
    ANY = NEW | READY | MAIL | RCPT | CHUNKS
};

#define V(verb) SMTP_VERB_##verb
#define S(stage) SERVER_STAGE_##stage

/* clang-format off */
static const struct verb_rule rules[] = {
    /* verb        stage        plain  states       check           proceed */
    {V(EHLO),     S(EHLO),     true,  ANY,         check_hello,    proceed_ehlo},
    {V(HELO),     S(EHLO),     true,  ANY,         check_hello,    proceed_helo},
    {V(STARTTLS), S(STARTTLS), true,  ANY,         check_starttls, proceed_starttls},
    {V(AUTH),     S(AUTH),     false, READY,       check_auth,     proceed_auth},
    {V(MAIL),     S(MAIL),     false, READY,       check_mail,     proceed_mail},
    {V(RCPT),     S(RCPT),     false, MAIL | RCPT, check_rcpt,     proceed_rcpt},
    {V(DATA),     S(DATA),     false, RCPT,        check_no_args,  proceed_data},
    {V(BDAT),     S(DATA),     false, ANY,         NULL,           bdat_begin},
    {V(RSET),     S(SESSION),  true,  ANY,         check_no_args,  proceed_rset},
    {V(NOOP),     S(SESSION),  true,  ANY,         NULL,           proceed_noop},
    {V(QUIT),     S(SESSION),  true,  ANY,         check_no_args,  proceed_quit},
    {V(VRFY),     S(SESSION),  false, ANY,         NULL,           proceed_vrfy},
    {V(EXPN),     S(SESSION),  false, ANY,         check_unserved, NULL},
    {V(ETRN),     S(SESSION),  false, ANY,         check_unserved, NULL},
    {V(TURN),     S(SESSION),  false, ANY,         check_unserved, NULL},
    {V(HELP),     S(SESSION),  false, ANY,         NULL,           proceed_help},
};
/* clang-format on */

const struct verb_rule *verb_rule_find(enum smtp_verb verb)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].verb == verb)
            return &rules[i];
    return NULL;
}

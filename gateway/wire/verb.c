#include "wire/verb.h"

static const char *const names[] = {
    "?",    "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT",
    "RSET", "NOOP", "QUIT", "VRFY",     "EXPN", "ETRN", "TURN", "HELP"};
_Static_assert(sizeof names / sizeof *names == SMTP_VERB_COUNT, "verb names");

const char *smtp_verb_name(enum smtp_verb verb)
{
    return names[verb];
}

enum smtp_verb smtp_verb_parse(struct slice line, struct slice *args)
{
    struct slice rest = line;
    struct slice word = slice_cut(&rest, ' ');
    *args = slice_trim(rest);
    for (int i = SMTP_VERB_UNKNOWN + 1; i < SMTP_VERB_COUNT; i++)
        if (slice_is_nocase(word, names[i]))
            return (enum smtp_verb)i;
    return SMTP_VERB_UNKNOWN;
}

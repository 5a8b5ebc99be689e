/* spf - may this client use this reverse-path? check_host() of RFC 7208 as a
 * machine without I/O: it asks for one look-up at a time.
 *
 *     struct spf *s = spf_create(arena, &request);
 *     while ((question = spf_question(s)))
 *         spf_answer(s, whatever the DNS says);
 *     verdict = spf_verdict(s);
 *
 * Limits (RFC 7208 4.6.4): 10 terms that look something up, the PTR look-up of
 * %{p} counted among them; 2 terms with a void look-up; 10 hosts of an MX
 * answer, more is permerror; the first 10 names of a PTR answer. A name that
 * cannot be asked for (an empty or too long label) does not exist. There is no
 * exemption for any client address. */
#ifndef RULES_SPF_H
#define RULES_SPF_H

#include <stdint.h>

#include "base/alloc.h"

enum spf_result {
    SPF_RESULT_NONE,
    SPF_RESULT_NEUTRAL,
    SPF_RESULT_PASS,
    SPF_RESULT_FAIL,
    SPF_RESULT_SOFTFAIL,
    SPF_RESULT_TEMPERROR,
    SPF_RESULT_PERMERROR,
    SPF_RESULT_COUNT
};
const char *spf_result_name(enum spf_result result); /* "softfail" */

struct spf_request {
    const char *client;   /* address; IPv4-mapped IPv6 counts as IPv4 */
    struct slice helo;    /* as the client said it */
    struct slice local;   /* of the reverse-path, unquoted; empty: postmaster */
    struct slice domain;  /* of the reverse-path; the HELO name for <> */
    const char *receiver; /* %{r}: the name of this host */
    int64_t now_s;        /* %{t} */
};

enum spf_type {
    SPF_TYPE_TXT,
    SPF_TYPE_A,
    SPF_TYPE_AAAA,
    SPF_TYPE_MX,
    SPF_TYPE_PTR,
    SPF_TYPE_COUNT
};

struct spf_question {
    const char *name; /* in presentation format: special octets escaped */
    enum spf_type type;
};

enum spf_outcome {
    SPF_OUTCOME_FOUND,
    SPF_OUTCOME_NO_DATA,
    SPF_OUTCOME_NO_DOMAIN,
    SPF_OUTCOME_FAILED, /* server failure, time-out, bogus */
    SPF_OUTCOME_COUNT
};

/* TXT: the strings joined, any octets; A, AAAA: the address as text; MX: the
 * hosts; PTR: the names. Names in presentation format,
 * with or without the final dot. */
struct spf_answer {
    enum spf_outcome outcome;
    const struct slice *records;
    size_t count;
};

/* Texts are printable ASCII. */
struct spf_verdict {
    enum spf_result result;
    const char *mechanism;   /* the term that decided, as the record has it;
                                "default" where none matched; NULL: no record */
    const char *domain;      /* whose record that was */
    const char *problem;     /* of none, temperror, permerror; else NULL */
    const char *explanation; /* the domain's own words on fail, or NULL */
    unsigned lookups, voids; /* terms that counted */
};

struct spf;

/* spf_create - owner: the arena, which keeps what the request points to. */
struct spf *spf_create(struct arena *arena, const struct spf_request *request);
/* NULL: there is a verdict. */
const struct spf_question *spf_question(const struct spf *spf);
/* spf_answer - the answer is used during the call alone. */
void spf_answer(struct spf *spf, const struct spf_answer *answer);
/* Ends it: the shell's time is over. A verdict of temperror. */
void spf_give_up(struct spf *spf, const char *problem);
/* NULL while a question is open. */
const struct spf_verdict *spf_verdict(const struct spf *spf);

/* spf_refusal - the reply to MAIL (AUTH-3), one line such as "550 5.7.23 ...";
 * NULL on pass. source: RFC 7372 */
const char *spf_refusal(struct arena *arena, const struct spf_verdict *verdict);

#endif

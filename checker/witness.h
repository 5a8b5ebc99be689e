/* witness - one case's evidence, put in order: what was submitted, what the
 * journal claims of each recipient, what was received and whose it is.
 *
 * Finds and pairs, and judges nothing. */
#ifndef CHECKER_WITNESS_H
#define CHECKER_WITNESS_H

#include <jansson.h>

#include "checker/mail_view.h"
#include "checker/octets.h"
#include "engine/scenario.h"

enum copy_kind {
    COPY_KIND_DIRECT, /* X-Zivver-Transport: direct, nta7516 or idd */
    COPY_KIND_NOTIFICATION,
    COPY_KIND_DSN,
    COPY_KIND_MAILED,  /* a code, or a notice, of the portal: without a link */
    COPY_KIND_STRANGE, /* no such field, another value, or several */
    COPY_KIND_COUNT
};

struct letter;
struct claim;

/* One message as a mail host received it. */
struct copy {
    const json_t *json;
    unsigned step;
    enum copy_kind kind;
    struct mail_view mail;
    struct haystack haystack;
    const char *transport; /* the field's value */
    const char *host, *level, *reverse_path, *reply;
    const char *tls;       /* NULL: plain */
    const char *recipient; /* the first */
    size_t recipient_count;
    bool taken; /* the host answered 2xx */
    bool late;
    struct letter *letter; /* that it is of, or NULL */
    struct claim *claim;   /* direct and notification: whose; or NULL */
};

/* One recipient of one accepted message, as the journal has it. */
struct claim {
    struct letter *letter;
    const char *address;
    const char *conversation; /* id; "" when missing */
    bool bcc;
    bool rowed;     /* some expectation has a row for it */
    unsigned group; /* by the submitted header: To and Cc share the first */
    struct claim *next;
};

/* One accepted message. */
struct letter {
    const json_t *accepted;   /* the journal's event; NULL: no event */
    const json_t *submission; /* NULL: accepted in a raw session */
    const json_t *reply;      /* the journal's event of a guest's; or NULL */
    long long attached;       /* octets of its file; 0: none */
    const struct claim
        *answers;            /* of a reply: the guest's own claim; or NULL */
    const struct step *step; /* that submitted it; NULL: unknown */
    const char *id;          /* the gateway's */
    const char *message_id;  /* with its angle brackets, or "" */
    const char *reverse_path, *from;
    struct mail_view mail;       /* as submitted */
    struct needle mark;          /* text.n 0: none */
    const json_t *const *events; /* the journal's about it, in its order */
    size_t event_count;
    struct claim *claims;
    unsigned number; /* counts from 0 */
    struct letter *next;
};

struct witness {
    struct arena *arena;
    const struct scenario_case *c;
    const json_t *evidence;
    const char *gateway_host;
    struct copy *copies;
    size_t copy_count;
    struct letter *letters; /* in order of submission */
    unsigned kills;         /* steps that killed the gateway */
};

void witness_init(struct witness *w, struct arena *arena,
                  const struct scenario_case *c, const json_t *evidence);

/* The last journal event of that name (NULL: decided, outcome or deferred) for
 * a recipient in steps up to `last`; NULL when there is none. */
const json_t *witness_event(const struct witness *w, const struct claim *claim,
                            const char *event, unsigned last);
/* The step in force at the end: greater than all. */
enum { STEP_END = 1u << 30 };

/* The claim of an address in the latest letter of steps up to `last`. */
struct claim *witness_claim(const struct witness *w, const char *address,
                            unsigned last);
struct claim *letter_claim(const struct letter *letter, const char *address);

/* The number of a claim's conversation, by the ids that the journal gives: in
 * the order To and Cc, then the others as in the envelope; 0: no id. */
unsigned witness_conversation(const struct claim *claim);

/* The world in force in a step. */
const struct world_spec *witness_world(const struct witness *w, unsigned step);
const struct step *witness_step(const struct witness *w, unsigned step);

bool address_same(const char *a, const char *b);
/* What stands behind the last @; "" when there is none. */
const char *domain_of(const char *address);
/* none 0, tls 1, pkix 2, dane 3; -1: no level. */
int level_rank(const char *level);

#endif

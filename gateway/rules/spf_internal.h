/* spf_internal - what the files of the machine share; no one else includes it.
 * Order to read: spf.c (records, frames, the end), spf_mechanism.c (one term),
 * spf_validate.c (%{p} and ptr), spf_explain.c (exp=).
 *
 * The machine runs until it has asked a question; the function in `then` takes
 * the answer. Included records are frames on a stack of our own. */
#ifndef RULES_SPF_INTERNAL_H
#define RULES_SPF_INTERNAL_H

#include "rules/spf.h"
#include "rules/spf_macro.h"
#include "rules/spf_record.h"

enum {
    SPF_LOOKUPS_MAX = 10,
    SPF_VOIDS_MAX = 2,
    SPF_HOSTS_MAX = 10,
    SPF_NAMES_MAX = 10
};

/* One record under evaluation. */
struct spf_frame {
    struct spf_frame *above; /* the record that includes it; NULL: none */
    struct slice domain;
    struct spf_record record;
    size_t at;    /* the term */
    bool is_void; /* the term has been counted as void */
};

/* Why a record is looked for: what its absence means. */
enum spf_purpose {
    SPF_PURPOSE_FIRST,
    SPF_PURPOSE_INCLUDE,
    SPF_PURPOSE_REDIRECT
};

typedef void spf_then(struct spf *s, const struct spf_answer *answer);
typedef void spf_go_on(struct spf *s);

struct spf {
    struct arena *arena;
    struct spf_request request;
    struct ip ip;
    struct spf_frame *frame; /* the innermost */
    spf_then *then;          /* NULL: nothing is asked */
    struct spf_question question;
    bool is_done;
    struct spf_verdict verdict;
    /* The record that is looked for. */
    enum spf_purpose purpose;
    struct slice domain;
    /* The hosts of the mx term. */
    const char **hosts;
    size_t host_count, host_at;
    /* The client's validated names (RFC 7208 5.5), once they are known. */
    bool has_names;
    struct slice *candidates, *names;
    size_t candidate_count, candidate_at, name_count;
    spf_go_on *on_names;
    /* The text behind exp=. */
    bool is_explaining;
    struct slice explanation;
};

/* The next run of the machine goes on with `then` and the answer. */
void spf_ask(struct spf *s, const char *name, enum spf_type type,
             spf_then *then);
void spf_fetch(struct spf *s, enum spf_purpose purpose, struct slice domain);
/* false: one too many, and the verdict stands. */
bool spf_count_lookup(struct spf *s);
bool spf_count_void(struct spf *s, const struct spf_answer *answer);
/* The whole evaluation ends, however deep it is. */
void spf_end(struct spf *s, enum spf_result result, struct slice mechanism,
             const char *problem);
/* The verdict of the term is known, or of a whole record. */
void spf_match(struct spf *s);
void spf_no_match(struct spf *s);
const struct spf_term *spf_term_at(const struct spf_frame *frame);

/* The expansion of a domain-spec; false: no name that could be asked for. */
bool spf_target(struct spf *s, struct slice spec, struct slice *out);
struct slice spf_expand(struct spf *s, struct slice text);
enum spf_type spf_address_type(const struct spf *s);

void spf_begin_term(struct spf *s);
/* Calls back at once, or when the DNS has said what they are. */
void spf_with_names(struct spf *s, spf_go_on *go_on);
struct slice spf_best_name(const struct spf *s);
/* The verdict is fail: adds the domain's own words, where it has some. */
void spf_explain(struct spf *s);

/* Printable, and not longer than a reply can show. */
const char *spf_shown(struct arena *arena, struct slice text);

#endif

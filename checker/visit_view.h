/* visit_view - what visitors of the portal did and saw, put in order: each
 * action with its turn in the scenario, its last page and what that says.
 *
 * Reads evidence, and judges nothing. */
#ifndef CHECKER_VISIT_VIEW_H
#define CHECKER_VISIT_VIEW_H

#include <stdint.h>

#include "checker/witness.h"
#include "peer/html.h"

enum { VISIT_WORDS_MOST = 4 };

/* One action of a visit. */
struct visit_action {
    const json_t *json;
    unsigned step;
    int64_t now_s;
    const struct step *at;         /* the scenario's step, or NULL */
    const struct visit_turn *turn; /* NULL: the scenario has no such */
    const char *browser, *recipient, *link;
    /* The last exchange; NULL: there was none. */
    const json_t *last;
    unsigned status;
    struct slice body;
    bool is_html;
    struct html_page page; /* of HTML */
    const char *words[VISIT_WORDS_MOST];
    size_t word_count;
    struct visit_action *next;
};

/* All actions of a case in order; NULL when nobody visited. */
struct visit_action *visit_actions(struct arena *arena,
                                   const struct witness *w);

bool visit_sees(const struct visit_action *action, const char *word);
/* The first header field of an exchange's response; "" when absent. */
const char *visit_header(const json_t *exchange, const char *name);
/* Which kind of word: a page's, a fault's, a notice's. */
bool visit_word_is_page(const char *word);
bool visit_word_is_notice(const char *word);
/* The page that a fault or a notice stands on. */
const char *visit_word_page(const char *word);
/* The token of a path "/m/TOKEN..." or "/d/TOKEN..."; n 0: it has none. */
struct slice visit_token(const char *path);
/* Somebody was kept out: no content, no file, no conversation. */
bool visit_word_denies(const char *word);

#endif

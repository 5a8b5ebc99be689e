/* visit_private - what the files behind visit.h share. */
#ifndef ENGINE_VISIT_PRIVATE_H
#define ENGINE_VISIT_PRIVATE_H

#include <jansson.h>

#include "engine/visit.h"
#include "peer/browser.h"
#include "peer/html.h"

/* A code that somebody got, by SMS or mail. */
struct got_code {
    const char *address, *link, *code;
    struct got_code *next; /* the one before */
};

/* A browser, or a mail client; it stays for the whole case. */
struct visitor {
    const char *name;
    struct browser *browser;
    const char *recipient; /* whose link was opened last */
    const char *link;      /* "/m/TOKEN", "/d/TOKEN/N" */
    const char *at;        /* where the page is that it shows */
    struct html_page page;
    bool has_page;
    const char *csrf;              /* of the last page that had one */
    const char *html, *attachment; /* what else it has asked for last */
    const char *token;             /* of a mail client's login */
    const char *totp;              /* used last */
    const json_t *conversation;
    struct visitor *next;
};

struct visits {
    struct arena *arena;
    struct visitor *visitors, *current;
    struct got_code *codes;
    unsigned nameless;
};

/* One action while it is done. */
struct visiting {
    struct stage *stage;
    struct visits *visits;
    struct visitor *visitor;
    const struct visit_turn *turn;
    struct arena *arena; /* the case's */
    json_t *action;      /* of the evidence */
    const char *failure; /* it could not be done */
};

struct visitor *visit_find(struct visits *visits, const char *name);

/* visit_request - what the turn asks for; false: it cannot be done, and
 * v->failure says why. */
bool visit_request(struct visiting *v, struct browser_request *out);
/* visit_form - the request of a form of the page, or, where the page has none,
 * what a hostile client would send in its place. */
bool visit_form(struct visiting *v, const char *name, const char *const *pairs,
                struct browser_request *out);

/* The newest message (or the nth) to an address that has such a link; NULL. */
const char *visit_link(struct visiting *v, const char *address,
                       const char *prefix, unsigned nth);
/* The same for a field of a notification. */
const char *visit_conversation(struct visiting *v, const char *address,
                               unsigned nth);
/* visit_take_codes - what came by SMS and mail since those counts. */
void visit_take_codes(struct visiting *v, size_t sms_count, size_t mail_count);
const char *visit_code(struct visiting *v);

#endif

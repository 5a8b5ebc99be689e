/* visit_links - the judge's own model of the portal's links: which codes were
 * sent, how often somebody erred, what is locked or void, and who has verified
 * himself in which browser (PORTAL-2). */
#ifndef CHECKER_VISIT_LINKS_H
#define CHECKER_VISIT_LINKS_H

#include "checker/judge_visit.h"

/* A code that was sent for a link. */
struct link_code {
    const char *digits;
    int64_t sent_s;
    int64_t lives_ms;
    bool used;
    struct link_code *next; /* the one before */
};

/* What one browser may see by a verification. */
struct link_session {
    const char *browser;
    const char *method; /* account, sms, access-code, email */
    bool is_open;
    bool has_opened; /* content was served in it */
    struct link_session *next;
};

struct portal_link {
    struct slice token;
    const char *kind; /* "m": a notification's, "d": an attachment's */
    struct claim *claim;
    struct link_code *codes; /* the last first */
    struct link_session *sessions;
    unsigned wrong, wrong_in_all;
    int64_t locked_until_s;
    bool is_void;
    struct portal_link *next;
};

/* A secret that the organization shares, earned by opening (SHARED-1). */
struct earned {
    const struct organization *organization;
    const char *recipient, *kind, *value; /* kind: sms, access-code */
    struct earned *next;                  /* the one before */
};

/* What the journal must say was opened, or may say. */
struct opening {
    unsigned step;
    const struct claim *claim;
    const char *method, *what;
    const struct visit_action *action;
    bool optional, found;
    struct opening *next;
};

/* A mail client that is logged in (PORTAL-5). */
struct portal_account {
    const char *browser, *address;
    struct portal_account *next;
};

/* Wrong logins of one client at one account: so many lock the two, each time
 * for twice as long (PORTAL-5). */
struct guesses {
    bool is_other; /* the client: the other address */
    const char *account;
    unsigned wrong, locks;
    int64_t locked_until_s;
    struct guesses *next;
};

struct portal_model {
    struct trial *t;
    struct opening *openings;
    struct portal_account *accounts;
    struct guesses *guesses;
    struct portal_link *links;
    struct earned *earned;
};

/* The link that a path leads to, by the mails that were received; NULL. */
struct portal_link *portal_link(struct portal_model *m, const char *path);
/* account, sms, access-code, email: what the message's method asks for. */
const char *portal_way(struct portal_model *m, const struct portal_link *link);
/* The phone number or access code that counts for a link; NULL. */
const char *portal_secret(struct portal_model *m, const struct portal_link *l,
                          const char *kind);
/* The open session of a browser; NULL. */
struct link_session *portal_session(const struct portal_link *link,
                                    const char *browser);
/* One try at a link: right or not; what follows is kept. True: it opens. */
bool portal_try(struct portal_model *m, struct portal_link *link,
                const struct visit_action *a, const char *method, bool right);
void portal_earn(struct portal_model *m, const struct portal_link *link,
                 const char *method);
int64_t portal_setting(const struct portal_model *m,
                       const struct visit_action *a, const char *name,
                       int64_t otherwise);

/* Content was served for the first time in a session. */
void portal_opens(struct portal_model *m, const struct visit_action *a,
                  const struct claim *claim, const char *method,
                  const char *what);
/* One request of a mail client. */
void portal_client(struct portal_model *m, const struct visit_action *a);
/* The journal's opened and reply against what was seen, both ways. */
void portal_judge_events(struct portal_model *m,
                         const struct visit_action *all);

#endif

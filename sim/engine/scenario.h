/* scenario - a scenario file as parsed: one or more cases, each a world, steps
 * and expectations, with the place of every cell.
 *
 * Each case holds its own tree, in which the case's columns are already put in
 * (a cell's place is then the cell within `cases:`). The world of every step is
 * complete: fixtures, the scenario's changes, and `change` steps so far. */
#ifndef ENGINE_SCENARIO_H
#define ENGINE_SCENARIO_H

#include <stdint.h>

#include "engine/fixtures.h"
#include "engine/target.h"

struct share {
    const char *recipient, *organization;
    const char *sms, *access_code; /* NULL when absent */
    struct place place;
    const struct share *next;
};

struct domain {
    const char *name; /* lower case */
    const struct posture *posture;
    struct place place;
    const struct domain *next;
};

/* What the scenario makes a domain publish as SPF or DMARC; addresses still as
 * places: {submitter}. */
struct published {
    const char *domain, *text; /* text: a record, none, servfail */
    const struct published *next;
};

/* One setting of the gateway's configuration. */
struct setting {
    const char *name, *value;
    struct place place;
    const struct setting *next;
};

struct world_spec {
    const struct organization *sender; /* one of organizations */
    const struct organization *organizations;
    const struct domain *domains; /* recipients' domains named in the scenario;
                                     organizations' own ones stand with them */
    const struct share *shares;
    const struct published *spf, *dmarc;
    const struct setting *settings;
    const char *gateway_certificate; /* certificate word, or NULL: good */
    const char *gateway_dies;        /* at these words, or NULL: never */
    const char *sms; /* what is wrong with the SMS service: none, ... */
};

/* The world's facts by address or name; NULL when there is none. */
const struct account *world_account(const struct world_spec *world,
                                    const char *address);
const struct organization *world_organization_of(const struct world_spec *world,
                                                 const char *domain);
/* The posture of a domain: the scenario's, else its organization's own. */
const struct posture *world_posture(const struct world_spec *world,
                                    const char *domain);
const struct published *world_spf(const struct world_spec *world,
                                  const char *domain);
/* world_dmarc - the text at _dmarc.DOMAIN: a record, none, or servfail. */
const char *world_dmarc(const struct world_spec *world, const char *domain);
const char *world_setting(const struct world_spec *world, const char *name,
                          const char *otherwise);

enum step_kind {
    STEP_KIND_SUBMIT,
    STEP_KIND_SESSION,
    STEP_KIND_VISIT,
    STEP_KIND_BOUNCE,
    STEP_KIND_ADVANCE,
    STEP_KIND_CHANGE,
    STEP_KIND_RESTART,
    STEP_KIND_DISK,
    STEP_KIND_EXPECT,
    STEP_KIND_COUNT
};
const char *step_kind_name(enum step_kind kind);

struct text_list {
    const char *const *texts; /* ended by NULL */
    size_t count;
};

struct header_line {
    const char *name, *value;
    struct place place; /* of the value */
    struct header_line *next;
};

/* An attachment, or another part, of a given size. */
struct attachment {
    size_t octets;      /* decoded */
    const char *kind;   /* attachment, inline, message, signed, text */
    const char *name;   /* NULL: one that bears the mark */
    const char *type;   /* NULL: by the kind */
    const char *coding; /* base64, quoted-printable */
    const struct attachment *next;
};

/* One message to submit; NULL and empty mean the documented default. */
struct submit {
    const char *from, *reverse_path; /* reverse_path "" for <> */
    struct text_list to, cc, bcc;
    struct text_list envelope; /* as it goes over the wire, derived or given */
    struct header_line *headers;
    const char *subject, *text, *html, *raw;
    struct text_list left_out; /* default fields that a cell `absent` removed */
    const char *texts;         /* both, plain, html, none */
    const struct attachment *attachments; /* further ones */
    bool attachment;
    bool settle;        /* all that the gateway has, before the next step */
    bool until_outcome; /* this message alone */
    const char *user, *password, *tls;
    const char *helo;          /* NULL: the usual one */
    bool is_anonymous;         /* no AUTH */
    const char *auth;          /* plain, login; NULL: PLAIN at once */
    const char *body;          /* BODY=; NULL */
    const char *size;          /* SIZE=; NULL */
    bool smtputf8;             /* SMTPUTF8 */
    size_t chunk_bytes;        /* BDAT; 0: DATA */
    bool is_other;             /* from the other address */
    const struct node *notify; /* map ADDRESS: words; NULL */
    const struct node *orcpt;  /* map ADDRESS: value; NULL */
    const char *envid, *ret;
    const char *dkim; /* the submitter's own signature; NULL: none */
};

enum turn_kind {
    TURN_KIND_EXPECT,
    TURN_KIND_SEND,
    TURN_KIND_OCTETS,
    TURN_KIND_TLS,
    TURN_KIND_AUTH,
    TURN_KIND_COUNT
};
/* One turn of a raw dialogue. */
struct turn {
    enum turn_kind kind;
    const char *text;        /* send, octets (unescaped), tls version, user */
    size_t octets;           /* of text */
    struct text_list expect; /* prefixes; for tls: the alert's name */
    struct place place;
    struct turn *next;
};

enum visit_act {
    VISIT_ACT_BROWSER,         /* go on in this browser */
    VISIT_ACT_OPEN,            /* the link of a notification */
    VISIT_ACT_OPEN_ATTACHMENT, /* a secure download link */
    VISIT_ACT_LOOK,            /* page, html: what is there now */
    VISIT_ACT_PRESS,           /* code, forgotten, leave: a form of buttons */
    VISIT_ACT_CODE,            /* right, old, wrong, or digits */
    VISIT_ACT_ACCESS_CODE,     /* as it stands there */
    VISIT_ACT_LOGIN,           /* right, or what is wrong */
    VISIT_ACT_DOWNLOAD,        /* an attachment, counted from 1 */
    VISIT_ACT_REPLY,           /* a text */
    VISIT_ACT_STEAL,           /* page, html, attachment: of another browser */
    VISIT_ACT_HTTP,            /* METHOD PATH */
    VISIT_ACT_OCTETS,          /* whatever they are */
    VISIT_ACT_CLIENT_LOGIN,    /* a mail client, for an account */
    VISIT_ACT_CLIENT_FETCH,    /* the conversation of a notification */
    VISIT_ACT_CLIENT_DOWNLOAD, /* an attachment in it, counted from 1 */
    VISIT_ACT_COUNT
};
const char *visit_act_name(enum visit_act act);

/* One thing that a visitor of the portal does. */
struct visit_turn {
    enum visit_act act;
    const char *value;  /* of the action */
    unsigned times;     /* how often, at least 1 */
    unsigned nth;       /* which notification or link; 0: the newest, first */
    const char *of;     /* another recipient, browser or account; or NULL */
    const char *token;  /* altered, guessed, shortened; or NULL */
    const char *csrf;   /* none, wrong, other; or NULL */
    const char *cookie; /* none, wrong, other; or NULL */
    const char *method; /* another than usual; or NULL */
    const char *origin; /* or NULL */
    const char *with;   /* how a client logs in; or NULL */
    size_t attachment;  /* octets of what a reply carries; 0: nothing */
    bool is_other;      /* a browser: from another address */
    struct text_list sees, shows, hides;
    const struct node *node;
    struct place place;
    struct visit_turn *next;
};

/* What a mail host that accepted a message sends back. */
struct bounce {
    const char *of;              /* the recipient whose message it is about */
    const char *form;            /* report, plain, vacation, person */
    const char *action, *status; /* of a report */
    const char *to;              /* NULL: the reverse-path; guessed; another */
    const char *from;            /* "" for <> */
    bool is_plain;               /* no TLS */
    const char *expect;          /* how the reply starts that decides */
    struct place place;
};

/* A row of `expect:` about one recipient. */
struct expect_row {
    const char *address;
    const struct node *node; /* a map: cells method delivery conversation at tls
                                level not status dsn against-table */
    struct expect_row *next;
};
struct expect {
    const struct node *node;
    struct expect_row *rows;
    const struct node *replies;        /* map, or NULL; so are the others */
    const struct node *warnings;       /* list of words */
    const struct node *journal;        /* list of maps */
    const struct node *absent;         /* list of maps */
    const struct node *connections;    /* map HOST: count */
    const struct node *policy_fetches; /* map DOMAIN: count */
};

struct step {
    enum step_kind kind;
    unsigned number; /* counts from 0, as in the evidence */
    struct place place;
    const struct node *node;
    const struct world_spec *world; /* in force from this step on */
    struct submit *submit;
    struct turn *session;
    unsigned hold; /* session: so many at once, which stay open; 0: one alone */
    unsigned held; /* session: in so many of those that are open; 0: new ones */
    bool is_other; /* session: from the other address */
    bool is_at_bounces; /* session: with the return-path listener */
    struct visit_turn *visit;
    struct bounce *bounce;
    struct expect *expect;
    int64_t advance_s;
    bool kill; /* restart: without order */
    enum target_disk disk;
    struct step *next;
};

struct scenario;

struct scenario_case {
    const struct scenario *scenario;
    const char *file;
    const char *name; /* "" where the file has no `cases:` */
    const char *id;   /* file:name, or the file alone */
    struct place place;
    const char *title;
    struct text_list clauses, tags;
    const char *expected_fail; /* reason, or NULL */
    uint64_t seed;
    bool clock_is_now; /* the real clock: `clock: now` */
    int64_t clock_s;   /* where the scenario starts */
    const struct node *root;
    const struct world_spec *world; /* before the first step */
    struct step *steps; /* top-level submit or session first, top-level expect
                           last */
    struct scenario_case *next;
};

/* scenario_load - one file; every error goes to the list.
 *
 * out     never NULL; destroyed by the caller
 * errors  ST_INVAL: at least one diagnostic was added; *out then lacks the
 * cases that could not be made owner   the caller destroys; it must not outlive
 * the fixtures */
enum status scenario_load(const struct fixtures *fixtures, const char *path,
                          struct diagnostics *list,
                          struct scenario **out) MUST_USE;
/* The same from text, for what is made and not read (`explore`). */
enum status scenario_parse(const struct fixtures *fixtures, const char *path,
                           struct slice text, struct diagnostics *list,
                           struct scenario **out) MUST_USE;
void scenario_destroy(struct scenario **scenario);

const char *scenario_file(const struct scenario *scenario);
const struct scenario_case *scenario_cases(const struct scenario *scenario);
/* The file's text, for showing lines. */
const char *scenario_text(const struct scenario *scenario);
/* "file:case", or "file" where it has no cases; in the scenario's memory. */
const char *scenario_case_id(const struct scenario_case *c);

#endif

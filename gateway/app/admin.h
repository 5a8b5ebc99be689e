/* admin - the commands for whoever runs a gateway: organizations, domains,
 * accounts and credentials are made and changed, the queue, conversations and
 * past decisions are read. They work beside a running gateway, which takes up
 * what they change with the next thing it does. */
#ifndef APP_ADMIN_H
#define APP_ADMIN_H

#include <jansson.h>

#include "app/config.h"

/* Exit statuses: the kit's. */
enum {
    ADMIN_DONE = 0,
    ADMIN_REFUSED = 1, /* no such thing, or what was asked cannot be */
    ADMIN_USAGE = 2,   /* wrong usage, or an invalid file */
    ADMIN_ENVIRONMENT = 3,
};

/* Options, each a bit of what an action takes. */
enum admin_option {
    ADMIN_JSON = 1,
    ADMIN_DOMAIN = 2,
    ADMIN_POLICY = 4,
    ADMIN_INBOUND = 8,
    ADMIN_SPF = 16,
    ADMIN_NAME = 32,
    ADMIN_TWO_FACTOR = 64,
    ADMIN_DESCRIPTION = 128,
    ADMIN_ORGANIZATION = 256,
    ADMIN_STDIN = 512,
};

enum { ADMIN_DOMAINS_MAX = 64 };

struct admin {
    struct arena *arena;
    const struct config *config;
    struct config_list made; /* struct config_organization, by command */
    const char *const *args; /* behind the action */
    int arg_count;
    /* Options; NULL or false: not given. */
    const char *domains[ADMIN_DOMAINS_MAX];
    size_t domain_count;
    const char *policy, *inbound, *spf, *name, *description, *organization;
    bool json, two_factor, from_stdin;
    const char *shown; /* secrets, on stdout once the change is sure to hold */
};

struct admin_action {
    const char *command, *action; /* action "": the command has but one */
    int least, most;              /* arguments */
    unsigned options;             /* enum admin_option */
    bool writes;                  /* made is saved after ADMIN_DONE */
    int (*run)(struct admin *admin);
    const char *usage; /* behind the action; lines of its own indented */
};

/* Ended by an entry without command. */
extern const struct admin_action admin_organization_actions[];
extern const struct admin_action admin_account_actions[];
extern const struct admin_action admin_credential_actions[];
extern const struct admin_action admin_read_actions[];

bool admin_is_command(const char *word);
/* admin_command - argv[0] is the command; the exit status. */
int admin_command(int argc, char **argv);

/* --- for the actions ------------------------------------------------------ */

/* A line on stderr; returns ADMIN_REFUSED. */
int admin_refuse(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The same of a value that is none of those an option or argument may have;
 * returns ADMIN_USAGE. */
int admin_refuse_value(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* One more line of what is shown. */
void admin_show(struct admin *admin, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The organization that was made by command; NULL after a line on stderr,
 * which says where it stands if it is one of the configuration. */
struct config_organization *admin_organization(struct admin *admin,
                                               const char *name);
/* The one that claims the domain, as config_domain gives it; the same. */
struct config_organization *admin_owner(struct admin *admin,
                                        const char *domain);
/* config_domain; NULL after a line on stderr. */
const char *admin_domain(struct admin *admin, const char *text);
/* Whether lists of one organization's are asked for, and it is not this one;
 * whether there is such a one at all (false: after a line on stderr). */
bool admin_is_other(const struct admin *admin,
                    const struct config_organization *o);
bool admin_has_asked(const struct admin *admin);

/* item_bytes more at the end, zeroed. */
void *admin_list_add(struct admin *admin, struct config_list *list,
                     size_t item_bytes);
void admin_list_remove(struct config_list *list, size_t item_bytes,
                       const void *item);

/* Unguessable, easy to read and to type. owner: the arena */
char *admin_password(struct arena *arena);
/* Of what --stdin gives, or of a fresh one, which is shown this once. NULL: no
 * line on stdin. */
const char *admin_password_hash(struct admin *admin);

/* A table of the columns, or JSON with everything; takes rows. */
int admin_print(const struct admin *admin, json_t *rows,
                const char *const *columns);
json_t *admin_text(const char *text); /* NULL: null */
json_t *admin_time(int64_t time_ms);  /* 0: null */

#endif

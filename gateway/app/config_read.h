/* config_read - fills a structure from a YAML map by a table of keys. */
#ifndef APP_CONFIG_READ_H
#define APP_CONFIG_READ_H

#include <stddef.h>

#include "app/config.h"

enum key_kind {
    KEY_TEXT,     /* const char * */
    KEY_DOMAIN,   /* const char *: as lower-case A-labels */
    KEY_MAILBOX,  /* const char * */
    KEY_PATH,     /* const char *: relative to the file; need not exist */
    KEY_FILE,     /* const char *: the same, and readable */
    KEY_UUID,     /* const char * */
    KEY_URL,      /* const char *: https, no final slash */
    KEY_HASH,     /* const char *: a password hash */
    KEY_ADDRESS,  /* const char *: IP address */
    KEY_BLOCK,    /* const char *: 192.0.2.0/24, or one address */
    KEY_RESOLVER, /* const char *: address@port */
    KEY_PHONE,    /* const char *: E.164 (RIGHT-3) */
    KEY_CODE,     /* const char *: an access code (RIGHT-3) */
    KEY_ZONE,     /* const char *: a time zone of the system */
    KEY_FIELD,    /* const char *: "Name: value" of a header */
    KEY_BASE32,   /* const char *: RFC 4648 6, 16 octets or more; secret */
    KEY_SECRET,   /* const char *: a text that no fault repeats */
    KEY_TARGET,   /* const char *: the path of an HTTP request */
    KEY_ENDPOINT, /* struct config_endpoint: address:port */
    KEY_BOOLEAN,  /* bool: yes, no */
    KEY_NUMBER,   /* int64_t within least and most */
    KEY_WORD,     /* int: index into words */
    KEY_TIME,     /* int64_t: RFC 3339 as UTC seconds */
    KEY_MAP,      /* the structure of shape, in place */
    KEY_LIST,     /* struct config_list of shape's structures */
    KEY_DOMAINS,  /* struct config_list of const char *: each a DOMAIN */
    KEY_BLOCKS,   /* the same, each a BLOCK */
};

struct shape;

struct key {
    const char *name;
    enum key_kind kind;
    size_t offset;
    bool required;
    int64_t least, most;      /* NUMBER */
    const char *const *words; /* WORD; NULL ends them */
    const struct shape *shape;
};

struct shape {
    const struct key *keys;
    size_t count;
    size_t size; /* of the structure */
};

struct config_reader {
    struct arena *arena;
    struct faults *faults;
};

/* config_read_map - node is the map; its faults are added. */
void config_read_map(struct config_reader *reader, const struct yaml *node,
                     const struct shape *shape, void *out);

/* config_read_text - one value of the kinds that are texts, checked. */
bool config_read_text(struct config_reader *reader, const struct yaml *node,
                      enum key_kind kind, const char **out);

/* config_read_time - RFC 3339 in UTC seconds; false: no such time. */
bool config_read_time(const char *text, int64_t *out);

/* config_check_organizations - the same of a file that holds organizations
 * alone, beside others. */
void config_check_organizations(struct faults *faults, const struct yaml *root,
                                const struct config_list *list,
                                const struct config_list *others);

/* config_check - what no single value shows, once every value is good. */
void config_check(struct arena *arena, struct faults *faults,
                  const struct yaml *root, const struct config *config);

/* config_shape - of the whole file, for tests. */
const struct shape *config_shape(void);

#endif

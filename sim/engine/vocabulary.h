/* vocabulary - the keys that a scenario, posture or organization file may hold,
 * as tables: the parser checks by them, and `schema`, `list words` and near
 * misses are made from them. */
#ifndef ENGINE_VOCABULARY_H
#define ENGINE_VOCABULARY_H

#include "engine/node.h"

enum value_type {
    VALUE_TEXT,
    VALUE_WORD,        /* one of words */
    VALUE_YES_NO,      /* yes, no */
    VALUE_NUMBER,      /* decimal digits */
    VALUE_DURATION,    /* 90s 10m 4h 5d */
    VALUE_TIME,        /* RFC 3339, or now */
    VALUE_ADDRESS,     /* local@domain */
    VALUE_REPLY,       /* 550 5.1.1 text */
    VALUE_MAP,         /* by the keys of `inner` */
    VALUE_LIST,        /* each element as `inner[0]` says */
    VALUE_MAP_OR_TEXT, /* a name, or a map by the keys of `inner` */
    VALUE_ANY,         /* whatever */
    VALUE_COUNT
};

/* One row of a table; a row whose name is NULL ends it. "*" stands for any key,
 * "@" for any that holds an at sign; both come last. */
struct key {
    const char *name;
    enum value_type type;
    const char *const *words; /* VALUE_WORD; ended by NULL */
    const struct key *inner;
    bool required;
    bool one_or_list; /* VALUE_LIST: a single value may stand for a list */
    const char *help; /* one sentence */
    const char *example;
};

extern const struct key vocabulary_scenario[]; /* a scenario file */
extern const struct key vocabulary_posture[];  /* fixtures/postures */
extern const struct key vocabulary_sending_dns[];
extern const struct key vocabulary_submit[];       /* `submit:` */
extern const struct key vocabulary_organization[]; /* fixtures/organizations */

/* vocabulary_check - every deviation of a tree from a table is a diagnostic;
 * false when there was one. */
bool vocabulary_check(const struct node *map, const struct key *keys,
                      struct diagnostics *list);

/* duration_parse - "90s", "10m", "4h", "5d" in seconds; false otherwise. */
bool duration_parse(const char *text, long long *out_s);
/* time_parse - RFC 3339 with an offset or Z; false otherwise. */
bool time_parse(const char *text, long long *out_s);

#endif

/* spf_macro - the macro language of RFC 7208 7: is it well-formed, and what
 * does it expand to. Pure; of rules/spf alone. */
#ifndef RULES_SPF_MACRO_H
#define RULES_SPF_MACRO_H

#include <stdint.h>

#include "base/alloc.h"
#include "rules/ip.h"

enum spf_macro_kind {
    SPF_MACRO_DOMAIN, /* domain-spec: no c, r, t; ends in a macro or a label */
    SPF_MACRO_STRING, /* macro-string of an unknown modifier */
    SPF_MACRO_EXPLANATION /* explain-string: blanks too */
};

bool spf_macro_is_valid(struct slice text, enum spf_macro_kind kind);

/* Whether a valid text has %{p}. */
bool spf_macro_uses_name(struct slice text);

struct spf_macro_values {
    struct slice local, sender_domain;
    struct slice domain; /* whose record is evaluated */
    struct slice helo;
    struct slice name; /* %{p} */
    const struct ip *ip;
    const char *receiver;
    int64_t now_s;
};

/* spf_macro_expand - of a valid text; empty where it would be over-long (no
 * name and no explanation comes near 64 KiB). owner: the arena */
struct slice spf_macro_expand(struct arena *arena, struct slice text,
                              const struct spf_macro_values *values);

#endif

/* octets - does a text stand in a run of octets, however it is encoded? As it
 * is, quoted-printable, or base64 at any of the three offsets; line ends and
 * folds within it do not hide it. */
#ifndef CHECKER_OCTETS_H
#define CHECKER_OCTETS_H

#include "base/alloc.h"

/* Quoted-printable (RFC 2045 6.7) undone; what is none stays as it is. */
struct slice octets_unquote(struct arena *arena, struct slice octets);
struct slice octets_without_blanks(struct arena *arena, struct slice octets);
struct slice octets_lower(struct arena *arena, struct slice octets);

/* Octets made ready for many searches. */
struct haystack {
    struct slice plain;  /* without blanks and line ends */
    struct slice quoted; /* the same after quoted-printable was undone */
    struct slice plain_lower, quoted_lower;
    struct slice spaced; /* quoted-printable undone, blanks kept */
};

/* A text made ready for searches in many haystacks. */
struct needle {
    struct slice text;     /* without blanks */
    struct slice lower;    /* the same in lower case */
    const char *base64[3]; /* what of its base64 does not depend on what stands
                              before and behind, at each offset; NULL: too short
                              to mean anything */
};

struct haystack haystack(struct arena *arena, struct slice octets);
struct needle needle(struct arena *arena, const char *text);

/* haystack_holds - the way in which it was found ("plain", "base64 at offset
 * 1" ...), or NULL. */
const char *haystack_holds(const struct haystack *in, const struct needle *n);
/* The same in any ASCII case (base64: as given, and in lower case). */
const char *haystack_holds_nocase(const struct haystack *in,
                                  const struct needle *n);
/* As a word of its own: neither letter nor digit beside it. For texts so short
 * that they stand in random identifiers by chance. */
const char *haystack_holds_word(const struct haystack *in,
                                const struct needle *n);

#endif

/* slice - octets that somebody else owns; compare, trim, split. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *p;
    size_t n;
};

/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).n, (s).p
#define SLICE_LITERAL(text) ((struct slice){(text), sizeof(text) - 1})

struct slice slice_of(const char *text); /* without the NUL; NULL is empty */
bool slice_eq(struct slice a, struct slice b);
bool slice_is(struct slice s, const char *text);
/* ASCII case is ignored; octets above 127 compare as they are. */
bool slice_is_nocase(struct slice s, const char *text);
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts_nocase(struct slice s, const char *prefix);
/* slice_trim - without blanks and tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);
struct slice slice_from(struct slice s, size_t start); /* start <= s.n */
/* slice_find - offset of the first c, or s.n. */
size_t slice_find(struct slice s, char c);
/* slice_find_crlf - offset of the first CRLF, or s.n. */
size_t slice_find_crlf(struct slice s);
/* slice_cut - take what stands before the first sep off *s and return it; *s is
 * left behind the sep, or empty. */
struct slice slice_cut(struct slice *s, char sep);
/* slice_word - next run without blank, tab, CR, LF; empty at the end. */
struct slice slice_word(struct slice *s);
/* slice_number - decimal digits alone, at most max; false otherwise. */
bool slice_number(struct slice s, unsigned long max, unsigned long *out);

#endif

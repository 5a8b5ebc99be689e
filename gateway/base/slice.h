/* slice - octets that somebody else owns; compare, trim, split. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *p;
    size_t n;
};

/* A length as printf takes it: at most INT_MAX. */
int slice_int(size_t n);
/* For printf's "%.*s". */
#define SLICE_ARG(s) slice_int((s).n), (s).p
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
/* Parts of s. Past its end there is nothing: whoever asks for it has
 * miscounted, and the program stops rather than read what is not his (a BUG, in
 * every build). */
struct slice slice_from(struct slice s, size_t start); /* start <= s.n */
struct slice slice_first(struct slice s, size_t n);    /* n <= s.n */
struct slice slice_sub(struct slice s, size_t start, size_t n);
/* slice_most - the first n octets, or all where there are fewer. */
struct slice slice_most(struct slice s, size_t n);
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

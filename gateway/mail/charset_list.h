/* charset_list - the charsets that texts are read in: the labels of WHATWG's
 * Encoding standard (4.2), with what each of them is to us.
 *
 * A name from outside is looked up here and goes no further: iconv sees our
 * names alone, none of the hundreds of others that it knows. */
#ifndef MAIL_CHARSET_LIST_H
#define MAIL_CHARSET_LIST_H

#include <stdbool.h>

enum charset_kind {
    CHARSET_KIND_TABLE,        /* iconv has it */
    CHARSET_KIND_UTF_8,        /* */
    CHARSET_KIND_ASCII,        /* UTF-8 where it is that, else windows-1252 */
    CHARSET_KIND_UTF_16,       /* */
    CHARSET_KIND_UTF_32,       /* */
    CHARSET_KIND_USER_DEFINED, /* 80 to FF are U+F780 to U+F7FF */
    CHARSET_KIND_REPLACEMENT,  /* never read: U+FFFD stands for all of it */
    CHARSET_KIND_COUNT
};

struct charset {
    enum charset_kind kind;
    bool is_little;   /* UTF-16 and UTF-32 without a byte order mark */
    bool has_shifts;  /* its state is more than a letter that is held back */
    const char *read; /* to iconv; NULL: not by iconv */
    /* What is put into a text of it: what all who know the name understand, so
     * iso-8859-1 and not windows-1252. NULL: ASCII alone. */
    const char *write;
    const char *labels; /* lower case, blanks between them */
};

/* charset_find - blanks around the label and ASCII case do not matter; never
 * NULL: one that is not listed is of the kind CHARSET_KIND_ASCII. */
const struct charset *charset_find(const char *label);

enum { CHARSET_MOST = 64 };

/* charset_index - where it stands in the list, below CHARSET_MOST; of one that
 * is not listed: behind the last. */
unsigned charset_index(const struct charset *charset);

/* The list itself, for tests. */
const struct charset *charset_at(unsigned index); /* NULL: behind the last */

#endif

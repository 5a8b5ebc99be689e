/* plain - what every text file of ours is before a grammar looks at it: UTF-8
 * without control characters. Libraries behind it were written for such texts,
 * and hang or die on others (libfyaml 0.7.12 never comes back from a directive
 * that is cut off within a character). */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include "base/slice.h"

/* Of white space: libfyaml looks at an empty line anew for each that follows,
 * and at each blank from the run's begin. */
enum { PLAIN_EMPTY_LINES = 200, PLAIN_BLANKS = 2000 };

/* Lines and columns count from 1; a column is a character. */
struct plain_fault {
    const char *what; /* NULL: there is none */
    int line, column;
};

/* plain_body - the text without a byte order mark in front. */
struct slice plain_body(struct slice text);

/* plain_check - the first place where the text is not well-formed UTF-8 (RFC
 * 3629), holds a control character but tab and line ends, a line or paragraph
 * separator, a byte order mark or a noncharacter, or has more white
 * space in a row than above. */
struct plain_fault plain_check(struct slice text);

#endif

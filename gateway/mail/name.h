/* name - of a file that somebody else named, made fit to be shown and saved. */
#ifndef MAIL_NAME_H
#define MAIL_NAME_H

#include "base/alloc.h"

enum { NAME_BYTES_MAX = 200 };

/* name_of_file - the last component of name: without control and direction
 * characters, outer blanks and leading dots; shortened before its extension.
 * Where nothing is left, one that fits the type. */
const char *name_of_file(struct arena *arena, const char *name,
                         const char *type);

#endif

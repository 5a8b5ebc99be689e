/* journal_past - does a journal tell of messages that were accepted? Then a
 * gateway without a database has lost one (KEEP-3). */
#ifndef APP_JOURNAL_PAST_H
#define APP_JOURNAL_PAST_H

#include <stdbool.h>

/* journal_has_past - path: of the file, or NULL. A file that is not there, or
 * cannot be read, tells nothing. Read to its first such line. */
bool journal_has_past(const char *path);

#endif

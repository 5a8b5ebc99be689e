/* handmade - one whole case and its evidence made by hand, for the tests of the
 * judge: a direct delivery, a notification, a failure with its DSN, and a Bcc
 * recipient, all as they should be. */
#ifndef CHECKER_HANDMADE_H
#define CHECKER_HANDMADE_H

#include <jansson.h>

#define HANDMADE_MARK "LH-MARK-ABCDEFGHIJKLMNOPQRSTUVWX"

/* The scenario file. */
extern const char handmade_scenario[];
/* A new reference. */
json_t *handmade_evidence(void);

#endif

/* password - scrypt (RFC 7914) hashes as text:
 * $scrypt$ln=14,r=8,p=1$<base64 salt>$<base64 32 octets>. */
#ifndef APP_PASSWORD_H
#define APP_PASSWORD_H

#include <stdio.h>

#include "base/alloc.h"
#include "base/secret.h"

enum { PASSWORD_COST = 15, PASSWORD_COST_MAX = 20, PASSWORD_BYTES = 32 };

struct password_hash {
    unsigned cost; /* log2 of N */
    unsigned r, p;
    struct slice salt;
    struct slice expected;
};

/* ST_INVAL: no such hash, or one beyond what we spend on it. */
enum status password_hash_parse(struct arena *arena, const char *text,
                                struct password_hash *out) MUST_USE;

/* password_is - takes the time that the hash's cost says, whatever the answer;
 * the comparison takes the same time wherever they differ. */
bool password_is(const struct password_hash *hash,
                 const struct secret *password);

/* password_read - a line without its end. false: there is none, it is empty, or
 * it does not fit; nothing of it is left then. owner: caller, who wipes it */
bool password_read(FILE *in, char *line, int size);

/* password_hash_make - with a fresh salt. owner: the arena */
char *password_hash_make(struct arena *arena, const struct secret *password,
                         unsigned cost);

#endif

/* login - what opens an account of the world: everybody's password, and the
 * secret behind his time-based codes, both made from the address. */
#ifndef ENGINE_LOGIN_H
#define ENGINE_LOGIN_H

#include <stdint.h>

#include "base/alloc.h"

/* "portal jansen" */
const char *login_password(struct arena *arena, const char *address);
/* base32 (RFC 4648 6), as a gateway's configuration has it. */
const char *login_secret(struct arena *arena, const char *address);
/* The six digits of RFC 6238 (SHA-1, 30 s) at that second. */
const char *login_code(struct arena *arena, const char *address, int64_t now_s);

#endif

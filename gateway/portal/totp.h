/* totp - time-based one-time passwords (RFC 6238: SHA-1, 30 s, 6 digits). Pure.
 */
#ifndef PORTAL_TOTP_H
#define PORTAL_TOTP_H

#include <stdint.h>

#include "base/slice.h"

enum { TOTP_PERIOD_S = 30, TOTP_DIGITS = 6 };

/* totp_check - the step whose code this is: the one of now_s, the one before or
 * the one after it (RFC 6238 5.2); 0: none. secret in base32. Every step is
 * compared, in constant time. */
int64_t totp_check(const char *secret, const char *code, int64_t now_s);

/* totp_code - of a step; false: secret is no base32. */
bool totp_code(const char *secret, int64_t step, char out[TOTP_DIGITS + 1]);

#endif

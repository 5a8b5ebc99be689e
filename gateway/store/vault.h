/* vault - what the database must not give away to who reads it alone. A key
 * beside it (secret.key) makes three things of secrets:
 *
 *   mark    of what is only looked up or compared and long enough to be
 *           unguessable: a keyed hash
 *   code    of what is only compared, and short: a keyed hash with a salt, so
 *           that two that are the same do not look so
 *   seal    of what is needed again: AES-256-GCM
 *
 * Inside store only. Used by one thread at a time. */
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "base/alloc.h"

enum { VAULT_MARK_BYTES = 65, VAULT_KEY_BYTES = 32 };

struct vault;

/* vault_open - the folder's key; a new one is made where there may be none.
 *
 * errors  ST_TEMP: not there, not readable, not ours alone, or not a key
 */
enum status vault_open(const char *directory, bool may_make, struct vault **out,
                       struct err *err) MUST_USE;
/* Wipes. */
void vault_close(struct vault **vault);

/* vault_derive - a key for another use. */
void vault_derive(const struct vault *vault, const char *use,
                  unsigned char out[VAULT_KEY_BYTES]);

/* vault_mark - 64 digits. */
void vault_mark(const struct vault *vault, const char *use, const char *text,
                char out[VAULT_MARK_BYTES]);

/* vault_code - what is kept of a code. vault_is_code - whether the code given
 * is the one that is kept, or equal to a text that was never kept here (an
 * organization's, from the configuration); takes constant time. */
const char *vault_code(const struct vault *vault, struct arena *arena,
                       const char *code);
/* Whether it is what vault_code makes; no access code is so long (RIGHT-3). */
bool vault_is_kept(const char *text);
bool vault_is_code(const struct vault *vault, const char *kept,
                   const char *given);

/* vault_seal - a text without NUL. vault_unseal - ST_TEMP: not sealed by this
 * key for this use. */
const char *vault_seal(const struct vault *vault, struct arena *arena,
                       const char *use, struct slice octets);
enum status vault_unseal(const struct vault *vault, struct arena *arena,
                         const char *use, struct slice sealed,
                         struct slice *out, struct err *err) MUST_USE;

#endif

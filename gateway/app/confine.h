/* confine - least privilege: what the process gives up before it talks to
 * anybody, by what its configuration says. */
#ifndef APP_CONFINE_H
#define APP_CONFINE_H

#include "app/config.h"

/* confine_identity - the configured user's process, without cores and new
 * privileges; as root
 * before: ports below 1024 are bound (net/conn.h), the folder of the state
 * made. Keys must have been read.
 *
 * errors  ST_INVAL: no such user, not root, or a file of the state or journal
 * is not his
 */
enum status confine_identity(const struct config *config,
                             struct err *err) MUST_USE;

/* confine_enter - the sandbox; before the first thread, with the journal open.
 *
 * errors  ST_NONE: `sandbox: required`, and this kernel lacks a part
 */
enum status confine_enter(const struct config *config,
                          struct err *err) MUST_USE;

#endif

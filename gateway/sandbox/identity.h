/* identity - another user for good, and what he must own. */
#ifndef SANDBOX_IDENTITY_H
#define SANDBOX_IDENTITY_H

#include "base/status.h"

/* identity_check - whether the process can become the user of that name.
 *
 * errors  ST_INVAL: no such user, he is root himself, or we are not root
 */
enum status identity_check(const char *user, struct err *err) MUST_USE;

/* identity_take - the process becomes the user, with his groups and no way
 * back; threads that run already too. */
enum status identity_take(const char *user, struct err *err) MUST_USE;

/* identity_make_folder - a folder that is not there is made, and given to the
 * user; called as root. */
enum status identity_make_folder(const char *user, const char *path,
                                 struct err *err) MUST_USE;

/* identity_check_files - we can read and write the file, or the folder with all
 * files below it; else ST_INVAL, and err names the first that is not ours. What
 * is not there is fine. */
enum status identity_check_files(const char *path, struct err *err) MUST_USE;

#endif

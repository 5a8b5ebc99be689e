/* lock - one gateway a state folder. The database itself is not locked, so
 * that another process can read it meanwhile. Inside store only. */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/status.h"

/* lock_take - *fd_out is to be closed at the end (a kill does it, too).
 * errors: ST_TEMP: held by another process, or no file can be made */
enum status lock_take(const char *directory, int *fd_out,
                      struct err *err) MUST_USE;

#endif

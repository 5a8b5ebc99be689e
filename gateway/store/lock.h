/* lock - one gateway a state folder, and the memory of the database that was
 * made in it. The database itself is not locked, so that another process can
 * read it meanwhile. Inside store only. */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <stdint.h>

#include "base/status.h"

/* lock_take - *fd_out is to be closed at the end (a kill does it, too).
 * errors: ST_TEMP: held by another process, or no file can be made */
enum status lock_take(const char *directory, int *fd_out,
                      struct err *err) MUST_USE;

/* The file holds the id of the folder's database, eight hexadecimal digits: a
 * database that is gone, or is another one, is known by it.
 * 0: none was made yet, as far as the file tells. */
uint32_t lock_read(int fd);
/* lock_write - on the disk when it returns. */
enum status lock_write(int fd, uint32_t id, struct err *err) MUST_USE;

#endif

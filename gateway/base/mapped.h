/* mapped - a file's octets as one slice, read page by page when they are
 * looked at.
 *
 * A page that can no longer be read (the file was cut off, the disk fails)
 * would end the process with SIGBUS. Here it reads as NULs instead, and
 * mapped_is_damaged says so: whoever passes such octets on asks before the last
 * of them counts. */
#ifndef BASE_MAPPED_H
#define BASE_MAPPED_H

#include "base/slice.h"
#include "base/status.h"

/* mapped_create - the first n octets of an open file, read-only; the descriptor
 * may be closed afterwards. errors: ST_TEMP, also when the file is shorter. */
enum status mapped_create(int fd, size_t n, struct slice *out,
                          struct err *err) MUST_USE;
/* Takes the slice that mapped_create gave, and empties it. */
void mapped_destroy(struct slice *octets);

/* mapped_release - the pages that octets fill go back to the system and are
 * read again when they are needed. Nothing happens to other memory. */
void mapped_release(struct slice octets);
/* mapped_pass - a reader has come to `at`: what lies behind it, from held on,
 * is released a MiB at a time. *held is {where he began, 0} at first. */
void mapped_pass(struct slice *held, const char *at);
/* mapped_touch - reads a little of each page; false: octets belong to a mapping
 * of which a page cannot be read. True for other memory, which is not read. */
bool mapped_touch(struct slice octets);
/* mapped_is_damaged - octets belong to a mapping of which a page could not be
 * read. False for other memory. */
bool mapped_is_damaged(struct slice octets);

#endif

/* blob - a growing run of octets that may be large: in memory up to
 * BLOB_MEMORY_BYTES, beyond that in a file of a given folder. It is read as one
 * slice either way, so that nobody else knows the difference.
 *
 * A failure (no room on the disk) is remembered: what is put afterwards is
 * dropped, and blob_slice and blob_keep say what happened. So a writer may put
 * piece after piece and ask once, at the end.
 *
 *     struct blob *blob = blob_create_in(arena, spool);
 *     blob_puts(blob, "Subject: x\r\n\r\n");
 *     blob_put(blob, body);
 *     status = blob_slice(blob, &content, err);
 */
#ifndef BASE_BLOB_H
#define BASE_BLOB_H

#include "base/alloc.h"
#include "base/slice.h"
#include "base/status.h"

enum { BLOB_MEMORY_BYTES = 262144 };

struct blob;

/* blob_create - empty. directory: where a file may be made; it must exist by
 * then; NULL: never, everything stays in memory. owner: caller */
struct blob *blob_create(const char *directory);
/* The same, gone with the arena. */
struct blob *blob_create_in(struct arena *arena, const char *directory);
/* blob_open - a file that blob_keep kept: its first n octets; not removed by
 * blob_destroy. errors: ST_NONE: not there; ST_TEMP: shorter, or unreadable */
enum status blob_open(const char *directory, const char *name, size_t n,
                      struct blob **out, struct err *err) MUST_USE;
/* A file that was not kept is removed. */
void blob_destroy(struct blob **blob);

void blob_put(struct blob *blob, struct slice octets);
void blob_puts(struct blob *blob, const char *text);
void blob_printf(struct blob *blob, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* blob_reset - empty again, an earlier failure forgotten. */
void blob_reset(struct blob *blob);

size_t blob_bytes(const struct blob *blob);
bool blob_is_file(const struct blob *blob);
bool blob_has_failed(const struct blob *blob);
/* The first failure was want of room (KEEP-3). */
bool blob_is_full(const struct blob *blob);
/* blob_has_room - as far as the disk of that folder says now. */
bool blob_has_room(const char *directory, unsigned long long bytes);

/* blob_slice - everything put so far; valid until the next put, reset or
 * destroy. errors: ST_TEMP: a failure now or before */
enum status blob_slice(struct blob *blob, struct slice *out,
                       struct err *err) MUST_USE;
/* blob_keep - a file's octets and its name in the folder are on the disk; it
 * stays there. Blocks until they are. errors: ST_TEMP */
enum status blob_keep(struct blob *blob, const char *name,
                      struct err *err) MUST_USE;

/* Octets of a blob that are passed on piece by piece: see base/mapped.h, whose
 * mapped_release and mapped_is_damaged take any slice. */

#endif

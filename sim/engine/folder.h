/* folder - the work folder of a worker and its cases. */
#ifndef ENGINE_FOLDER_H
#define ENGINE_FOLDER_H

#include "base/slice.h"
#include "base/status.h"

struct arena;

/* folder_create - a new folder below root (NULL: /dev/shm where there is room,
 * else /tmp), "lasthop-NAME-" and random letters. owner: the path is the
 * caller's, by free(). */
enum status folder_create(const char *root, const char *name, char **out,
                          struct err *err) MUST_USE;
/* folder_sweep - removes the folders of that name below root: what a killed run
 * left behind. Only who holds the name may call it. */
void folder_sweep(const char *root, const char *name);
/* folder_remove - with all that is in it; a folder that is gone is fine. */
void folder_remove(const char *path);

/* folder_write - a file, put in place by rename. */
enum status folder_write(const char *path, struct slice octets,
                         struct err *err) MUST_USE;
/* folder_tail - the last octets of a file, at most cap - 1, NUL-terminated; ""
 * when it cannot be read. */
void folder_tail(const char *path, char *out, size_t cap);
/* folder_lines - of a file, those that begin so, at most as many; in the arena.
 * None when it cannot be read. */
size_t folder_lines(struct arena *arena, const char *path, const char *begin,
                    const char **lines, size_t most);

#endif

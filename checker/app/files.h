/* files - which scenario files the words of a command line mean. */
#ifndef KIT_FILES_H
#define KIT_FILES_H

#include "verdict/verdict.h"

/* A word of the command line that names a place. */
struct file_word {
    const char *path;      /* file or folder, absolute */
    const char *case_name; /* "file:case"; NULL: all */
};

/* file_word_parse - looked for in the current folder, then in the project and
 * in its scenarios folder, with ".yaml" or without.
 *
 * errors  ST_NONE: no such file or folder */
enum status file_word_parse(struct arena *arena, const char *root,
                            const char *word, struct file_word *out) MUST_USE;

/* files_below - a file itself, or every .yaml of a folder, sorted by path. */
enum status files_below(struct arena *arena, const char *path,
                        struct texts *out, struct err *err) MUST_USE;

/* file_shown - a path within the project as seen from its folder, so that names
 * are the same from everywhere; others as they are. */
const char *file_shown(const char *root, const char *path);

/* path_from_here - absolute, for commands that go elsewhere (chdir) before they
 * open it; NULL and "-" stay. */
const char *path_from_here(struct arena *arena, const char *path);

#endif

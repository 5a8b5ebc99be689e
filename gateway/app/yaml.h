/* yaml - one YAML document as a tree in which every node knows its place. All
 * scalars are text; anchors, aliases and tags are no part of our files. */
#ifndef APP_YAML_H
#define APP_YAML_H

#include "base/alloc.h"
#include "base/buf.h"

enum yaml_kind { YAML_TEXT, YAML_MAP, YAML_LIST };

struct yaml {
    enum yaml_kind kind;
    const char *text; /* TEXT */
    const char *key;  /* where the parent is a map */
    int line, column; /* of the value; from 1 */
    int key_line, key_column;
    struct yaml *first; /* children, in the order of the file */
    struct yaml *next;
};

/* What is wrong with a file: one line a fault, file:line:column: text. */
struct faults {
    const char *file;
    struct buf text;
    size_t count;
};

void faults_init(struct faults *faults, const char *file);
void faults_release(struct faults *faults);
void faults_add(struct faults *faults, int line, int column, const char *fmt,
                ...) PRINTF_LIKE(4, 5);

/* yaml_read - faults->file into a tree; NULL after a fault. Duplicate keys are
 * told and the first one is kept. owner: the arena */
struct yaml *yaml_read(struct arena *arena, struct faults *faults);

/* yaml_nearest - the name most like what was written, or NULL. */
const char *yaml_nearest(const char *written, const char *const *names,
                         size_t count);

#endif

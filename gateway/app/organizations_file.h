/* organizations_file - the organizations that were made by command, in a YAML
 * file of the configuration's own shape (`organizations:`), readable by the
 * gateway's user alone: what root makes here belongs to whoever the folder
 * belongs to. It is never changed in place: a new one is renamed over
 * it, so that whoever reads sees the one or the other. */
#ifndef APP_ORGANIZATIONS_FILE_H
#define APP_ORGANIZATIONS_FILE_H

#include "app/config.h"

/* Tells one state of the file from another without reading it. */
struct file_stamp {
    uint64_t device, inode, bytes;
    int64_t changed_s, changed_ns;
};

/* All zero where there is no file. */
void file_stamp_take(const char *path, struct file_stamp *out);
bool file_stamp_is(const struct file_stamp *a, const struct file_stamp *b);

/* organizations_file_load - config->directory; no file: none. What the file
 * says must fit what the configuration says: a name, domain, address or user
 * stands once in both together. false: at least one line in faults */
bool organizations_file_load(struct arena *arena, const struct config *config,
                             struct faults *faults, struct config_list *out);

/* organizations_file_lock - waits until no other command changes the file. *out
 * is to be closed at the end. errors: ST_TEMP */
enum status organizations_file_lock(const char *path, int *out,
                                    struct err *err) MUST_USE;
/* A change has two steps, so that what is to be shown of it is shown between
 * them: it is written beside the file, on the disk and found good, and then it
 * takes the file's place or is dropped. */

/* errors: ST_INVAL: what it would say is not good (err has the first fault);
 * ST_TEMP: the disk; nothing is left of it then */
enum status organizations_file_prepare(const struct config *config,
                                       const struct config_list *organizations,
                                       struct err *err) MUST_USE;
/* errors: ST_TEMP */
enum status organizations_file_replace(const struct config *config,
                                       struct err *err) MUST_USE;
void organizations_file_drop(const struct config *config);

#endif

/* process - runs another program and reads what it writes; no shell. */
#ifndef KIT_PROCESS_H
#define KIT_PROCESS_H

#include <stdio.h>
#include <sys/types.h>

#include "verdict/verdict.h"

struct process {
    pid_t pid;
    FILE *out; /* its standard output (and error, when asked for) */
};

/* process_start - argv ends with NULL; folder: where it runs (NULL: here). */
enum status process_start(const char *const *argv, const char *folder,
                          bool with_stderr, struct process *out,
                          struct err *err) MUST_USE;
/* process_end - close, wait; its exit code, or 128 + signal. */
int process_end(struct process *process);

/* process_capture - run it to its end; text in the arena. *code_out as
 * process_end has it. */
enum status process_capture(struct arena *arena, const char *const *argv,
                            const char *folder, const char **text_out,
                            int *code_out, struct err *err) MUST_USE;

#endif

/* cores - whether what is in memory may come out of the process. */
#ifndef SANDBOX_CORES_H
#define SANDBOX_CORES_H

/* cores_forbid - no core file, and no other process of the same user may look
 * into this one. Where a sanitizer is built in nothing happens: it looks into
 * its own process as a debugger does. A change of user undoes it: call it
 * after. */
void cores_forbid(void);

#endif

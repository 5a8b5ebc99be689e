/* aside - what a status notification may show of a message that was set aside
 * (KEEP-4): its own code must not meet again what ended the process. Pure. */
#ifndef DELIVER_ASIDE_H
#define DELIVER_ASIDE_H

#include "base/alloc.h"

/* aside_header - of Message-ID, Date, From, To and Subject those that stand in
 * one line of printable ASCII, each once: a header by which its sender knows
 * the message, and nothing that was foreign to any parser. */
struct slice aside_header(struct arena *arena, struct slice content);

#endif

/* message_attach - the attachments that a scenario asks for, of a given size
 * each, and what stands around them. Of the message builder alone. */
#ifndef ENGINE_MESSAGE_ATTACH_H
#define ENGINE_MESSAGE_ATTACH_H

#include "base/buf.h"
#include "engine/scenario.h"

/* message_attach - the n-th (from 1) as a MIME entity: header, an empty line,
 * body. Its first octets are "attached N: MARK", its file name bears the mark
 * unless it has a name of its own. */
void message_attach(struct buf *out, const struct attachment *attachment,
                    unsigned n, const char *mark);

#endif

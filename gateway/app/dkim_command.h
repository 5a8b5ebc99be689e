/* dkim_command - `lasthop-gateway dkim`: makes keys and shows the records to
 * publish. */
#ifndef APP_DKIM_COMMAND_H
#define APP_DKIM_COMMAND_H

#include "base/alloc.h"

/* argv[0] is the command's name. Returns the exit status. */
int dkim_command(int argc, char **argv);

/* dkim_record_text - a TXT record as a zone file has it, in one line whose
 * value a web form takes too: its strings have 255 octets at most (RFC 6376
 * 3.6.2.2, RFC 1035 3.3). */
char *dkim_record_text(struct arena *arena, const char *name, const char *text);

#endif

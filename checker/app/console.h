/* console - what a gateway's journal says, told to somebody who watches: why a
 * submission was refused, and what each recipient of an accepted one got. */
#ifndef KIT_CONSOLE_H
#define KIT_CONSOLE_H

#include <jansson.h>
#include <stdio.h>

struct console;

/* host: the gateway's name, for the advice that a refused handshake needs. */
struct console *console_create(FILE *to, const char *host);
void console_destroy(struct console **console);

/* console_tell - one journal event, in none, one or more lines; what is no
 * known event is written as it is. Messages are numbered as they come. */
void console_tell(struct console *console, const json_t *event);

#endif

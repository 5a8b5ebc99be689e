/* check_command - `lasthop-gateway check`: what would keep the gateway from
 * starting or working, without starting it. */
#ifndef APP_CHECK_COMMAND_H
#define APP_CHECK_COMMAND_H

#include "app/config.h"

/* config_load_aloud - faults go to stderr. NULL: there was one. */
const struct config *config_load_aloud(struct arena *arena, const char *path);

/* check_command - every fault is a line on stderr; the exit status. */
int check_command(const char *path);

#endif

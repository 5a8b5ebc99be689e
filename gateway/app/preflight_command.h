/* preflight_command - `lasthop-gateway preflight DOMAIN`: is a sending domain
 * ready? */
#ifndef APP_PREFLIGHT_COMMAND_H
#define APP_PREFLIGHT_COMMAND_H

/* argv[0] is the command's name. Returns the exit status. */
int preflight_command(int argc, char **argv);

#endif

/* spf_command - `lasthop-gateway spf`: what SPF says about one sender, or about
 * many (--batch). */
#ifndef APP_SPF_COMMAND_H
#define APP_SPF_COMMAND_H

/* argv[0] is "spf"; returns the exit status. */
int spf_command(int argc, char **argv);

#endif

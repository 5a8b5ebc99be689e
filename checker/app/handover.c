/* Commands that are the gateway's own: the program beside this one does them,
 * with its exit status. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kit/kit.h"

static int hand_over(struct kit *kit, const struct command *self, int argc,
                     char **argv)
{
    char **words = arena_alloc(kit->arena, ((size_t)argc + 2) * sizeof *words);
    words[0] = arena_strdup(kit->arena, kit->gateway);
    words[1] = arena_strdup(kit->arena, self->name);
    for (int i = 1; i < argc; i++)
        words[i + 1] = argv[i];
    fflush(stdout);
    execv(kit->gateway, words);
    struct err err;
    err_set(&err, ST_TEMP, "%s: %s; build it with ./lasthop", kit->gateway,
            strerror(errno));
    kit_complain(&err);
    return EXIT_ENVIRONMENT;
}

const struct command command_preflight = {
    "preflight", "DOMAIN --config FILE",
    "a sending domain's DNS settings, with the records to publish", NULL,
    hand_over};

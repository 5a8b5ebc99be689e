#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "kit/kit.h"

static int doctor(struct kit *kit, const struct command *self, int argc,
                  char **argv)
{
    const struct option_row rows[] = {{0}};
    struct texts rest = {0};
    int code;
    if (!command_options(kit, self, rows, argc, argv, &rest, &code))
        return code;
    struct catalogue catalogue;
    if (!catalogue_load(kit, &catalogue, &code))
        return code;
    printf("project    %s\n", kit->root);
    if (access(kit->gateway, X_OK) < 0) {
        printf("gateway    %s: %s; build it with ./lasthop\n", kit->gateway,
               strerror(errno));
        code = EXIT_ENVIRONMENT;
    } else {
        printf("gateway    %s\n", kit->gateway);
    }
    struct engine_settings settings = {.fixtures = catalogue.fixtures,
                                       .gateway = kit->gateway};
    struct err err = {0};
    if (engine_doctor(&settings, stdout, &err) != ST_OK)
        code = kit_complain(&err);
    puts(code == EXIT_FINE ? "This machine can run the kit."
                           : "This machine cannot run the kit yet.");
    catalogue_release(&catalogue);
    return code == EXIT_FINE ? code : EXIT_ENVIRONMENT;
}

const struct command command_doctor = {
    "doctor", "",
    "says whether this machine can run the kit, and how to get what is missing",
    NULL, doctor};

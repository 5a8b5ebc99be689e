/* config - the reference gateway's configuration, made from a world. */
#ifndef ENGINE_CONFIG_H
#define ENGINE_CONFIG_H

#include "engine/block.h"
#include "engine/scenario.h"

/* Password hashes that were made already: one scrypt a credential and worker.
 */
struct config_hashes;
struct config_hashes *config_hashes_create(void);
void config_hashes_destroy(struct config_hashes **hashes);

struct config_settings {
    const struct world_spec *world;
    struct config_hashes *hashes;
    const char *dir;           /* where state, control and the PEM files lie */
    const char *host;          /* the gateway's name */
    const char *address;       /* its own */
    const char *resolver;      /* the name server's address */
    const struct block *block; /* for addresses as places */
    unsigned port;             /* of everything */
    int64_t now_s;             /* shares were opened a day before */
};

/* What the SMS service of the world takes. */
extern const char config_sms_path[], config_sms_token[];

/* config_format - the YAML text. */
const char *config_format(struct arena *arena,
                          const struct config_settings *settings);

#endif

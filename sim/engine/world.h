/* world - the simulated surroundings of one case, alive: name server, mail
 * hosts, certificates; what they saw is evidence. */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include "engine/block.h"
#include "engine/recorder.h"
#include "engine/scenario.h"
#include "peer/loop.h"
#include "peer/mailkey.h"
#include "peer/pki.h"

struct world;

struct world_settings {
    struct loop *loop;
    struct pki *pki;
    const struct block *block;
    const char *gateway_host; /* its names are served too */
    struct mailkeys *keys;
    struct recorder *recorder;
    uint16_t dns_port; /* 0: the block's */
    int64_t now_s;
    bool clock_runs; /* the real one: now_s is where it began */
};

enum status world_create(const struct world_settings *settings,
                         const struct world_spec *spec, struct world **out,
                         struct err *err) MUST_USE;
void world_destroy(struct world **world);

/* world_change - domains that differ from before are served anew; hosts keep
 * their addresses. */
enum status world_change(struct world *world, const struct world_spec *spec,
                         struct err *err) MUST_USE;
void world_set_clock(struct world *world, int64_t now_s);

/* world_is_idle - no mail host has a connection open. */
bool world_is_idle(const struct world *world);
/* The address of a host, or NULL. */
const char *world_host_address(const struct world *world, const char *host);
const char *world_trust_anchor(const struct world *world);

#endif

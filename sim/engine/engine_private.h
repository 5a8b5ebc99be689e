/* engine_private - what engine.c, stage.c and run.c share. */
#ifndef ENGINE_ENGINE_PRIVATE_H
#define ENGINE_ENGINE_PRIVATE_H

#include "engine/block.h"
#include "engine/config.h"
#include "engine/engine.h"
#include "engine/recorder.h"
#include "engine/target.h"
#include "engine/warm.h"
#include "engine/world.h"

struct visits;
struct held_session;

struct engine {
    struct engine_settings settings;
    struct arena *arena;
    struct block block;
    char gateway_address[BLOCK_ADDRESS_BYTES];
    char resolver_address[BLOCK_ADDRESS_BYTES];
    char bounces_address[BLOCK_ADDRESS_BYTES]; /* the gateway listens there */
    char submitter_address[BLOCK_ADDRESS_BYTES];
    char other_address[BLOCK_ADDRESS_BYTES]; /* of another submitter */
    struct loop *loop;
    struct pki *pki;
    struct mailkeys *keys;
    struct config_hashes *hashes;
    const char *interposer, *sanitizer;
    struct warm *warm; /* of the gateway's program; NULL: not yet, or none */
    char *work_dir;    /* holds a folder for each case */
    char *case_dir;
    unsigned case_count;
};

extern const char engine_gateway_host[];
extern const char engine_portal_host[];

struct clock_value {
    int64_t s;
    struct clock_value *before;
};

/* One case while it runs. */
struct stage {
    struct engine *engine;
    struct arena *arena;
    const struct scenario_case *scenario_case;
    struct recorder *recorder;
    struct world *world;
    struct target *target;
    int64_t now_s;                /* the scenario's clock */
    struct clock_value *clocks;   /* all that it said, the last first */
    int64_t deadline_ms;          /* monotonic */
    struct visits *visits;        /* NULL: nobody has visited */
    struct held_session *held;    /* connections that stay open */
    bool clock_seen, clock_wrong; /* what the journal told of it */
    unsigned deaths;              /* planted ones */
};

/* stage_create - world and gateway, up. *out is there also on failure, for its
 * evidence. */
enum status stage_create(struct engine *engine, const struct scenario_case *c,
                         struct stage **out, struct err *err) MUST_USE;
/* stage_finish - stops the gateway while the world still listens, and takes
 * the evidence; destroys the stage. */
struct json_t *stage_finish(struct stage **stage);
/* stage_write_config - the file that the gateway reads when it starts. */
enum status stage_write_config(struct stage *stage,
                               const struct world_spec *world,
                               struct err *err) MUST_USE;
/* stage_set_clock - the gateway's from now on; a frozen one. */
enum status stage_set_clock(struct stage *stage, int64_t now_s,
                            struct err *err) MUST_USE;
int64_t stage_left_ms(const struct stage *stage);
/* stage_wait_settled - all that was accepted is decided, and no mail host has
 * a connection open. */
enum status stage_wait_settled(struct stage *stage, struct err *err) MUST_USE;
/* stage_flush - poke, so that the journal is read up to now; settled. */
enum status stage_flush(struct stage *stage, struct err *err) MUST_USE;

/* run_steps - the case's steps, one after the other; what goes wrong is a
 * fault of the evidence. */
void run_steps(struct stage *stage);

#endif

/* engine - brings a case's world up, starts the gateway in it, walks through
 * the steps, and hands over what was seen as one JSON object.
 *
 * One engine a worker process: it owns an address block, a loop and the keys,
 * which all its cases share; each case gets a fresh world and gateway. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdio.h>

#include "engine/found.h"
#include "engine/scenario.h"

struct json_t; /* jansson's */

struct engine_settings {
    const struct fixtures *fixtures;
    const char *gateway;    /* the program's path */
    const char *work_root;  /* NULL: /dev/shm where there is room, else /tmp */
    const char *interposer; /* libfaketime; NULL: found where Debian has it */
    unsigned port_first;    /* 0: 25025 */
    unsigned port_last;     /* 0: 25999 */
    unsigned worker;        /* 0.. : where to start to look for a block */
    unsigned time_limit_ms; /* of one case; 0: 20 000 */
    bool keep;              /* leave the work folder */
    bool verbose;           /* transcripts to `log` as they happen */
    FILE *log;              /* NULL: stderr */
};

struct engine;

/* errors  ST_TEMP: the environment (no block, no port, no folder) */
enum status engine_create(const struct engine_settings *settings,
                          struct engine **out, struct err *err) MUST_USE;
void engine_destroy(struct engine **engine);

/* engine_run - one case from start to end.
 *
 * out     evidence: a new reference, see evidence.h; also when the case failed
 *         half-way, with the reason among its "faults"
 * errors  ST_TEMP: the environment failed before there was anything to judge
 */
enum status engine_run(struct engine *engine, const struct scenario_case *c,
                       struct json_t **evidence_out, struct err *err) MUST_USE;

/* The folder of the last case, for --keep; empty when it is gone. */
const char *engine_work_dir(const struct engine *engine);

/* What somebody needs who connects to a world that is up. */
struct engine_service {
    const char *host;    /* gateway.lasthop.example */
    const char *address; /* 127.B.C.1 */
    unsigned port;
    const char *ca_file;  /* PEM */
    const char *resolver; /* address@port */
    const char *portal;   /* https://portal.gateway.lasthop.example:25025 */
    const char *portal_address; /* where it listens */
    const char *work_dir;
    const struct world_spec *world; /* with credentials and accounts */
};

/* engine_serve - world and gateway of a case stay up, with the real clock where
 * the case says `clock: now`, until stop_fd can be read from (an eventfd, say)
 * or the gateway ends; then evidence as for engine_run. The case's own steps
 * are not walked.
 *
 * on_ready is called once, when the gateway accepts connections; on_event for
 * each journal event as it comes, on_found for each link and code that somebody
 * gets (both may be NULL). */
struct engine_serve_calls {
    void (*on_ready)(const struct engine_service *service, void *ctx);
    void (*on_event)(const struct json_t *event, void *ctx);
    engine_found_fn *on_found;
    void *ctx;
    int64_t kill_every_ms; /* 0: never; else killed and started again */
};
enum status engine_serve(struct engine *engine, const struct scenario_case *c,
                         const struct engine_serve_calls *calls, int stop_fd,
                         struct json_t **evidence_out,
                         struct err *err) MUST_USE;

/* engine_doctor - what this machine lacks for running cases; ST_OK when
 * nothing. Writes one line per finding. */
enum status engine_doctor(const struct engine_settings *settings, FILE *to,
                          struct err *err) MUST_USE;

#endif

#include "engine/engine.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/engine_private.h"
#include "engine/folder.h"

enum {
    PORT_FIRST = 25025,
    PORT_LAST = 25999,
    LIMIT_MS = 20000,
    DAY_MS = 86400000
};

static void fill_defaults(struct engine *e)
{
    struct engine_settings *s = &e->settings;
    if (!s->port_first)
        s->port_first = PORT_FIRST;
    if (!s->port_last)
        s->port_last = PORT_LAST;
    if (!s->time_limit_ms)
        s->time_limit_ms = LIMIT_MS;
    if (!s->log)
        s->log = stderr;
    e->interposer = s->interposer ? s->interposer : target_interposer();
    e->sanitizer = target_sanitizer(e->arena, s->gateway);
}

static void fill_addresses(struct engine *e)
{
    block_address(&e->block, BLOCK_HOST_GATEWAY, e->gateway_address);
    block_address(&e->block, BLOCK_HOST_RESOLVER, e->resolver_address);
    block_address(&e->block, BLOCK_HOST_BOUNCES, e->bounces_address);
    block_address(&e->block, BLOCK_HOST_SUBMITTER, e->submitter_address);
    block_address(&e->block, BLOCK_HOST_OTHER, e->other_address);
}

/* A folder bears the name of its block, so that the next one who has the block
 * may remove what a killed run left; one that is kept bears another name. A
 * block is locked within its network namespace, so the name has that too. */
static enum status make_work_dir(struct engine *e, struct err *err)
{
    const char *root = e->settings.work_root;
    struct stat net = {0};
    (void)stat("/proc/self/ns/net", &net);
    const char *name = arena_printf(e->arena, "127.%u.%u.%lu", e->block.b,
                                    e->block.c, (unsigned long)net.st_ino);
    folder_sweep(root, name);
    return folder_create(root, e->settings.keep ? "kept" : name, &e->work_dir,
                         err);
}

enum status engine_create(const struct engine_settings *settings,
                          struct engine **out, struct err *err)
{
    struct engine *e = xcalloc(1, sizeof *e);
    e->settings = *settings;
    e->arena = arena_create();
    e->block.lock = -1;
    *out = e;
    fill_defaults(e);
    enum status status = ST_OK;
    if (access(e->settings.gateway, X_OK) != 0)
        status =
            err_set(err, ST_TEMP, "%s: no such program", e->settings.gateway);
    if (status == ST_OK)
        status =
            block_claim(&e->block, settings->worker, e->settings.port_first,
                        e->settings.port_last, err);
    if (status == ST_OK)
        status = make_work_dir(e, err);
    if (status != ST_OK) {
        engine_destroy(out);
        return status;
    }
    fill_addresses(e);
    e->loop = loop_create();
    e->pki = pki_create();
    e->keys = mailkeys_create();
    e->hashes = config_hashes_create();
    return ST_OK;
}

void engine_destroy(struct engine **engine)
{
    struct engine *e = *engine;
    if (!e)
        return;
    if (e->work_dir && !e->settings.keep)
        folder_remove(e->work_dir);
    warm_destroy(&e->warm);
    config_hashes_destroy(&e->hashes);
    pki_destroy(&e->pki);
    mailkeys_destroy(&e->keys);
    loop_destroy(&e->loop);
    block_release(&e->block);
    arena_destroy(&e->arena);
    free(e->work_dir);
    free(e->case_dir);
    free(e);
    *engine = NULL;
}

const char *engine_work_dir(const struct engine *engine)
{
    return engine->case_dir && engine->settings.keep ? engine->case_dir : "";
}

enum status engine_run(struct engine *engine, const struct scenario_case *c,
                       struct json_t **evidence_out, struct err *err)
{
    struct stage *stage;
    enum status status = stage_create(engine, c, &stage, err);
    if (status == ST_OK)
        run_steps(stage);
    else
        recorder_fault(stage->recorder, "%s", err->text);
    *evidence_out = stage_finish(&stage);
    return status;
}

static void tell_ready(struct stage *s, const struct engine_serve_calls *calls)
{
    struct engine *e = s->engine;
    char portal[BLOCK_ADDRESS_BYTES];
    block_address(&e->block, BLOCK_HOST_PORTAL, portal);
    struct engine_service service = {
        .host = engine_gateway_host,
        .address = e->gateway_address,
        .port = e->block.port,
        .ca_file = arena_printf(s->arena, "%s/roots.pem", e->case_dir),
        .resolver =
            arena_printf(s->arena, "%s@%u", e->resolver_address, e->block.port),
        .portal = arena_printf(s->arena, "https://%s:%u", engine_portal_host,
                               e->block.port),
        .portal_address = arena_strdup(s->arena, portal),
        .work_dir = e->case_dir,
        .world = s->scenario_case->world};
    if (calls->on_ready)
        calls->on_ready(&service, calls->ctx);
}

/* A world that is up for real programs. */
struct serving {
    struct stage *stage;
    const struct engine_serve_calls *calls;
    json_t *evidence;
    struct found found;
    size_t told; /* events */
    bool is_stopped, is_kill_due;
};

static void on_stop(void *ctx)
{
    ((struct serving *)ctx)->is_stopped = true;
}

static void on_kill_due(void *ctx)
{
    ((struct serving *)ctx)->is_kill_due = true;
}

/* Endurance: it dies without warning, and starts on the same state. */
static void kill_and_start(struct stage *s)
{
    struct err err;
    enum status status = target_stop(s->target, true, LIMIT_MS, &err);
    if (status == ST_OK)
        status = target_start(s->target, LIMIT_MS, &err);
    if (status != ST_OK)
        recorder_fault(s->recorder, "%s", err.text);
    recorder_count_kill(s->recorder);
}

static void tell_news(struct serving *v)
{
    const json_t *journal = json_object_get(v->evidence, "journal");
    for (; v->told < json_array_size(journal); v->told++)
        if (v->calls->on_event)
            v->calls->on_event(json_array_get(journal, v->told), v->calls->ctx);
    if (v->calls->on_found)
        found_tell(&v->found, v->stage->recorder, v->calls->on_found,
                   v->calls->ctx);
}

/* Asked after every turn of the loop: what is new is told at once. */
static bool is_interrupted(void *ctx)
{
    struct serving *v = ctx;
    tell_news(v);
    return v->is_stopped || v->is_kill_due ||
           !target_is_running(v->stage->target);
}

static void serve_turns(struct serving *v)
{
    struct loop *loop = v->stage->engine->loop;
    int64_t every_ms = v->calls->kill_every_ms;
    while (!v->is_stopped && target_is_running(v->stage->target)) {
        struct loop_timer *timer =
            every_ms ? loop_after(loop, every_ms, on_kill_due, v) : NULL;
        v->is_kill_due = false;
        while (!loop_run_until(loop, is_interrupted, v, DAY_MS))
            ;
        loop_timer_cancel(&timer);
        if (v->is_kill_due && !v->is_stopped)
            kill_and_start(v->stage);
    }
}

static void serve_until(struct stage *s, const struct engine_serve_calls *calls,
                        int stop_fd)
{
    struct serving v = {
        .stage = s, .calls = calls, .evidence = recorder_take(s->recorder)};
    struct loop_watch *watch =
        loop_watch_read(s->engine->loop, stop_fd, on_stop, &v);
    serve_turns(&v);
    loop_watch_cancel(&watch);
    tell_news(&v);
    if (s->scenario_case->clock_is_now)
        s->now_s = clock_wall_s();
    if (!target_is_running(s->target))
        recorder_fault(s->recorder, "the gateway ended: exit %d, signal %d",
                       target_exit(s->target), target_signal(s->target));
    json_decref(v.evidence);
}

/* What was accepted by now is judged once it has come to its outcome. */
static void conclude_service(struct stage *s)
{
    struct err err;
    if (!target_is_running(s->target))
        return;
    s->deadline_ms = clock_mono_ms() + s->engine->settings.time_limit_ms;
    if (stage_flush(s, &err) != ST_OK)
        recorder_fault(s->recorder, "%s", err.text);
}

enum status engine_serve(struct engine *engine, const struct scenario_case *c,
                         const struct engine_serve_calls *calls, int stop_fd,
                         struct json_t **evidence_out, struct err *err)
{
    struct stage *stage;
    enum status status = stage_create(engine, c, &stage, err);
    if (status == ST_OK) {
        recorder_set_served(stage->recorder);
        tell_ready(stage, calls);
        serve_until(stage, calls, stop_fd);
        conclude_service(stage);
    } else {
        recorder_fault(stage->recorder, "%s", err->text);
    }
    *evidence_out = stage_finish(&stage);
    return status;
}

static bool find(FILE *to, const char *what, bool good, const char *else_do)
{
    fprintf(to, "%s: %s%s%s\n", what, good ? "found" : "missing",
            good ? "" : "; ", good ? "" : else_do);
    return good;
}

enum status engine_doctor(const struct engine_settings *settings, FILE *to,
                          struct err *err)
{
    struct block block = {.lock = -1};
    char *folder = NULL;
    unsigned first = settings->port_first ? settings->port_first : PORT_FIRST;
    unsigned last = settings->port_last ? settings->port_last : PORT_LAST;
    bool good =
        find(to, "libfaketime", settings->interposer || target_interposer(),
             "apt-get install faketime");
    good &= find(to, "the gateway's program",
                 settings->gateway && access(settings->gateway, X_OK) == 0,
                 "build it, or name it with --gateway");
    good &=
        find(to, "an address block with a free port",
             block_claim(&block, settings->worker, first, last, err) == ST_OK,
             "127/8 must be bindable, and loopback up");
    block_release(&block);
    good &= find(to, "a work folder",
                 folder_create(settings->work_root, "doctor", &folder, err) ==
                     ST_OK,
                 "/dev/shm or /tmp must be writable");
    if (folder)
        folder_remove(folder);
    free(folder);
    return good ? ST_OK : err_set(err, ST_TEMP, "something is missing");
}

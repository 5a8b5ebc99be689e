#include "app/check_command.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/keys.h"
#include "app/organizations_file.h"
#include "app/preflight_ask.h"
#include "dns/resolver_ub.h"
#include "net/loop.h"
#include "net/tls.h"

enum { EXIT_AMISS = 2, TURN_MS = 1000 };

static void print(struct faults *faults)
{
    fwrite(buf_slice(&faults->text).p, 1, buf_slice(&faults->text).n, stderr);
    faults_release(faults);
}

const struct config *config_load_aloud(struct arena *arena, const char *path)
{
    struct faults faults;
    faults_init(&faults, path);
    const struct config *config = config_load(arena, &faults);
    print(&faults);
    return config;
}

static enum status check_server(const char *certificate, const char *key,
                                struct err *err)
{
    struct tls_server *tls = NULL;
    enum status status = tls_server_create(certificate, key, &tls, err);
    tls_server_destroy(&tls);
    return status;
}

static enum status check_submission(const struct config *config,
                                    struct err *err)
{
    return check_server(config->submission.certificate, config->submission.key,
                        err);
}

static enum status check_portal(const struct config *config, struct err *err)
{
    return config->portal.certificate ? check_server(config->portal.certificate,
                                                     config->portal.key, err)
                                      : ST_OK;
}

static enum status check_trust(const struct config *config, struct err *err)
{
    struct tls_client *tls = NULL;
    enum status status = tls_client_create(config->outbound.trust, &tls, err);
    tls_client_destroy(&tls);
    return status;
}

static enum status check_keys(const struct config *config, struct err *err)
{
    struct keys *keys = NULL;
    enum status status = keys_load(config, &keys, err);
    keys_destroy(&keys);
    return status;
}

static void turn(void *ctx)
{
    loop_run_once(ctx, TURN_MS);
}

/* The library reads the anchor at the first question; this one it answers
 * itself. */
static enum status check_anchor(const struct config *config, struct err *err)
{
    struct arena *arena = arena_create();
    struct loop *loop = loop_create();
    struct resolver *resolver = NULL;
    enum status status =
        resolver_ub_create(loop,
                           &(struct resolver_ub_settings){
                               config->dns.resolver, config->dns.trust_anchor},
                           &resolver, err);
    if (status == ST_OK && config->dns.trust_anchor) {
        struct preflight_world world = {resolver, turn, loop};
        struct preflight_answer answer =
            preflight_ask(arena, &world, "localhost", DNS_TYPE_A);
        if (answer.outcome == DNS_FAILED)
            status = err_set(err, ST_INVAL,
                             "%s: no trust anchor as `. IN DS ...`: %s",
                             config->dns.trust_anchor, answer.failure);
    }
    resolver_ub_destroy(&resolver);
    loop_destroy(&loop);
    arena_destroy(&arena);
    return status;
}

/* The organizations made by command, beside the configuration. */
static bool check_made(struct arena *arena, const struct config *config)
{
    struct faults faults;
    struct config_list made;
    faults_init(&faults, config->directory);
    bool is_good = organizations_file_load(arena, config, &faults, &made);
    print(&faults);
    return is_good;
}

int check_command(const char *path)
{
    static enum status (*const checks[])(const struct config *config,
                                         struct err *err) = {
        check_submission, check_portal, check_trust, check_keys, check_anchor};
    struct arena *arena = arena_create();
    struct err err;
    const struct config *config = config_load_aloud(arena, path);
    bool is_good = config != NULL;
    for (size_t i = 0; config && i < sizeof checks / sizeof *checks; i++)
        if (checks[i](config, &err) != ST_OK) {
            fprintf(stderr, "%s: %s\n", path, err.text);
            is_good = false;
        }
    if (config && !check_made(arena, config))
        is_good = false;
    if (is_good)
        printf("%s: good\n", path);
    arena_destroy(&arena);
    return is_good ? EXIT_SUCCESS : EXIT_AMISS;
}

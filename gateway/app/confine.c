#include "app/confine.h"

#include <errno.h>
#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "net/conn.h"
#include "sandbox/cores.h"
#include "sandbox/identity.h"
#include "sandbox/landlock.h"
#include "sandbox/sanitized.h"
#include "sandbox/seccomp.h"

enum { PRIVILEGED_PORTS = 1024, PORTS_MOST = 4 };

/* -- the user -------------------------------------------------------------- */

static enum status reserve(const struct config_endpoint *at, struct err *err)
{
    if (!at->address || at->port == 0 || at->port >= PRIVILEGED_PORTS)
        return ST_OK;
    return listener_reserve(
        &(struct listener_settings){.address = at->address, .port = at->port},
        err);
}

static enum status become(const struct config *config, struct err *err)
{
    enum status status = identity_check(config->user, err);
    if (status == ST_OK)
        status = reserve(&config->submission.listen, err);
    if (status == ST_OK)
        status = reserve(&config->bounces.listen, err);
    if (status == ST_OK)
        status = reserve(&config->portal.listen, err);
    if (status == ST_OK)
        status = identity_make_folder(config->user, config->state, err);
    if (status == ST_OK)
        status = identity_take(config->user, err);
    if (status == ST_OK)
        status = identity_check_files(config->state, err);
    if (status == ST_OK && config->journal.file)
        status = identity_check_files(config->journal.file, err);
    return status;
}

enum status confine_identity(const struct config *config, struct err *err)
{
    enum status status = config->user ? become(config, err) : ST_OK;
    if (status == ST_OK && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        status =
            err_set(err, ST_TEMP, "no new privileges: %s", strerror(errno));
    if (status == ST_OK && !config->core_dumps)
        cores_forbid();
    return status;
}

/* -- the sandbox ----------------------------------------------------------- */

/* Of the libraries: code and character sets, roots, time zones, randomness.
 * Nothing of it is secret. */
static const char *const of_libraries[] = {
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
};

struct paths {
    struct arena *arena;
    struct landlock_path *items;
    size_t count, size;
};

static void add(struct paths *paths, const char *path,
                enum landlock_access access)
{
    if (!path || !*path)
        return;
    if (paths->count == paths->size) {
        size_t size = paths->size ? 2 * paths->size : 64;
        struct landlock_path *more =
            arena_alloc(paths->arena, size * sizeof *more);
        if (paths->count)
            memcpy(more, paths->items, paths->count * sizeof *more);
        paths->items = more;
        paths->size = size;
    }
    paths->items[paths->count++] = (struct landlock_path){path, access};
}

static size_t depth(const char *path)
{
    size_t count = 0;
    for (const char *p = path; *p; p++)
        count += *p == '/' && p[1] && p[1] != '/';
    return count;
}

/* The folder of a file, where it is at least so deep that it can be thought to
 * be of such files alone: not /etc, and for writing not /var/log. NULL: no. */
static const char *folder_of(struct paths *paths, const char *file,
                             size_t least)
{
    char resolved[PATH_MAX];
    char *copy = arena_strdup(paths->arena, file), *slash = strrchr(copy, '/');
    if (slash)
        *slash = '\0';
    const char *folder = !slash ? "." : slash == copy ? "/" : copy;
    if (!realpath(folder, resolved) || depth(resolved) < least)
        return NULL;
    return arena_strdup(paths->arena, resolved);
}

enum { TO_READ = 2, TO_WRITE = 3 };

/* A file is renewed by renaming another over it, or by turning a link: so its
 * folder, and that of what it leads to. */
static void add_file(struct paths *paths, const char *file)
{
    char resolved[PATH_MAX];
    if (!file)
        return;
    add(paths, file, LANDLOCK_ACCESS_READ);
    add(paths, folder_of(paths, file, TO_READ), LANDLOCK_ACCESS_READ);
    if (realpath(file, resolved))
        add(paths, folder_of(paths, resolved, TO_READ), LANDLOCK_ACCESS_READ);
}

static void add_named(struct paths *paths, const struct config *config)
{
    const struct config_dkim *keys = config->dkim.items;
    add_file(paths, config->submission.certificate);
    add_file(paths, config->submission.key);
    add_file(paths, config->portal.certificate);
    add_file(paths, config->portal.key);
    add_file(paths, config->outbound.trust);
    add_file(paths, config->dns.trust_anchor);
    add_file(paths, config->directory);
    for (size_t i = 0; i < config->dkim.count; i++)
        add_file(paths, keys[i].key);
    if (!config->outbound.trust) {
        add(paths, X509_get_default_cert_file(), LANDLOCK_ACCESS_READ);
        add(paths, X509_get_default_cert_dir(), LANDLOCK_ACCESS_READ);
        add(paths, getenv(X509_get_default_cert_file_env()),
            LANDLOCK_ACCESS_READ);
        add(paths, getenv(X509_get_default_cert_dir_env()),
            LANDLOCK_ACCESS_READ);
    }
}

static void add_written(struct paths *paths, const struct config *config)
{
    add(paths, config->state, LANDLOCK_ACCESS_WRITE);
    if (config->journal.descriptor >= 0)
        add(paths,
            arena_printf(paths->arena, "/proc/self/fd/%d",
                         (int)config->journal.descriptor),
            LANDLOCK_ACCESS_WRITE);
    if (config->journal.file) {
        add(paths, config->journal.file, LANDLOCK_ACCESS_WRITE);
        add(paths, folder_of(paths, config->journal.file, TO_WRITE),
            LANDLOCK_ACCESS_WRITE);
    }
    if (config->control)
        add(paths, folder_of(paths, config->control, 0),
            LANDLOCK_ACCESS_SOCKETS);
}

static uint16_t resolver_port(const struct config *config)
{
    unsigned long port = 0;
    const char *at = strrchr(config->dns.resolver, '@');
    bool good = at && slice_number(slice_of(at + 1), UINT16_MAX, &port);
    return good ? (uint16_t)port : 0;
}

static enum status enter_landlock(struct arena *arena,
                                  const struct config *config, struct err *err)
{
    struct paths paths = {.arena = arena};
    const uint16_t to[PORTS_MOST] = {(uint16_t)config->outbound.smtp_port,
                                     (uint16_t)config->outbound.https_port,
                                     config->sms.address.port,
                                     resolver_port(config)};
    const uint16_t at[PORTS_MOST] = {0, config->submission.listen.port,
                                     config->bounces.listen.port,
                                     config->portal.listen.port};
    for (size_t i = 0; i < sizeof of_libraries / sizeof *of_libraries; i++)
        add(&paths, of_libraries[i], LANDLOCK_ACCESS_READ);
    if (SANDBOX_SANITIZED)
        add(&paths, "/proc/self", LANDLOCK_ACCESS_READ);
#ifdef LASTHOP_COVERAGE
    /* A build that counts lines writes its counts there. */
    add(&paths, LASTHOP_COVERAGE, LANDLOCK_ACCESS_WRITE);
#endif
    add_named(&paths, config);
    add_written(&paths, config);
    return landlock_enter(
        &(struct landlock_settings){.paths = paths.items,
                                    .path_count = paths.count,
                                    .connect_ports = to,
                                    .connect_count = PORTS_MOST,
                                    .bind_ports = at,
                                    .bind_count = PORTS_MOST},
        err);
}

/* A part that this kernel lacks is told, and a fault where all are required. */
static enum status settle(const struct config *config, enum status status,
                          struct err *err)
{
    if (status != ST_NONE || config->sandbox == CONFIG_SANDBOX_REQUIRED)
        return status;
    log_info("sandbox", "a part is missing", "%s", err->text);
    return ST_OK;
}

enum status confine_enter(const struct config *config, struct err *err)
{
    if (config->sandbox == CONFIG_SANDBOX_NO)
        return ST_OK;
    if (mkdir(config->state, 0700) != 0 && errno != EEXIST)
        return err_set(err, ST_TEMP, "%s: %s", config->state, strerror(errno));
    struct arena *arena = arena_create();
    enum status status =
        settle(config, enter_landlock(arena, config, err), err);
    arena_destroy(&arena);
    return status == ST_OK ? settle(config, seccomp_enter(err), err) : status;
}

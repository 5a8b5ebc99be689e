/* The kernel's words stand here, for Debian 12's headers end at Linux 6.1. A
 * right that the ruleset handles is refused wherever no rule gives it. */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

struct ruleset {
    uint64_t files, network, scoped;
};

struct file_rule {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

struct port_rule {
    uint64_t allowed, port;
};

enum { VERSION = 1U << 0, RULE_FILE = 1, RULE_PORT = 2 };
enum { ABI_PORTS = 4, ABI_SCOPES = 6 };

#define EXECUTE (1ULL << 0)
#define WRITE_FILE (1ULL << 1)
#define READ_FILE (1ULL << 2)
#define READ_DIR (1ULL << 3)
#define REMOVE_DIR (1ULL << 4)
#define REMOVE_FILE (1ULL << 5)
#define MAKE_DIR (1ULL << 7)
#define MAKE_REG (1ULL << 8)
#define MAKE_SOCK (1ULL << 9)
#define REFER (1ULL << 13)
#define TRUNCATE (1ULL << 14)
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)

#define BIND_TCP (1ULL << 0)
#define CONNECT_TCP (1ULL << 1)

#define ABSTRACT_SOCKETS (1ULL << 0)
#define SIGNALS (1ULL << 1)

/* All rights that an ABI knows: as many low bits. */
static uint64_t file_rights(long abi)
{
    static const unsigned bits[] = {0, 13, 14, 15, 15, 16};
    long last = sizeof bits / sizeof *bits - 1;
    return (1ULL << bits[abi < last ? abi : last]) - 1;
}

static const uint64_t given[] = {
    [LANDLOCK_ACCESS_READ] = READ_FILE | READ_DIR,
    [LANDLOCK_ACCESS_WRITE] = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE |
                              MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR |
                              REFER,
    [LANDLOCK_ACCESS_SOCKETS] = MAKE_SOCK | REMOVE_FILE,
};

static enum status add_path(int ruleset, const struct landlock_path *at,
                            uint64_t handled, struct err *err)
{
    struct stat st;
    int fd = open(at->path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (fd >= 0)
            close(fd);
        return ST_OK; /* not there: nothing that could be reached */
    }
    struct file_rule rule = {given[at->access] & handled, fd};
    if (!S_ISDIR(st.st_mode))
        rule.allowed &= OF_FILES;
    long done = rule.allowed ? syscall(SYS_landlock_add_rule, ruleset,
                                       RULE_FILE, &rule, 0)
                             : 0;
    int why = errno;
    close(fd);
    /* EBADFD: a pipe or socket, which lies in no folder */
    return done == 0 || why == EBADFD
               ? ST_OK
               : err_set(err, ST_TEMP, "landlock: %s: %s", at->path,
                         strerror(why));
}

static enum status add_ports(int ruleset, const uint16_t *ports, size_t count,
                             uint64_t right, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct port_rule rule = {right, ports[i]};
        if (syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &rule, 0) != 0)
            return err_set(err, ST_TEMP, "landlock: port %u: %s", ports[i],
                           strerror(errno));
    }
    return ST_OK;
}

static enum status add_rules(int ruleset, const struct landlock_settings *s,
                             const struct ruleset *handled, struct err *err)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < s->path_count; i++)
        status = add_path(ruleset, &s->paths[i], handled->files, err);
    if (status == ST_OK && handled->network)
        status = add_ports(ruleset, s->connect_ports, s->connect_count,
                           CONNECT_TCP, err);
    if (status == ST_OK && handled->network)
        status =
            add_ports(ruleset, s->bind_ports, s->bind_count, BIND_TCP, err);
    return status;
}

enum status landlock_enter(const struct landlock_settings *settings,
                           struct err *err)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
    if (abi < 1)
        return err_set(err, ST_NONE, "landlock: %s", strerror(errno));
    struct ruleset handled = {
        .files = file_rights(abi),
        .network = abi >= ABI_PORTS ? BIND_TCP | CONNECT_TCP : 0,
        .scoped = abi >= ABI_SCOPES ? ABSTRACT_SOCKETS | SIGNALS : 0};
    size_t size = abi >= ABI_SCOPES  ? sizeof handled
                  : abi >= ABI_PORTS ? offsetof(struct ruleset, scoped)
                                     : offsetof(struct ruleset, network);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (ruleset < 0)
        return err_set(err, ST_TEMP, "landlock: %s", strerror(errno));
    enum status status = add_rules(ruleset, settings, &handled, err);
    if (status == ST_OK &&
        (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
         syscall(SYS_landlock_restrict_self, ruleset, 0) != 0))
        status = err_set(err, ST_TEMP, "landlock: %s", strerror(errno));
    close(ruleset);
    return status;
}

#include "engine/block.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

enum { B_FIRST = 65, B_COUNT = 32, C_COUNT = 254, TEXT_CAP = 65536 };

static bool take_lock(struct block *block)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1,
                     "lasthop-127.%u.%u", block->b, block->c);
    socklen_t length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    block->lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (block->lock < 0)
        return false;
    if (bind(block->lock, (struct sockaddr *)&name, length) == 0)
        return true;
    close(block->lock);
    block->lock = -1;
    return false;
}

static bool can_bind(const struct block *block, unsigned host, int type,
                     unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    char address[BLOCK_ADDRESS_BYTES];
    int on = 1;
    block_address(block, host, address);
    inet_pton(AF_INET, address, &to.sin_addr);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool good = bind(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                (type != SOCK_STREAM || listen(fd, 1) == 0);
    close(fd);
    return good;
}

static bool find_port(struct block *block, unsigned first, unsigned last)
{
    for (unsigned port = first; port <= last; port++) {
        if (!can_bind(block, 1, SOCK_STREAM, port) ||
            !can_bind(block, 2, SOCK_DGRAM, port) ||
            !can_bind(block, 2, SOCK_STREAM, port) ||
            !can_bind(block, 10, SOCK_STREAM, port))
            continue;
        block->port = port;
        return true;
    }
    return false;
}

/* An address can be bound on a loopback that is down (a fresh network
 * namespace), but nothing reaches it. */
static bool is_up(const struct block *block)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)block->port)};
    char address[BLOCK_ADDRESS_BYTES];
    block_address(block, 1, address);
    inet_pton(AF_INET, address, &to.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool good = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    close(fd);
    return good;
}

enum status block_claim(struct block *block, unsigned worker, unsigned first,
                        unsigned last, struct err *err)
{
    for (unsigned i = 0; i < B_COUNT * C_COUNT; i++) {
        unsigned at = (worker + i) % (B_COUNT * C_COUNT);
        block->b = B_FIRST + at / C_COUNT;
        block->c = 1 + at % C_COUNT;
        if (!take_lock(block))
            continue;
        bool is_free = find_port(block, first, last);
        if (is_free && is_up(block))
            return ST_OK;
        block_release(block);
        if (is_free)
            return err_set(err, ST_TEMP,
                           "127/8 cannot be reached: `ip link set lo up` "
                           "brings loopback up");
        return err_set(err, ST_TEMP, "no free port in %u..%u on 127.%u.%u.0/24",
                       first, last, block->b, block->c);
    }
    block->lock = -1;
    return err_set(err, ST_TEMP, "no free address block in 127/8");
}

void block_release(struct block *block)
{
    if (block->lock >= 0)
        close(block->lock);
    block->lock = -1;
}

void block_address(const struct block *block, unsigned host,
                   char out[BLOCK_ADDRESS_BYTES])
{
    snprintf(out, BLOCK_ADDRESS_BYTES, "127.%u.%u.%u", block->b & 255u,
             block->c & 255u, host & 255u);
}

/* The address that a place at the start of the text stands for; how long the
 * place is, 0: there is none. */
static size_t find_place(const struct block *block, const char *text,
                         char out[BLOCK_ADDRESS_BYTES])
{
    static const struct {
        const char *name;
        unsigned host;
    } places[] = {{"{gateway}", BLOCK_HOST_GATEWAY},
                  {"{submitter}", BLOCK_HOST_SUBMITTER},
                  {"{other}", BLOCK_HOST_OTHER}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t n = strlen(places[i].name);
        if (strncmp(text, places[i].name, n) == 0) {
            block_address(block, places[i].host, out);
            return n;
        }
    }
    return 0;
}

const char *block_text(struct arena *arena, const struct block *block,
                       const char *text)
{
    struct buf buf;
    buf_init(&buf, TEXT_CAP);
    for (size_t n; *text; text += n) {
        char address[BLOCK_ADDRESS_BYTES];
        n = find_place(block, text, address);
        if (n) {
            buf_puts(&buf, address);
        } else {
            n = 1;
            buf_put(&buf, (struct slice){text, n});
        }
    }
    const char *made = arena_text(arena, buf_slice(&buf));
    buf_release(&buf);
    return made;
}

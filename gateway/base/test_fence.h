/* test_fence - for tests: octets in pages of their own, the last one at the end
 * of one. What reads beyond it ends the program. */
#ifndef BASE_TEST_FENCE_H
#define BASE_TEST_FENCE_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/slice.h"
#include "base/status.h"

struct fence {
    struct slice octets;
    void *map;
    size_t bytes;
};

static inline struct fence fence_put(struct slice octets)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (octets.n + page - 1) / page * page;
    char *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + size, page, PROT_NONE) != 0)
        BUG("no fence");
    char *start = map + size - octets.n;
    if (octets.n)
        memcpy(start, octets.p, octets.n);
    return (struct fence){{start, octets.n}, map, size + page};
}

static inline void fence_remove(struct fence *fence)
{
    munmap(fence->map, fence->bytes);
}

#endif

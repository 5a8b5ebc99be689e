/* The list of mappings is read by a signal handler: nodes are added at its head
 * and used again, never freed; a node without a start is free. */
#include "base/mapped.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

enum { PASS_BYTES = 1 << 20 };

struct node {
    atomic_uintptr_t start;
    atomic_size_t n;
    atomic_bool is_damaged;
    struct node *next;
};

static _Atomic(struct node *) nodes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct sigaction before;
static uintptr_t page_bytes;

static struct node *find(uintptr_t at)
{
    for (struct node *node = atomic_load(&nodes); node; node = node->next) {
        uintptr_t start = atomic_load(&node->start);
        if (start && at >= start && at - start < atomic_load(&node->n))
            return node;
    }
    return NULL;
}

/* Only calls that a handler may make. */
static void on_bus(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    int saved = errno;
    uintptr_t at = (uintptr_t)info->si_addr;
    struct node *node = find(at);
    void *rest = NULL;
    if (node) {
        uintptr_t end = atomic_load(&node->start) + atomic_load(&node->n);
        atomic_store(&node->is_damaged, true);
        at &= ~(page_bytes - 1);
        rest = mmap((void *)at, end - at, PROT_READ,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    }
    if (!node || rest == MAP_FAILED)
        sigaction(SIGBUS, &before, NULL); /* the fault comes again, to it */
    errno = saved;
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_bus,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (sigaction(SIGBUS, &action, &before) != 0)
        BUG("no handler for SIGBUS");
}

static void enlist(uintptr_t start, size_t n)
{
    pthread_mutex_lock(&lock);
    struct node *node = atomic_load(&nodes);
    while (node && atomic_load(&node->start))
        node = node->next;
    bool is_new = !node;
    if (is_new) {
        node = xcalloc(1, sizeof *node);
        node->next = atomic_load(&nodes);
    }
    atomic_store(&node->is_damaged, false);
    atomic_store(&node->n, n);
    atomic_store(&node->start, start);
    if (is_new)
        atomic_store(&nodes, node);
    pthread_mutex_unlock(&lock);
}

enum status mapped_create(int fd, size_t n, struct slice *out, struct err *err)
{
    struct stat st;
    pthread_once(&once, install);
    *out = SLICE_LITERAL("");
    if (fstat(fd, &st) != 0)
        return err_set(err, ST_TEMP, "stat: %s", strerror(errno));
    if ((uint64_t)st.st_size < n)
        return err_set(err, ST_TEMP, "only %lld octets of %zu are there",
                       (long long)st.st_size, n);
    if (n == 0)
        return ST_OK;
    void *p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return err_set(err, ST_TEMP, "mmap: %s", strerror(errno));
    enlist((uintptr_t)p, n);
    *out = (struct slice){p, n};
    return ST_OK;
}

void mapped_destroy(struct slice *octets)
{
    if (!octets->n)
        return;
    struct node *node = find((uintptr_t)octets->p);
    if (!node || atomic_load(&node->start) != (uintptr_t)octets->p)
        BUG("no mapping");
    uintptr_t start = atomic_load(&node->start);
    pthread_mutex_lock(&lock);
    atomic_store(&node->start, (uintptr_t)0);
    pthread_mutex_unlock(&lock);
    munmap((void *)start, octets->n);
    *octets = SLICE_LITERAL("");
}

void mapped_release(struct slice octets)
{
    uintptr_t at = (uintptr_t)octets.p;
    struct node *node = octets.n ? find(at) : NULL;
    if (!node)
        return;
    uintptr_t first = (at + page_bytes - 1) & ~(page_bytes - 1);
    uintptr_t end = (at + octets.n) & ~(page_bytes - 1);
    if (at == atomic_load(&node->start))
        first = at;
    if (end > first)
        madvise((void *)first, end - first, MADV_DONTNEED);
}

void mapped_pass(struct slice *held, const char *at)
{
    held->n = (size_t)(at - held->p);
    if (held->n < PASS_BYTES)
        return;
    mapped_release(*held);
    *held = (struct slice){at, 0};
}

bool mapped_touch(struct slice octets)
{
    struct node *node = octets.n ? find((uintptr_t)octets.p) : NULL;
    const volatile char *p = octets.p;
    if (!node)
        return true;
    for (size_t at = 0; at < octets.n; at += page_bytes)
        (void)p[at];
    (void)p[octets.n - 1];
    return !atomic_load(&node->is_damaged);
}

bool mapped_is_damaged(struct slice octets)
{
    struct node *node = octets.n ? find((uintptr_t)octets.p) : NULL;
    return node && atomic_load(&node->is_damaged);
}

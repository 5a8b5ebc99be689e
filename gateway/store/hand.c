/* The file: a head of HEAD_BYTES, then a record a slot, each within one sector.
 * A record's state is a word of its own, so that a step is one small write. */
#include "store/hand.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

enum { BOOT_BYTES = 40, HEAD_BYTES = 64, STACK_BYTES = 65536 };
enum { STATE_FREE = 0, STATE_HELD = 0x646c6568, STATE_RUNS = 0x736e7572 };
enum { CRASHED = 0x68737263 };

static const char magic[8] = "in-hand1";

struct head {
    char magic[8];
    char boot[BOOT_BYTES]; /* NUL at the end; empty: unknown */
    uint32_t crashed;      /* CRASHED */
    uint32_t spare[3];
};
_Static_assert(sizeof(struct head) == HEAD_BYTES, "of the file");

struct record {
    uint32_t state, kind;
    int64_t message, item;
    uint64_t check; /* of kind, message and item */
};
_Static_assert(sizeof(struct record) == 32, "of the file");

struct slot {
    unsigned serial; /* of its use */
    unsigned depth;  /* steps within steps */
    bool is_taken;
};

struct hand {
    int fd;
    pthread_mutex_t lock;
    struct slot slots[HAND_SLOTS];
    unsigned next; /* where a free slot is looked for first */
    bool is_begun;
    bool has_failed, was_full; /* told once */
};

static uint64_t check_of(const struct record *r)
{
    const uint64_t words[] = {r->kind, (uint64_t)r->message, (uint64_t)r->item};
    uint64_t sum = 0x9e3779b97f4a7c15;
    for (size_t i = 0; i < 3; i++) {
        sum = (sum ^ words[i]) * 0xff51afd7ed558ccd;
        sum ^= sum >> 32;
    }
    return sum;
}

static off_t place_of(unsigned slot)
{
    return HEAD_BYTES + (off_t)(slot * sizeof(struct record));
}

/* --- what was left -------------------------------------------------------- */

static void read_boot(char out[BOOT_BYTES])
{
    memset(out, 0, BOOT_BYTES);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, out, BOOT_BYTES - 1);
    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* Whatever stands in the file: what is no whole record is none. */
static void take_record(struct hand_left *left, const struct record *r)
{
    bool is_running = r->state == (uint32_t)STATE_RUNS;
    if ((!is_running && r->state != (uint32_t)STATE_HELD) ||
        r->kind >= HAND_KIND_COUNT || r->check != check_of(r))
        return;
    left->all[left->count].work =
        (struct hand_work){(enum hand_kind)r->kind, r->message, r->item};
    left->all[left->count++].is_running = is_running;
    left->running_count += is_running;
}

static void read_left(int fd, struct hand_left *left)
{
    struct head head;
    struct record records[64];
    char boot[BOOT_BYTES];
    memset(left, 0, sizeof *left);
    read_boot(boot);
    if (pread(fd, &head, sizeof head, 0) != sizeof head ||
        memcmp(head.magic, magic, sizeof magic) != 0 ||
        strncmp(head.boot, boot, BOOT_BYTES) != 0)
        return;
    left->has_crashed = head.crashed == (uint32_t)CRASHED;
    for (unsigned at = 0; at < HAND_SLOTS; at += 64) {
        memset(records, 0, sizeof records);
        if (pread(fd, records, sizeof records, place_of(at)) <= 0)
            return;
        for (unsigned i = 0; i < 64; i++)
            take_record(left, &records[i]);
    }
}

/* --- a crash -------------------------------------------------------------- */

/* SIGBUS is base/mapped.c's: a step says enough there. */
static const int fatal[] = {SIGSEGV, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
enum { FATAL_COUNT = sizeof fatal / sizeof *fatal };

static struct sigaction before[FATAL_COUNT];
static volatile sig_atomic_t crash_fd = -1;

/* Tells this death from a kill; then it is as if nobody had looked. */
static void on_crash(int signo)
{
    static const uint32_t word = CRASHED;
    ssize_t n =
        pwrite(crash_fd, &word, sizeof word, offsetof(struct head, crashed));
    (void)n;
    for (int i = 0; i < FATAL_COUNT; i++)
        if (fatal[i] == signo)
            sigaction(signo, &before[i], NULL);
    raise(signo);
}

/* On a stack of its own: the usual one may be at its end. */
static void catch_crashes(int fd)
{
    static char stack[STACK_BYTES];
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaltstack(&other, NULL);
    for (int i = 0; i < FATAL_COUNT; i++) {
        struct sigaction now;
        sigaction(fatal[i], &action, &now);
        if (now.sa_handler != on_crash)
            before[i] = now;
    }
    crash_fd = fd;
}

/* --- its life ------------------------------------------------------------- */

enum status hand_open(const char *directory, struct hand **out,
                      struct hand_left *left_out, struct err *err)
{
    char *path = xasprintf("%s/in-hand", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int why = errno;
    struct stat st;
    *out = NULL;
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
        why = EINVAL;
    }
    enum status status = ST_OK;
    if (fd < 0)
        status = err_set(err, ST_TEMP, "%s: %s", path, strerror(why));
    free(path);
    if (status != ST_OK)
        return status;
    struct hand *hand = xcalloc(1, sizeof *hand);
    hand->fd = fd;
    pthread_mutex_init(&hand->lock, NULL);
    if (left_out)
        read_left(fd, left_out);
    *out = hand;
    return ST_OK;
}

enum status hand_begin(struct hand *hand, struct err *err)
{
    struct head head = {.crashed = 0};
    memcpy(head.magic, magic, sizeof magic);
    read_boot(head.boot);
    if (ftruncate(hand->fd, 0) != 0 ||
        pwrite(hand->fd, &head, sizeof head, 0) != sizeof head)
        return err_set(err, ST_TEMP, "in-hand: %s", strerror(errno));
    hand->is_begun = true;
    catch_crashes(hand->fd);
    return ST_OK;
}

void hand_close(struct hand **hand_in)
{
    struct hand *hand = *hand_in;
    *hand_in = NULL;
    if (!hand)
        return;
    if (crash_fd == hand->fd)
        crash_fd = -1;
    if (hand->is_begun && ftruncate(hand->fd, 0) != 0)
        log_warn("store", "in-hand stays", "error=%s", strerror(errno));
    close(hand->fd);
    pthread_mutex_destroy(&hand->lock);
    free(hand);
}

/* --- what is in hand ------------------------------------------------------ */

/* Under the lock. A disk that takes nothing must not stop anything: this
 * process goes on, a death of it is not counted. */
static void put(struct hand *hand, const void *octets, size_t n, off_t at)
{
    if (pwrite(hand->fd, octets, n, at) == (ssize_t)n || hand->has_failed)
        return;
    hand->has_failed = true;
    log_warn("store", "what is in hand is not written down", "error=%s",
             strerror(errno));
}

static void put_state(struct hand *hand, unsigned slot, uint32_t state)
{
    put(hand, &state, sizeof state, place_of(slot));
}

/* HAND_SLOTS: none is free. */
static unsigned find_free(struct hand *hand)
{
    for (unsigned i = 0; i < HAND_SLOTS; i++) {
        unsigned slot = (hand->next + i) % HAND_SLOTS;
        if (!hand->slots[slot].is_taken)
            return slot;
    }
    return HAND_SLOTS;
}

static struct hand_hold take(struct hand *hand, const struct hand_work *work,
                             bool runs)
{
    struct record r = {.state = runs ? STATE_RUNS : STATE_HELD,
                       .kind = work->kind,
                       .message = work->message,
                       .item = work->item};
    unsigned at = find_free(hand);
    if (at == HAND_SLOTS) {
        if (!hand->was_full)
            log_warn("store", "more in hand than can be written down",
                     "most=%d", (int)HAND_SLOTS);
        hand->was_full = true;
        return (struct hand_hold){.hand = NULL};
    }
    struct slot *slot = &hand->slots[at];
    slot->is_taken = true;
    slot->serial++;
    slot->depth = runs;
    /* The lowest free one next: the file stays short. */
    hand->next = at + 1 < HAND_SLOTS ? at + 1 : 0;
    r.check = check_of(&r);
    put(hand, &r, sizeof r, place_of(at));
    return (struct hand_hold){hand, at, slot->serial};
}

struct hand_hold hand_take(struct hand *hand, const struct hand_work *work)
{
    if (!hand)
        return (struct hand_hold){.hand = NULL};
    pthread_mutex_lock(&hand->lock);
    struct hand_hold hold = take(hand, work, false);
    pthread_mutex_unlock(&hand->lock);
    return hold;
}

/* Under the lock; NULL: it was put down. */
static struct slot *slot_of(const struct hand_hold *hold)
{
    struct slot *slot = &hold->hand->slots[hold->slot];
    return slot->is_taken && slot->serial == hold->serial ? slot : NULL;
}

void hand_put_down(struct hand_hold *hold)
{
    struct hand *hand = hold->hand;
    if (!hand)
        return;
    pthread_mutex_lock(&hand->lock);
    struct slot *slot = slot_of(hold);
    if (slot) {
        slot->is_taken = false;
        put_state(hand, hold->slot, STATE_FREE);
        if (hold->slot < hand->next)
            hand->next = hold->slot;
    }
    pthread_mutex_unlock(&hand->lock);
    hold->hand = NULL;
}

struct hand_step hand_step_begin(struct hand_hold hold)
{
    if (!hold.hand)
        return (struct hand_step){.is_whole = false};
    pthread_mutex_lock(&hold.hand->lock);
    struct slot *slot = slot_of(&hold);
    if (slot && slot->depth++ == 0)
        put_state(hold.hand, hold.slot, STATE_RUNS);
    pthread_mutex_unlock(&hold.hand->lock);
    return (struct hand_step){.hold = hold};
}

struct hand_step hand_step_whole(struct hand *hand,
                                 const struct hand_work *work)
{
    if (!hand)
        return (struct hand_step){.is_whole = false};
    pthread_mutex_lock(&hand->lock);
    struct hand_hold hold = take(hand, work, true);
    pthread_mutex_unlock(&hand->lock);
    return (struct hand_step){.hold = hold, .is_whole = true};
}

void hand_step_end(struct hand_step *step)
{
    struct hand *hand = step->hold.hand;
    if (!hand)
        return;
    if (step->is_whole) {
        hand_put_down(&step->hold);
        return;
    }
    pthread_mutex_lock(&hand->lock);
    struct slot *slot = slot_of(&step->hold);
    if (slot && --slot->depth == 0)
        put_state(hand, step->hold.slot, STATE_HELD);
    pthread_mutex_unlock(&hand->lock);
}

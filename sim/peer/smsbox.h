/* smsbox - the SMS service of the world: HTTP on an address of its own, which
 * takes POST {"to","text","token"} and keeps what it was given.
 *
 * What somebody's phone shows is what the box has accepted. */
#ifndef PEER_SMSBOX_H
#define PEER_SMSBOX_H

#include <stdint.h>

#include "base/alloc.h"
#include "peer/loop.h"

enum smsbox_fault {
    SMSBOX_FAULT_NONE,
    SMSBOX_FAULT_REFUSES, /* 503 to every request */
    SMSBOX_FAULT_SLOW,    /* the answer takes its time */
    SMSBOX_FAULT_SILENT,  /* no answer at all */
    SMSBOX_FAULT_DOWN,    /* nobody listens */
    SMSBOX_FAULT_COUNT
};
/* "none", "refuses", "slow", "silent", "down". */
const char *smsbox_fault_name(enum smsbox_fault fault);
bool smsbox_fault_parse(const char *text, enum smsbox_fault *out);

struct smsbox_settings {
    const char *address;
    uint16_t port; /* 0: any */
    const char *path;
    const char *token; /* without it a request is 401 */
    enum smsbox_fault fault;
};

/* One request, good or not; texts live as long as the box. */
struct smsbox_message {
    const char *to, *text;
    bool is_accepted;
    const char *why; /* it was not accepted; NULL */
};

struct smsbox;
typedef void smsbox_event(void *ctx, const struct smsbox_message *message);

/* errors  ST_TEMP: the address cannot be had */
enum status smsbox_create(struct loop *loop,
                          const struct smsbox_settings *settings,
                          smsbox_event *on_message, void *ctx,
                          struct smsbox **out, struct err *err) MUST_USE;
void smsbox_destroy(struct smsbox **box);
enum status smsbox_set_fault(struct smsbox *box, enum smsbox_fault fault,
                             struct err *err) MUST_USE;

uint16_t smsbox_port(const struct smsbox *box);
/* How many connections stand open. */
size_t smsbox_open_count(const struct smsbox *box);

#endif

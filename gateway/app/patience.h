/* patience - how long a client's next octets are waited for (CONN-6, CONN-11):
 * a command or a handshake has its time as a whole, not for each octet anew; a
 * message has that time, and besides what a slow line needs for the octets that
 * came. Pure. */
#ifndef APP_PATIENCE_H
#define APP_PATIENCE_H

#include <stdint.h>

struct patience {
    uint64_t progress;
    int64_t limit_ms, since_ms;
};

struct patience_facts {
    uint64_t progress;    /* another one: something new is waited for */
    int64_t limit_ms;     /* of silence, and of the whole; 0: no limit */
    uint64_t octets;      /* of the message that have come */
    int64_t octets_per_s; /* slower on the average is too slow */
    int64_t now_ms;       /* monotonic */
};

/* patience_left_ms - from now, at least 1; 0: no limit. */
int64_t patience_left_ms(struct patience *patience,
                         const struct patience_facts *facts);

#endif

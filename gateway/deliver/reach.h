/* reach - the first host of a destination that has what is asked of it, with
 * its live connection; or what was measured instead (TRANSPORT-1, TRANSPORT-2,
 * TRANSPORT-4, ORDER-5, ORDER-6). */
#ifndef DELIVER_REACH_H
#define DELIVER_REACH_H

#include "base/alloc.h"
#include "deliver/transport.h"
#include "dns/hosts.h"
#include "rules/decide.h"

struct reach_wish {
    bool best; /* TRANSPORT-7: whatever the first host that answers offers */
    enum minimum minimum; /* unless best */
};

/* One host that was tried, in order. */
struct reach_host {
    const char *name;
    enum measure_kind kind;
    enum level level;
    enum why why;
};

struct reached {
    struct reach reach;          /* for the facts; with best never TOO_WEAK */
    struct outbound *connection; /* REACHED: the caller's; else NULL */
    const char *host;            /* REACHED */
    struct measure measure;      /* REACHED: of that connection */
    const struct reach_host *hosts;
    size_t count;
    struct transport_reply reply; /* unless REACHED: the last that refused or
                                     put off; line "": none did */
    const char *reply_host;
};

struct reach_query;

/* The result stands in the arena; the handle is no longer valid. */
typedef void reach_on_done(const struct reached *reached, void *ctx);

/* reach_start - hosts: usable; they must outlive the query. Answers later. */
struct reach_query *reach_start(struct arena *arena,
                                const struct transport *transport,
                                const struct hosts *hosts,
                                const struct reach_wish *wish,
                                reach_on_done *on_done, void *ctx);
void reach_cancel(struct reach_query **query);

#endif

/* transport_lines - the lines and links of a pool: who may have how many
 * connections, and who is known to be down. Inside the pool only.
 *
 * A line is all that concerns one target: its open links, and the leases that
 * wait for one. A lease is what the pool's caller holds, a link the connection
 * behind it. */
#ifndef DELIVER_TRANSPORT_LINES_H
#define DELIVER_TRANSPORT_LINES_H

#include "deliver/transport_pool.h"

struct lease;
struct pool;

struct line {
    struct pool *pool;
    struct line *next, *previous; /* the latest first */
    char *key;
    char *host;
    struct link *links;
    struct lease *waiting; /* the first */
    size_t link_count, waiting_count;
    size_t failures;       /* connections in a row that found no server */
    struct measure down;   /* of the latest of them */
    int64_t down_until_ms; /* wall clock; 0: it said so at once */
    bool is_suspect; /* the latest connection was of no use: nobody waits for
                        another one */
};

struct link {
    struct line *line;
    struct link *next;
    struct lease *lease; /* who has it; NULL: idle */
    struct outbound *inner;
    struct measure measure;
    size_t uses;
    int64_t opened_ms;     /* wall clock */
    int64_t since_ms;      /* monotonic: asked for */
    int64_t idle_since_ms; /* monotonic */
};

struct pool {
    struct transport face;
    struct loop *loop;
    struct transport *inner;
    struct transport_pool_settings settings;
    struct line *lines, *last_line;
    bool is_longest; /* the next turn is that of who waits longest */
    struct loop_timer *timer;
    bool is_due; /* a turn is deferred */
};

struct line *line_find(struct pool *pool,
                       const struct transport_target *target);
/* Those without links and without leases go; those known to be down at the end
 * alone. */
void lines_drop_empty(struct pool *pool, bool is_end);
/* Another connection would be of use, ... */
bool line_needs_another(const struct line *line);
/* ... and there may be one; an idle one elsewhere goes for it. */
bool line_has_room(struct line *line);

/* line_note - what a new connection found, and how long that took. */
void line_note(struct line *line, const struct measure *measure,
               int64_t took_ms);
/* line_is_down - so many found no server: the line's `down` is the answer.
 * After a minute one asks again, and answers for all. */
bool line_is_down(struct line *line);

struct link *link_create(struct line *line, struct lease *lease);
void link_drop(struct link *link);
bool link_is_reusable(const struct link *link);
/* An idle one that still stands, or NULL; others are dropped on the way. */
struct link *line_find_idle(struct line *line);

#endif

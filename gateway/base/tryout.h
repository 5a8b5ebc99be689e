/* tryout - work that may hang or die, done in a child first. A library that
 * never comes back cannot be broken off within one's own process; what went
 * well in the child ends here too, for it does the same. */
#ifndef BASE_TRYOUT_H
#define BASE_TRYOUT_H

enum tryout_end {
    TRYOUT_END_WELL,
    TRYOUT_END_TOO_LONG,
    TRYOUT_END_DIED,
    TRYOUT_END_UNKNOWN, /* no child could be made: errno */
    TRYOUT_END_COUNT
};

/* tryout_run - fn(ctx) in a child, which ends then; nothing of what it does to
 * memory is seen here, and it leaves no core.
 *
 * units   cpu_s: seconds of processor time, so that a busy machine does not
 *         make it end earlier
 */
enum tryout_end tryout_run(void (*fn)(void *ctx), void *ctx, unsigned cpu_s);

#endif

/* buf - a growing run of octets with a cap that is fixed at init. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"
#include "base/status.h"

struct buf {
    char *p;      /* always followed by a NUL once anything was added */
    size_t n;     /* octets in use */
    size_t size;  /* octets allocated */
    size_t start; /* octets consumed at the front, not yet moved away */
    size_t cap;
};

void buf_init(struct buf *buf, size_t cap);
void buf_release(struct buf *buf);
/* Forgets the octets, keeps the memory. */
void buf_reset(struct buf *buf);

/* ST_PERM when the cap would be passed: nothing is added then. */
enum status buf_add(struct buf *buf, struct slice s) MUST_USE;
/* The same for text that must fit: passing the cap is a BUG. */
void buf_put(struct buf *buf, struct slice s);
void buf_puts(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Valid until the next call that adds or consumes. */
struct slice buf_slice(const struct buf *buf);
void buf_consume(struct buf *buf, size_t n);

#endif

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void buf_init(struct buf *buf, size_t cap)
{
    *buf = (struct buf){.cap = cap};
}

void buf_release(struct buf *buf)
{
    free(buf->p);
    *buf = (struct buf){.cap = buf->cap};
}

void buf_reset(struct buf *buf)
{
    buf->n = buf->start = 0;
}

static void compact(struct buf *buf)
{
    if (!buf->start)
        return;
    memmove(buf->p, buf->p + buf->start, buf->n - buf->start);
    buf->n -= buf->start;
    buf->start = 0;
}

enum status buf_add(struct buf *buf, struct slice s)
{
    size_t held = buf->n - buf->start;
    if (s.n > buf->cap - held)
        return ST_PERM;
    if (buf->size - buf->n <= s.n)
        compact(buf);
    if (buf->size - buf->n <= s.n) {
        size_t size = buf->size ? buf->size : 256;
        while (size - buf->n <= s.n)
            size *= 2;
        buf->p = xrealloc(buf->p, size);
        buf->size = size;
    }
    if (s.n)
        memcpy(buf->p + buf->n, s.p, s.n);
    buf->n += s.n;
    buf->p[buf->n] = '\0';
    return ST_OK;
}

void buf_put(struct buf *buf, struct slice s)
{
    if (buf_add(buf, s) != ST_OK)
        BUG("buffer cap %zu passed", buf->cap);
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_put(buf, slice_of(text));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    char small[512];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("format %s", fmt);
    if ((size_t)n < sizeof small) {
        buf_put(buf, (struct slice){small, (size_t)n});
    } else {
        char *text = xmalloc((size_t)n + 1);
        vsnprintf(text, (size_t)n + 1, fmt, again);
        buf_put(buf, (struct slice){text, (size_t)n});
        free(text);
    }
    va_end(again);
}

struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){buf->p ? buf->p + buf->start : "",
                          buf->n - buf->start};
}

void buf_consume(struct buf *buf, size_t n)
{
    if (n > buf->n - buf->start)
        BUG("consume %zu of %zu", n, buf->n - buf->start);
    buf->start += n;
    if (buf->start == buf->n)
        buf->n = buf->start = 0;
}

/* status - the outcome of every function that can fail, and its error text.
 *
 * The kinds map one to one to what the wire can say (4xx, 5xx) and to whose
 * fault it was. Used by every room of gateway, sim, checker and reports. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum status {
    ST_OK,
    ST_MORE,  /* more input is needed */
    ST_NONE,  /* looked, and it is not there */
    ST_INVAL, /* our text, configuration or scenario is wrong */
    ST_PROTO, /* the peer broke the protocol */
    ST_TEMP,  /* try later */
    ST_PERM,  /* never */
    ST_COUNT
};

/* An answer to a question of policy. */
enum tri { TRI_NO, TRI_YES, TRI_UNKNOWN };

/* Caller's storage; never NULL where a function asks for it. */
struct err {
    enum status status;
    char text[512];
};

/* err_set - fill err and return its status, so that `return err_set(...)`
 * reads as one thought. Over-long text is cut. */
enum status err_set(struct err *err, enum status status, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* err_wrap - put a prefix (where, doing what) before the text; returns the
 * status that err holds. */
enum status err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* status_name - "ok", "more", ... for logs. */
const char *status_name(enum status status);

/* BUG - the impossible happened: says where, and aborts. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif

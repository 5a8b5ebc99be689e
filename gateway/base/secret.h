/* secret - text that is wiped when it goes and never reaches a log. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/slice.h"

struct secret {
    char *p; /* NUL-terminated; NULL when empty */
    size_t n;
};

void secret_init(struct secret *secret, struct slice text);
void secret_release(struct secret *secret); /* wipes */
struct slice secret_slice(const struct secret *secret);
/* Takes the same time wherever the first difference stands. */
bool secret_eq(const struct secret *secret, struct slice text);

#endif

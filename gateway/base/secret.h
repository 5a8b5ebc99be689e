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

/* secret_heap_open - private keys and whatever else OpenSSL keeps in its secure
 * heap lie apart from now on: between pages that nobody can touch, so that no
 * read beyond another object comes there; locked where the limit allows it, in
 * no core, and wiped when they go. At least so many octets; what finds no room
 * there fails. Once a process. */
void secret_heap_open(size_t bytes);

#endif

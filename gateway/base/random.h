/* random - unguessable octets and identifiers, and a repeatable generator. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* From the kernel; aborts where it cannot answer. */
void random_bytes(void *out, size_t n);

/* random_hex - 2*n lower-case digits and a NUL: out has 2*n+1 octets. */
void random_hex(char *out, size_t n);

enum { UUID_TEXT_BYTES = 37 };
/* random_uuid - version 4, RFC 9562 5.4, with NUL. */
void random_uuid(char out[UUID_TEXT_BYTES]);

/* A repeatable sequence from a seed (SplitMix64); not for secrets. */
struct prng {
    uint64_t state;
};
uint64_t prng_next(struct prng *prng);
/* prng_below - evenly in [0, n); n > 0. */
uint64_t prng_below(struct prng *prng, uint64_t n);

#endif

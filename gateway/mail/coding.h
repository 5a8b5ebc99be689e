/* coding - Content-Transfer-Encoding (RFC 2045 6), decoded piece by piece from
 * octets that somebody else holds, and lenient: whatever comes in, as much as
 * can be read comes out. An unknown word changes nothing. */
#ifndef MAIL_CODING_H
#define MAIL_CODING_H

#include <stdint.h>

#include "base/slice.h"

enum coding { CODING_NONE, CODING_BASE64, CODING_QUOTED_PRINTABLE };

/* word in any ASCII case. */
enum coding coding_of(const char *word);

struct decoder {
    enum coding coding;
    struct slice octets;
    struct slice passed; /* read, its pages not yet let go */
    size_t at;           /* octets read */
    size_t blank_end;    /* quoted-printable: blanks up to here count */
    uint32_t bits;       /* base64: characters of the quantum */
    unsigned held;       /* base64: how many */
};

void decoder_init(struct decoder *decoder, enum coding coding,
                  struct slice octets);
/* decoder_read - at most room decoded octets into out; how many; 0: the end.
 * room is 3 at least. */
size_t decoder_read(struct decoder *decoder, char *out, size_t room);
/* Of everything from here on; the decoder is at its end then. */
size_t decoder_count(struct decoder *decoder);

#endif

/* transcript - who said what on one connection, line by line.
 *
 * Message content is not repeated here: it stands as one line that says how
 * many octets there were. */
#ifndef PEER_TRANSCRIPT_H
#define PEER_TRANSCRIPT_H

#include "base/alloc.h"

enum transcript_who {
    TRANSCRIPT_WHO_CLIENT,
    TRANSCRIPT_WHO_SERVER,
    TRANSCRIPT_WHO_NOTE, /* connected, TLS, closed */
    TRANSCRIPT_WHO_COUNT
};

struct transcript_line {
    enum transcript_who who;
    const char *text; /* without its line end; octets as they came */
    size_t length;    /* a NUL may stand within */
};

/* Zeroed at first; lines lie in the arena that is given. */
struct transcript {
    struct transcript_line *lines;
    size_t count;
    size_t size; /* private */
};

void transcript_add(struct transcript *transcript, struct arena *arena,
                    enum transcript_who who, struct slice text);
void transcript_note(struct transcript *transcript, struct arena *arena,
                     const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "C", "S", "*". */
const char *transcript_who_name(enum transcript_who who);

#endif

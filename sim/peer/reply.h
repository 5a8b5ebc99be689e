/* reply - reading a server's replies as a client of the world sees them: lines
 * that end in CRLF, three digits, "-" while there is more. */
#ifndef PEER_REPLY_H
#define PEER_REPLY_H

#include "peer/transcript.h"

struct evbuffer;

/* Zeroed at first, and again after each reply that was taken. */
struct reply {
    unsigned code;
    const char *text; /* lines joined by LF; NULL while none has come */
};

/* reply_take - take one whole reply out of input. ST_MORE: it is not complete;
 * ST_PROTO: no reply (the line is in the transcript). Texts lie in arena. */
enum status reply_take(struct reply *reply, struct evbuffer *input,
                       struct arena *arena,
                       struct transcript *transcript) MUST_USE;

#endif

/* ask - how a receiver's checks (DKIM, SPF, DMARC) ask the DNS: of the world's
 * own zones, or of a test's table. */
#ifndef PEER_ASK_H
#define PEER_ASK_H

#include "base/alloc.h"

enum ask_answer {
    ASK_ANSWER_FOUND,
    ASK_ANSWER_NONE,   /* no such name, or none of this type */
    ASK_ANSWER_FAILED, /* SERVFAIL, or bogus */
};

struct ask {
    /* texts_out: ended by NULL, in the arena; nothing but when it was found.
     * TXT: its strings joined; A, AAAA: the address; MX: "10 host". */
    enum ask_answer (*look_up)(void *ctx, struct arena *arena, const char *name,
                               const char *type, const char *const **texts_out);
    void *ctx;
};

#endif

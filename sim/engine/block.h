/* block - the addresses and the port of one worker: a 127.B.C.0/24 that no
 * other worker on this machine has, and a port that is free on it. */
#ifndef ENGINE_BLOCK_H
#define ENGINE_BLOCK_H

#include "base/alloc.h"

enum { BLOCK_ADDRESS_BYTES = 16 };

struct block {
    int lock; /* an abstract Unix socket whose name is the block's; -1: none */
    unsigned b, c, port;
};

/* block_claim - the first free block from the worker's number on, and the first
 * free port in [first, last] on it. ST_TEMP: there is none. */
enum status block_claim(struct block *block, unsigned worker, unsigned first,
                        unsigned last, struct err *err) MUST_USE;
void block_release(struct block *block);

/* Who has which address of a block; mail hosts follow from 10 on. */
enum {
    BLOCK_HOST_GATEWAY = 1,
    BLOCK_HOST_RESOLVER = 2,
    BLOCK_HOST_SUBMITTER = 3,
    BLOCK_HOST_OTHER = 4,   /* a submitter that nobody knows */
    BLOCK_HOST_BOUNCES = 5, /* the gateway's, for what comes back (BOUNCE-1) */
    BLOCK_HOST_PORTAL = 6,
    BLOCK_HOST_SMS = 7,
    BLOCK_HOST_VISITOR = 8
};

/* block_address - "127.B.C.host". */
void block_address(const struct block *block, unsigned host,
                   char out[BLOCK_ADDRESS_BYTES]);

/* block_text - with addresses for {gateway}, {submitter} and {other}. */
const char *block_text(struct arena *arena, const struct block *block,
                       const char *text);

#endif

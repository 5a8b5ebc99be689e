/* dkim_seal - the last thing that is done to a mail before it leaves: broken
 * signatures of its From domain go, the gateway's come (MAIL-1). */
#ifndef MAIL_DKIM_SEAL_H
#define MAIL_DKIM_SEAL_H

#include "mail/dkim.h"
#include "mail/message.h"

/* The key records at a selector that a signature names. */
struct dkim_seen {
    const char *selector;
    const struct slice *texts;
    size_t count;
    bool is_unknown; /* the look-up failed: what it signs is let be */
};

struct dkim_seal {
    const char *domain; /* of From: whose signatures are verified */
    const struct dkim_seen *seen;
    size_t seen_count;
    struct dkim_ring signers; /* usable: their records are published */
    int64_t now_s;
};

enum {
    DKIM_SEEN_MAX = 8
}; /* signatures of the From domain beyond these are
      let be */

/* dkim_seal_selectors - what must be looked up: the selectors that signatures
 * of that domain name, each once. */
size_t dkim_seal_selectors(struct arena *arena, struct slice content,
                           const char *domain,
                           const char *selectors_out[DKIM_SEEN_MAX]);

/* dkim_seal - the header as it leaves, with its empty line, in the arena.
 * content: begins with the header; *body: what follows content, and then what
 * follows the header. */
struct slice dkim_seal(struct arena *arena, const struct dkim_seal *seal,
                       struct slice content, struct slice *body);

#endif

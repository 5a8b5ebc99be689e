/* dialogue - a raw SMTP session, step by step: octets as they are written in
 * the scenario, and what must come back. For hostile clients. */
#ifndef PEER_DIALOGUE_H
#define PEER_DIALOGUE_H

#include <stdint.h>

#include "peer/loop.h"
#include "peer/pki.h"
#include "peer/transcript.h"

struct dialogue;

enum dialogue_kind {
    DIALOGUE_KIND_SEND,    /* octets, exactly */
    DIALOGUE_KIND_EXPECT,  /* one reply that begins with one of the prefixes */
    DIALOGUE_KIND_TLS,     /* the handshake alone, as a client */
    DIALOGUE_KIND_CLOSED,  /* the other side ends the connection */
    DIALOGUE_KIND_NOTHING, /* no octet is waiting, nor comes in quiet_ms */
    DIALOGUE_KIND_COUNT
};

struct dialogue_step {
    enum dialogue_kind kind;
    struct slice octets;         /* SEND */
    const char *const *prefixes; /* EXPECT: NULL at the end */
    struct tls_range tls;        /* TLS */
    const char *alert;           /* TLS: it must fail with this one, such as
                                    "protocol-version"; NULL: it must succeed */
};

/* Borrowed until on_done has returned. */
struct dialogue_settings {
    const char *local_address; /* NULL: not bound */
    const char *address;
    uint16_t port;
    const char *server_name; /* SNI; NULL: none */
    const struct dialogue_step *steps;
    size_t step_count;
    int64_t step_limit_ms; /* real time for each step; 0: 10 s */
    int64_t quiet_ms;      /* for NOTHING; 0: 50 */
    bool stays_open;       /* after the last step, up to dialogue_destroy() */
};

struct dialogue_outcome {
    bool is_reached; /* the dialogue stops at the first step that fails */
    bool is_ok;
    const char *got; /* the reply, "closed", "nothing", the alert or TLS
                        version; "" for SEND */
};

struct dialogue_result {
    bool is_ok;
    const struct dialogue_outcome *outcomes; /* one per step */
    size_t outcome_count;
    const char *failure; /* of the first failed step, or of the connection */
    struct transcript transcript;
};

/* The result lives until the dialogue is destroyed. */
typedef void dialogue_done(void *ctx, const struct dialogue_result *result);

/* Like submitter_start(). After the last step the connection is closed. */
struct dialogue *dialogue_start(struct loop *loop,
                                const struct dialogue_settings *settings,
                                dialogue_done *on_done, void *ctx);
/* dialogue_go_on - further steps, in one that stays open; once its on_done was
 * called, whose result is then gone. */
void dialogue_go_on(struct dialogue *dialogue,
                    const struct dialogue_settings *settings,
                    dialogue_done *on_done, void *ctx);
void dialogue_destroy(struct dialogue **dialogue);
const struct dialogue_result *dialogue_result(const struct dialogue *dialogue);

#endif

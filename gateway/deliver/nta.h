/* nta - both sides of NTA 7516 as one attempt asks for them (NTA-1 to NTA-5):
 * looks up, measures the next hops, and writes the answers into the facts.
 * Nothing outlives the attempt: the next one asks afresh (ORDER-6). */
#ifndef DELIVER_NTA_H
#define DELIVER_NTA_H

#include "deliver/deliver.h"
#include "deliver/nta_recipient.h"
#include "deliver/nta_sender.h"
#include "deliver/reach.h"

/* The attempt fills the first part, once. */
struct nta {
    struct arena *arena;
    const struct deliver_world *world;
    const struct store_message *message;
    const struct dkim_ring *keys; /* NULL: none */
    enum dmarc_discovery discovery;
    const char *domain; /* of the recipient */
    int64_t now_ms;
    uint64_t seed; /* order of equal next hops */
    struct facts *facts;
    void (*on_done)(void *ctx); /* the question that was open is answered */
    void *ctx;
    /* Results. */
    const struct reached *reached; /* of the next hops; NULL: not measured */
    /* Private. */
    struct nta_sender_wish sender_wish;
    struct nta_sender_query *sender;
    struct nta_recipient_query *recipient;
    struct reach_query *reach;
    const struct hosts *mx;
    struct nta_recipient_answer answer;
    bool is_answered;
};

/* nta_ask_sender - true: the answer was there at once, on_done is not called.
 */
bool nta_ask_sender(struct nta *nta);

/* nta_ask_destination - for a domain without usable MX or address: facts get
 * USABLE where its record names next hops, else NO_HOST (ORDER-7). */
void nta_ask_destination(struct nta *nta);

/* nta_ask_recipient - mx: the domain's hosts, which count where the record
 * names no others. MET: reached holds the live connection. */
void nta_ask_recipient(struct nta *nta, const struct hosts *mx);

void nta_cancel(struct nta *nta);

#endif

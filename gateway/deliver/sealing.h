/* sealing - what one attempt must know to sign what it sends, whoever that is
 * from: the sender (MAIL-2), or the gateway itself. */
#ifndef DELIVER_SEALING_H
#define DELIVER_SEALING_H

#include "deliver/deliver.h"
#include "deliver/sender_dns.h"

/* The attempt fills the first part, once. */
struct sealing {
    struct arena *arena;
    const struct deliver_settings *settings;
    const struct resolver *resolver;
    int64_t now_s;
    void (*on_done)(void *ctx);
    void *ctx;
    /* Results of the last question. */
    struct sender_dns_answer answer;
    struct dkim_seal seal;
    /* Private. */
    struct sender_dns_query *query;
};

/* sealing_ask - for a mail from that address. content: whose signatures may
 * break; empty: it has none. true: the answer is there at once, and on_done is
 * not called; so it is for the domain that was asked about last. */
bool sealing_ask(struct sealing *sealing, const char *from,
                 struct slice content);
void sealing_cancel(struct sealing *sealing);

#endif

/* conversations - who shares a conversation with whom (CONV-1 to CONV-3).
 *
 * The envelope decides who receives; To and Cc only say who shares. */
#ifndef RULES_CONVERSATIONS_H
#define RULES_CONVERSATIONS_H

#include "address/mailbox_list.h"

struct participant {
    size_t envelope_index; /* of the first RCPT with this address, whose
                              parameters count (CONV-2) */
    unsigned conversation; /* from 1: To and Cc share the first, if there is any
                              of them; each Bcc follows in envelope order */
    bool is_bcc;
};

struct conversations {
    struct participant *participants; /* in envelope order, no address twice */
    size_t count;
    unsigned conversation_count;
};

/* conversations_assign - visible: the mailboxes of To and Cc. */
struct conversations conversations_assign(struct arena *arena,
                                          const struct mailbox *envelope,
                                          size_t envelope_count,
                                          const struct mailbox_list *visible);

#endif

/* admission - the checks at the end of data, in the order of AUTH-8; the first
 * fault answers. */
#ifndef RULES_ADMISSION_H
#define RULES_ADMISSION_H

#include "address/mailbox_list.h"
#include "rules/conversations.h"
#include "rules/wishes.h"

/* What an address is to the organization that submits (AUTH-5). */
enum standing {
    STANDING_ACTIVE,
    STANDING_NO_ACCOUNT,
    STANDING_SUSPENDED,
    STANDING_FOREIGN /* another organization's */
};

struct admission_request {
    struct slice message; /* as received, dot-stuffing undone */
    const struct mailbox *envelope;
    size_t envelope_count;
    bool has_smtputf8;   /* MAIL said so: UTF-8 in addresses is allowed */
    size_t received_max; /* Received fields: more are a loop (CONN-6) */
    const struct wishes_settings *settings;
    /* Answers at once for the organization of the session. */
    enum standing (*find_account)(void *ctx, const struct mailbox *address);
    /* Whether the domain, or one above it, is that organization's; NULL where
     * credentials authorised the sender: AUTH-4 asks after SPF alone. */
    bool (*owns_domain)(void *ctx, struct slice domain);
    void *ctx;
};

struct admission {
    const char *refusal;         /* NULL: accepted; else a whole reply such as
                                    "550 5.7.1 ..." without CRLF; what follows
                                    is filled only where accepted */
    struct header header;        /* text in the request's message */
    struct mailbox_entry sender; /* the From mailbox */
    struct conversations conversations;
    struct wishes wishes; /* per participant of conversations, same order */
};

/* admission_check - accept or refuse a submitted message.
 *
 * owner   everything in the arena but what points into the message
 * source  AUTH-8: CONN-9, AUTH-6, AUTH-4, AUTH-5, RIGHT-4
 */
void admission_check(struct arena *arena,
                     const struct admission_request *request,
                     struct admission *out);

#endif

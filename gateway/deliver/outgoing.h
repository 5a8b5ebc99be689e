/* outgoing - the octets of one message on their way to one server: made what it
 * can take, then handed out piece by piece. Large ones are read from the spool
 * as they leave, and their pages let go behind. */
#ifndef DELIVER_OUTGOING_H
#define DELIVER_OUTGOING_H

#include "base/alloc.h"
#include "deliver/transport.h"
#include "session/client.h"

struct outgoing {
    struct slice content;         /* not yet handed out */
    struct slice body;            /* the same, behind content */
    struct slice held;            /* handed out, its pages not yet let go */
    const struct dkim_seal *seal; /* put on by outgoing_adapt; NULL: none */
    struct arena *arena;          /* of what was converted or sealed */
    bool is_broken; /* cannot be read or made now: it must not be ended */
};

void outgoing_init(struct outgoing *out, const struct transport_mail *mail);
void outgoing_release(struct outgoing *out);

/* outgoing_adapt - converts and then signs the content, and fills in of the
 * transaction what it says. spool: a
 * folder for what is converted (MAIL-1). Returns the status that stops the
 * message before a word of it is said (DSN-3); NULL: none, but is_broken is to
 * be asked. */
const char *outgoing_adapt(struct outgoing *out,
                           const struct client_offers *offers,
                           struct client_transaction *transaction,
                           const char *spool);

/* outgoing_next - at most CLIENT_PIECE_BYTES; false at the end and when it is
 * broken. */
bool outgoing_next(struct outgoing *out, struct slice *piece);

/* What the transaction says of reports (RFC 3461), where notify is asked. */
struct outgoing_reports {
    struct mail_params mail;
    struct rcpt_params rcpt;
};
struct outgoing_reports outgoing_reports(const struct transport_mail *mail);

#endif

/* transport_fake - servers out of a table, and a log of what was done to them;
 * for tests alone. */
#ifndef DELIVER_TRANSPORT_FAKE_H
#define DELIVER_TRANSPORT_FAKE_H

#include "base/buf.h"
#include "deliver/transport.h"

/* One server. Without plain_* the second, plain connection is measured as
 * level none. */
struct transport_fake_row {
    const char *host;
    enum measure_kind kind;
    enum level level;
    enum why why;
    bool certificate;
    bool handshake_fails;  /* level none, session not usable */
    bool starttls_refused; /* level none, session usable */
    const char *reply;     /* UNKNOWN, REFUSED: "554 5.3.2 go away" */
    enum sent_kind sent;
    const char *sent_reply;
    bool takes_notify;
    unsigned drops_after; /* a connection takes so many messages; 0: any */
    bool weak_later;      /* from the second connection on: level none */
    bool silent; /* never answers; each waits as long as its number among
                    all connections, in seconds, the first longest */
};

struct transport_fake;

struct transport_fake *
transport_fake_create(const struct transport_fake_row *rows, size_t count);
struct transport *transport_fake_face(struct transport_fake *fake);
/* Answers what is open until nothing is; returns how many were answered. */
size_t transport_fake_run(struct transport_fake *fake);
/* Answers one; false: nothing was open. */
bool transport_fake_run_once(struct transport_fake *fake);
/* "open a strict; quit a; open b; send b to x@y; quit b; " */
const char *transport_fake_log(const struct transport_fake *fake);
/* The content that was sent last. */
struct slice transport_fake_content(const struct transport_fake *fake);
void transport_fake_destroy(struct transport_fake **fake);

#endif

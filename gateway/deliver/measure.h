/* measure - what a connection proved, read off its session and its handshake.
 * Pure. TRANSPORT-2. */
#ifndef DELIVER_MEASURE_H
#define DELIVER_MEASURE_H

#include "deliver/transport.h"
#include "net/tls.h"
#include "session/client.h"

struct measure measure_no_connection(void);
struct measure measure_look_up_failed(void);
/* No connection is made: a policy forbids it (TRANSPORT-6). */
struct measure measure_barred(void);
/* After a handshake that failed; tls: what is known of it, or NULL. */
struct measure measure_handshake_failed(const struct tls_facts *tls);
/* The session is up (READY); tls: of its handshake, NULL when plain. */
struct measure measure_session(const struct client_session *session,
                               const struct tls_facts *tls);
/* The session ended before it was up (OVER). */
struct measure measure_failure(const struct client_session *session,
                               const struct tls_facts *tls);
/* measure_bound - what TLSA records make of any of these (TRANSPORT-3): a match
 * is dane where the host was named securely; no match, or no TLS where it is
 * mandatory, bars the host. Then an enforced MTA-STS policy bars what is below
 * pkix; it never lifts what DANE barred (TRANSPORT-6). */
struct measure measure_bound(struct measure measure,
                             const struct mail_host *host,
                             const struct tls_facts *tls);
/* A transaction ended. */
struct sent measure_sent(const struct client_session *session);

#endif

/* bounce - a mail host sends something back to a reverse-path of the gateway's,
 * over SMTP to the listener for what comes back (BOUNCE-1). */
#ifndef ENGINE_BOUNCE_H
#define ENGINE_BOUNCE_H

#include "engine/engine_private.h"

/* bounce_run - and waits until the gateway has settled. ST_TEMP also where
 * nothing was received that could be sent back. */
enum status bounce_run(struct stage *stage, const struct step *step,
                       struct err *err) MUST_USE;

/* bounce_format - the message that is sent: a report (RFC 3464) with all of the
 * original, a mail of a MAILER-DAEMON's, an absence message, a person's mail.
 */
struct bounce_settings {
    const struct bounce *bounce;
    const char *host, *to; /* who sends it, and whereto */
    int64_t now_s;
    struct slice original;
};
struct slice bounce_format(struct arena *arena,
                           const struct bounce_settings *settings);

#endif

/* starttls = "STARTTLS" CRLF
 * RFC 3207 4, CONN-3. What stands behind it in plain text is never executed:
 * no 220, no handshake, the connection is closed. */
#include "session/server_internal.h"

#include "base/log.h"

static const struct reply go = {220, "2.0.0", "Ready to start TLS"};
static const struct reply twice = {503, "5.5.1", "TLS is active already"};

const struct reply *check_starttls(const struct server_session *s,
                                   struct command *command)
{
    const struct reply *no = check_no_args(s, command);
    return no ? no : s->tls[0] ? &twice : NULL;
}

void proceed_starttls(struct server_session *s, const struct command *command)
{
    if (command->has_behind) {
        log_info("smtp", "octets behind starttls", "state=%d", (int)s->state);
        server_close(s);
        return;
    }
    server_say(s, SERVER_STAGE_STARTTLS, &go);
    s->want = (struct server_want){.kind = SERVER_WANT_STARTTLS};
}

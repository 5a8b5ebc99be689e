/* rset = "RSET" CRLF                 RFC 5321 4.1.1.5
 * vrfy = "VRFY" SP String CRLF       4.1.1.6: never verified, CONN-7
 * help = "HELP" [SP String] CRLF     4.1.1.8
 * noop = "NOOP" [SP String] CRLF     4.1.1.9
 * quit = "QUIT" CRLF                 4.1.1.10
 * EXPN, ETRN, TURN are not served. */
#include "session/server_internal.h"

static const struct reply ok = {250, "2.0.0", "Ok"};
static const struct reply bye = {221, "2.0.0", "Closing"};
static const struct reply help = {214, "2.0.0", "See RFC 5321 and RFC 6409"};
static const struct reply unserved = {502, "5.5.1", "Command not served"};
static const struct reply unverified = {
    252, "2.5.2", "Cannot verify, but will take mail and try"};

const struct reply *check_unserved(const struct server_session *s,
                                   struct command *command)
{
    (void)s;
    (void)command;
    return &unserved;
}

void proceed_vrfy(struct server_session *s, const struct command *command)
{
    (void)command;
    server_say(s, SERVER_STAGE_SESSION, &unverified);
}

void proceed_rset(struct server_session *s, const struct command *command)
{
    (void)command;
    server_reset_transaction(s);
    if (s->state != SERVER_STATE_NEW)
        server_set_state(s, SERVER_STATE_READY);
    server_say(s, SERVER_STAGE_SESSION, &ok);
}

void proceed_noop(struct server_session *s, const struct command *command)
{
    (void)command;
    server_say(s, SERVER_STAGE_SESSION, &ok);
}

void proceed_help(struct server_session *s, const struct command *command)
{
    (void)command;
    server_say(s, SERVER_STAGE_SESSION, &help);
}

void proceed_quit(struct server_session *s, const struct command *command)
{
    (void)command;
    server_say(s, SERVER_STAGE_SESSION, &bye);
    server_close(s);
}

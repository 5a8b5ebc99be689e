/* ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
 * helo = "HELO" SP Domain CRLF
 * RFC 5321 4.1.1.1: both end a transaction that is open. */
#include "session/server_internal.h"

enum { HELO_BYTES = 255 };

static const struct reply bad_name = {501, "5.5.4",
                                      "A domain or address literal is needed"};

const struct reply *check_hello(const struct server_session *s,
                                struct command *command)
{
    (void)s;
    struct slice name = command->args;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] < '!' || name.p[i] > '~')
            return &bad_name;
    return name.n && name.n <= HELO_BYTES ? NULL : &bad_name;
}

static void begin(struct server_session *s, const struct command *command)
{
    /* The arena grows by at most HELO_BYTES a hello; one that says it without
     * end is bounded by starting afresh, the user's name kept. */
    struct arena *life = arena_create();
    s->user = arena_slice(life, s->user);
    s->helo = arena_slice(life, command->args);
    arena_destroy(&s->life);
    s->life = life;
    server_reset_transaction(s);
    server_set_state(s, SERVER_STATE_READY);
}

void proceed_ehlo(struct server_session *s, const struct command *command)
{
    begin(s, command);
    s->is_esmtp = true;
    const struct server_settings *settings = s->settings;
    bool is_plain = !s->tls[0];
    const char *text =
        settings->is_open
            ? arena_printf(command->arena,
                           "%s\n%sSIZE %zu\n8BITMIME\nPIPELINING\n"
                           "ENHANCEDSTATUSCODES\nSMTPUTF8\nCHUNKING",
                           settings->host_name, is_plain ? "STARTTLS\n" : "",
                           settings->message_bytes_max)
        : is_plain
            ? arena_printf(command->arena,
                           "%s\nSTARTTLS\nPIPELINING\nENHANCEDSTATUSCODES",
                           settings->host_name)
            : arena_printf(command->arena,
                           "%s\nSIZE %zu\n8BITMIME\nPIPELINING\n"
                           "ENHANCEDSTATUSCODES\nAUTH PLAIN LOGIN\nSMTPUTF8\n"
                           "CHUNKING\nDSN",
                           settings->host_name, settings->message_bytes_max);
    struct reply reply = {250, NULL, text};
    server_say(s, SERVER_STAGE_EHLO, &reply);
}

void proceed_helo(struct server_session *s, const struct command *command)
{
    begin(s, command);
    s->is_esmtp = false;
    struct reply reply = {250, NULL, s->settings->host_name};
    server_say(s, SERVER_STAGE_EHLO, &reply);
}

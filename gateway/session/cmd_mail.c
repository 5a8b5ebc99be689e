/* mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
 * RFC 5321 4.1.1.2, RFC 1870, 3461 4.3, 6152, 6531, CONN-6, CONN-7. Who may use
 * this reverse-path is not the protocol's to say: the shell is asked (CONN-8).
 */
#include "session/server_internal.h"

static const struct reply no_from = {501, "5.5.4",
                                     "Syntax: MAIL FROM:<address>"};
static const struct reply bad_mailbox = {501, "5.1.7",
                                         "Bad sender mailbox address syntax"};
static const struct reply bad_end = {501, "5.5.4",
                                     "Syntax error behind the address"};

/* RFC 6531 3.5 */
static const struct reply needs_utf8 = {
    553, "5.6.7", "This address needs the parameter SMTPUTF8"};
/* RFC 1870 6.1 */
static const struct reply too_large = {552, "5.3.4", "Message too large"};

const struct reply *check_mail(const struct server_session *s,
                               struct command *command)
{
    struct err err;
    struct slice rest = command->args;
    if (!slice_starts_nocase(rest, "FROM:"))
        return &no_from;
    rest = slice_trim(slice_from(rest, 5));
    if (mailbox_take_path(command->arena, &rest, &command->mailbox, &err) !=
        ST_OK)
        return &bad_mailbox;
    if (rest.n && rest.p[0] != ' ')
        return &bad_end;
    const struct reply *no =
        mail_params_parse(command->arena, rest, &command->mail);
    if (no)
        return no;
    if (command->mailbox.is_utf8 && !command->mail.smtputf8)
        return &needs_utf8;
    return command->mail.size_bytes > s->settings->message_bytes_max
               ? &too_large
               : NULL;
}

void proceed_mail(struct server_session *s, const struct command *command)
{
    server_reset_transaction(s);
    s->transaction = arena_create();
    struct envelope *envelope = &s->envelope;
    envelope->reverse_path =
        slice_of(mailbox_format(s->transaction, &command->mailbox));
    envelope->params = command->mail;
    envelope->params.envid = arena_slice(s->transaction, command->mail.envid);
    s->want = (struct server_want){.kind = SERVER_WANT_MAIL,
                                   .envelope = envelope,
                                   .authenticated = s->user};
}

void mail_resume(struct server_session *s, const struct reply *reply)
{
    server_say(s, SERVER_STAGE_MAIL, reply);
    if (reply_is(reply, 2)) {
        /* By credentials or SPF; where all may send it proves nothing. */
        s->is_known |= !s->settings->is_open;
        server_set_state(s, SERVER_STATE_MAIL);
    } else if (reply->code == 421) {
        server_close(s);
    } else {
        server_reset_transaction(s);
    }
}

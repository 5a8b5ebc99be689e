/* rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters] CRLF
 * RFC 5321 4.1.1.3, RFC 3461 4.1 and 4.2, CONN-6, CONN-7. */
#include "session/server_internal.h"

#include <string.h>

static const struct reply no_to = {501, "5.5.4", "Syntax: RCPT TO:<address>"};
static const struct reply bad_mailbox = {
    501, "5.1.3", "Bad recipient mailbox address syntax"};
static const struct reply bad_end = {501, "5.5.4",
                                     "Syntax error behind the address"};
static const struct reply literal = {
    550, "5.1.2", "Recipients at address literals are not served"};
/* RFC 6531 3.5 */
static const struct reply needs_utf8 = {553, "5.6.7",
                                        "This address needs SMTPUTF8 in MAIL"};
static const struct reply too_many = {452, "4.5.3", "Too many recipients"};

const struct reply *check_rcpt(const struct server_session *s,
                               struct command *command)
{
    struct err err;
    struct slice rest = command->args;
    if (!slice_starts_nocase(rest, "TO:"))
        return &no_to;
    rest = slice_trim(slice_from(rest, 3));
    if (mailbox_take_path(command->arena, &rest, &command->mailbox, &err) !=
            ST_OK ||
        mailbox_is_null(&command->mailbox))
        return &bad_mailbox;
    if (rest.n && rest.p[0] != ' ')
        return &bad_end;
    const struct reply *no =
        rcpt_params_parse(command->arena, rest, &command->rcpt);
    if (no)
        return no;
    if (command->mailbox.is_utf8 && !s->envelope.params.smtputf8)
        return &needs_utf8;
    if (command->mailbox.is_literal)
        return &literal;
    return s->envelope.recipient_count >= s->settings->recipients_max
               ? &too_many
               : NULL;
}

static struct envelope_recipient *append(struct server_session *s)
{
    struct envelope *envelope = &s->envelope;
    if (envelope->recipient_count == s->recipients_size) {
        size_t size = s->recipients_size ? s->recipients_size * 2 : 4;
        struct envelope_recipient *grown =
            arena_alloc(s->transaction, size * sizeof *grown);
        if (envelope->recipient_count)
            memcpy(grown, envelope->recipients,
                   envelope->recipient_count * sizeof *grown);
        envelope->recipients = grown;
        s->recipients_size = size;
    }
    return &envelope->recipients[envelope->recipient_count++];
}

static void take(struct server_session *s, const struct command *command)
{
    struct envelope_recipient *to = append(s);
    to->address = slice_of(mailbox_format(s->transaction, &command->mailbox));
    to->params = command->rcpt;
    to->params.orcpt = arena_slice(s->transaction, command->rcpt.orcpt);
    to->params.orcpt_type =
        arena_slice(s->transaction, command->rcpt.orcpt_type);
}

void proceed_rcpt(struct server_session *s, const struct command *command)
{
    if (!s->settings->is_open) {
        take(s, command);
        server_say(s, SERVER_STAGE_RCPT, &server_reply_rcpt_ok);
        server_set_state(s, SERVER_STATE_RCPT);
        return;
    }
    s->want = (struct server_want){.kind = SERVER_WANT_RCPT,
                                   .recipient = slice_of(mailbox_format(
                                       command->arena, &command->mailbox))};
}

void rcpt_resume(struct server_session *s, const struct reply *reply)
{
    server_say(s, SERVER_STAGE_RCPT, reply);
    if (reply_is(reply, 2)) {
        take(s, &s->command);
        server_set_state(s, SERVER_STATE_RCPT);
    } else if (reply->code == 421) {
        server_close(s);
    }
}

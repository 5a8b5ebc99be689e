/* auth = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) CRLF
 * RFC 4954 4, RFC 4616, AUTH-1. A response of "*" cancels; an initial response
 * of "=" is an empty one. */
#include "session/server_internal.h"

static const struct reply no_mechanism = {501, "5.5.4",
                                          "A mechanism is needed"};
static const struct reply unknown_mechanism = {504, "5.5.4",
                                               "Mechanism not offered"};
static const struct reply twice = {503, "5.5.1", "Authenticated already"};
static const struct reply challenge = {334, NULL, ""};
static const struct reply cancelled = {501, "5.7.0",
                                       "Authentication cancelled"};
static const struct reply malformed = {501, "5.5.2",
                                       "Cannot decode this response"};
static const struct reply other_identity = {
    535, "5.7.8", "No authorization for another identity"};
static const struct reply too_often = {
    421, "4.7.0", "Too many failed authentications, closing"};

const struct reply *check_auth(const struct server_session *s,
                               struct command *command)
{
    struct slice rest = command->args;
    struct slice mechanism = slice_word(&rest);
    if (s->user.n)
        return &twice;
    if (!mechanism.n)
        return &no_mechanism;
    if (!slice_is_nocase(mechanism, "PLAIN"))
        return &unknown_mechanism;
    slice_word(&rest);
    return slice_trim(rest).n ? &malformed : NULL;
}

static void fail(struct server_session *s, const struct reply *reply)
{
    server_say(s, SERVER_STAGE_AUTH, reply);
    if (++s->auth_failures < AUTH_FAILURES_MAX)
        return;
    server_say(s, SERVER_STAGE_AUTH, &too_often);
    server_close(s);
}

static void evaluate(struct server_session *s, struct slice response)
{
    struct err err;
    struct sasl_plain *plain = &s->plain;
    if (sasl_plain_parse(s->command.arena, response, plain, &err) != ST_OK) {
        server_say(s, SERVER_STAGE_AUTH, &malformed);
        return;
    }
    if (plain->authzid.n && !slice_eq(plain->authzid, plain->user)) {
        secret_release(&plain->secret);
        fail(s, &other_identity);
        return;
    }
    s->want = (struct server_want){.kind = SERVER_WANT_AUTH,
                                   .user = plain->user,
                                   .secret = &plain->secret};
}

void proceed_auth(struct server_session *s, const struct command *command)
{
    struct slice rest = command->args;
    slice_word(&rest);
    struct slice response = slice_word(&rest);
    if (slice_is(response, "=")) {
        evaluate(s, (struct slice){0});
    } else if (response.n) {
        evaluate(s, response);
    } else {
        server_say(s, SERVER_STAGE_AUTH, &challenge);
        s->reader.is_response = true;
        server_set_state(s, SERVER_STATE_AUTH);
    }
}

void auth_take_response(struct server_session *s, struct slice line)
{
    s->reader.is_response = false;
    server_set_state(s, SERVER_STATE_READY);
    if (slice_is(line, "*"))
        server_say(s, SERVER_STAGE_AUTH, &cancelled);
    else
        evaluate(s, line);
}

void auth_resume(struct server_session *s, const struct reply *reply)
{
    if (reply_is(reply, 2)) {
        s->user = arena_slice(s->life, s->plain.user);
        server_say(s, SERVER_STAGE_AUTH, reply);
    } else if (reply_is(reply, 5)) {
        fail(s, reply);
    } else {
        server_say(s, SERVER_STAGE_AUTH, reply);
        if (reply->code == 421)
            server_close(s);
    }
    secret_release(&s->plain.secret);
}

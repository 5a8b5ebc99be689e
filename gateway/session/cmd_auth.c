/* auth = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) CRLF
 * RFC 4954 4, RFC 4616, AUTH-1. A response of "*" cancels; an initial response
 * of "=" is an empty one. LOGIN asks for the user's name, then the password.
 *
 * AUTH-2: a refusal is held back for a pause that doubles with each. */
#include "session/server_internal.h"

static const struct reply no_mechanism = {501, "5.5.4",
                                          "A mechanism is needed"};
static const struct reply unknown_mechanism = {504, "5.5.4",
                                               "Mechanism not offered"};
static const struct reply unserved = {502, "5.5.1", "No authentication here"};
static const struct reply twice = {503, "5.5.1", "Authenticated already"};
static const struct reply challenge = {334, NULL, ""};
static const struct reply ask_user = {334, NULL, "VXNlcm5hbWU6"};
static const struct reply ask_password = {334, NULL, "UGFzc3dvcmQ6"};
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
    if (s->settings->is_open)
        return &unserved;
    if (s->user.n)
        return &twice;
    if (!mechanism.n)
        return &no_mechanism;
    if (!slice_is_nocase(mechanism, "PLAIN") &&
        !slice_is_nocase(mechanism, "LOGIN"))
        return &unknown_mechanism;
    slice_word(&rest);
    return slice_trim(rest).n ? &malformed : NULL;
}

static void fail(struct server_session *s, const struct reply *reply)
{
    int64_t pause_ms = s->settings->auth_pause_first_ms;
    for (unsigned i = 0; i < s->auth_failures; i++)
        pause_ms *= 2;
    if (pause_ms > s->settings->auth_pause_longest_ms)
        pause_ms = s->settings->auth_pause_longest_ms;
    s->auth_failures++;
    s->held = reply_copy(s->command.arena, reply);
    if (pause_ms > 0)
        s->want = (struct server_want){.kind = SERVER_WANT_PAUSE,
                                       .pause_ms = pause_ms};
    else
        auth_pause_over(s);
}

void auth_pause_over(struct server_session *s)
{
    s->want = (struct server_want){.kind = SERVER_WANT_NONE};
    server_say(s, SERVER_STAGE_AUTH, s->held);
    s->held = NULL;
    if (s->auth_failures < AUTH_FAILURES_MAX)
        return;
    server_say(s, SERVER_STAGE_AUTH, &too_often);
    server_close(s);
}

static void ask_shell(struct server_session *s)
{
    s->want = (struct server_want){.kind = SERVER_WANT_AUTH,
                                   .user = s->plain.user,
                                   .secret = &s->plain.secret};
}

static void evaluate_plain(struct server_session *s, struct slice response)
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
    ask_shell(s);
}

static void ask(struct server_session *s, enum auth_step step,
                const struct reply *question)
{
    s->auth_step = step;
    server_say(s, SERVER_STAGE_AUTH, question);
    s->reader.is_response = true;
    server_set_state(s, SERVER_STATE_AUTH);
}

static void take_user(struct server_session *s, struct slice response)
{
    struct secret user;
    struct err err;
    if (sasl_text_parse(s->command.arena, response, &user, &err) != ST_OK) {
        server_say(s, SERVER_STAGE_AUTH, &malformed);
        return;
    }
    s->plain.user = arena_slice(s->command.arena, secret_slice(&user));
    secret_release(&user);
    ask(s, AUTH_STEP_PASSWORD, &ask_password);
}

static void take_password(struct server_session *s, struct slice response)
{
    struct err err;
    if (sasl_text_parse(s->command.arena, response, &s->plain.secret, &err) !=
        ST_OK)
        server_say(s, SERVER_STAGE_AUTH, &malformed);
    else
        ask_shell(s);
}

static void take(struct server_session *s, struct slice response)
{
    switch (s->auth_step) {
    case AUTH_STEP_PLAIN:
        evaluate_plain(s, response);
        return;
    case AUTH_STEP_USER:
        take_user(s, response);
        return;
    case AUTH_STEP_PASSWORD:
        take_password(s, response);
        return;
    }
}

void proceed_auth(struct server_session *s, const struct command *command)
{
    struct slice rest = command->args;
    bool is_login = slice_is_nocase(slice_word(&rest), "LOGIN");
    struct slice response = slice_word(&rest);
    s->auth_step = is_login ? AUTH_STEP_USER : AUTH_STEP_PLAIN;
    if (slice_is(response, "="))
        take(s, (struct slice){0});
    else if (response.n)
        take(s, response);
    else
        ask(s, s->auth_step, is_login ? &ask_user : &challenge);
}

void auth_take_response(struct server_session *s, struct slice line)
{
    s->reader.is_response = false;
    server_set_state(s, SERVER_STATE_READY);
    if (slice_is(line, "*"))
        server_say(s, SERVER_STAGE_AUTH, &cancelled);
    else
        take(s, line);
}

void auth_resume(struct server_session *s, const struct reply *reply)
{
    secret_release(&s->plain.secret);
    if (reply_is(reply, 2)) {
        s->is_known = true;
        s->user = arena_slice(s->life, s->plain.user);
        server_say(s, SERVER_STAGE_AUTH, reply);
    } else if (reply_is(reply, 5)) {
        fail(s, reply);
    } else {
        server_say(s, SERVER_STAGE_AUTH, reply);
        if (reply->code == 421)
            server_close(s);
    }
}

#include "portal/api.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "portal/letter.h"
#include "portal/read.h"
#include "portal/render.h"
#include "portal/totp.h"
#include "store/hand.h"

enum { BODY_MAX = 16384, TOKEN_OCTETS = 32, ID_MAX = 64 };
enum { ALL_PARTS = -1 }; /* of a page in hand: not one alone */

static void answer_json(struct visit *v, int status, json_t *object)
{
    static const struct web_field allow[] = {{"Allow", "GET, POST"},
                                             {NULL, NULL}};
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (!text)
        BUG("an answer that is no JSON");
    struct slice body = arena_slice(v->arena, slice_of(text));
    free(text);
    json_decref(object);
    visit_answer(v, status, ANSWER_DATA, "application/json", body,
                 status == 405 ? allow : NULL); /* RFC 9110 15.5.6 */
}

static void answer_error(struct visit *v, int status, const char *word)
{
    answer_json(v, status, json_pack("{s:s}", "error", word));
}

/* --- login --------------------------------------------------------------- */

struct login {
    const char *address, *code, *token;
    struct secret password;
    struct login_try guarded;
};

static void say_wrong(struct visit *v)
{
    const struct login *login = v->extra;
    if (login_guard_is_locked(portal_guard(v->portal), &login->guarded))
        answer_error(v, 429, "locked");
    else
        answer_error(v, 401, "login");
}

static void on_login(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    const struct login *login = v->extra;
    if (visit_is_over(v))
        return;
    switch (answer->result) {
    case PORTAL_OK:
        login_guard_passed(portal_guard(v->portal), &login->guarded);
        answer_json(v, 200,
                    json_pack("{s:s, s:I}", "token", login->token, "expires",
                              (json_int_t)(v->try_in.session_until_ms / 1000)));
        return;
    case PORTAL_WRONG: /* its time-based code was used before */
        say_wrong(v);
        return;
    case PORTAL_LOCKED:
    case PORTAL_VOID:
    case PORTAL_NONE:
    case PORTAL_TOO_MANY:
    case PORTAL_FAULT:
        break;
    }
    answer_error(v, 503, "fault");
}

static void on_checked(void *ctx, bool right)
{
    struct visit *v = ctx;
    struct login *login = v->extra;
    struct portal_try *t = &v->try_in;
    v->check = NULL;
    int64_t step = v->account.totp ? totp_check(v->account.totp, login->code,
                                                v->now_ms / 1000)
                                   : 0;
    if (!right || step <= 0) {
        say_wrong(v);
        return;
    }
    char *token = arena_alloc(v->arena, 2 * TOKEN_OCTETS + 1);
    random_hex(token, TOKEN_OCTETS);
    login->token = token;
    visit_hash("api", token, v->session);
    *t = (struct portal_try){.method = "account",
                             .is_right = true,
                             .account = v->account.address,
                             .credential = visit_credential(v),
                             .totp_step = step,
                             .old_session = "",
                             .new_session = v->session,
                             .now_ms = v->now_ms,
                             .session_until_ms =
                                 v->now_ms + v->settings->session_ms,
                             .limits = &v->limits};
    visit_wait(v);
    store_portal_login(v->world->store, t, on_login, v);
}

static const char *json_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void forget_password(void *arg)
{
    struct login *login = arg;
    secret_release(&login->password);
}

/* Once it has waited, where it has to. */
static void check(void *arg)
{
    struct visit *v = arg;
    struct login *login = v->extra;
    loop_timer_destroy(&v->pause);
    bool known = visit_account(v, login->address);
    v->check =
        v->world->check(v->world->ctx, login->address, &login->password,
                        known ? v->account.password_hash : NULL, on_checked, v);
}

static void log_in(struct visit *v)
{
    json_error_t error;
    json_t *in = v->request.body.n <= BODY_MAX
                     ? json_loadb(v->request.body.p, v->request.body.n,
                                  JSON_REJECT_DUPLICATES, &error)
                     : NULL;
    if (!json_is_object(in)) {
        json_decref(in);
        answer_error(v, 400, "no JSON object");
        return;
    }
    if (portal_is_busy(v)) {
        json_decref(in);
        answer_error(v, 503, "busy");
        return;
    }
    struct login *login = ARENA_NEW(v->arena, struct login);
    const char *address = login->address =
        arena_strdup(v->arena, json_text(in, "address"));
    login->code = arena_strdup(v->arena, json_text(in, "code"));
    v->extra = login;
    secret_init(&login->password, slice_of(json_text(in, "password")));
    json_decref(in);
    arena_on_destroy(v->arena, forget_password, login);
    login->guarded = (struct login_try){
        v->client, v->world->address_key(v->arena, address), v->now_ms};
    int64_t pause_ms;
    if (!login_guard_begin(portal_guard(v->portal), &login->guarded,
                           &pause_ms)) {
        answer_error(v, 429, "locked");
    } else if (pause_ms) {
        v->pause = loop_timer_create(v->world->loop, check, v);
        loop_timer_start(v->pause, pause_ms);
    } else {
        check(v);
    }
}

/* --- conversations ------------------------------------------------------- */

/* Header text may be no UTF-8, and a database may hold anything; jansson
 * refuses that, an empty text stands in. */
static json_t *text_json(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : json_string("");
}

static json_t *list_of(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, text_json(texts[i]));
    return list;
}

static json_t *parts_json(struct visit *v, const struct letter *letter,
                          const char *message, enum mail_part_kind kind)
{
    json_t *list = json_array();
    const bool *is_listed = letter_listed(v->arena, &letter->parts);
    for (size_t i = 0; i < letter->parts.count; i++) {
        const struct mail_part *part = &letter->parts.parts[i];
        bool is_file = kind == MAIL_PART_ATTACHMENT;
        if (is_listed[i] != is_file || (!is_file && part->kind != kind))
            continue;
        if (!is_file) {
            struct arena *arena = arena_create();
            json_array_append_new(
                list,
                text_json(arena_text(arena, mail_part_text(arena, part))));
            arena_destroy(&arena);
            continue;
        }
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:I, s:s}", "name",
                      text_json(letter_file_name(v->arena, part)), "type",
                      text_json(part->type), "size",
                      (json_int_t)part->decoded_octets, "href",
                      arena_printf(v->arena, "/api/messages/%s/attachments/%zu",
                                   message, i)));
    }
    return list;
}

static json_t *message_json(struct visit *v, const struct portal_link *link)
{
    const struct hand_work work = {HAND_PAGE, link->message.n, ALL_PARTS};
    HAND_STEP_WHOLE(store_hand(v->world->store), &work);
    struct letter letter;
    const char *id = link->message.id;
    letter_read(v->arena, link, &letter);
    json_t *out = json_pack("{s:o, s:I, s:o, s:{s:o, s:o}}", "id",
                            text_json(id), "date", (json_int_t)letter.date_s,
                            "subject", text_json(letter.subject), "from",
                            "name", text_json(letter.from_name), "address",
                            text_json(letter.from_address));
    if (letter.to) {
        json_object_set_new(out, "to", text_json(letter.to));
        json_object_set_new(out, "cc", text_json(letter.cc));
    } else {
        json_object_set_new(
            out, "participants",
            list_of(letter.participants, letter.participant_count));
    }
    json_object_set_new(out, "text",
                        parts_json(v, &letter, id, MAIL_PART_TEXT));
    json_object_set_new(out, "html",
                        parts_json(v, &letter, id, MAIL_PART_HTML));
    json_object_set_new(out, "attachments",
                        parts_json(v, &letter, id, MAIL_PART_ATTACHMENT));
    if (link->guard == STORE_GUARD_ASIDE)
        json_object_set_new(out, "fault", json_string("set aside"));
    return out;
}

static void make_conversation(struct visit *v, const struct portal_link *links,
                              size_t count)
{
    json_t *messages = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(messages, message_json(v, &links[i]));
    json_t *out =
        json_pack("{s:o, s:o}", "conversation", text_json(v->conversation.id),
                  "messages", messages);
    char *text = out ? json_dumps(out, JSON_COMPACT) : NULL;
    json_decref(out);
    v->is_unreadable = !text;
    if (!text)
        return;
    v->ready = arena_slice(v->arena, slice_of(text));
    v->ready_kind = ANSWER_DATA;
    v->ready_type = "application/json";
    free(text);
}

static void make_file(struct visit *v, const struct portal_link *links,
                      size_t count)
{
    const struct hand_work work = {HAND_PAGE, links->message.n,
                                   (int64_t)v->number};
    HAND_STEP_WHOLE(store_hand(v->world->store), &work);
    (void)count;
    read_part(v, links);
}

/* What was read is opened: the latest message that came to this account. */
static void serve(struct visit *v, const struct portal_link *links,
                  size_t count)
{
    const struct portal_link *own = NULL;
    if (v->conversation.id && v->is_unreadable) {
        answer_error(v, 503, "fault");
        return;
    }
    if (v->is_missing || v->is_unreadable) {
        answer_error(v, 404, "no such attachment");
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (links[i].is_account)
            own = &links[i];
    if (own)
        read_served(v, own);
    else
        visit_answer(v, 200, v->ready_kind, v->ready_type, v->ready,
                     v->ready_extra);
}

static void on_conversation(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    if (answer->result == PORTAL_FAULT) {
        answer_error(v, 503, "fault");
        return;
    }
    if (answer->result == PORTAL_WRONG) {
        answer_error(v, 401, "login");
        return;
    }
    if (answer->result != PORTAL_OK) {
        answer_error(v, 404, "no such conversation");
        return;
    }
    const struct portal_link *first = &answer->links[0];
    if (!visit_is_current(
            v, first->is_account ? first->address : first->message.sender,
            first->credential)) {
        /* It was suspended meanwhile, or its login changed. */
        answer_error(v, 401, "login");
        return;
    }
    render_links(v, answer->links, answer->count,
                 v->conversation.id ? make_conversation : make_file, serve);
}

/* RFC 6750 2.1. */
static bool has_bearer(struct visit *v)
{
    struct slice rest = slice_of(web_header(v->exchange, "Authorization"));
    if (!slice_is_nocase(slice_word(&rest), "bearer"))
        return false;
    struct slice token = slice_word(&rest);
    if (token.n != 2 * TOKEN_OCTETS)
        return false;
    visit_hash("api", arena_text(v->arena, token), v->session);
    return true;
}

static void on_left(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    if (answer->result == PORTAL_OK)
        answer_json(v, 200, json_object());
    else
        answer_error(v, 503, "fault");
}

static void ask(struct visit *v, const char *id, const char *message)
{
    v->conversation = (struct portal_conversation){.session = v->session,
                                                   .id = id,
                                                   .message = message,
                                                   .now_ms = v->now_ms};
    visit_wait(v);
    store_portal_conversation(v->world->store, &v->conversation,
                              on_conversation, v);
}

static void read_one(struct visit *v, struct slice rest)
{
    struct slice what = slice_cut(&rest, '/');
    const char *id = arena_text(v->arena, slice_cut(&rest, '/'));
    if (slice_is(what, "conversations") && !rest.n && *id &&
        strlen(id) < ID_MAX) {
        ask(v, id, NULL);
        return;
    }
    if (slice_is(what, "messages") && *id && strlen(id) < ID_MAX &&
        slice_is(slice_cut(&rest, '/'), "attachments") &&
        slice_number(rest, 100000, &v->number)) {
        v->has_number = true;
        ask(v, NULL, id);
        return;
    }
    answer_error(v, 404, "no such address");
}

void api_handle(struct visit *v)
{
    struct slice rest = slice_from(slice_of(v->request.path), 5);
    bool post = strcmp(v->request.method, "POST") == 0;
    if (post && slice_is(rest, "login")) {
        log_in(v);
    } else if (!has_bearer(v)) {
        answer_error(v, 401, "login");
    } else if (post && slice_is(rest, "logout")) {
        visit_wait(v);
        store_portal_leave(v->world->store, v->session, on_left, v);
    } else if (strcmp(v->request.method, "GET") == 0) {
        read_one(v, rest);
    } else {
        answer_error(v, 405, "method");
    }
}

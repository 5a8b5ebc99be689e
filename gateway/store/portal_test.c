/* What the portal keeps, over a real database: every rule of PORTAL-2 at its
 * edges, sessions, and what is earned by opening. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/test_folder.h"
#include "store/portal.h"

#define TOKEN "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define OTHER "ccccccccccccccccbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define NEAR "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbc"

enum { NOW = 1000000, MINUTE = 60000 };

struct world {
    char directory[64];
    struct store *store;
    pthread_mutex_t lock;
    struct {
        void (*fn)(void *);
        void *arg;
    } waiting[64];
    size_t waiting_count;
    /* Of the last answer. */
    bool answered;
    enum portal_result result;
    int64_t recipient;
    char granted[32], code_kind[32], content[64], address[64];
    bool is_account;
    size_t participants, links, shares;
    char share[64];
};

static const struct portal_limits limits = {.tries = 5,
                                            .void_tries = 20,
                                            .codes = 3,
                                            .lock_ms = 900000,
                                            .window_ms = 900000};

static void post(void *loop, void (*fn)(void *), void *arg)
{
    struct world *w = loop;
    pthread_mutex_lock(&w->lock);
    w->waiting[w->waiting_count].fn = fn;
    w->waiting[w->waiting_count++].arg = arg;
    pthread_mutex_unlock(&w->lock);
}

/* All that was asked is done, and its answers are told. */
static void settle(struct world *w)
{
    store_drain(w->store);
    size_t n = w->waiting_count;
    w->waiting_count = 0;
    for (size_t i = 0; i < n; i++)
        w->waiting[i].fn(w->waiting[i].arg);
}

static void take_share(void *ctx, const struct portal_share *share)
{
    struct world *w = ctx;
    w->shares++;
    snprintf(w->share, sizeof w->share, "%s %s %s %s", share->organization,
             share->recipient, share->kind, share->value);
}

static unsigned char keys[2][PORTAL_KEY_BYTES];

static void open_store(struct world *w, int round)
{
    struct err err;
    struct store_settings settings = {
        .directory = w->directory, .post = post, .loop = w};
    if (store_open(&settings, &w->store, &err) != ST_OK ||
        store_portal_start(w->store, take_share, w, keys[round], &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void on_stored(void *ctx, const struct store_answer *answer)
{
    (void)ctx;
    if (answer->status != ST_OK)
        fail_msg("%s", answer->err.text);
}

static void accept_one(struct world *w)
{
    struct store_message message = {
        .id = "m1",
        .organization = "clinic",
        .sender = "jansen@clinic.example",
        .reverse_path = "jansen@clinic.example",
        .accepted_ms = NOW,
        .content = SLICE_LITERAL("Subject: x\r\n\r\nthe content\r\n")};
    struct store_recipient recipients[] = {
        {.address = "bob@hospital.example",
         .conversation = "c1",
         .right = "access-code",
         .right_value = "135789",
         .return_path = "b1@g",
         .link_token = TOKEN,
         .mail_id = "n1"},
        {.address = "eve@hospital.example",
         .conversation = "c1",
         .right = "none",
         .return_path = "b2@g",
         .link_token = OTHER,
         .mail_id = "n2"},
        {.address = "hidden@hospital.example",
         .conversation = "c2",
         .right = "none",
         .return_path = "b3@g",
         .link_token = "d",
         .mail_id = "n3"}};
    struct store_accept accept = {.message = &message,
                                  .recipients = recipients,
                                  .recipient_count = 3,
                                  .event = {"e1", "{}"}};
    store_accept(w->store, &accept, on_stored, w);
    settle(w);
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    if (!test_folder_make(w->directory, "portal"))
        return -1;
    open_store(w, 0);
    accept_one(w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    store_close(&w->store);
    test_folder_remove(w->directory);
    free(w);
    return 0;
}

static void copy(char *to, size_t n, const char *text)
{
    snprintf(to, n, "%s", text ? text : "");
}

static void on_answer(void *ctx, const struct portal_answer *answer)
{
    struct world *w = ctx;
    w->answered = true;
    w->result = answer->result;
    w->links = answer->count;
    if (!answer->count)
        return;
    const struct portal_link *link = answer->links;
    w->recipient = link->recipient;
    w->is_account = link->is_account;
    w->participants = link->participant_count;
    copy(w->granted, sizeof w->granted, link->granted);
    copy(w->code_kind, sizeof w->code_kind, link->code_kind);
    copy(w->address, sizeof w->address, link->address);
    snprintf(w->content, sizeof w->content, "%.*s",
             SLICE_ARG(link->message.content));
}

static enum portal_result answered(struct world *w)
{
    w->answered = false;
    settle(w);
    assert_true(w->answered);
    return w->result;
}

static enum portal_result look(struct world *w, const char *token,
                               const char *session, int64_t now_ms)
{
    struct portal_look in = {.token = token,
                             .session = session,
                             .with_content = true,
                             .now_ms = now_ms};
    store_portal_look(w->store, &in, on_answer, w);
    return answered(w);
}

static enum portal_result try_at(struct world *w, const char *method,
                                 const char *given, int64_t now_ms)
{
    struct portal_try in = {.recipient = 1,
                            .method = method,
                            .given = given,
                            .expected = "135789",
                            .old_session = "s1",
                            .new_session = "s1",
                            .now_ms = now_ms,
                            .session_until_ms = now_ms + 60 * MINUTE,
                            .limits = &limits};
    store_portal_try(w->store, &in, on_answer, w);
    return answered(w);
}

static enum portal_result code_at(struct world *w, const char *code,
                                  int64_t now_ms)
{
    struct store_dsn mail = {.to = "bob@hospital.example",
                             .recipients = "bob@hospital.example",
                             .action = "code",
                             .content = SLICE_LITERAL("mail"),
                             .until_ms = now_ms + 10 * MINUTE};
    struct portal_code in = {.recipient = 1,
                             .kind = "email",
                             .code = code,
                             .now_ms = now_ms,
                             .until_ms = now_ms + 10 * MINUTE,
                             .limits = &limits,
                             .mail = &mail};
    store_portal_code(w->store, &in, on_answer, w);
    return answered(w);
}

static void test_link_shows_content_to_a_verified_session_alone(void **state)
{
    struct world *w = *state;
    assert_int_equal(look(w, NEAR, "", NOW), PORTAL_NONE);
    assert_int_equal(look(w, "", "", NOW), PORTAL_NONE);
    assert_int_equal(look(w, TOKEN, "", NOW), PORTAL_OK);
    assert_string_equal(w->granted, "");
    assert_string_equal(w->content, "");
    assert_int_equal(w->participants, 0);
    assert_int_equal(try_at(w, "access-code", "135789", NOW), PORTAL_OK);
    assert_int_equal(look(w, TOKEN, "s1", NOW), PORTAL_OK);
    assert_string_equal(w->granted, "access-code");
    assert_non_null(strstr(w->content, "the content"));
    assert_int_equal(w->participants, 2);
    assert_int_equal(look(w, OTHER, "s1", NOW), PORTAL_OK);
    assert_string_equal(w->content, "");
    assert_int_equal(look(w, TOKEN, "s2", NOW), PORTAL_OK);
    assert_string_equal(w->content, "");
    assert_int_equal(look(w, TOKEN, "s1", NOW + 60 * MINUTE), PORTAL_OK);
    assert_string_equal(w->content, "");
}

static void test_five_wrong_tries_lock_for_fifteen_minutes(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(try_at(w, "access-code", "x", NOW), PORTAL_WRONG);
    assert_int_equal(try_at(w, "account", "", NOW), PORTAL_LOCKED);
    assert_int_equal(try_at(w, "access-code", "135789", NOW + 15 * MINUTE - 1),
                     PORTAL_LOCKED);
    assert_int_equal(code_at(w, "123456", NOW), PORTAL_LOCKED);
    assert_int_equal(try_at(w, "access-code", "x", NOW + 15 * MINUTE),
                     PORTAL_WRONG);
    assert_int_equal(try_at(w, "access-code", "135789", NOW + 15 * MINUTE),
                     PORTAL_OK);
}

static void test_twenty_wrong_tries_void_the_link(void **state)
{
    struct world *w = *state;
    int64_t now_ms = NOW;
    for (int i = 1; i < 20; i++, now_ms += 15 * MINUTE) {
        enum portal_result result = try_at(w, "access-code", "x", now_ms);
        assert_int_equal(result, i % 5 ? PORTAL_WRONG : PORTAL_LOCKED);
    }
    store_close(&w->store);
    open_store(w, 1);
    assert_memory_equal(keys[0], keys[1], PORTAL_KEY_BYTES);
    assert_int_equal(try_at(w, "access-code", "x", now_ms), PORTAL_VOID);
    assert_int_equal(try_at(w, "access-code", "135789", now_ms), PORTAL_VOID);
    assert_int_equal(look(w, TOKEN, "", now_ms), PORTAL_OK);
}

static void test_a_new_code_makes_the_old_one_void(void **state)
{
    struct world *w = *state;
    assert_int_equal(code_at(w, "111111", NOW), PORTAL_OK);
    assert_int_equal(look(w, TOKEN, "", NOW), PORTAL_OK);
    assert_string_equal(w->code_kind, "email");
    assert_int_equal(code_at(w, "222222", NOW), PORTAL_OK);
    assert_int_equal(try_at(w, "email", "111111", NOW), PORTAL_WRONG);
    assert_int_equal(try_at(w, "sms", "222222", NOW), PORTAL_WRONG);
    assert_int_equal(try_at(w, "email", "", NOW), PORTAL_WRONG);
    assert_int_equal(try_at(w, "email", "222222", NOW + 10 * MINUTE),
                     PORTAL_WRONG);
    assert_int_equal(try_at(w, "email", "222222", NOW + 10 * MINUTE - 1),
                     PORTAL_OK);
    assert_int_equal(try_at(w, "email", "222222", NOW), PORTAL_WRONG);
}

static void test_three_codes_in_fifteen_minutes(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(code_at(w, "111111", NOW + i * MINUTE), PORTAL_OK);
    assert_int_equal(code_at(w, "222222", NOW + 15 * MINUTE - 1),
                     PORTAL_TOO_MANY);
    assert_int_equal(code_at(w, "333333", NOW + 15 * MINUTE), PORTAL_OK);
    assert_int_equal(code_at(w, "444444", NOW + 15 * MINUTE), PORTAL_TOO_MANY);
    assert_int_equal(try_at(w, "email", "333333", NOW + 15 * MINUTE),
                     PORTAL_OK);
}

static enum portal_result account_try(struct world *w, int64_t step,
                                      bool is_login, const char *session)
{
    struct portal_try in = {.recipient = 2,
                            .method = "account",
                            .is_right = step > 0,
                            .account = "Eve@hospital.example",
                            .totp_step = step,
                            .old_session = "",
                            .new_session = session,
                            .now_ms = NOW,
                            .session_until_ms = NOW + MINUTE,
                            .limits = &limits};
    if (is_login)
        store_portal_login(w->store, &in, on_answer, w);
    else
        store_portal_try(w->store, &in, on_answer, w);
    return answered(w);
}

static void test_totp_is_good_once(void **state)
{
    struct world *w = *state;
    assert_int_equal(account_try(w, 100, false, "s1"), PORTAL_OK);
    assert_int_equal(look(w, OTHER, "s1", NOW), PORTAL_OK);
    assert_true(w->is_account);
    assert_string_equal(w->granted, "account");
    assert_int_equal(account_try(w, 100, false, "s2"), PORTAL_WRONG);
    assert_int_equal(account_try(w, 100, true, "s3"), PORTAL_WRONG);
    assert_int_equal(account_try(w, 99, true, "s4"), PORTAL_WRONG);
    assert_int_equal(account_try(w, 101, true, "s5"), PORTAL_OK);
    assert_int_equal(look(w, TOKEN, "s5", NOW), PORTAL_OK);
    assert_false(w->is_account);
}

/* Whoever guesses does not keep the owner out. */
static void test_login_is_never_locked(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 30; i++)
        assert_int_equal(account_try(w, 0, true, "s"), PORTAL_WRONG);
    assert_int_equal(account_try(w, 7, true, "s"), PORTAL_OK);
}

static enum portal_result open_it(struct world *w, const char *session,
                                  bool attachment, const char *id)
{
    static const struct portal_share share = {"clinic", "bob@hospital.example",
                                              "access-code", "135789", NOW};
    struct portal_opened in = {.recipient = 1,
                               .session = session,
                               .method = "access-code",
                               .attachment = attachment,
                               .now_ms = NOW,
                               .session_until_ms = NOW,
                               .event = {id, "{}"},
                               .share = &share};
    store_portal_opened(w->store, &in, on_answer, w);
    return answered(w);
}

static void test_opened_once_a_session_and_earned_then(void **state)
{
    struct world *w = *state;
    assert_int_equal(open_it(w, "none", false, "o0"), PORTAL_NONE);
    assert_int_equal(try_at(w, "access-code", "135789", NOW), PORTAL_OK);
    store_close(&w->store);
    open_store(w, 1);
    assert_int_equal(w->shares, 0);
    assert_int_equal(open_it(w, "s1", false, "o1"), PORTAL_OK);
    assert_int_equal(open_it(w, "s1", false, "o2"), PORTAL_NONE);
    assert_int_equal(open_it(w, "s1", true, "o3"), PORTAL_OK);
    assert_int_equal(try_at(w, "access-code", "135789", NOW), PORTAL_OK);
    store_close(&w->store);
    open_store(w, 1);
    assert_int_equal(w->shares, 1);
    static const char earned[] =
        "clinic bob@hospital.example access-code code:";
    assert_memory_equal(w->share, earned, sizeof earned - 1);
}

static enum portal_result conversation(struct world *w, const char *session,
                                       const char *id)
{
    struct portal_conversation in = {
        .session = session, .id = id, .now_ms = NOW};
    store_portal_conversation(w->store, &in, on_answer, w);
    return answered(w);
}

static void test_conversation_is_for_those_who_take_part(void **state)
{
    struct world *w = *state;
    assert_int_equal(account_try(w, 1, true, "eve"), PORTAL_OK);
    /* Her message did not come by her account: no. */
    assert_int_equal(conversation(w, "eve", "c1"), PORTAL_NONE);
    struct portal_try sender = {.method = "account",
                                .is_right = true,
                                .account = "jansen@clinic.example",
                                .totp_step = 1,
                                .old_session = "",
                                .new_session = "jansen",
                                .now_ms = NOW,
                                .session_until_ms = NOW + MINUTE,
                                .limits = &limits};
    store_portal_login(w->store, &sender, on_answer, w);
    assert_int_equal(answered(w), PORTAL_OK);
    assert_int_equal(conversation(w, "jansen", "c1"), PORTAL_OK);
    assert_int_equal(w->links, 1);
    assert_non_null(strstr(w->content, "the content"));
    assert_int_equal(conversation(w, "jansen", "c3"), PORTAL_NONE);
    assert_int_equal(conversation(w, "", "c1"), PORTAL_WRONG);
    store_portal_leave(w->store, "jansen", on_answer, w);
    assert_int_equal(answered(w), PORTAL_OK);
    assert_int_equal(conversation(w, "jansen", "c1"), PORTAL_WRONG);
}

static void test_session_changes_its_name_and_keeps_what_it_has(void **state)
{
    struct world *w = *state;
    assert_int_equal(try_at(w, "access-code", "135789", NOW), PORTAL_OK);
    struct portal_try in = {.recipient = 2,
                            .method = "access-code",
                            .given = "x",
                            .expected = "x",
                            .old_session = "s1",
                            .new_session = "s2",
                            .now_ms = NOW,
                            .session_until_ms = NOW + MINUTE,
                            .limits = &limits};
    store_portal_try(w->store, &in, on_answer, w);
    assert_int_equal(answered(w), PORTAL_OK);
    assert_int_equal(look(w, TOKEN, "s2", NOW), PORTAL_OK);
    assert_string_equal(w->granted, "access-code");
    assert_int_equal(look(w, OTHER, "s2", NOW), PORTAL_OK);
    assert_string_equal(w->granted, "access-code");
    assert_int_equal(look(w, TOKEN, "s1", NOW), PORTAL_OK);
    assert_string_equal(w->granted, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_link_shows_content_to_a_verified_session_alone),
        TEST(test_five_wrong_tries_lock_for_fifteen_minutes),
        TEST(test_twenty_wrong_tries_void_the_link),
        TEST(test_a_new_code_makes_the_old_one_void),
        TEST(test_three_codes_in_fifteen_minutes),
        TEST(test_totp_is_good_once),
        TEST(test_login_is_never_locked),
        TEST(test_opened_once_a_session_and_earned_then),
        TEST(test_conversation_is_for_those_who_take_part),
        TEST(test_session_changes_its_name_and_keeps_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

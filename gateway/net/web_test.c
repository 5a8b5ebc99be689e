/* Requests and answers as the application sees them. */
#include "net/test_web.h"

static void test_request_comes_whole_and_is_answered(void **state)
{
    struct world *w = *state;
    begin(w, "POST", "/m/x?lang=nl", SLICE_LITERAL("a=b"));
    turn_until(w, &w->is_done);
    assert_string_equal(w->seen, "POST /m/x ?lang=nl portal.example [a=b]");
    assert_string_equal(w->failure, "");
    assert_int_equal(w->status, 403);
    assert_string_equal(w->type, "text/x-a");
    assert_string_equal(w->body, "an answer");
    for (int i = 0; i < 100 && !w->released; i++)
        loop_run_once(w->loop, 50);
    assert_int_equal(w->released, 1);
}

static void test_body_above_the_cap_is_413(void **state)
{
    struct world *w = *state;
    char big[BODY_MAX + 1];
    memset(big, 'a', sizeof big);
    begin(w, "POST", "/", (struct slice){big, sizeof big - 1});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    begin(w, "POST", "/", (struct slice){big, sizeof big});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 413);
    assert_string_equal(w->type, "text/x-fault");
    assert_string_equal(w->body, "POST");
    assert_int_equal(w->asked, 1);
}

static void test_other_methods_are_none_of_ours(void **state)
{
    struct world *w = *state;
    begin(w, "DELETE", "/", (struct slice){"", 0});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    assert_int_equal(strncmp(w->seen, "OTHER ", 6), 0);
}

static bool is_held(struct world *w)
{
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!w->held && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    return w->held != NULL;
}

static int set_up_short(void **state)
{
    struct web_settings settings = usual;
    settings.request_ms = SHORT_MS;
    return set_up_with(state, settings);
}

static void test_answer_may_come_later_than_a_request_may_take(void **state)
{
    struct world *w = *state;
    w->holds = true;
    begin(w, "GET", "/", (struct slice){"", 0});
    assert_true(is_held(w));
    int64_t until = clock_mono_ms() + 2 * SHORT_MS;
    while (clock_mono_ms() < until)
        loop_run_once(w->loop, 10);
    assert_int_equal(web_exchange_count(w->server), 1);
    assert_false(w->is_done);
    reply(w, w->held);
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    assert_int_equal(web_exchange_count(w->server), 0);
}

static void test_answer_to_a_client_that_left_goes_nowhere(void **state)
{
    struct world *w = *state;
    w->holds = true;
    begin(w, "GET", "/", (struct slice){"", 0});
    assert_true(is_held(w));
    http_cancel(&w->fetch);
    for (int i = 0; i < 10; i++)
        loop_run_once(w->loop, 5);
    reply(w, w->held);
    for (int i = 0; i < 10; i++)
        loop_run_once(w->loop, 5);
    assert_int_equal(w->released, 1);
    assert_int_equal(web_exchange_count(w->server), 0);
}

static void test_answer_after_the_server_went_goes_nowhere(void **state)
{
    struct world *w = *state;
    w->holds = true;
    begin(w, "GET", "/", (struct slice){"", 0});
    assert_true(is_held(w));
    web_server_destroy(&w->server);
    reply(w, w->held);
    assert_int_equal(w->released, 1);
}

/* One at a time, and of the next request on that connection nobody knows. */
static void test_large_body_wants_a_place(void **state)
{
    struct world *w = *state;
    char big[LARGE_MAX];
    struct slice body = {big, sizeof big};
    memset(big, 'a', sizeof big);
    w->holds = true;
    begin_typed(w, "POST", "/", body, "text/large");
    assert_true(is_held(w));
    struct http_fetch *first = w->fetch;
    begin_typed(w, "POST", "/", body, "text/large");
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 413);
    w->fetch = first;
    w->is_done = false;
    reply(w, w->held);
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    w->holds = false;
    begin_typed(w, "POST", "/", body, "text/large");
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
}

static void test_head_has_no_body(void **state)
{
    struct world *w = *state;
    struct end end;
    shake_hands(w, &end);
    end_say(&end, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_cut_off(w, &end);
    struct slice got = buf_slice(&end.got);
    assert_true(got.n > 4);
    assert_memory_equal(got.p + got.n - 4, "\r\n\r\n", 4);
    end_release(&end);
}

/* A reader that stands still holds a few pieces, not the whole, and nobody
 * else up; when it goes, the answer is let go. */
static void test_answer_in_pieces_waits_for_its_reader(void **state)
{
    struct world *w = *state;
    struct end end;
    w->pulls = true;
    shake_hands(w, &end);
    end.keeps = true;
    end_say(&end, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 50; i++)
        loop_run_once(w->loop, 5);
    assert_in_range(w->pieces, 1, PIECES / 2);
    w->pulls = false;
    begin(w, "GET", "/", (struct slice){"", 0});
    turn_until(w, &w->is_done);
    assert_int_equal(w->status, 403);
    assert_int_equal(w->released, 1);
    end_release(&end);
    for (int i = 0; i < 100 && w->released < 2; i++)
        loop_run_once(w->loop, 50);
    assert_int_equal(w->released, 2);
}

static void test_answer_in_pieces_comes_whole(void **state)
{
    struct world *w = *state;
    struct end end;
    unsigned over = 1U << CONN_EVENT_EOF | 1U << CONN_EVENT_ERROR;
    w->pulls = true;
    shake_hands(w, &end);
    end_say(&end, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!(end.seen & over) && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_int_equal(w->pieces, PIECES);
    assert_int_equal(w->released, 1);
    assert_in_range(buf_slice(&end.got).n, (size_t)PIECES * PIECE,
                    (size_t)PIECES * PIECE + 500);
    end_release(&end);
}

static void test_answer_in_pieces_ends_with_the_server(void **state)
{
    struct world *w = *state;
    struct end end;
    w->pulls = true;
    shake_hands(w, &end);
    end.keeps = true;
    end_say(&end, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 20; i++)
        loop_run_once(w->loop, 5);
    web_server_destroy(&w->server);
    assert_int_equal(w->released, 1);
    end_release(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request_comes_whole_and_is_answered),
        TEST(test_body_above_the_cap_is_413),
        TEST(test_other_methods_are_none_of_ours),
        cmocka_unit_test_setup_teardown(
            test_answer_may_come_later_than_a_request_may_take, set_up_short,
            tear_down),
        TEST(test_answer_to_a_client_that_left_goes_nowhere),
        TEST(test_answer_after_the_server_went_goes_nowhere),
        TEST(test_large_body_wants_a_place),
        TEST(test_head_has_no_body),
        TEST(test_answer_in_pieces_waits_for_its_reader),
        TEST(test_answer_in_pieces_comes_whole),
        TEST(test_answer_in_pieces_ends_with_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

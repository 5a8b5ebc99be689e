/* A stranger costs little, and keeps nobody out (CONN-10, CONN-11). */
#include "net/test_web.h"

enum { EIGHT = 8, SHARE = 2 };

static int set_up_eight(void **state)
{
    struct web_settings settings = usual;
    settings.connections = settings.connections_per_client = EIGHT;
    return set_up_with(state, settings);
}

static int set_up_short(void **state)
{
    struct web_settings settings = usual;
    settings.request_ms = settings.idle_ms = SHORT_MS;
    return set_up_with(state, settings);
}

static bool is_over(const struct end *end)
{
    return end->seen & (1U << CONN_EVENT_EOF | 1U << CONN_EVENT_ERROR);
}

static void turn(struct world *w, int times)
{
    for (int i = 0; i < times; i++)
        loop_run_once(w->loop, 1);
}

/* Whatever one client opens, a quarter is his. */
static void test_web_one_client_has_a_quarter(void **state)
{
    struct world *w = *state;
    struct end ends[EIGHT];
    int open = 0;
    for (int i = 0; i < EIGHT; i++) {
        connect_from(w, &ends[i], NULL);
        end_wait(&ends[i], CONN_EVENT_CONNECTED);
    }
    turn(w, 50);
    for (int i = 0; i < EIGHT; i++)
        open += !is_over(&ends[i]);
    assert_int_equal(open, SHARE);
    for (int i = 0; i < EIGHT; i++)
        end_release(&ends[i]);
}

/* Nor has he more by not leaving when all was said to him. */
static void test_web_who_does_not_leave_counts(void **state)
{
    struct world *w = *state;
    struct end ends[3 * EIGHT];
    for (int i = 0; i < 3 * EIGHT; i++) {
        shake_hands(w, &ends[i]);
        end_say(&ends[i], "nonsense\r\n");
        end_wait(&ends[i], CONN_EVENT_EOF);
        assert_non_null(strstr(ends[i].got.p, "HTTP/1.1 400 "));
        size_t of_server = conn_count(w->loop) - (size_t)(i + 1);
        assert_in_range(of_server, 1, SHARE);
    }
    for (int i = 0; i < 3 * EIGHT; i++)
        end_release(&ends[i]);
}

/* Four clients have all places, and say nothing: one of them makes room. */
static void test_web_full_server_serves_whoever_comes(void **state)
{
    struct world *w = *state;
    struct end ends[EIGHT], last;
    char address[32];
    int open = 0;
    for (int i = 0; i < EIGHT; i++) {
        snprintf(address, sizeof address, "127.0.0.%d", 10 + i / SHARE);
        connect_from(w, &ends[i], address);
        end_wait(&ends[i], CONN_EVENT_CONNECTED);
    }
    turn(w, 10);
    shake_hands_from(w, &last, "127.0.0.99");
    end_say(&last, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_cut_off(w, &last);
    assert_non_null(strstr(last.got.p, "HTTP/1.1 403 "));
    for (int i = 0; i < EIGHT; i++)
        open += !is_over(&ends[i]);
    assert_int_equal(open, EIGHT - 1);
    for (int i = 0; i < EIGHT; i++)
        end_release(&ends[i]);
    end_release(&last);
}

/* Who waits for his answer is not thrown out for somebody new. */
static void test_web_full_server_keeps_who_waits(void **state)
{
    struct world *w = *state;
    struct end ends[EIGHT], last;
    char address[32];
    w->holds = true;
    for (int i = 0; i < EIGHT; i++) {
        snprintf(address, sizeof address, "127.0.0.%d", 10 + i / SHARE);
        shake_hands_from(w, &ends[i], address);
        end_say(&ends[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        turn(w, 10);
    }
    assert_int_equal(web_exchange_count(w->server), EIGHT);
    connect_from(w, &last, "127.0.0.99");
    assert_cut_off(w, &last);
    for (int i = 0; i < EIGHT; i++)
        assert_false(is_over(&ends[i]));
    for (int i = 0; i < EIGHT; i++)
        end_release(&ends[i]);
    end_release(&last);
    web_server_destroy(&w->server);
    for (size_t i = 0; i < w->held_count; i++)
        reply(w, w->all_held[i]);
    assert_int_equal(w->released, EIGHT);
}

/* Each octet in time, the request as a whole not (slow loris). */
static void test_web_dripping_request_is_cut_off(void **state)
{
    struct world *w = *state;
    static const char *const begins[] = {"GET / HTTP/1.1\r\nX: ",
                                         "POST / HTTP/1.1\r\nHost: a\r\n"
                                         "Content-Length: 999\r\n\r\n"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        struct end end;
        shake_hands(w, &end);
        end_say(&end, begins[i]);
        int64_t now = clock_mono_ms(), until = now + END_WAIT_MS, next = now;
        for (; !is_over(&end) && now < until; now = clock_mono_ms()) {
            if (now >= next)
                end_say(&end, "a");
            next = now >= next ? now + SHORT_MS / 10 : next;
            loop_run_once(w->loop, SHORT_MS / 10);
        }
        assert_true(is_over(&end));
        assert_non_null(strstr(end.got.p, "HTTP/1.1 408 "));
        assert_int_equal(w->asked, 0);
        end_release(&end);
    }
}

/* No handshake, no request, no reading: each has an end. */
static void test_web_silence_is_cut_off(void **state)
{
    struct world *w = *state;
    struct end ends[3];
    w->pulls = true;
    connect_from(w, &ends[0], NULL);
    shake_hands(w, &ends[1]);
    shake_hands(w, &ends[2]);
    ends[2].keeps = true;
    end_say(&ends[2], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_cut_off(w, &ends[0]);
    assert_cut_off(w, &ends[1]);
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (!w->released && clock_mono_ms() < until)
        loop_run_once(w->loop, 50);
    assert_int_equal(w->released, 1);
    for (int i = 0; i < 3; i++)
        end_release(&ends[i]);
}

/* What all bodies hold is bounded, and is given back. */
static void test_web_bodies_are_bounded_in_all(void **state)
{
    struct world *w = *state;
    struct end ends[EIGHT];
    char address[32], body[600];
    int refused = 0;
    memset(body, 'a', sizeof body);
    for (int i = 0; i < EIGHT; i++) {
        snprintf(address, sizeof address, "127.0.0.%d", 10 + i);
        shake_hands_from(w, &ends[i], address);
        end_say(&ends[i],
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n");
        conn_write(ends[i].conn, (struct slice){body, sizeof body});
        turn(w, 20);
        assert_in_range(web_body_octets(w->server), 0, BODIES_MAX);
        if (is_over(&ends[i])) {
            assert_non_null(strstr(ends[i].got.p, "HTTP/1.1 503 "));
            refused++;
        }
    }
    assert_in_range(refused, 1, EIGHT - 1);
    for (int i = 0; i < EIGHT; i++)
        end_release(&ends[i]);
    turn(w, 20);
    assert_int_equal(web_body_octets(w->server), 0);
}

#define WITH(set_up_as, name)                                                  \
    cmocka_unit_test_setup_teardown(name, set_up_as, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(set_up_eight, test_web_one_client_has_a_quarter),
        WITH(set_up_eight, test_web_who_does_not_leave_counts),
        WITH(set_up_eight, test_web_full_server_serves_whoever_comes),
        WITH(set_up_eight, test_web_full_server_keeps_who_waits),
        WITH(set_up_short, test_web_dripping_request_is_cut_off),
        WITH(set_up_short, test_web_silence_is_cut_off),
        TEST(test_web_bodies_are_bounded_in_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

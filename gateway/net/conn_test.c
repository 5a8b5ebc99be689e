/* Connections without TLS. */
#include "net/test_end.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    struct loop *loop;
    struct end server, client;
};

static void pair_open(struct pair *pair)
{
    pair->loop = loop_create();
    end_listen(&pair->server, pair->loop, NULL);
    end_connect(&pair->client, pair->loop, pair->server.port, NULL);
    end_wait(&pair->client, CONN_EVENT_CONNECTED);
}

static void pair_close(struct pair *pair)
{
    end_release(&pair->client);
    end_release(&pair->server);
    end_wait_none(pair->loop);
    loop_destroy(&pair->loop);
}

static void test_conn_carries_octets_both_ways(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    end_say(&pair.client, "hello");
    end_wait_octets(&pair.server, "hello");
    assert_string_equal(conn_peer(pair.server.conn), "127.0.0.1");
    end_say(&pair.server, "you ");
    end_say(&pair.server, "too");
    end_wait_octets(&pair.client, "you too");
    end_wait(&pair.server, CONN_EVENT_DRAINED);
    pair_close(&pair);
}

static void test_conn_close_flushes_and_the_peer_sees_eof(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    end_say(&pair.client, "x");
    end_wait_octets(&pair.server, "x");
    end_say(&pair.server, "bye");
    conn_close(&pair.server.conn);
    assert_null(pair.server.conn);
    end_wait(&pair.client, CONN_EVENT_EOF);
    end_wait_octets(&pair.client, "bye");
    conn_close(&pair.client.conn);
    end_wait_none(pair.loop);
    pair_close(&pair);
}

/* CONN-5: the last reply arrives although the peer still sends. */
static void test_conn_close_while_peer_sends_loses_no_reply(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct end server;
    end_listen(&server, loop, NULL);
    server.keeps = true;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(server.port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    static char chunk[65536];
    char got[16] = "";
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(fd, chunk, 1000, 0), 1000);
    end_wait(&server, CONN_EVENT_DATA);
    end_say(&server, "421 bye");
    conn_close(&server.conn);
    for (int i = 0; i < 40; i++) {
        send(fd, chunk, sizeof chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
        loop_run_once(loop, 5);
    }
    assert_int_equal(recv(fd, got, sizeof got, 0), 7);
    assert_string_equal(got, "421 bye");
    close(fd);
    end_wait_none(loop);
    end_release(&server);
    loop_destroy(&loop);
}

static void test_conn_refused_is_an_error(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct end server, client;
    end_listen(&server, loop, NULL);
    listener_destroy(&server.listener);
    end_connect(&client, loop, server.port, NULL);
    end_wait(&client, CONN_EVENT_ERROR);
    assert_int_equal(conn_failure(client.conn), CONN_FAILURE_CONNECT);
    assert_non_null(strstr(conn_error(client.conn), "refused"));
    end_release(&client);
    end_connect(&client, loop, 0, "/nonexistent/socket");
    end_wait(&client, CONN_EVENT_ERROR);
    assert_int_equal(conn_failure(client.conn), CONN_FAILURE_CONNECT);
    end_release(&client);
    struct conn_settings to = {.address = "mx.example", .port = 25};
    client.conn = conn_connect(loop, &to, end_on_event, &client);
    end_wait(&client, CONN_EVENT_ERROR);
    end_release(&client);
    to = (struct conn_settings){
        .address = "127.0.0.1", .port = 25, .bind_address = "192.0.2.1"};
    client.conn = conn_connect(loop, &to, end_on_event, &client);
    end_wait(&client, CONN_EVENT_ERROR);
    assert_non_null(strstr(conn_error(client.conn), "192.0.2.1"));
    end_release(&client);
    end_release(&server);
    loop_destroy(&loop);
}

static void test_conn_bind_address_is_what_the_peer_sees(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct end server, client;
    end_listen(&server, loop, NULL);
    end_init(&client, loop);
    struct conn_settings to = {.address = "127.0.0.1",
                               .port = server.port,
                               .bind_address = "127.44.55.66"};
    client.conn = conn_connect(loop, &to, end_on_event, &client);
    end_say(&client, "x"); /* before it is connected */
    end_wait_octets(&server, "x");
    assert_string_equal(conn_peer(server.conn), "127.44.55.66");
    end_release(&client);
    end_release(&server);
    loop_destroy(&loop);
}

static void test_conn_deadline_is_told_once(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    conn_set_deadline_ms(pair.client.conn, 10);
    conn_set_deadline_ms(pair.client.conn, 0);
    loop_run_once(pair.loop, 30);
    assert_int_equal(pair.client.seen & 1U << CONN_EVENT_TIMEOUT, 0);
    conn_set_deadline_ms(pair.client.conn, 10);
    end_wait(&pair.client, CONN_EVENT_TIMEOUT);
    loop_run_once(pair.loop, 30);
    assert_int_equal(pair.client.seen & 1U << CONN_EVENT_TIMEOUT, 0);
    pair_close(&pair);
}

static void test_conn_connect_timeout_is_told(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct end client;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    struct conn_settings to = {.address = "127.0.0.1",
                               .port = ntohs(at.sin_port),
                               .connect_timeout_ms = 50};
    struct conn *fill[3]; /* the backlog is full: nobody answers */
    end_init(&client, loop);
    for (int i = 0; i < 3; i++)
        fill[i] = conn_connect(loop, &to, NULL, NULL);
    loop_run_once(loop, 20);
    client.conn = conn_connect(loop, &to, end_on_event, &client);
    end_wait(&client, CONN_EVENT_TIMEOUT);
    assert_int_equal(conn_failure(client.conn), CONN_FAILURE_CONNECT);
    end_release(&client);
    for (int i = 0; i < 3; i++)
        conn_abort(&fill[i]);
    close(fd);
    loop_destroy(&loop);
}

static void test_conn_over_unix_socket(void **state)
{
    (void)state;
    char path[64];
    struct loop *loop = loop_create();
    struct end server, client, second;
    snprintf(path, sizeof path, "/tmp/lasthop-net-%d.sock", (int)getpid());
    end_listen(&server, loop, path);
    end_connect(&client, loop, 0, path);
    end_say(&client, "now\n");
    end_wait_octets(&server, "now\n");
    assert_string_equal(conn_peer(server.conn), "unix");
    end_say(&server, "now 1\n");
    end_wait_octets(&client, "now 1\n");
    end_listen(&second, loop, path); /* takes the stale path over */
    end_release(&second);
    end_release(&client);
    end_release(&server);
    assert_int_not_equal(access(path, F_OK), 0);
    loop_destroy(&loop);
}

static void test_listener_on_a_taken_port_says_so(void **state)
{
    (void)state;
    struct loop *loop = loop_create();
    struct end server;
    struct listener *other;
    struct err err;
    end_listen(&server, loop, NULL);
    struct listener_settings at = {.address = "127.0.0.1", .port = server.port};
    assert_int_equal(
        listener_create(loop, &at, end_on_accept, &server, &other, &err),
        ST_TEMP);
    assert_non_null(strstr(err.text, "127.0.0.1"));
    at.address = "localhost";
    assert_int_equal(
        listener_create(loop, &at, end_on_accept, &server, &other, &err),
        ST_INVAL);
    end_release(&server);
    loop_destroy(&loop);
}

static void on_event_close(struct conn *conn, enum conn_event event, void *ctx)
{
    struct end *end = ctx;
    (void)conn;
    end->seen |= 1U << event;
    conn_close(&end->conn);
}

static void test_conn_close_inside_the_callback_is_safe(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    end_say(&pair.client, "x");
    end_wait_octets(&pair.server, "x");
    conn_set_handler(pair.server.conn, on_event_close, &pair.server);
    pair.server.seen = 0;
    end_say(&pair.client, "y");
    end_wait(&pair.server, CONN_EVENT_DATA);
    end_wait(&pair.client, CONN_EVENT_EOF);
    assert_int_equal(pair.server.seen, 0);
    pair_close(&pair);
}

static void test_loop_destroy_takes_connections_along(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    end_say(&pair.client, "x");
    end_wait_octets(&pair.server, "x");
    conn_close(&pair.server.conn); /* still flushing */
    loop_destroy(&pair.loop);
    buf_release(&pair.client.got);
    buf_release(&pair.server.got);
}

static void count_gone(void *ctx)
{
    ++*(int *)ctx;
}

/* Once, whether the peer leaves, or the owner, or the loop. */
static void test_conn_finish_tells_when_it_is_gone(void **state)
{
    (void)state;
    for (int who = 0; who < 3; who++) {
        struct pair pair;
        int gone = 0;
        pair_open(&pair);
        end_say(&pair.client, "x");
        end_wait_octets(&pair.server, "x");
        struct conn *conn = pair.server.conn;
        pair.server.conn = NULL;
        end_say(&pair.client, "y");
        conn_finish(conn, count_gone, &gone);
        end_wait(&pair.client, CONN_EVENT_EOF);
        assert_int_equal(gone, 0);
        if (who == 0)
            conn_close(&pair.client.conn);
        else if (who == 1)
            conn_abort(&conn);
        for (int i = 0; i < 100 && who == 0 && !gone; i++)
            loop_run_once(pair.loop, 50);
        assert_int_equal(gone, who < 2);
        pair_close(&pair);
        assert_int_equal(gone, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conn_carries_octets_both_ways),
        cmocka_unit_test(test_conn_close_flushes_and_the_peer_sees_eof),
        cmocka_unit_test(test_conn_close_while_peer_sends_loses_no_reply),
        cmocka_unit_test(test_conn_refused_is_an_error),
        cmocka_unit_test(test_conn_bind_address_is_what_the_peer_sees),
        cmocka_unit_test(test_conn_deadline_is_told_once),
        cmocka_unit_test(test_conn_connect_timeout_is_told),
        cmocka_unit_test(test_conn_over_unix_socket),
        cmocka_unit_test(test_listener_on_a_taken_port_says_so),
        cmocka_unit_test(test_conn_close_inside_the_callback_is_safe),
        cmocka_unit_test(test_loop_destroy_takes_connections_along),
        cmocka_unit_test(test_conn_finish_tells_when_it_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

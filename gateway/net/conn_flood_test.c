/* A peer that costs more than he says: TLS messages without data, and closed
 * connections that he does not let go (CONN-10, CONN-11). */
#include "net/test_end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test_folder.h"
#include "net/conn_internal.h"
#include "net/test_pki.h"

struct fixture {
    char folder[64], chain[96], key[96];
    struct loop *loop;
    struct tls_server *tls;
    struct end server;
    int fd;
    SSL *ssl; /* of the peer */
};

static int call(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void shake_hands(struct fixture *f)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    f->ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(f->ssl, f->fd);
    for (int i = 0; i < 1000 && SSL_connect(f->ssl) != 1; i++)
        loop_run_once(f->loop, 5);
    assert_true(SSL_is_init_finished(f->ssl));
    end_wait(&f->server, CONN_EVENT_TLS_READY);
}

static int setup(void **state)
{
    static struct fixture f;
    struct err err;
    memset(&f, 0, sizeof f);
    if (!test_folder_make(f.folder, "flood"))
        return -1;
    snprintf(f.chain, sizeof f.chain, "%s/chain.pem", f.folder);
    snprintf(f.key, sizeof f.key, "%s/key.pem", f.folder);
    struct pki_identity own =
        pki_make((struct pki_wish){.common_name = "mx.example"});
    pki_write(f.chain, own.certificate, NULL);
    pki_write_key(f.key, own.key);
    pki_free(&own);
    if (tls_server_create(f.chain, f.key, &f.tls, &err) != ST_OK)
        return -1;
    f.loop = loop_create();
    end_listen(&f.server, f.loop, NULL);
    f.fd = call(f.server.port);
    while (!f.server.conn)
        loop_run_once(f.loop, 50);
    if (conn_start_tls_server(f.server.conn, f.tls, &err) != ST_OK)
        return -1;
    shake_hands(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    SSL_free(f->ssl);
    close(f->fd);
    end_release(&f->server);
    end_wait_none(f->loop);
    tls_server_destroy(&f->tls);
    loop_destroy(&f->loop);
    test_folder_remove(f->folder);
    return 0;
}

static void update_keys(struct fixture *f, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        SSL_key_update(f->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
        if (SSL_do_handshake(f->ssl) != 1)
            loop_run_once(f->loop, 5);
    }
}

static void send_octets(struct fixture *f, size_t n)
{
    static char octets[16384];
    size_t before = buf_slice(&f->server.got).n;
    for (size_t sent = 0; sent < n;) {
        size_t most = n - sent < sizeof octets ? n - sent : sizeof octets;
        int wrote = SSL_write(f->ssl, octets, (int)most);
        sent += wrote > 0 ? (size_t)wrote : 0;
        loop_run_once(f->loop, 0);
    }
    while (buf_slice(&f->server.got).n < before + n)
        loop_run_once(f->loop, 5);
}

static void test_some_key_updates_are_nothing_special(void **state)
{
    struct fixture *f = *state;
    update_keys(f, CONN_TLS_MESSAGES);
    send_octets(f, 100);
    assert_false(f->server.seen & 1U << CONN_EVENT_ERROR);
    /* Whoever sends much may change his keys often. */
    for (int i = 0; i < 50; i++) {
        send_octets(f, CONN_TLS_OCTETS_EACH);
        update_keys(f, 1);
    }
    send_octets(f, 100);
    assert_false(f->server.seen & 1U << CONN_EVENT_ERROR);
}

static void test_a_flood_of_key_updates_ends_the_connection(void **state)
{
    struct fixture *f = *state;
    update_keys(f, CONN_TLS_MESSAGES);
    send_octets(f, 100);
    update_keys(f, 3000);
    end_wait(&f->server, CONN_EVENT_ERROR);
    assert_int_equal(conn_failure(f->server.conn), CONN_FAILURE_LOST);
    assert_string_equal(conn_error(f->server.conn), "a flood of TLS messages");
}

/* However many are closed and stay: so many descriptors at most. */
static void test_closed_connections_are_bounded(void **state)
{
    struct fixture *f = *state;
    static int fds[CONN_CLOSING_MOST + 100];
    size_t count = sizeof fds / sizeof *fds;
    conn_close(&f->server.conn);
    for (size_t i = 0; i < count; i++) {
        fds[i] = call(f->server.port);
        while (!f->server.conn)
            loop_run_once(f->loop, 50);
        end_say(&f->server, "421 bye");
        conn_close(&f->server.conn);
        loop_run_once(f->loop, 0);
    }
    for (int i = 0; i < 10; i++)
        loop_run_once(f->loop, 1);
    assert_true(conn_count(f->loop) <= CONN_CLOSING_MOST + 1);
    for (size_t i = 0; i < count; i++) {
        char got[16];
        assert_int_equal(recv(fds[i], got, sizeof got, 0), 7);
        close(fds[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_some_key_updates_are_nothing_special),
        TEST(test_a_flood_of_key_updates_ends_the_connection),
        TEST(test_closed_connections_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

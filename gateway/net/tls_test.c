/* TLS over loopback: what a handshake tells, and what it refuses. */
#include "net/test_end.h"
#include "net/test_pki.h"

#include <stdlib.h>
#include <stdio.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[64];
static struct pki_identity root, weak_root, stranger;

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/lasthop-tls-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    root = pki_make((struct pki_wish){.common_name = "root", .is_ca = true});
    stranger =
        pki_make((struct pki_wish){.common_name = "stranger", .is_ca = true});
    weak_root = pki_make((struct pki_wish){
        .common_name = "weak", .key = "rsa1024", .is_ca = true});
    pki_write(in_folder("root.pem"), root.certificate, weak_root.certificate);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(in_folder("root.pem"));
    unlink(in_folder("chain.pem"));
    unlink(in_folder("key.pem"));
    pki_free(&root);
    pki_free(&weak_root);
    pki_free(&stranger);
    return rmdir(folder);
}

struct pair {
    struct loop *loop;
    struct end server, client;
    struct tls_server *tls_server;
    struct tls_client *tls_client;
};

/* owner: caller */
static X509 *load(struct pair *pair, struct pki_wish wish, X509 *second)
{
    struct err err;
    struct pki_identity leaf = pki_make(wish);
    pki_write(in_folder("chain.pem"), leaf.certificate, second);
    pki_write_key(in_folder("key.pem"), leaf.key);
    X509 *certificate = leaf.certificate;
    X509_up_ref(certificate);
    pki_free(&leaf);
    assert_int_equal(tls_server_create(in_folder("chain.pem"),
                                       in_folder("key.pem"), &pair->tls_server,
                                       &err),
                     ST_OK);
    assert_int_equal(
        tls_client_create(in_folder("root.pem"), &pair->tls_client, &err),
        ST_OK);
    return certificate;
}

static const struct pki_wish good = {
    .common_name = "mx", .alt_name = "DNS:mx.example", .issuer = &root};

static void listen_only(struct pair *pair, struct pki_wish wish)
{
    *pair = (struct pair){.loop = loop_create()};
    X509_free(load(pair, wish, NULL));
    end_listen(&pair->server, pair->loop, NULL);
}

static void connect_plain(struct pair *pair)
{
    end_connect(&pair->client, pair->loop, pair->server.port, NULL);
    end_say(&pair->client, "STARTTLS\r\n");
    end_wait_octets(&pair->server, "STARTTLS\r\n");
}

static void start_server(struct pair *pair)
{
    struct err err;
    assert_int_equal(
        conn_start_tls_server(pair->server.conn, pair->tls_server, &err),
        ST_OK);
}

static void start_client(struct pair *pair, const char *host, bool rfc9325)
{
    struct err err;
    struct tls_client_options options = {.host = host,
                                         .rfc9325_suites_only = rfc9325};
    assert_int_equal(conn_start_tls_client(pair->client.conn, pair->tls_client,
                                           &options, &err),
                     ST_OK);
}

/* STARTTLS with its 220, as a server and a client do it. */
static void upgrade(struct pair *pair, const char *host, bool rfc9325)
{
    connect_plain(pair);
    end_say(&pair->server, "220 go\r\n");
    start_server(pair);
    end_wait_octets(&pair->client, "220 go\r\n");
    start_client(pair, host, rfc9325);
    end_wait(&pair->client, CONN_EVENT_TLS_READY);
    end_wait(&pair->server, CONN_EVENT_TLS_READY);
}

static void pair_close(struct pair *pair)
{
    end_release(&pair->client);
    end_release(&pair->server);
    end_wait_none(pair->loop);
    tls_server_destroy(&pair->tls_server);
    tls_client_destroy(&pair->tls_client);
    loop_destroy(&pair->loop);
}

static void test_tls_upgrade_carries_octets_and_tells_facts(void **state)
{
    (void)state;
    struct pair pair;
    listen_only(&pair, good);
    upgrade(&pair, "mx.example", true);
    const struct tls_facts *client = conn_tls(pair.client.conn);
    const struct tls_facts *server = conn_tls(pair.server.conn);
    assert_string_equal(client->version, "1.3");
    assert_string_equal(server->version, "1.3");
    assert_string_equal(server->sni, "mx.example");
    assert_string_equal(server->offered_version, "1.3");
    assert_string_equal(client->cipher, server->cipher);
    assert_true(client->pkix && client->chain_ok && client->in_time &&
                client->name_ok && client->key_ok && client->signature_ok);
    assert_int_equal(client->fault, TLS_FAULT_NONE);
    end_say(&pair.client, "EHLO a\r\n");
    end_wait_octets(&pair.server, "EHLO a\r\n");
    end_say(&pair.server, "250 x\r\n");
    end_wait_octets(&pair.client, "250 x\r\n");
    pair_close(&pair);
}

static void test_tls_certificates_are_judged_never_refused(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        struct pki_wish wish;
        enum tls_fault fault;
    } rows[] = {
        {"mx.example", {.alt_name = "DNS:mx.example"}, TLS_FAULT_SELF_SIGNED},
        {"mx.example",
         {.alt_name = "DNS:mx.example", .issuer = &stranger},
         TLS_FAULT_UNTRUSTED},
        {"mx.example",
         {.alt_name = "DNS:mx.example",
          .issuer = &root,
          .from_s = -9000,
          .to_s = -10},
         TLS_FAULT_EXPIRED},
        {"mx.example",
         {.alt_name = "DNS:mx.example",
          .issuer = &root,
          .from_s = 5000,
          .to_s = 9000},
         TLS_FAULT_NOT_YET_VALID},
        {"mx.example",
         {.alt_name = "DNS:other.example", .issuer = &root},
         TLS_FAULT_WRONG_HOST},
        /* the subject's name does not count */
        {"mx", {.issuer = &root}, TLS_FAULT_WRONG_HOST},
        {"MX.d.example",
         {.alt_name = "DNS:*.D.example", .issuer = &root},
         TLS_FAULT_NONE},
        {"a.mx.d.example",
         {.alt_name = "DNS:*.d.example", .issuer = &root},
         TLS_FAULT_WRONG_HOST},
        {"mx1.d.example",
         {.alt_name = "DNS:mx*.d.example", .issuer = &root},
         TLS_FAULT_WRONG_HOST},
        {"mx.example",
         {.alt_name = "DNS:mx.example", .issuer = &root, .key = "rsa1024"},
         TLS_FAULT_WEAK_KEY},
        {"mx.example",
         {.alt_name = "DNS:mx.example", .issuer = &weak_root},
         TLS_FAULT_WEAK_KEY},
        {"mx.example",
         {.alt_name = "DNS:other.example", .from_s = -9000, .to_s = -10},
         TLS_FAULT_SELF_SIGNED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair;
        struct pki_wish wish = rows[i].wish;
        wish.common_name = "mx";
        listen_only(&pair, wish);
        upgrade(&pair, rows[i].host, i % 2 == 0);
        const struct tls_facts *tls = conn_tls(pair.client.conn);
        if (tls->fault != rows[i].fault)
            fail_msg("row %zu: got %s, want %s", i, tls_fault_name(tls->fault),
                     tls_fault_name(rows[i].fault));
        assert_int_equal(tls->pkix, rows[i].fault == TLS_FAULT_NONE);
        assert_true(tls->has_certificate);
        pair_close(&pair);
    }
}

/* A record of usage 2 or 3 for that key. */
static struct tls_tlsa record_of(X509 *certificate, unsigned usage,
                                 unsigned char *digest)
{
    unsigned n = 0;
    unsigned char *der = NULL;
    int bytes = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    assert_true(bytes > 0);
    assert_int_equal(
        EVP_Digest(der, (size_t)bytes, digest, &n, EVP_sha256(), NULL), 1);
    OPENSSL_free(der);
    return (struct tls_tlsa){usage, 1, 1, {(const char *)digest, n}};
}

/* RFC 7672 3.1: what the record says of the leaf counts, names and dates do
 * not (3); of the issuer they do (2). The certificate is judged beside it. */
static void test_tls_records_bind_beside_the_certificate(void **state)
{
    (void)state;
    static const struct {
        const char *names[TLS_DANE_NAMES];
        struct pki_wish wish;
        unsigned usage;
        bool other; /* the record is about somebody else */
        enum tls_dane dane;
        enum tls_fault fault;
    } rows[] = {
        {{"mx.example"},
         {.alt_name = "DNS:mx.example", .issuer = &root},
         3,
         false,
         TLS_DANE_MATCH,
         TLS_FAULT_NONE},
        {{"mx.example"},
         {.alt_name = "DNS:mx.example"},
         3,
         false,
         TLS_DANE_MATCH,
         TLS_FAULT_SELF_SIGNED},
        {{"mx.example"},
         {.alt_name = "DNS:mx.example",
          .issuer = &root,
          .from_s = -9000,
          .to_s = -10},
         3,
         false,
         TLS_DANE_MATCH,
         TLS_FAULT_EXPIRED},
        {{"mx.example"},
         {.alt_name = "DNS:no.example", .issuer = &root},
         3,
         false,
         TLS_DANE_MATCH,
         TLS_FAULT_WRONG_HOST},
        {{"mx.example"},
         {.alt_name = "DNS:mx.example", .issuer = &root},
         3,
         true,
         TLS_DANE_MISMATCH,
         TLS_FAULT_NONE},
        {{"mx.example"},
         {.alt_name = "DNS:mx.example", .issuer = &stranger},
         2,
         false,
         TLS_DANE_MATCH,
         TLS_FAULT_UNTRUSTED},
        {{"mx.example"},
         {.alt_name = "DNS:no.example", .issuer = &stranger},
         2,
         false,
         TLS_DANE_MISMATCH,
         TLS_FAULT_UNTRUSTED},
        {{"mx.example", "d.example"},
         {.alt_name = "DNS:d.example", .issuer = &stranger},
         2,
         false,
         TLS_DANE_MATCH,
         TLS_FAULT_UNTRUSTED},
        {{"mx.example"},
         {.alt_name = "DNS:mx.example",
          .issuer = &stranger,
          .from_s = -9000,
          .to_s = -10},
         2,
         false,
         TLS_DANE_MISMATCH,
         TLS_FAULT_UNTRUSTED},
        {{"mx.example"},
         {.alt_name = "DNS:mx.example", .issuer = &root},
         2,
         true,
         TLS_DANE_MISMATCH,
         TLS_FAULT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair = {.loop = loop_create()};
        unsigned char digest[EVP_MAX_MD_SIZE];
        struct pki_wish wish = rows[i].wish;
        wish.common_name = "mx";
        X509 *leaf = load(&pair, wish, stranger.certificate);
        end_listen(&pair.server, pair.loop, NULL);
        connect_plain(&pair);
        end_say(&pair.server, "220 go\r\n");
        start_server(&pair);
        end_wait_octets(&pair.client, "220 go\r\n");
        struct tls_tlsa record =
            record_of(rows[i].other        ? weak_root.certificate
                      : rows[i].usage == 3 ? leaf
                                           : stranger.certificate,
                      rows[i].usage, digest);
        struct tls_client_options options = {
            .host = "mx.example", .tlsa = &record, .tlsa_count = 1};
        memcpy(options.dane_names, rows[i].names, sizeof rows[i].names);
        struct err err;
        assert_int_equal(conn_start_tls_client(pair.client.conn,
                                               pair.tls_client, &options, &err),
                         ST_OK);
        end_wait(&pair.client, CONN_EVENT_TLS_READY);
        const struct tls_facts *tls = conn_tls(pair.client.conn);
        if (tls->dane != rows[i].dane || tls->fault != rows[i].fault)
            fail_msg("row %zu: got %d and %s, want %d and %s", i,
                     (int)tls->dane, tls_fault_name(tls->fault),
                     (int)rows[i].dane, tls_fault_name(rows[i].fault));
        X509_free(leaf);
        pair_close(&pair);
    }
}

static void test_tls_sha1_signed_certificate_is_weak(void **state)
{
    (void)state;
    struct pair pair;
    struct pki_wish wish = good;
    wish.digest = EVP_sha1();
    listen_only(&pair, wish);
    upgrade(&pair, "mx.example", true);
    const struct tls_facts *tls = conn_tls(pair.client.conn);
    assert_int_equal(tls->fault, TLS_FAULT_WEAK_KEY);
    assert_true(tls->key_ok && tls->chain_ok && tls->name_ok);
    assert_false(tls->signature_ok || tls->pkix);
    pair_close(&pair);
}

/* RFC 8996, CONN-1: a client of OpenSSL's own, pinned to one version. */
static SSL *raw_client(struct pair *pair, int version)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(pair->server.port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (!pair->server.conn)
        loop_run_once(pair->loop, 50);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(ctx, version);
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, fd);
    ERR_clear_error();
    return ssl;
}

static void raw_free(SSL *ssl)
{
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
}

/* Handshake, or reading, until there is a result. */
static int raw_run(struct pair *pair, SSL *ssl, bool reading)
{
    char octets[4096];
    int64_t until = clock_mono_ms() + END_WAIT_MS;
    while (clock_mono_ms() < until) {
        int n =
            reading ? SSL_read(ssl, octets, sizeof octets) : SSL_connect(ssl);
        int error = SSL_get_error(ssl, n);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return error;
        loop_run_once(pair->loop, 5);
    }
    return -1;
}

static void test_tls_below_12_gets_a_protocol_version_alert(void **state)
{
    (void)state;
    static const struct {
        int version;
        const char *name;
    } rows[] = {{TLS1_VERSION, "1.0"}, {TLS1_1_VERSION, "1.1"}};
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        listen_only(&pair, good);
        end_init(&pair.client, pair.loop);
        SSL *ssl = raw_client(&pair, rows[i].version);
        start_server(&pair);
        assert_int_equal(raw_run(&pair, ssl, false), SSL_ERROR_SSL);
        assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
                         SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
        end_wait(&pair.server, CONN_EVENT_ERROR);
        assert_int_equal(conn_failure(pair.server.conn),
                         CONN_FAILURE_HANDSHAKE);
        const struct tls_facts *tls = conn_tls(pair.server.conn);
        assert_true(tls->version_refused);
        assert_string_equal(tls->offered_version, rows[i].name);
        assert_string_equal(tls->version, "");
        raw_free(ssl);
        conn_close(&pair.server.conn);
        pair_close(&pair);
    }
}

static void test_tls_12_is_served(void **state)
{
    (void)state;
    struct pair pair;
    listen_only(&pair, good);
    end_init(&pair.client, pair.loop);
    SSL *ssl = raw_client(&pair, TLS1_2_VERSION);
    start_server(&pair);
    assert_int_equal(raw_run(&pair, ssl, false), SSL_ERROR_NONE);
    end_wait(&pair.server, CONN_EVENT_TLS_READY);
    assert_string_equal(conn_tls(pair.server.conn)->version, "1.2");
    raw_free(ssl);
    /* gone without close_notify */
    end_wait(&pair.server, CONN_EVENT_ERROR);
    assert_int_equal(conn_failure(pair.server.conn), CONN_FAILURE_LOST);
    pair_close(&pair);
}

static void test_conn_close_says_close_notify_after_the_output(void **state)
{
    (void)state;
    struct pair pair;
    listen_only(&pair, good);
    end_init(&pair.client, pair.loop);
    SSL *ssl = raw_client(&pair, TLS1_3_VERSION);
    start_server(&pair);
    assert_int_equal(raw_run(&pair, ssl, false), SSL_ERROR_NONE);
    end_wait(&pair.server, CONN_EVENT_TLS_READY);
    end_say(&pair.server, "221 bye\r\n");
    conn_close(&pair.server.conn);
    assert_int_equal(raw_run(&pair, ssl, true), SSL_ERROR_NONE);
    assert_int_equal(raw_run(&pair, ssl, true), SSL_ERROR_ZERO_RETURN);
    raw_free(ssl);
    end_wait_none(pair.loop);
    pair_close(&pair);
}

static void test_close_notify_is_told_as_eof(void **state)
{
    (void)state;
    struct pair pair;
    listen_only(&pair, good);
    upgrade(&pair, "mx.example", false);
    end_say(&pair.client, "QUIT\r\n");
    conn_close(&pair.client.conn);
    end_wait(&pair.server, CONN_EVENT_EOF);
    end_wait_octets(&pair.server, "QUIT\r\n");
    assert_int_equal(conn_failure(pair.server.conn), CONN_FAILURE_NONE);
    pair_close(&pair);
}

/* RFC 3207 6: octets that came in plain text never count as said inside. */
static void test_plain_octets_before_the_handshake_bar_it(void **state)
{
    (void)state;
    struct pair pair;
    struct err err;
    struct tls_client_options options = {.host = "mx.example"};
    listen_only(&pair, good);
    end_connect(&pair.client, pair.loop, pair.server.port, NULL);
    pair.server.keeps = pair.client.keeps = true;
    end_say(&pair.client, "injected");
    end_wait(&pair.server, CONN_EVENT_DATA);
    assert_int_equal(
        conn_start_tls_server(pair.server.conn, pair.tls_server, &err),
        ST_PROTO);
    end_say(&pair.server, "injected");
    end_wait(&pair.client, CONN_EVENT_DATA);
    assert_int_equal(conn_start_tls_client(pair.client.conn, pair.tls_client,
                                           &options, &err),
                     ST_PROTO);
    pair_close(&pair);
}

static void test_plain_octets_in_the_handshake_break_it(void **state)
{
    (void)state;
    struct pair pair;
    listen_only(&pair, good);
    connect_plain(&pair);
    start_server(&pair);
    end_say(&pair.client, "MAIL FROM:<evil@example>\r\n");
    end_wait(&pair.server, CONN_EVENT_ERROR);
    assert_int_equal(conn_failure(pair.server.conn), CONN_FAILURE_HANDSHAKE);
    assert_false(conn_tls(pair.server.conn)->version_refused);
    assert_int_equal(buf_slice(&pair.server.got).n, 0);
    pair_close(&pair);
    listen_only(&pair, good);
    connect_plain(&pair);
    start_client(&pair, "mx.example", false);
    end_say(&pair.server, "250-injected\r\n");
    end_wait(&pair.client, CONN_EVENT_ERROR);
    assert_int_equal(conn_failure(pair.client.conn), CONN_FAILURE_HANDSHAKE);
    assert_int_equal(buf_slice(&pair.client.got).n, 0);
    pair_close(&pair);
}

static void test_close_in_the_handshake_is_its_failure(void **state)
{
    (void)state;
    struct pair pair;
    listen_only(&pair, good);
    connect_plain(&pair);
    start_client(&pair, "mx.example", false);
    conn_abort(&pair.server.conn);
    end_wait(&pair.client, CONN_EVENT_ERROR);
    assert_int_equal(conn_failure(pair.client.conn), CONN_FAILURE_HANDSHAKE);
    pair_close(&pair);
}

enum { LARGE_BYTES = 20000000, SLOW_BYTES = 10000 };

static char pattern(size_t i)
{
    return (char)(i * 2654435761U >> 24);
}

/* Writes what there is room for. */
static void write_more(struct conn *conn, size_t *written)
{
    static char chunk[65536];
    while (*written < LARGE_BYTES) {
        size_t n = conn_room(conn);
        n = n < sizeof chunk ? n : sizeof chunk;
        n = n < LARGE_BYTES - *written ? n : LARGE_BYTES - *written;
        if (n == 0)
            return;
        for (size_t i = 0; i < n; i++)
            chunk[i] = pattern(*written + i);
        conn_write(conn, (struct slice){chunk, n});
        *written += n;
    }
}

static void read_more(struct conn *conn, size_t *taken, size_t most)
{
    struct slice in = conn_input(conn);
    assert_true(in.n <= CONN_INPUT_BYTES);
    if (in.n > most)
        in.n = most;
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] != pattern(*taken + i))
            fail_msg("octet %zu differs", *taken + i);
    conn_consume(conn, in.n);
    *taken += in.n;
}

static void transfer(struct end *from, struct end *to)
{
    size_t written = 0, taken = 0;
    int64_t until = clock_mono_ms() + 20000;
    to->keeps = true;
    write_more(from->conn, &written);
    /* Nobody reads: the writer is held up by full buffers. */
    for (int i = 0; i < 50; i++) {
        loop_run_once(from->loop, 2);
        if (conn_room(from->conn))
            write_more(from->conn, &written);
    }
    assert_true(written < LARGE_BYTES);
    assert_true(conn_input(to->conn).n <= CONN_INPUT_BYTES);
    while (taken < LARGE_BYTES && clock_mono_ms() < until) {
        from->seen = 0;
        loop_run_once(from->loop, 5);
        if (from->seen & 1U << CONN_EVENT_DRAINED)
            write_more(from->conn, &written);
        read_more(to->conn, &taken, taken < 100000 ? SLOW_BYTES : LARGE_BYTES);
    }
    assert_int_equal(taken, LARGE_BYTES);
}

static void test_large_transfer_stays_in_its_bounds(void **state)
{
    (void)state;
    struct pair pair;
    listen_only(&pair, good);
    upgrade(&pair, "mx.example", false);
    transfer(&pair.client, &pair.server);
    pair_close(&pair);
    listen_only(&pair, good);
    connect_plain(&pair);
    transfer(&pair.server, &pair.client);
    pair_close(&pair);
}

static void test_tls_files_are_checked_with_their_names(void **state)
{
    (void)state;
    struct tls_server *server;
    struct tls_client *client;
    struct pair pair;
    struct err err;
    listen_only(&pair, good);
    end_init(&pair.client, pair.loop);
    assert_int_equal(tls_server_create("/nonexistent.pem", in_folder("key.pem"),
                                       &server, &err),
                     ST_INVAL);
    assert_non_null(strstr(err.text, "/nonexistent.pem"));
    pki_write_key(in_folder("key.pem"), root.key);
    assert_int_equal(tls_server_create(in_folder("chain.pem"),
                                       in_folder("key.pem"), &server, &err),
                     ST_INVAL);
    assert_non_null(strstr(err.text, "key.pem"));
    assert_int_equal(tls_client_create("/nonexistent.pem", &client, &err),
                     ST_INVAL);
    pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls_upgrade_carries_octets_and_tells_facts),
        cmocka_unit_test(test_tls_certificates_are_judged_never_refused),
        cmocka_unit_test(test_tls_records_bind_beside_the_certificate),
        cmocka_unit_test(test_tls_sha1_signed_certificate_is_weak),
        cmocka_unit_test(test_tls_below_12_gets_a_protocol_version_alert),
        cmocka_unit_test(test_tls_12_is_served),
        cmocka_unit_test(test_conn_close_says_close_notify_after_the_output),
        cmocka_unit_test(test_close_notify_is_told_as_eof),
        cmocka_unit_test(test_plain_octets_before_the_handshake_bar_it),
        cmocka_unit_test(test_plain_octets_in_the_handshake_break_it),
        cmocka_unit_test(test_close_in_the_handshake_is_its_failure),
        cmocka_unit_test(test_large_transfer_stays_in_its_bounds),
        cmocka_unit_test(test_tls_files_are_checked_with_their_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

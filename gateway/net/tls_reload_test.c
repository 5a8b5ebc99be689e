/* A certificate that was renewed beside a running server. */
#include "net/test_end.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test_folder.h"
#include "net/test_pki.h"

struct fixture {
    char folder[64], chain[96], key[96];
    struct loop *loop;
    struct tls_server *tls;
    struct end server;
};

static void write_files(struct fixture *f, const char *name)
{
    struct pki_identity own = pki_make((struct pki_wish){.common_name = name});
    pki_write(f->chain, own.certificate, NULL);
    pki_write_key(f->key, own.key);
    pki_free(&own);
}

/* The name in the certificate that a new client is shown. */
static const char *shown(struct fixture *f)
{
    static char name[64];
    struct err err;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(f->server.port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (!f->server.conn)
        loop_run_once(f->loop, 50);
    assert_int_equal(conn_start_tls_server(f->server.conn, f->tls, &err),
                     ST_OK);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    for (int i = 0; i < 1000 && SSL_connect(ssl) != 1; i++)
        loop_run_once(f->loop, 5);
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    assert_non_null(certificate);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
                              NID_commonName, name, sizeof name);
    X509_free(certificate);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    conn_abort(&f->server.conn);
    end_wait_none(f->loop);
    return name;
}

static void test_reload_takes_what_the_files_hold_now(void **state)
{
    struct fixture f;
    struct err err;
    (void)state;
    assert_true(test_folder_make(f.folder, "reload"));
    snprintf(f.chain, sizeof f.chain, "%s/chain.pem", f.folder);
    snprintf(f.key, sizeof f.key, "%s/key.pem", f.folder);
    write_files(&f, "old.example");
    assert_int_equal(tls_server_create(f.chain, f.key, &f.tls, &err), ST_OK);
    f.loop = loop_create();
    end_listen(&f.server, f.loop, NULL);
    assert_string_equal(shown(&f), "old.example");
    write_files(&f, "new.example");
    assert_string_equal(shown(&f), "old.example");
    assert_int_equal(tls_server_reload(f.tls, f.chain, f.key, &err), ST_OK);
    assert_string_equal(shown(&f), "new.example");
    /* What is no good changes nothing. */
    assert_int_equal(truncate(f.chain, 100), 0);
    assert_int_equal(tls_server_reload(f.tls, f.chain, f.key, &err), ST_INVAL);
    assert_string_equal(shown(&f), "new.example");
    end_release(&f.server);
    tls_server_destroy(&f.tls);
    loop_destroy(&f.loop);
    test_folder_remove(f.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reload_takes_what_the_files_hold_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each kind of certificate, judged by a handshake with an ordinary client of
 * OpenSSL at the scenario's time, and by pki_verify(). */
#include "peer/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define NOW_S INT64_C(1772438400) /* 2026-03-02T08:00:00Z */
#define HOST "mx1.hospital.example"

static struct pki *pki;

static int set_up(void **state)
{
    (void)state;
    pki = pki_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pki_destroy(&pki);
    return 0;
}

static SSL_CTX *ordinary_client(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    const char *pem = pki_root_pem(pki);
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(root);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root);
    X509_free(root);
    BIO_free(bio);
    /* Weak signatures are to be judged, not to break the handshake. */
    SSL_CTX_set_security_level(context, 0);
    return context;
}

struct meeting {
    SSL *client;
    SSL *server;
};

static void meet(struct meeting *m, SSL_CTX *client, SSL_CTX *server,
                 int64_t now_s)
{
    BIO *ours, *theirs;
    BIO_new_bio_pair(&ours, 0, &theirs, 0);
    m->client = SSL_new(client);
    m->server = SSL_new(server);
    SSL_set_bio(m->client, ours, ours);
    SSL_set_bio(m->server, theirs, theirs);
    SSL_set_connect_state(m->client);
    SSL_set_accept_state(m->server);
    X509_VERIFY_PARAM *param = SSL_get0_param(m->client);
    X509_VERIFY_PARAM_set_time(param, now_s);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    SSL_set_hostflags(m->client, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                     X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(m->client, HOST);
    for (int i = 0; i < 10; i++) {
        SSL_do_handshake(m->client);
        SSL_do_handshake(m->server);
    }
}

static void part(struct meeting *m)
{
    SSL_free(m->client);
    SSL_free(m->server);
}

static const struct pki_chain *chain_of(enum pki_kind kind, int64_t now_s)
{
    struct pki_request request = {.name = HOST, .kind = kind, .now_s = now_s};
    return pki_chain_find(pki, &request);
}

static void test_pki_each_kind_is_judged_as_named(void **state)
{
    (void)state;
    static const struct {
        enum pki_kind kind;
        long want;
    } rows[] = {
        {PKI_KIND_VALID, X509_V_OK},
        {PKI_KIND_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
        {PKI_KIND_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
        {PKI_KIND_NOT_YET_VALID, X509_V_ERR_CERT_NOT_YET_VALID},
        {PKI_KIND_WRONG_HOST, X509_V_ERR_HOSTNAME_MISMATCH},
        {PKI_KIND_CN_ONLY, X509_V_ERR_HOSTNAME_MISMATCH},
        {PKI_KIND_WILDCARD, X509_V_OK},
        {PKI_KIND_UNTRUSTED_CA, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {PKI_KIND_MISSING_INTERMEDIATE,
         X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {PKI_KIND_WEAK_KEY, X509_V_ERR_EE_KEY_TOO_SMALL},
        {PKI_KIND_SHA1_SIGNED, X509_V_ERR_CA_MD_TOO_WEAK},
        {PKI_KIND_REVOKED, X509_V_OK}, /* to those who do not ask */
        {PKI_KIND_DOMAIN_NAME, X509_V_ERR_HOSTNAME_MISMATCH},
        {PKI_KIND_PART_WILDCARD, X509_V_ERR_HOSTNAME_MISMATCH},
        {PKI_KIND_WIDE_WILDCARD, X509_V_ERR_HOSTNAME_MISMATCH},
        {PKI_KIND_CLIENT_ONLY, X509_V_ERR_INVALID_PURPOSE},
        {PKI_KIND_WEAK_ISSUER, X509_V_ERR_CA_KEY_TOO_SMALL},
        {PKI_KIND_SHA1_ISSUER, X509_V_ERR_CA_MD_TOO_WEAK},
    };
    assert_int_equal(sizeof rows / sizeof *rows, PKI_KIND_COUNT);
    SSL_CTX *client = ordinary_client();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_range any = {0, 0, false};
        struct meeting m;
        meet(&m, client, pki_server(pki, chain_of(rows[i].kind, NOW_S), any),
             NOW_S);
        long got = SSL_get_verify_result(m.client);
        if (got != rows[i].want)
            fail_msg("%s: got '%s', want '%s'", pki_kind_name(rows[i].kind),
                     X509_verify_cert_error_string(got),
                     X509_verify_cert_error_string(rows[i].want));
        bool passes = pki_verify(pki, m.client, HOST, NOW_S) == NULL;
        assert_int_equal(passes, rows[i].want == X509_V_OK);
        part(&m);
    }
    SSL_CTX_free(client);
}

static void test_pki_fault_moves_with_the_clock(void **state)
{
    (void)state;
    const int64_t year = 365 * 86400;
    SSL_CTX *client = ordinary_client();
    struct tls_range any = {0, 0, false};
    for (int64_t now = NOW_S - 10 * year; now < NOW_S + 30 * year;
         now += 7 * year) {
        struct meeting m;
        meet(&m, client, pki_server(pki, chain_of(PKI_KIND_VALID, now), any),
             now);
        assert_int_equal(SSL_get_verify_result(m.client), X509_V_OK);
        assert_non_null(pki_verify(pki, m.client, HOST, now + 2 * year));
        part(&m);
    }
    SSL_CTX_free(client);
}

static void test_pki_versions_are_pinned(void **state)
{
    (void)state;
    static const char *const words[] = {"1.0", "1.1", "1.2", "1.3"};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            struct tls_range range, mine;
            assert_true(tls_range_parse(words[i], &range));
            assert_true(tls_range_parse(words[j], &mine));
            SSL_CTX *client = tls_client_create(mine);
            struct meeting m;
            meet(&m, client,
                 pki_server(pki, chain_of(PKI_KIND_VALID, NOW_S), range),
                 NOW_S);
            assert_int_equal(SSL_is_init_finished(m.client), i == j);
            if (i == j)
                assert_string_equal(tls_connection_version(m.client), words[i]);
            part(&m);
            tls_context_destroy(&client);
        }
}

static void test_pki_same_request_same_chain(void **state)
{
    (void)state;
    const struct pki_chain *one = chain_of(PKI_KIND_VALID, NOW_S);
    assert_ptr_equal(one, chain_of(PKI_KIND_VALID, NOW_S + 60));
    assert_ptr_not_equal(one, chain_of(PKI_KIND_VALID, NOW_S + 86400));
    assert_ptr_not_equal(one, chain_of(PKI_KIND_EXPIRED, NOW_S));
    struct tls_range any = {0, 0, false}, old = {0x301, 0x301, false};
    assert_ptr_equal(pki_server(pki, one, any), pki_server(pki, one, any));
    assert_ptr_not_equal(pki_server(pki, one, any), pki_server(pki, one, old));
}

static void test_pki_digest_is_of_the_public_key(void **state)
{
    (void)state;
    const struct pki_chain *chain = chain_of(PKI_KIND_VALID, NOW_S);
    struct arena *arena = arena_create();
    const char *leaf = pki_chain_association(chain, arena, 0, 1, 1);
    const char *intermediate = pki_chain_association(chain, arena, 1, 1, 1);
    assert_null(pki_chain_association(chain, arena, 3, 1, 1));
    assert_null(pki_chain_association(chain, arena, 0, 2, 1));
    assert_null(pki_chain_association(chain, arena, 0, 1, 3));
    assert_int_equal(strlen(leaf), 64);
    assert_int_equal(strlen(pki_chain_association(chain, arena, 0, 1, 2)), 128);
    assert_true(strlen(pki_chain_association(chain, arena, 0, 0, 0)) > 400);
    assert_string_not_equal(leaf, intermediate);
    BIO *bio = BIO_new_mem_buf(pki_chain_key_pem(chain), -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    unsigned char *der = NULL, digest[32];
    int n = i2d_PUBKEY(key, &der);
    EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL);
    char want[65];
    for (int i = 0; i < 32; i++)
        snprintf(want + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(leaf, want);
    OPENSSL_free(der);
    arena_destroy(&arena);
    EVP_PKEY_free(key);
    BIO_free(bio);
}

static void test_pki_kind_names_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < PKI_KIND_COUNT; i++) {
        enum pki_kind kind;
        assert_true(pki_kind_parse(pki_kind_name((enum pki_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    enum pki_kind kind;
    assert_false(pki_kind_parse("fine", &kind));
}

static void test_tls_range_parse(void **state)
{
    (void)state;
    struct tls_range range;
    assert_true(tls_range_parse("1.0-1.2", &range));
    assert_int_equal(range.lowest, 0x301);
    assert_int_equal(range.highest, 0x303);
    assert_true(tls_range_parse("any", &range));
    assert_int_equal(range.lowest, 0);
    static const char *const wrong[] = {"", "1.4", "1.2-", "1.3-1.2", "-", "1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(tls_range_parse(wrong[i], &range));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pki_each_kind_is_judged_as_named),
        cmocka_unit_test(test_pki_fault_moves_with_the_clock),
        cmocka_unit_test(test_pki_versions_are_pinned),
        cmocka_unit_test(test_pki_same_request_same_chain),
        cmocka_unit_test(test_pki_digest_is_of_the_public_key),
        cmocka_unit_test(test_pki_kind_names_go_both_ways),
        cmocka_unit_test(test_tls_range_parse),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

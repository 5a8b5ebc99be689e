#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

static EVP_PKEY *made(const char *kind)
{
    EVP_PKEY *key = strcmp(kind, "RSA") == 0
                        ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
                    : strcmp(kind, "EC") == 0
                        ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                        : EVP_PKEY_Q_keygen(NULL, NULL, kind);
    assert_non_null(key);
    return key;
}

/* As a gateway reads it: from PEM. */
static EVP_PKEY *read_again(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    EVP_PKEY *again = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_non_null(again);
    BIO_free(bio);
    return again;
}

static void test_secret_heap_holds_private_keys(void **state)
{
    static const char *const kinds[] = {"RSA", "EC", "ED25519"};
    (void)state;
    secret_heap_open(1);
    assert_true(CRYPTO_secure_malloc_initialized());
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        EVP_PKEY *key = made(kinds[i]);
        size_t before = CRYPTO_secure_used();
        EVP_PKEY *again = read_again(key);
        assert_true(CRYPTO_secure_used() >= before + 32);
        EVP_PKEY_free(again);
        assert_int_equal(CRYPTO_secure_used(), before);
        EVP_PKEY_free(key);
    }
}

static void test_secret_is_the_text(void **state)
{
    struct secret secret;
    (void)state;
    secret_init(&secret, slice_of("text"));
    assert_true(secret_eq(&secret, slice_of("text")));
    assert_false(secret_eq(&secret, slice_of("tex")));
    assert_false(secret_eq(&secret, slice_of("texu")));
    secret_release(&secret);
    assert_true(secret_eq(&secret, slice_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret_heap_holds_private_keys),
        cmocka_unit_test(test_secret_is_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "peer/dkim_check.h"
#include "peer/dkim_text.h"
#include "peer/mailkey.h"

static struct arena *arena;
static struct mailkeys *keys;

static int setup(void **state)
{
    (void)state;
    arena = arena_create();
    keys = mailkeys_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(&arena);
    mailkeys_destroy(&keys);
    return 0;
}

/* -- the DNS of the tests -------------------------------------------------- */

struct record {
    const char *name, *text; /* text NULL: the look-up fails */
};

static enum ask_answer from_table(void *ctx, struct arena *a, const char *name,
                                  const char *type,
                                  const char *const **texts_out)
{
    const struct record *r = ctx;
    const char **texts = arena_alloc(a, 4 * sizeof *texts);
    size_t n = 0;
    assert_string_equal(type, "TXT");
    for (; r->name; r++) {
        if (strcmp(r->name, name) != 0)
            continue;
        if (!r->text)
            return ASK_ANSWER_FAILED;
        texts[n++] = r->text;
    }
    *texts_out = texts;
    return n ? ASK_ANSWER_FOUND : ASK_ANSWER_NONE;
}

static struct ask asking(const struct record *table)
{
    return (struct ask){from_table, (void *)(uintptr_t)table};
}

/* -- RFC 8463 appendix A ----------------------------------------------------
 */

#define FOOTBALL_ED25519                                                       \
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define FOOTBALL_RSA                                                           \
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5" \
    "V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/B" \
    "C/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryO" \
    "TIKT+l/K4w3QIDAQAB"

static const struct record football[] = {
    {"brisbane._domainkey.football.example.com", FOOTBALL_ED25519},
    {"test._domainkey.football.example.com", FOOTBALL_RSA},
    {NULL, NULL}};

static const char football_message[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n";

enum { FOOTBALL_DAY_S = 1528637909 };

static const char *results(const char *message, const struct record *table,
                           int64_t now_s)
{
    struct ask ask = asking(table);
    const struct dkim_verdict *v;
    size_t n = dkim_check(arena, &ask, slice_of(message), now_s, &v);
    const char *all = "";
    for (size_t i = 0; i < n; i++)
        all = arena_printf(arena, "%s%s%s%s%s", all, i ? ", " : "", v[i].result,
                           *v[i].reason ? ": " : "", v[i].reason);
    return all;
}

/* The message with the first `from` in it replaced. */
static const char *altered(const char *message, const char *from,
                           const char *to)
{
    const char *at = strstr(message, from);
    assert_non_null(at);
    return arena_printf(arena, "%.*s%s%s", (int)(at - message), message, to,
                        at + strlen(from));
}

static void test_rfc8463_example_passes(void **state)
{
    (void)state;
    struct ask ask = asking(football);
    const struct dkim_verdict *v;
    assert_string_equal(results(football_message, football, FOOTBALL_DAY_S),
                        "pass, pass");
    dkim_check(arena, &ask, slice_of(football_message), FOOTBALL_DAY_S, &v);
    assert_string_equal(v[0].algorithm, "ed25519-sha256");
    assert_string_equal(v[1].algorithm, "rsa-sha256");
    assert_string_equal(v[1].selector, "test");
    assert_string_equal(v[1].domain, "football.example.com");
}

static void test_tampering_is_seen(void **state)
{
    (void)state;
    static const char differs[] = "fail: the body differs, fail: the body "
                                  "differs";
    static const char other[] =
        "fail: the signature is not of these octets, fail: the signature is "
        "not of these octets";
    static const struct {
        const char *from, *to, *result;
    } rows[] = {
        {"We lost", "We won!", differs},
        {"Joe.\r\n", "Joe.\r\n.\r\n", differs},
        {"Joe.\r\n", "Joe. \r\n\r\n\r\n", "pass, pass"}, /* relaxed forgives */
        {"Subject: Is", "subject:   Is", "pass, pass"},
        {"dinner", "supper", other},
        {"From: Joe", "From: evil@example.net\r\nFrom: Joe", other},
        {"Date: Fri", "Date: Sat, 1 Jan 2000 00:00:00 +0000\r\nDate: Fri",
         other},
        {"Subject:", "X-Other: new\r\nSubject:", "pass, pass"},
        {"To: Suzie Q", "To: Suzie R", other},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(
            results(altered(football_message, rows[i].from, rows[i].to),
                    football, FOOTBALL_DAY_S),
            rows[i].result);
}

static void test_fields_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *first;
    } rows[] = {
        {"v=1;", "v=2;", "permerror: another version"},
        {"v=1;", "", "permerror: a required tag is missing"},
        {"v=1;", "v=1; v=1;", "permerror: no tag list"},
        {"a=ed25519-sha256", "a=rsa-sha1", "permerror: another algorithm"},
        {"a=ed25519-sha256", "a=rsa-sha256",
         "permerror: a key of another kind"},
        {"c=relaxed/relaxed", "c=loose", "permerror: another canonical form"},
        {"h=from : to :\r\n subject : date : message-id : from", "h=to",
         "permerror: From is not signed"},
        {"i=@football", "i=@basketball", "permerror: i= is not below d="},
        {"t=1528637909", "x=1528637908", "fail: outside its dates"},
        {"t=1528637909", "t=1528637910", "fail: outside its dates"},
        {"q=dns/txt", "l=5", "fail: l= covers a part of the body alone"},
        {"s=brisbane", "s=sydney", "permerror: no key record"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *all =
            results(altered(football_message, rows[i].from, rows[i].to),
                    football, FOOTBALL_DAY_S);
        if (strncmp(all, rows[i].first, strlen(rows[i].first)) != 0)
            fail_msg("%s: %s, got %s", rows[i].to, rows[i].first, all);
    }
}

static void test_records_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first;
    } rows[] = {
        {NULL, "temperror: the key's look-up failed"},
        {"v=DKIM1; k=ed25519; p=", "permerror: the key is revoked"},
        {"v=DKIM1; k=ed25519; p=11qYAYKx", "permerror: no usable key"},
        {"v=DKIM2; k=ed25519; p=11qYAYKx", "permerror: no DKIM1 record"},
        {"v=DKIM1; h=sha1; k=ed25519; p=11qY",
         "permerror: the key is not for sha256"},
        {"v=DKIM1; s=web; k=ed25519; p=11qY",
         "permerror: the key is not for mail"},
        {"nothing", "permerror: the key record is no tag list"},
        {"v=DKIM1; k=ed25519; "
         "p=n7VqSDSdHt/ahidRqrWsxZI0D8sbmRFVetIx0lMgjn4=",
         "fail: the signature is not of these octets"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct record table[] = {
            {"brisbane._domainkey.football.example.com", rows[i].text},
            {NULL, NULL}};
        const char *all = results(football_message, table, FOOTBALL_DAY_S);
        if (strncmp(all, rows[i].first, strlen(rows[i].first)) != 0)
            fail_msg("%s: got %s", rows[i].first, all);
    }
}

/* -- canonical forms: RFC 6376 3.4.5 --------------------------------------- */

static const char example[] =
    "A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";

static void assert_forms(bool is_relaxed, const char *header, const char *body)
{
    struct dkim_message m = dkim_message_read(arena, slice_of(example));
    struct buf buf;
    buf_init(&buf, 1000);
    for (size_t i = 0; i < m.count; i++)
        dkim_put_field(&buf, &m.fields[i], is_relaxed);
    assert_string_equal(arena_text(arena, buf_slice(&buf)), header);
    buf_reset(&buf);
    dkim_put_body(&buf, m.body, is_relaxed);
    assert_string_equal(arena_text(arena, buf_slice(&buf)), body);
    buf_release(&buf);
}

static void test_rfc6376_canonical_forms(void **state)
{
    (void)state;
    assert_forms(true, "a:X\r\nb:Y Z\r\n", " C\r\nD E\r\n");
    assert_forms(false, "A: X\r\nB : Y\t\r\n\tZ  \r\n", " C \r\nD \t E\r\n");
}

static void test_empty_body_is_a_line_or_nothing(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    dkim_put_body(&buf, slice_of("\r\n\r\n"), false);
    assert_string_equal(buf.p, "\r\n");
    buf_reset(&buf);
    dkim_put_body(&buf, slice_of(" \r\n\r\n"), true);
    assert_int_equal(buf_slice(&buf).n, 0);
    dkim_put_body(&buf, slice_of("a"), false);
    assert_string_equal(buf.p, "a\r\n");
    buf_release(&buf);
}

/* -- simple/simple, signed here ---------------------------------------------
 */

static const char *digest64(const char *text)
{
    unsigned char digest[32];
    EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL);
    return base64_encode(arena, (struct slice){(char *)digest, sizeof digest});
}

static const char *sign(enum mailkey_kind kind, const char *text)
{
    unsigned char digest[32], out[512];
    size_t n = sizeof out;
    const char *pem = mailkey_pem(keys, kind, "clinic.example");
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_rsa = kind == MAILKEY_KIND_RSA;
    EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL);
    assert_int_equal(
        EVP_DigestSignInit(ctx, NULL, is_rsa ? EVP_sha256() : NULL, NULL, key),
        1);
    assert_int_equal(
        EVP_DigestSign(ctx, out, &n,
                       is_rsa ? (const unsigned char *)text : digest,
                       is_rsa ? strlen(text) : sizeof digest),
        1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return base64_encode(arena, (struct slice){(char *)out, n});
}

static void assert_simple(enum mailkey_kind kind, const char *algorithm)
{
    static const char body[] = "One  \r\n\r\nTwo\r\n";
    static const char fields[] = "From: a@clinic.example\r\nSubject:  x \r\n";
    const char *own = arena_printf(
        arena,
        "DKIM-Signature: v=1; a=%s; d=clinic.example;\r\n s=k; h=From:Subject; "
        "bh=%s; b=",
        algorithm, digest64(body));
    const char *b = sign(kind, arena_printf(arena, "%s%s", fields, own));
    const char *message =
        arena_printf(arena, "%s%s\r\n%s\r\n%s\r\n\r\n", own, b, fields, body);
    const struct record table[] = {
        {"k._domainkey.clinic.example",
         mailkey_record(keys, kind, "clinic.example")},
        {NULL, NULL}};
    assert_string_equal(results(message, table, 0), "pass");
    assert_string_equal(results(altered(message, "One  ", "One "), table, 0),
                        "fail: the body differs");
    assert_string_equal(
        results(altered(message, "Subject:  x", "Subject: x"), table, 0),
        "fail: the signature is not of these octets");
}

static void test_simple_forms_with_minted_keys(void **state)
{
    (void)state;
    assert_simple(MAILKEY_KIND_ED25519, "ed25519-sha256");
    assert_simple(MAILKEY_KIND_RSA, "rsa-sha256");
    assert_string_not_equal(
        mailkey_record(keys, MAILKEY_KIND_ED25519, "clinic.example"),
        mailkey_record(keys, MAILKEY_KIND_ED25519, "practice.example"));
    assert_ptr_equal(mailkey_record(keys, MAILKEY_KIND_RSA, "clinic.example"),
                     mailkey_record(keys, MAILKEY_KIND_RSA, "umc.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8463_example_passes),
        cmocka_unit_test(test_tampering_is_seen),
        cmocka_unit_test(test_fields_that_are_wrong_are_named),
        cmocka_unit_test(test_records_that_are_wrong_are_named),
        cmocka_unit_test(test_rfc6376_canonical_forms),
        cmocka_unit_test(test_empty_body_is_a_line_or_nothing),
        cmocka_unit_test(test_simple_forms_with_minted_keys),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

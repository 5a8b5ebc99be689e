/* Whoever gets hold of the database, its log and all else but secret.key reads
 * no token, code, access code or phone number in it, in no form: neither as
 * they are, nor in hexadecimal or base64, nor as a hash that anybody could try
 * out. What is needed again is there again after a restart. */
#include <ftw.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/random.h"
#include "store/portal.h"
#include "store/test_store.h"

enum { NOW = 1000000, FILE_MOST = 4 << 20 };

static const char access_code[] = "Zomer-2026!", phone[] = "+31687654321",
                  sms_code[] = "482915", email_code[] = "730264";
static char token[65];

static const struct portal_limits limits = {5, 20, 3, 900000, 900000};
static struct test_store store;
static struct arena *arena;

static int make(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store);
    if (!test_folder_make(store.folder, "secrets"))
        return -1;
    random_hex(token, 32);
    arena = arena_create();
    test_store_open(&store, 1000000);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    test_store_release(&store);
    if (store.store)
        test_store_close(&store);
    test_folder_remove(store.folder);
    arena_destroy(&arena);
    return 0;
}

/* -- what is done ---------------------------------------------------------- */

static void on_portal(void *ctx, const struct portal_answer *answer)
{
    struct test_store *t = ctx;
    assert_int_equal(answer->result, PORTAL_OK);
    t->is_answered = true;
}

static void accept_two(void)
{
    const struct store_message message = {
        .id = "m1",
        .accepted_ms = NOW,
        .organization = "clinic",
        .sender = "jansen@clinic.example",
        .reverse_path = "jansen@clinic.example",
        .content = SLICE_LITERAL("Subject: x\r\n\r\nthe content\r\n")};
    const struct store_recipient recipients[] = {
        {.address = "bob@hospital.example",
         .conversation = "c1",
         .right = "access-code",
         .right_value = access_code,
         .return_path = "b1@g",
         .link_token = token,
         .mail_id = "n1"},
        {.address = "eve@hospital.example",
         .conversation = "c2",
         .right = "sms",
         .right_value = phone,
         .return_path = "b2@g",
         .link_token = "the other token",
         .mail_id = "n2"}};
    store_accept(store.store,
                 &(struct store_accept){.message = &message,
                                        .recipients = recipients,
                                        .recipient_count = 2},
                 test_store_done, &store);
    test_store_wait(&store);
    assert_int_equal(store.answer.status, ST_OK);
}

static const char *mail_text(void)
{
    return arena_printf(arena, "Your code is %s\r\n", email_code);
}

static void make_codes(void)
{
    const struct store_dsn mail = {.to = "bob@hospital.example",
                                   .recipients = "bob@hospital.example",
                                   .action = "code",
                                   .content = slice_of(mail_text()),
                                   .until_ms = NOW + 600000};
    const struct portal_code codes[] = {
        {1, "email", email_code, NOW, NOW + 600000, &limits, &mail},
        {2, "sms", sms_code, NOW, NOW + 300000, &limits, NULL}};
    for (size_t i = 0; i < 2; i++) {
        store_portal_code(store.store, &codes[i], on_portal, &store);
        test_store_wait(&store);
    }
}

static void try_it(int64_t recipient, const char *method, const char *given,
                   const char *expected)
{
    const struct portal_try in = {.recipient = recipient,
                                  .method = method,
                                  .given = given,
                                  .expected = expected,
                                  .old_session = method,
                                  .new_session = method,
                                  .now_ms = NOW + 1,
                                  .session_until_ms = NOW + 60000,
                                  .limits = &limits};
    store_portal_try(store.store, &in, on_portal, &store);
    test_store_wait(&store);
}

static void earn(int64_t recipient, const char *session, const char *kind,
                 const char *value)
{
    const struct portal_share share = {"clinic", "eve@hospital.example", kind,
                                       value, NOW};
    const struct portal_opened in = {.recipient = recipient,
                                     .session = session,
                                     .method = kind,
                                     .now_ms = NOW + 2,
                                     .session_until_ms = NOW + 60000,
                                     .event = {kind, "{}"},
                                     .share = &share};
    store_portal_opened(store.store, &in, on_portal, &store);
    test_store_wait(&store);
}

/* -- what is looked for ---------------------------------------------------- */

static struct slice files[8];
static size_t file_count;

static int read_one(const char *path, const struct stat *st, int kind,
                    struct FTW *at)
{
    if (kind != FTW_F || strcmp(path + at->base, "secret.key") == 0)
        return 0;
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_true(st->st_size < FILE_MOST && file_count < 8);
    char *p = arena_alloc(arena, (size_t)st->st_size + 1);
    files[file_count++] =
        (struct slice){p, fread(p, 1, (size_t)st->st_size, f)};
    fclose(f);
    return 0;
}

static void absent(struct slice what, const char *secret, const char *form)
{
    for (size_t i = 0; i < file_count; i++)
        if (files[i].n && memmem(files[i].p, files[i].n, what.p, what.n))
            fail_msg("%s stands in a file as %s", secret, form);
}

static const char *hex(struct slice s, const char *digits)
{
    char *out = arena_alloc(arena, 2 * s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        out[2 * i] = digits[(unsigned char)s.p[i] >> 4];
        out[2 * i + 1] = digits[s.p[i] & 15];
    }
    return out;
}

/* Whatever stands before it: what all of a text's octets say, wherever the
 * groups of three begin. */
static void absent_base64(struct slice s, const char *secret)
{
    for (size_t before = 0; before < 3; before++) {
        char *padded = arena_alloc(arena, before + s.n);
        memcpy(padded + before, s.p, s.n);
        const char *text =
            base64_encode(arena, (struct slice){padded, before + s.n});
        size_t from = (before * 8 + 5) / 6, to = (before + s.n) * 8 / 6;
        absent((struct slice){text + from, to - from}, secret, "base64");
    }
}

static void absent_hash(const char *secret, const EVP_MD *kind)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned n;
    assert_int_equal(EVP_Digest(secret, strlen(secret), octets, &n, kind, NULL),
                     1);
    struct slice s = {(const char *)octets, n};
    absent(s, secret, "a hash");
    absent(slice_of(hex(s, "0123456789abcdef")), secret,
           "a hash in hexadecimal");
    absent_base64(s, secret);
}

static void absent_in_any_form(const char *secret)
{
    struct slice s = slice_of(secret);
    absent(s, secret, "it is");
    absent(slice_of(hex(s, "0123456789abcdef")), secret, "hexadecimal");
    absent(slice_of(hex(s, "0123456789ABCDEF")), secret, "hexadecimal");
    absent_base64(s, secret);
    absent_hash(secret, EVP_sha256());
    absent_hash(secret, EVP_sha1());
    absent_hash(secret, EVP_md5());
}

/* The octets that a token's digits stand for. */
static void absent_octets(const char *digits)
{
    char octets[32];
    for (size_t i = 0; i < sizeof octets; i++) {
        unsigned value = 0;
        assert_int_equal(sscanf(digits + 2 * i, "%2x", &value), 1);
        octets[i] = (char)value;
    }
    absent((struct slice){octets, sizeof octets}, digits, "octets");
}

static void look_for_secrets(void)
{
    file_count = 0;
    assert_int_equal(nftw(store.folder, read_one, 8, FTW_PHYS), 0);
    assert_true(file_count >= 2); /* the database and its log */
    absent_in_any_form(token);
    absent_octets(token);
    absent_in_any_form(access_code);
    absent_in_any_form(phone);
    absent_in_any_form(phone + 1);
    absent_in_any_form(sms_code);
    absent_in_any_form(email_code);
}

static const char *earned_code;

static void on_share(void *ctx, const struct portal_share *share)
{
    size_t *count = ctx;
    ++*count;
    if (strcmp(share->kind, "sms") == 0)
        assert_string_equal(share->value, phone);
    else
        earned_code = arena_strdup(arena, share->value);
}

/* -- the tests ------------------------------------------------------------- */

static void test_secrets_stand_nowhere_in_the_clear(void **state)
{
    (void)state;
    accept_two();
    look_for_secrets();
    make_codes();
    look_for_secrets();
    try_it(1, "email", email_code, NULL);
    try_it(2, "sms", sms_code, NULL);
    earn(1, "email", "access-code", access_code);
    earn(2, "sms", "sms", phone);
    look_for_secrets();
    test_store_close(&store);
    store.store = NULL;
    file_count = 0;
    assert_int_equal(nftw(store.folder, read_one, 8, FTW_PHYS), 0);
    absent_in_any_form(token);
    absent_in_any_form(access_code);
}

static void test_what_is_needed_again_is_there_after_a_restart(void **state)
{
    unsigned char before[PORTAL_KEY_BYTES], after[PORTAL_KEY_BYTES];
    struct err err;
    size_t shares = 0;
    (void)state;
    assert_int_equal(
        store_portal_start(store.store, on_share, &shares, before, &err),
        ST_OK);
    accept_two();
    make_codes();
    try_it(1, "access-code", access_code, access_code);
    try_it(2, "sms", sms_code, NULL);
    earn(1, "access-code", "access-code", access_code);
    earn(2, "sms", "sms", phone);
    test_store_close(&store);
    test_store_open(&store, 1000000);
    shares = 0;
    assert_int_equal(
        store_portal_start(store.store, on_share, &shares, after, &err), ST_OK);
    assert_int_equal(shares, 2);
    try_it(2, "access-code", access_code, earned_code);
    assert_memory_equal(before, after, sizeof after);
    assert_int_equal(test_store_due(&store, NOW), 3);
    assert_string_equal(store.items[0]->recipient->link_token, token);
    assert_string_equal(store.items[1]->recipient->right_value, phone);
    assert_true(slice_is(store.items[2]->dsn->content, mail_text()));
}

/* A token is sealed for as long as a notification may be made anew. */
static void test_outcome_forgets_what_was_sealed(void **state)
{
    (void)state;
    accept_two();
    make_codes();
    assert_int_equal(test_store_due(&store, NOW), 3);
    for (size_t i = 0; i < 3; i++)
        test_store_record(
            &store, &(struct store_record){.item = store.items[i],
                                           .change = STORE_CHANGE_FINISHED,
                                           .delivery = "notification",
                                           .until_ms = NOW + 3});

    test_store_release(&store);
    assert_int_equal(test_store_due(&store, NOW + 4), 0);
    look_for_secrets();
}

static void test_database_opens_with_its_key_alone(void **state)
{
    struct err err;
    char path[96], kept[32], other[32];
    (void)state;
    snprintf(path, sizeof path, "%s/secret.key", store.folder);
    test_store_close(&store);
    FILE *f = fopen(path, "r+e");
    assert_int_equal(fread(kept, 1, sizeof kept, f), sizeof kept);
    memset(other, 1, sizeof other);
    rewind(f);
    assert_int_equal(fwrite(other, 1, sizeof other, f), sizeof other);
    fclose(f);
    assert_int_equal(test_store_try_open(&store, 0, &err), ST_TEMP);
    assert_non_null(strstr(err.text, "secret.key is not this database's"));
    assert_int_equal(remove(path), 0);
    assert_int_equal(test_store_try_open(&store, 0, &err), ST_TEMP);
    assert_non_null(strstr(err.text, "secret.key: is not there"));
    f = fopen(path, "we");
    assert_int_equal(fwrite(kept, 1, sizeof kept, f), sizeof kept);
    fclose(f);
    assert_int_equal(chmod(path, 0600), 0);
    test_store_open(&store, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_secrets_stand_nowhere_in_the_clear),
        TEST(test_what_is_needed_again_is_there_after_a_restart),
        TEST(test_outcome_forgets_what_was_sealed),
        TEST(test_database_opens_with_its_key_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

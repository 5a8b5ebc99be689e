#include "store/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/test_arena.h"
#include "base/test_folder.h"

static char folder[64], path[96];
static struct vault *vault;

static int make(void **state)
{
    struct err err;
    if (setup(state) || !test_folder_make(folder, "vault"))
        return -1;
    snprintf(path, sizeof path, "%s/secret.key", folder);
    return vault_open(folder, true, &vault, &err) == ST_OK ? 0 : -1;
}

static int drop(void **state)
{
    vault_close(&vault);
    test_folder_remove(folder);
    return teardown(state);
}

static void refuse(const char *words)
{
    struct err err;
    vault_close(&vault);
    assert_int_equal(vault_open(folder, false, &vault, &err), ST_TEMP);
    assert_null(vault);
    if (!strstr(err.text, words))
        fail_msg("%s", err.text);
}

static void test_vault_key_stays_and_is_ours_alone(void **state)
{
    char before[VAULT_MARK_BYTES], after[VAULT_MARK_BYTES];
    struct stat st;
    struct err err;
    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    vault_mark(vault, "link", "token", before);
    vault_close(&vault);
    assert_int_equal(vault_open(folder, true, &vault, &err), ST_OK);
    vault_mark(vault, "link", "token", after);
    assert_string_equal(before, after);
    vault_mark(vault, "other", "token", after);
    assert_string_not_equal(before, after);
}

static void test_vault_refuses_a_key_that_is_amiss(void **state)
{
    (void)state;
    assert_int_equal(chmod(path, 0640), 0);
    refuse("others may read it");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 31), 0);
    refuse("is no key");
    assert_int_equal(unlink(path), 0);
    refuse("is not there");
}

static void test_vault_code_is_the_given_one_alone(void **state)
{
    const char *a = vault_code(vault, arena, "135789");
    const char *b = vault_code(vault, arena, "135789");
    (void)state;
    assert_string_not_equal(a, b); /* salted */
    assert_null(strstr(a, "135789"));
    assert_true(vault_is_kept(a));
    assert_true(vault_is_code(vault, a, "135789"));
    assert_true(vault_is_code(vault, b, "135789"));
    assert_false(vault_is_code(vault, a, "135788"));
    assert_false(vault_is_code(vault, a, ""));
    assert_false(vault_is_code(vault, a, a)); /* what is stolen is no code */
    assert_false(vault_is_code(vault, NULL, ""));
    /* Of the configuration, in the clear; whatever it looks like. */
    assert_true(vault_is_code(vault, "code:1:2", "code:1:2"));
    assert_false(vault_is_code(vault, "code:1:2", "code:1:3"));
    assert_false(vault_is_code(vault, "", ""));
}

static void test_vault_seal_opens_for_its_use_and_key(void **state)
{
    struct slice out,
        sealed = slice_of(vault_seal(vault, arena, "link", slice_of("token")));
    struct err err;
    (void)state;
    assert_int_equal(vault_unseal(vault, arena, "link", sealed, &out, &err),
                     ST_OK);
    assert_string_equal(out.p, "token");
    assert_int_equal(vault_unseal(vault, arena, "mail", sealed, &out, &err),
                     ST_TEMP);
    char *bent = arena_text(arena, sealed);
    bent[sealed.n - 3] = bent[sealed.n - 3] == 'A' ? 'B' : 'A';
    assert_int_equal(
        vault_unseal(vault, arena, "link", slice_of(bent), &out, &err),
        ST_TEMP);
    static const char *const amiss[] = {
        "", "token", "seal:", "seal:AAAA", "seal:*", "seal"};
    for (size_t i = 0; i < sizeof amiss / sizeof *amiss; i++)
        assert_int_equal(
            vault_unseal(vault, arena, "link", slice_of(amiss[i]), &out, &err),
            ST_TEMP);
    sealed = slice_of(vault_seal(vault, arena, "link", slice_of("")));
    assert_int_equal(vault_unseal(vault, arena, "link", sealed, &out, &err),
                     ST_OK);
    assert_int_equal(out.n, 0);
    assert_int_equal(unlink(path), 0);
    vault_close(&vault);
    assert_int_equal(vault_open(folder, true, &vault, &err), ST_OK);
    assert_int_equal(vault_unseal(vault, arena, "link", sealed, &out, &err),
                     ST_TEMP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_vault_key_stays_and_is_ours_alone),
        TEST(test_vault_refuses_a_key_that_is_amiss),
        TEST(test_vault_code_is_the_given_one_alone),
        TEST(test_vault_seal_opens_for_its_use_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

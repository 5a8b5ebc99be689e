#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/directory.h"

static const char *clinic_domains[] = {"clinic.example", "zorg.example"};
static const char *hospital_domains[] = {"hospital.example",
                                         "lab.clinic.example"};
static struct config_account clinic_accounts[] = {
    {"Jansen@clinic.example", "Jansen", true, CONFIG_STATUS_ACTIVE, NULL, NULL},
    {"weak@clinic.example", NULL, false, CONFIG_STATUS_ACTIVE, NULL, NULL},
    {"gone@clinic.example", NULL, true, CONFIG_STATUS_SUSPENDED, NULL, NULL},
};
static struct config_account hospital_accounts[] = {
    {"bob@hospital.example", NULL, true, CONFIG_STATUS_ACTIVE, NULL, NULL},
};
static struct config_credential clinic_credentials[] = {
    {"clinic-app", NULL, "hash", 0},
};
static struct config_share clinic_shares[] = {
    {"bob@hospital.example", "+31612345678", NULL, 1},
    {"eve@lab.example", NULL, "1357", 1},
};
static struct config_organization all[] = {
    {.name = "clinic",
     .uuid = "u-clinic",
     .domains = {clinic_domains, 2},
     .policy = POLICY_PKIX,
     .credentials = {clinic_credentials, 1},
     .accounts = {clinic_accounts, 3},
     .shares = {clinic_shares, 2}},
    {.name = "hospital",
     .uuid = "u-hospital",
     .domains = {hospital_domains, 2},
     .inbound_direct_delivery = true,
     .accounts = {hospital_accounts, 1}},
};

static struct arena *arena;
static struct organizations *known;
static struct directory directory;

static int setup(void **state)
{
    static const struct config config = {.organizations = {all, 2}};
    (void)state;
    arena = arena_create();
    known = organizations_create(arena, &config);
    directory = organizations_directory(known);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

static enum standing standing(const struct config_organization *o,
                              const char *address)
{
    struct mailbox mailbox;
    struct err err;
    assert_int_equal(mailbox_parse(arena, slice_of(address), &mailbox, &err),
                     ST_OK);
    return organizations_standing(known, o, &mailbox);
}

static void test_standing_of_addresses(void **state)
{
    (void)state;
    assert_int_equal(standing(&all[0], "jansen@clinic.example"),
                     STANDING_ACTIVE);
    assert_int_equal(standing(&all[0], "JANSEN@CLINIC.EXAMPLE"),
                     STANDING_ACTIVE);
    assert_int_equal(standing(&all[0], "weak@clinic.example"), STANDING_ACTIVE);
    assert_int_equal(standing(&all[0], "gone@clinic.example"),
                     STANDING_SUSPENDED);
    assert_int_equal(standing(&all[0], "other@clinic.example"),
                     STANDING_NO_ACCOUNT);
    assert_int_equal(standing(&all[0], "x@elsewhere.example"),
                     STANDING_NO_ACCOUNT);
    assert_int_equal(standing(&all[0], "bob@hospital.example"),
                     STANDING_FOREIGN);
    assert_int_equal(standing(&all[1], "jansen@clinic.example"),
                     STANDING_FOREIGN);
}

static void test_account_of_recipients(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        enum account account;
    } rows[] = {
        {"jansen@clinic.example", ACCOUNT_ACTIVE},
        {"Bob@Hospital.Example", ACCOUNT_ACTIVE},
        {"weak@clinic.example", ACCOUNT_NO_2FA},
        {"gone@clinic.example", ACCOUNT_SUSPENDED},
        {"new@clinic.example", ACCOUNT_NONE},
        {"no address", ACCOUNT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (directory.account(directory.self, rows[i].address) !=
            rows[i].account)
            fail_msg("%s", rows[i].address);
}

static void test_inbound_is_the_domain_that_enabled_it(void **state)
{
    (void)state;
    assert_string_equal(
        directory.inbound(directory.self, "any@hospital.example"),
        "u-hospital");
    assert_null(directory.inbound(directory.self, "jansen@clinic.example"));
    assert_null(directory.inbound(directory.self, "x@sub.hospital.example"));
    assert_null(directory.inbound(directory.self, "x@elsewhere.example"));
}

static void test_policy_is_the_senders(void **state)
{
    (void)state;
    assert_int_equal(directory.policy(directory.self, "clinic"), POLICY_PKIX);
    assert_int_equal(directory.policy(directory.self, "hospital"), POLICY_OFF);
    assert_int_equal(directory.policy(directory.self, "gone"), POLICY_OFF);
}

/* SHARED-2 */
static void test_shares_belong_to_one_organization_and_kind(void **state)
{
    (void)state;
    assert_true(directory.share(directory.self, "clinic",
                                "BOB@hospital.example", RIGHT_SMS));
    assert_false(directory.share(directory.self, "clinic",
                                 "bob@hospital.example", RIGHT_ACCESS_CODE));
    assert_true(directory.share(directory.self, "clinic", "eve@lab.example",
                                RIGHT_ACCESS_CODE));
    assert_false(directory.share(directory.self, "hospital",
                                 "bob@hospital.example", RIGHT_SMS));
}

/* SHARED-1: the most recently opened value, wherever it stands. */
static void test_latest_share_counts(void **state)
{
    static const struct portal_share old = {"clinic", "eve@lab.example",
                                            "access-code", "old", 999};
    static const struct portal_share later = {"clinic", "eve@lab.example",
                                              "access-code", "later", 1000};
    static const struct portal_share others = {
        "hospital", "bob@hospital.example", "sms", "+31600000000", 1};
    (void)state;
    assert_string_equal(organizations_share(known, "clinic", "eve@lab.example",
                                            RIGHT_ACCESS_CODE),
                        "1357");
    organizations_earned(known, &old);
    assert_string_equal(organizations_share(known, "clinic", "eve@lab.example",
                                            RIGHT_ACCESS_CODE),
                        "1357");
    organizations_earned(known, &later);
    assert_string_equal(organizations_share(known, "clinic", "EVE@lab.example",
                                            RIGHT_ACCESS_CODE),
                        "later");
    assert_null(
        organizations_share(known, "clinic", "eve@lab.example", RIGHT_SMS));
    assert_null(organizations_share(known, "hospital", "eve@lab.example",
                                    RIGHT_ACCESS_CODE));
    organizations_earned(known, &others);
    assert_string_equal(
        organizations_share(known, "clinic", "bob@hospital.example", RIGHT_SMS),
        "+31612345678");
    assert_true(directory.share(directory.self, "hospital",
                                "bob@hospital.example", RIGHT_SMS));
}

static void test_owner_is_the_closest_domain_above(void **state)
{
    (void)state;
    assert_ptr_equal(organizations_owner(known, slice_of("zorg.example")),
                     &all[0]);
    assert_ptr_equal(organizations_owner(known, slice_of("a.b.zorg.example")),
                     &all[0]);
    assert_null(organizations_owner(known, slice_of("notzorg.example")));
    assert_null(organizations_owner(known, slice_of("example")));
    assert_null(organizations_owner(known, slice_of("")));
    /* Another organization may have a part of it. */
    assert_ptr_equal(
        organizations_owner(known, slice_of("x.lab.clinic.example")), &all[1]);
    assert_ptr_equal(organizations_owner(known, slice_of("x.clinic.example")),
                     &all[0]);
}

static void test_users_are_compared_exactly(void **state)
{
    const struct config_organization *owner = NULL;
    (void)state;
    assert_ptr_equal(organizations_user(known, slice_of("clinic-app"), &owner),
                     &clinic_credentials[0]);
    assert_ptr_equal(owner, &all[0]);
    assert_null(organizations_user(known, slice_of("Clinic-App"), &owner));
    assert_null(owner);
    assert_null(
        organizations_user(known, (struct slice){"clinic-app\0x", 12}, &owner));
    assert_null(organizations_user(known, slice_of(""), &owner));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standing_of_addresses),
        cmocka_unit_test(test_account_of_recipients),
        cmocka_unit_test(test_inbound_is_the_domain_that_enabled_it),
        cmocka_unit_test(test_policy_is_the_senders),
        cmocka_unit_test(test_shares_belong_to_one_organization_and_kind),
        cmocka_unit_test(test_latest_share_counts),
        cmocka_unit_test(test_owner_is_the_closest_domain_above),
        cmocka_unit_test(test_users_are_compared_exactly),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* What is written is what is read again, whatever a text holds; what could not
 * be read again is not written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "app/organizations_file.h"
#include "base/test_folder.h"

/* Would be something else if it stood in a YAML file as it is. */
#define HOSTILE "a\", \"b: \\ # {x}: [*y] 'z' \xc3\xa9"
#define HASH                                                                   \
    "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$"                           \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

struct fixture {
    char folder[64], path[96];
    struct arena *arena;
    struct config config;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    if (!test_folder_make(f->folder, "organizations"))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/directory.yaml", f->folder);
    f->config.directory = f->path;
    f->arena = arena_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    test_folder_remove(f->folder);
    arena_destroy(&f->arena);
    free(f);
    return 0;
}

static enum status save(struct fixture *f, const char *domain, struct err *err)
{
    const char *domains[] = {"clinic.example", domain};
    struct config_credential credential = {HOSTILE, HOSTILE, HASH, 1};
    struct config_account account = {.address = "\"a\\\"b\"@clinic.example",
                                     .name = HOSTILE};
    struct config_organization organization = {
        .name = HOSTILE,
        .uuid = "6f0c2c1e-8f5d-4c5c-9d0e-0f6a5b1c2d3e",
        .domains = {domains, domain ? 2 : 1},
        .credentials = {&credential, 1},
        .accounts = {&account, 1}};
    enum status status = organizations_file_prepare(
        &f->config, &(struct config_list){&organization, 1}, err);
    return status == ST_OK ? organizations_file_replace(&f->config, err)
                           : status;
}

static const struct config_organization *load(struct fixture *f)
{
    struct faults faults;
    struct config_list list;
    faults_init(&faults, f->path);
    if (!organizations_file_load(f->arena, &f->config, &faults, &list))
        fail_msg("%s", faults.text.p);
    faults_release(&faults);
    return list.count ? list.items : NULL;
}

static void test_hostile_texts_come_back_as_they_went(void **state)
{
    struct fixture *f = *state;
    struct err err;
    struct stat st;
    assert_null(load(f));
    assert_int_equal(save(f, NULL, &err), ST_OK);
    const struct config_organization *o = load(f);
    const struct config_credential *credential = o->credentials.items;
    const struct config_account *account = o->accounts.items;
    assert_string_equal(o->name, HOSTILE);
    assert_string_equal(credential->user, HOSTILE);
    assert_string_equal(credential->description, HOSTILE);
    assert_int_equal(credential->status, 1);
    assert_string_equal(account->address, "\"a\\\"b\"@clinic.example");
    assert_string_equal(account->name, HOSTILE);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_a_domain_never_becomes_two(void **state)
{
    struct fixture *f = *state;
    struct err err;
    assert_int_equal(save(f, "x.example\", \"evil.example", &err), ST_INVAL);
    assert_non_null(strstr(err.text, "must be a domain name"));
    assert_null(load(f));
}

static void test_a_file_that_would_hang_its_reader_is_told(void **state)
{
    struct fixture *f = *state;
    struct faults faults;
    struct config_list list;
    FILE *file = fopen(f->path, "we");
    assert_non_null(file);
    fputs("organizations: []\n%a\x80", file);
    fclose(file);
    faults_init(&faults, f->path);
    assert_false(organizations_file_load(f->arena, &f->config, &faults, &list));
    assert_non_null(strstr(faults.text.p, "directory.yaml:2:3: not UTF-8"));
    faults_release(&faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_hostile_texts_come_back_as_they_went, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_file_that_would_hang_its_reader_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_domain_never_becomes_two, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

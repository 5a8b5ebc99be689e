#include "base/blob.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mapped.h"
#include "base/test_folder.h"

struct folder {
    char path[64];
};

static int setup(void **state)
{
    struct folder *f = xcalloc(1, sizeof *f);
    *state = f;
    return test_folder_make(f->path, "blob") ? 0 : -1;
}

static size_t count_files(const struct folder *f)
{
    size_t count = 0;
    DIR *dir = opendir(f->path);
    for (const struct dirent *e; (e = readdir(dir));)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

static int teardown(void **state)
{
    struct folder *f = *state;
    size_t left = count_files(f);
    rmdir(f->path);
    free(f);
    return left ? -1 : 0; /* every test takes its own away */
}

static void fill(struct blob *blob, size_t n)
{
    char piece[1000];
    for (size_t at = 0; at < n;) {
        size_t length = n - at < sizeof piece ? n - at : sizeof piece;
        for (size_t i = 0; i < length; i++)
            piece[i] = (char)((at + i) % 251);
        blob_put(blob, (struct slice){piece, length});
        at += length;
    }
}

static void assert_filled(struct slice octets, size_t n)
{
    assert_int_equal(octets.n, n);
    for (size_t i = 0; i < n; i++)
        if (octets.p[i] != (char)(i % 251))
            fail_msg("octet %zu", i);
}

static void test_blob_up_to_the_limit_stays_in_memory(void **state)
{
    const struct folder *f = *state;
    struct blob *blob = blob_create(f->path);
    struct slice octets;
    struct err err;
    fill(blob, BLOB_MEMORY_BYTES);
    assert_false(blob_is_file(blob));
    assert_int_equal(count_files(f), 0);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_filled(octets, BLOB_MEMORY_BYTES);
    blob_destroy(&blob);
}

static void test_blob_beyond_the_limit_is_a_file_and_goes(void **state)
{
    const struct folder *f = *state;
    struct blob *blob = blob_create(f->path);
    struct slice octets;
    struct err err;
    fill(blob, BLOB_MEMORY_BYTES + 1);
    assert_true(blob_is_file(blob));
    assert_int_equal(count_files(f), 1);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_filled(octets, BLOB_MEMORY_BYTES + 1);
    blob_destroy(&blob);
    assert_null(blob);
    assert_int_equal(count_files(f), 0);
}

static void test_blob_grows_after_it_was_read(void **state)
{
    const struct folder *f = *state;
    static char large[300000];
    struct blob *blob = blob_create(f->path);
    struct slice octets;
    struct err err;
    blob_printf(blob, "%s-%d", "one", 2);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_true(slice_is(octets, "one-2"));
    memset(large, 'x', sizeof large);
    blob_put(blob, (struct slice){large, sizeof large});
    blob_puts(blob, "end");
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_int_equal(octets.n, 5 + sizeof large + 3);
    blob_puts(blob, "!");
    assert_int_equal(blob_bytes(blob), 5 + sizeof large + 4);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_memory_equal(octets.p, "one-2xx", 7);
    assert_memory_equal(octets.p + octets.n - 6, "xxend!", 6);
    blob_reset(blob);
    assert_int_equal(count_files(f), 0);
    blob_puts(blob, "anew");
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_true(slice_is(octets, "anew"));
    blob_destroy(&blob);
}

static void test_blob_goes_with_its_arena(void **state)
{
    const struct folder *f = *state;
    struct arena *arena = arena_create();
    fill(blob_create_in(arena, f->path), 1 << 20);
    assert_int_equal(count_files(f), 1);
    arena_destroy(&arena);
    assert_int_equal(count_files(f), 0);
}

static void remove_kept(const struct folder *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    assert_int_equal(unlink(path), 0);
}

static void test_blob_kept_is_opened_by_its_name(void **state)
{
    const struct folder *f = *state;
    struct blob *blob = blob_create(f->path);
    struct slice octets;
    struct err err;
    fill(blob, 700000);
    assert_int_equal(blob_keep(blob, "m1", &err), ST_OK);
    blob_destroy(&blob);
    assert_int_equal(count_files(f), 1);
    assert_int_equal(blob_open(f->path, "m1", 700000, &blob, &err), ST_OK);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_filled(octets, 700000);
    mapped_release(slice_from(octets, 100));
    assert_filled(octets, 700000);
    assert_false(mapped_is_damaged(octets));
    blob_destroy(&blob);
    assert_int_equal(blob_open(f->path, "m1", 700001, &blob, &err), ST_TEMP);
    assert_non_null(strstr(err.text, "m1: only 700000 octets of 700001"));
    assert_int_equal(blob_open(f->path, "m2", 1, &blob, &err), ST_NONE);
    remove_kept(f, "m1");
}

/* Octets of a file; its first mapping sets the handler of SIGBUS. */
static struct sigaction handler_of_mappings(void)
{
    struct sigaction handler;
    struct slice octets;
    struct err err;
    FILE *file = tmpfile();
    assert_int_equal(mapped_create(fileno(file), 0, &octets, &err), ST_OK);
    fclose(file);
    sigaction(SIGBUS, NULL, &handler);
    return handler;
}
static struct sigaction handler;

/* SIGBUS would end the test here. cmocka puts its own handler before each
 * test, so that of the mappings is put back. */
static void test_blob_cut_off_while_read_is_damaged(void **state)
{
    const struct folder *f = *state;
    sigaction(SIGBUS, &handler, NULL);
    struct blob *blob = blob_create(f->path);
    struct slice octets;
    struct err err;
    char path[128];
    fill(blob, 700000);
    assert_int_equal(blob_keep(blob, "m1", &err), ST_OK);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    snprintf(path, sizeof path, "%s/m1", f->path);
    assert_int_equal(truncate(path, 100), 0);
    assert_true(mapped_touch((struct slice){octets.p, 100}));
    assert_false(mapped_is_damaged(octets));
    assert_false(mapped_touch((struct slice){octets.p + 4000, 200}));
    assert_int_equal(octets.p[50], 50);
    assert_int_equal(octets.p[699999], 0);
    assert_true(mapped_is_damaged(octets));
    assert_true(mapped_is_damaged(slice_from(octets, 1000)));
    assert_int_equal(octets.p[50], 50);
    blob_destroy(&blob);
    assert_int_equal(blob_open(f->path, "m1", 700000, &blob, &err), ST_TEMP);
    remove_kept(f, "m1");
}

static void test_blob_without_room_says_so_at_the_end(void **state)
{
    const struct folder *f = *state;
    struct rlimit limit, tight;
    struct slice octets;
    struct err err;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    tight = (struct rlimit){300000, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    struct blob *blob = blob_create(f->path);
    fill(blob, 1000000);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_TEMP);
    assert_int_equal(blob_keep(blob, "m1", &err), ST_TEMP);
    assert_true(blob_is_full(blob));
    assert_int_equal(octets.n, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    blob_reset(blob);
    fill(blob, 1000000);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_filled(octets, 1000000);
    blob_destroy(&blob);
}

static void test_blob_without_folder_is_no_want_of_room(void **state)
{
    (void)state;
    struct slice octets;
    struct err err;
    struct blob *blob = blob_create("/nonexistent");
    fill(blob, 1000000);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_TEMP);
    assert_false(blob_is_full(blob));
    blob_destroy(&blob);
    blob = blob_create(NULL);
    fill(blob, 1000000);
    assert_int_equal(blob_slice(blob, &octets, &err), ST_OK);
    assert_filled(octets, 1000000);
    blob_destroy(&blob);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    handler = handler_of_mappings();
    const struct CMUnitTest tests[] = {
        TEST(test_blob_up_to_the_limit_stays_in_memory),
        TEST(test_blob_beyond_the_limit_is_a_file_and_goes),
        TEST(test_blob_grows_after_it_was_read),
        TEST(test_blob_goes_with_its_arena),
        TEST(test_blob_kept_is_opened_by_its_name),
        TEST(test_blob_cut_off_while_read_is_damaged),
        TEST(test_blob_without_room_says_so_at_the_end),
        TEST(test_blob_without_folder_is_no_want_of_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "engine/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/folder.h"

enum { WORKER = 5000 }; /* far from where runs begin */

static void test_block_is_one_workers_alone(void **state)
{
    (void)state;
    struct block first, second, third;
    struct err err;
    char a[BLOCK_ADDRESS_BYTES], b[BLOCK_ADDRESS_BYTES];
    assert_int_equal(block_claim(&first, WORKER, 25025, 25999, &err), ST_OK);
    assert_int_equal(block_claim(&second, WORKER, 25025, 25999, &err), ST_OK);
    block_address(&first, 1, a);
    block_address(&second, 1, b);
    assert_string_not_equal(a, b);
    assert_true(first.port >= 25025 && first.port <= 25999);
    block_release(&first);
    assert_int_equal(block_claim(&third, WORKER, 25025, 25999, &err), ST_OK);
    block_address(&third, 1, b);
    assert_string_equal(a, b);
    block_release(&second);
    block_release(&third);
}

static void test_block_text_has_addresses_for_places(void **state)
{
    (void)state;
    const struct block block = {.b = 65, .c = 7};
    struct arena *arena = arena_create();
    assert_string_equal(
        block_text(arena, &block, "ip4:{submitter}/32 {other} {gateway}{x}{"),
        "ip4:127.65.7.3/32 127.65.7.4 127.65.7.1{x}{");
    assert_string_equal(block_text(arena, &block, ""), "");
    arena_destroy(&arena);
}

/* A fresh network namespace: everything can be bound, nothing reached. */
static void test_block_wants_loopback_up(void **state)
{
    (void)state;
    enum { NAMESPACE_REFUSED = 77 };
    struct block block;
    struct err err;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            _exit(NAMESPACE_REFUSED);
        bool is_told =
            block_claim(&block, WORKER, 25025, 25999, &err) == ST_TEMP &&
            strstr(err.text, "loopback");
        _exit(is_told ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NAMESPACE_REFUSED)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_folder_lives_and_goes(void **state)
{
    (void)state;
    struct err err;
    struct stat st;
    char *dir, tail[8];
    assert_int_equal(folder_create("/tmp", "folder-test", &dir, &err), ST_OK);
    char *path = xasprintf("%s/file", dir);
    assert_int_equal(folder_write(path, slice_of("first, then the last"), &err),
                     ST_OK);
    folder_tail(path, tail, sizeof tail);
    assert_string_equal(tail, "he last");
    folder_sweep("/tmp", "folder-test");
    assert_int_not_equal(stat(dir, &st), 0);
    folder_remove(dir);
    folder_tail(path, tail, sizeof tail);
    assert_string_equal(tail, "");
    assert_int_equal(folder_write(path, slice_of("x"), &err), ST_TEMP);
    free(path);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_is_one_workers_alone),
        cmocka_unit_test(test_block_text_has_addresses_for_places),
        cmocka_unit_test(test_block_wants_loopback_up),
        cmocka_unit_test(test_folder_lives_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

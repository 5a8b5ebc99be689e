/* From inside: what a gateway can still do after confine_enter, and what it
 * cannot. Each question is asked in a child, which is confined for good. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "app/confine.h"
#include "app/test_config.h"
#include "base/test_folder.h"
#include "base/tryout.h"

/* -- what is tried --------------------------------------------------------- */

static bool can_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Whether Landlock lets it try; nobody listens there. */
static bool connects(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool may =
        fd >= 0 && (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ||
                    errno != EACCES);
    if (fd >= 0)
        close(fd);
    return may;
}

static bool has_socket(int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void *nothing(void *arg)
{
    return arg;
}

static bool has_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 &&
           pthread_join(thread, NULL) == 0;
}

static void do_nothing(void *ctx)
{
    (void)ctx;
}

static bool has_charset(void)
{
    iconv_t made = iconv_open("UTF-8", "ISO-2022-CN-EXT");
    if (made == (iconv_t)-1)
        return false;
    iconv_close(made);
    return true;
}

static bool runs_program(void)
{
    char *const argv[] = {"true", NULL};
    char *const env[] = {NULL};
    execve("/bin/true", argv, env);
    return errno != EACCES && errno != EPERM;
}

static bool has_memory_to_run(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED;
}

struct place {
    const char *folder;
    char inside[96], outside[96];
};

/* 0, or the number of the first answer that is not as it must be. */
static int look_at_files(const struct place *p)
{
    const struct {
        bool is, must;
    } answers[] = {
        {can_open("/etc/shadow", O_RDONLY), false},
        {can_open("/etc/passwd", O_RDONLY), false},
        {can_open("/root", O_RDONLY | O_DIRECTORY), false},
        {can_open("/proc/1/environ", O_RDONLY), false},
        {can_open("/proc/sys/kernel/core_pattern", O_RDONLY), false},
        {can_open(p->outside, O_WRONLY | O_CREAT), false},
        {can_open("/tmp", O_RDONLY | O_DIRECTORY), false},
        {can_open("file.pem", O_WRONLY), false},
        {mkdir("beside", 0700) == 0, false},
        {can_open("file.pem", O_RDONLY), true},
        {can_open(p->inside, O_RDWR | O_CREAT), true},
        {rename(p->inside, "state/other") == 0, true},
        {unlink("state/other") == 0, true},
        {can_open("/dev/urandom", O_RDONLY), true},
        {has_charset(), true},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i].is != answers[i].must)
            return (int)i + 1;
    return 0;
}

static int look_at_calls(const struct place *p)
{
    (void)p;
    const struct {
        bool is, must;
    } answers[] = {
        {runs_program(), false},
        {ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, false},
        {syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) == 0,
         false},
        {syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM, false},
        {syscall(SYS_unshare, 0) == 0, false},
        {syscall(SYS_memfd_create, "x", 0) >= 0, false},
        {syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0 || errno != EPERM, false},
        {setuid(getuid()) == 0, false},
        {kill(getppid(), 0) == 0, false},
        {has_socket(AF_NETLINK, SOCK_RAW), false},
        {has_socket(AF_PACKET, SOCK_RAW), false},
        {has_memory_to_run(), false},
        {has_socket(AF_INET, SOCK_DGRAM), true},
        {has_socket(AF_INET6, SOCK_STREAM), true},
        {has_thread(), true},
        {tryout_run(do_nothing, NULL, 1) == TRYOUT_END_WELL, true},
        {prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, true},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i].is != answers[i].must)
            return (int)i + 1;
    return 0;
}

static int look_at_ports(const struct place *p)
{
    (void)p;
    return connects(25026)    ? 1
           : !connects(25025) ? 2
           : !connects(25443) ? 3
                              : 0;
}

/* -- the tests ------------------------------------------------------------- */

enum { NOT_CONFINED = 99, NOT_HERE = 98 };

/* The answer of a child that is confined by the good configuration. */
static int ask(struct fixture *f, int (*look)(const struct place *))
{
    struct place place;
    struct err err;
    int status;
    const struct config *config = load(f, with(f, LINES, NULL));
    assert_non_null(config);
    snprintf(place.inside, sizeof place.inside, "%s/state/x", f->directory);
    snprintf(place.outside, sizeof place.outside, "%s.outside", f->directory);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(f->directory) != 0)
            _exit(NOT_CONFINED);
        enum status entered = confine_enter(config, &err);
        if (entered != ST_OK)
            fprintf(stderr, "%s\n", err.text);
        _exit(entered == ST_OK     ? look(&place)
              : entered == ST_NONE ? NOT_HERE
                                   : NOT_CONFINED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect_all(struct fixture *f, int (*look)(const struct place *))
{
    int answer = ask(f, look);
    if (answer == NOT_HERE)
        skip(); /* an old kernel, or a sanitizer */
    if (answer)
        fail_msg("answer %d is not as it must be", answer);
}

static void test_files_are_those_of_the_configuration(void **state)
{
    expect_all(*state, look_at_files);
}

static void test_calls_are_those_of_a_server(void **state)
{
    expect_all(*state, look_at_calls);
}

static void test_ports_are_those_of_the_configuration(void **state)
{
    expect_all(*state, look_at_ports);
}

static int drop(void **state)
{
    const struct fixture *f = *state;
    test_folder_remove(f->directory);
    return teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_files_are_those_of_the_configuration, setup, drop),
        cmocka_unit_test_setup_teardown(test_calls_are_those_of_a_server, setup,
                                        drop),
        cmocka_unit_test_setup_teardown(
            test_ports_are_those_of_the_configuration, setup, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The filter is written by hand and not by libseccomp: a hundred calls without
 * conditions and four with one are a table and a page of code, and the build
 * needs one library less. A call is compared with each in turn; the kernel
 * keeps the answer for those that are allowed whatever their arguments. */
#include "sandbox/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sanitized.h"
#include "sandbox/seccomp_calls.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

enum { PROGRAM_MOST = 512, X32_BIT = 0x40000000 };

struct program {
    struct sock_filter code[PROGRAM_MOST];
    unsigned short count;
};

static void put(struct program *p, uint16_t code, uint32_t k, uint8_t yes,
                uint8_t no)
{
    if (p->count == PROGRAM_MOST)
        BUG("the filter is too long");
    p->code[p->count++] = (struct sock_filter){code, yes, no, k};
}

static void put_load(struct program *p, size_t offset)
{
    put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void put_answer(struct program *p, uint32_t answer)
{
    put(p, BPF_RET | BPF_K, answer, 0, 0);
}

/* The answer where what was loaded is value. */
static void put_case(struct program *p, uint32_t value, uint32_t answer)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    put_answer(p, answer);
}

static void put_calls(struct program *p, const int *calls, size_t count,
                      uint32_t answer)
{
    for (size_t i = 0; i < count; i++)
        put_case(p, (uint32_t)calls[i], answer);
}

#define REFUSED(error) (SECCOMP_RET_ERRNO | (error))
/* The low half of an argument: all that are looked at are small. */
#define ARGUMENT(n)                                                            \
    (offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t))

/* Begins what holds for one call; `length` instructions follow, the last of
 * which answers. */
static void put_call(struct program *p, int call, uint8_t length)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, length);
}

static void put_socket(struct program *p, int call)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
    enum { COUNT = sizeof families / sizeof *families };
    put_call(p, call, 2 * COUNT + 2);
    put_load(p, ARGUMENT(0));
    for (size_t i = 0; i < COUNT; i++)
        put_case(p, (uint32_t)families[i], SECCOMP_RET_ALLOW);
    put_answer(p, REFUSED(EPERM));
}

/* EPERM where one of the bits is set in the argument. */
static void put_without(struct program *p, int call, unsigned argument,
                        uint32_t bits)
{
    put_call(p, call, 4);
    put_load(p, ARGUMENT(argument));
    put(p, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    put_answer(p, REFUSED(EPERM));
    put_answer(p, SECCOMP_RET_ALLOW);
}

/* Memory that can be written and then run has no place here. */
static void put_map(struct program *p, int call)
{
    put_call(p, call, 5);
    put_load(p, ARGUMENT(2));
    put(p, BPF_ALU | BPF_AND | BPF_K, PROT_WRITE | PROT_EXEC, 0, 0);
    put_case(p, PROT_WRITE | PROT_EXEC, REFUSED(EPERM));
    put_answer(p, SECCOMP_RET_ALLOW);
}

/* What is typed into a terminal belongs to who sits there. */
static void put_ioctl(struct program *p, int call)
{
    put_call(p, call, 4);
    put_load(p, ARGUMENT(1));
    put_case(p, TIOCSTI, REFUSED(EPERM));
    put_answer(p, SECCOMP_RET_ALLOW);
}

#define NAMESPACES                                                             \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |             \
     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static void put_conditions(struct program *p)
{
    put_socket(p, SYS_socket);
    put_socket(p, SYS_socketpair);
    put_without(p, SYS_clone, 0, NAMESPACES);
    put_without(p, SYS_mprotect, 2, PROT_EXEC);
    put_map(p, SYS_mmap);
    put_ioctl(p, SYS_ioctl);
}

static void compile(struct program *p, uint32_t native)
{
    put_load(p, offsetof(struct seccomp_data, arch));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, native, 1, 0);
    put_answer(p, SECCOMP_RET_KILL_PROCESS);
    put_load(p, offsetof(struct seccomp_data, nr));
    put(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    put_answer(p, REFUSED(EPERM));
    put_calls(p, seccomp_allowed, sizeof seccomp_allowed / sizeof(int),
              SECCOMP_RET_ALLOW);
    put_calls(p, seccomp_unknown, sizeof seccomp_unknown / sizeof(int),
              REFUSED(ENOSYS));
    put_conditions(p);
    put_answer(p, REFUSED(EPERM));
}

enum status seccomp_enter(struct err *err)
{
#ifdef NATIVE
    if (SANDBOX_SANITIZED)
        return err_set(err, ST_NONE, "seccomp: a sanitizer is built in");
    static struct program program;
    program.count = 0;
    compile(&program, NATIVE);
    struct sock_fprog filter = {program.count, program.code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
        return err_set(err,
                       errno == EINVAL || errno == ENOSYS ? ST_NONE : ST_TEMP,
                       "seccomp: %s", strerror(errno));
    return ST_OK;
#else
    return err_set(err, ST_NONE, "seccomp: not for this processor");
#endif
}

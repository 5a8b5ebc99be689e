/* What the filter lets pass (seccomp.h): found by running every scenario with a
 * filter that told what it refused, and completed by what belongs together. The
 * old calls are not there on every processor. */
#ifndef SANDBOX_SECCOMP_CALLS_H
#define SANDBOX_SECCOMP_CALLS_H

#include <sys/syscall.h>

static const int seccomp_allowed[] = {
    /* memory; mmap and mprotect have conditions */
    SYS_brk,
    SYS_madvise,
    SYS_membarrier,
    SYS_mincore,
    SYS_mlock,
    SYS_mlock2,
    SYS_mremap,
    SYS_msync,
    SYS_munlock,
    SYS_munmap,
    /* descriptors; ioctl has a condition */
    SYS_close,
    SYS_dup,
    SYS_dup3,
    SYS_eventfd2,
    SYS_fcntl,
    SYS_lseek,
    SYS_pipe2,
    SYS_pread64,
    SYS_preadv,
    SYS_preadv2,
    SYS_pwrite64,
    SYS_pwritev,
    SYS_pwritev2,
    SYS_read,
    SYS_readv,
    SYS_sendfile,
    SYS_signalfd4,
    SYS_timerfd_create,
    SYS_timerfd_gettime,
    SYS_timerfd_settime,
    SYS_write,
    SYS_writev,
    /* files */
    SYS_chdir,
    SYS_faccessat,
    SYS_fadvise64,
    SYS_fallocate,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fdatasync,
    SYS_flock,
    SYS_fstat,
    SYS_fstatfs,
    SYS_fsync,
    SYS_ftruncate,
    SYS_getcwd,
    SYS_getdents64,
    SYS_linkat,
    SYS_mkdirat,
    SYS_newfstatat,
    SYS_openat,
    SYS_readlinkat,
    SYS_renameat2,
    SYS_statfs,
    SYS_statx,
    SYS_sync_file_range,
    SYS_truncate,
    SYS_umask,
    SYS_unlinkat,
    SYS_utimensat,
    /* waiting */
    SYS_clock_getres,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_gettimeofday,
    SYS_nanosleep,
    SYS_ppoll,
    SYS_pselect6,
    SYS_restart_syscall,
    /* the network; socket and socketpair have conditions */
    SYS_accept,
    SYS_accept4,
    SYS_bind,
    SYS_connect,
    SYS_getpeername,
    SYS_getsockname,
    SYS_getsockopt,
    SYS_listen,
    SYS_recvfrom,
    SYS_recvmmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_sendmsg,
    SYS_sendto,
    SYS_setsockopt,
    SYS_shutdown,
    /* threads, children and their end (base/tryout.h); clone has a condition */
    SYS_exit,
    SYS_exit_group,
    SYS_futex,
    SYS_get_robust_list,
    SYS_gettid,
    SYS_rseq,
    SYS_sched_getaffinity,
    SYS_sched_yield,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_tgkill,
    SYS_wait4,
    /* signals to itself */
    SYS_rt_sigaction,
    SYS_rt_sigpending,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigsuspend,
    SYS_rt_sigtimedwait,
    SYS_sigaltstack,
    /* what it is */
    SYS_getcpu,
    SYS_getegid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getgroups,
    SYS_getpid,
    SYS_getppid,
    SYS_getrandom,
    SYS_getresgid,
    SYS_getresuid,
    SYS_getrusage,
    SYS_getuid,
    SYS_prctl,
    SYS_prlimit64,
    SYS_sysinfo,
    SYS_times,
    SYS_uname,
#ifdef SYS_access
    SYS_access,
#endif
#ifdef SYS_arch_prctl
    SYS_arch_prctl,
#endif
#ifdef SYS_chmod
    SYS_chmod,
#endif
#ifdef SYS_dup2
    SYS_dup2,
#endif
#ifdef SYS_epoll_create
    SYS_epoll_create,
#endif
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
#ifdef SYS_eventfd
    SYS_eventfd,
#endif
#ifdef SYS_fork
    SYS_fork,
#endif
#ifdef SYS_getdents
    SYS_getdents,
#endif
#ifdef SYS_getrlimit
    SYS_getrlimit,
#endif
#ifdef SYS_link
    SYS_link,
#endif
#ifdef SYS_lstat
    SYS_lstat,
#endif
#ifdef SYS_mkdir
    SYS_mkdir,
#endif
#ifdef SYS_open
    SYS_open,
#endif
#ifdef SYS_pipe
    SYS_pipe,
#endif
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_readlink
    SYS_readlink,
#endif
#ifdef SYS_rename
    SYS_rename,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_rmdir
    SYS_rmdir,
#endif
#ifdef SYS_select
    SYS_select,
#endif
#ifdef SYS_setrlimit
    SYS_setrlimit,
#endif
#ifdef SYS_signalfd
    SYS_signalfd,
#endif
#ifdef SYS_stat
    SYS_stat,
#endif
#ifdef SYS_time
    SYS_time,
#endif
#ifdef SYS_unlink
    SYS_unlink,
#endif
#ifdef SYS_utime
    SYS_utime,
#endif
#ifdef SYS_utimes
    SYS_utimes,
#endif
#ifdef SYS_vfork
    SYS_vfork,
#endif
};

/* Tried first by libraries that know the older call too. */
static const int seccomp_unknown[] = {
#ifdef SYS_cachestat
    SYS_cachestat,
#endif
#ifdef SYS_clone3
    SYS_clone3,
#endif
#ifdef SYS_close_range
    SYS_close_range,
#endif
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif
#ifdef SYS_fchmodat2
    SYS_fchmodat2,
#endif
#ifdef SYS_futex_waitv
    SYS_futex_waitv,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup,
#endif
#ifdef SYS_map_shadow_stack
    SYS_map_shadow_stack,
#endif
#ifdef SYS_mseal
    SYS_mseal,
#endif
#ifdef SYS_openat2
    SYS_openat2,
#endif
#ifdef SYS_pidfd_open
    SYS_pidfd_open,
#endif
};

#endif

/* seccomp - the calls of the kernel that the process may still make, from now
 * on and for good (seccomp(2)): those of a server that talks, stores and
 * looks up. All others, the dangerous ones among them (another program, other
 * processes' memory, mounts, modules, other kinds of sockets, new namespaces,
 * another user), fail with EPERM; what libraries try first and can do without
 * fails with ENOSYS.
 *
 * It holds for the calling thread and those that it makes: call it before the
 * first other one, and after the last change of user. */
#ifndef SANDBOX_SECCOMP_H
#define SANDBOX_SECCOMP_H

#include "base/status.h"

/* seccomp_enter - ST_NONE: not on this kernel or processor, or with a
 * sanitizer; err says why. */
enum status seccomp_enter(struct err *err) MUST_USE;

#endif

#include "sandbox/cores.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"
#include "sandbox/sanitized.h"

void cores_forbid(void)
{
    const struct rlimit none = {0, 0};
    if (SANDBOX_SANITIZED)
        return;
    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        log_warn("sandbox", "a core is possible", "%s", "");
}

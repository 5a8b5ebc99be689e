/* A configuration by anybody; and, behind a line "---", a file of organizations
 * that must fit it. Faults are told in lines with their place; none told means
 * that there is a configuration. */
#include "app/config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/test_fuzz.h"
#include "base/tryout.h"

/* No child: what dies here is to be seen. */
enum tryout_end tryout_run(void (*fn)(void *ctx), void *ctx, unsigned cpu_s)
{
    (void)fn;
    (void)ctx;
    (void)cpu_s;
    return TRYOUT_END_WELL;
}

/* The file as its reader opens it. */
static const char *file_of(struct arena *arena, struct slice text, int *fd)
{
    *fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_MUST(*fd >= 0 && write(*fd, text.p, text.n) == (ssize_t)text.n);
    return arena_printf(arena, "/proc/self/fd/%d", *fd);
}

static void check_faults(const struct faults *faults)
{
    struct slice text = buf_slice(&faults->text);
    FUZZ_MUST((faults->count > 0) == (text.n > 0));
    while (text.n) {
        struct slice line = slice_cut(&text, '\n');
        FUZZ_MUST(line.n > strlen("/proc/self/fd/"));
        FUZZ_MUST(memcmp(line.p, "/proc/self/fd/", 14) == 0);
    }
}

static void check_organizations(struct arena *arena, struct slice text,
                                const struct config *config)
{
    struct faults faults;
    struct config_list list;
    int fd;
    faults_init(&faults, file_of(arena, text, &fd));
    bool good = config_organizations_load(arena, &faults, config, &list);
    FUZZ_MUST(good == (faults.count == 0));
    check_faults(&faults);
    faults_release(&faults);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size), text = in, rest = {in.p, 0};
    const char *mark = in.n ? memmem(in.p, in.n, "\n---\n", 5) : NULL;
    if (mark) {
        text.n = (size_t)(mark - in.p) + 1;
        rest = slice_from(in, text.n + 4);
    }
    struct faults faults;
    int fd;
    faults_init(&faults, file_of(arena, text, &fd));
    const struct config *config = config_load(arena, &faults);
    FUZZ_MUST(!config == (faults.count > 0));
    check_faults(&faults);
    if (config && rest.n)
        check_organizations(arena, rest, config);
    faults_release(&faults);
    close(fd);
    arena_destroy(&arena);
    return 0;
}

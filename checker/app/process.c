#include "kit/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void child(const char *const *argv, const char *folder,
                            int out, bool with_stderr)
{
    if (folder && chdir(folder) < 0)
        _exit(126);
    dup2(out, STDOUT_FILENO);
    if (with_stderr)
        dup2(out, STDERR_FILENO);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    size_t n = 0;
    while (argv[n])
        n++;
    char **copy = xcalloc(n + 1, sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(argv[i]);
    execvp(copy[0], copy);
    _exit(127);
}

enum status process_start(const char *const *argv, const char *folder,
                          bool with_stderr, struct process *out,
                          struct err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return err_set(err, ST_TEMP, "no pipe for %s: %s", argv[0],
                       strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child(argv, folder, fds[1], with_stderr);
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return err_set(err, ST_TEMP, "no process for %s: %s", argv[0],
                       strerror(errno));
    }
    *out = (struct process){pid, fdopen(fds[0], "r")};
    if (!out->out)
        BUG("fdopen");
    return ST_OK;
}

int process_end(struct process *process)
{
    fclose(process->out);
    int status = 0;
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

enum status process_capture(struct arena *arena, const char *const *argv,
                            const char *folder, const char **text_out,
                            int *code_out, struct err *err)
{
    struct process p;
    enum status status = process_start(argv, folder, true, &p, err);
    if (status != ST_OK)
        return status;
    char *text = NULL, octets[4096];
    size_t n, size;
    FILE *to = open_memstream(&text, &size);
    while ((n = fread(octets, 1, sizeof(octets), p.out)) > 0)
        fwrite(octets, 1, n, to);
    fclose(to);
    *code_out = process_end(&p);
    *text_out = arena_strdup(arena, text);
    free(text);
    if (*code_out == 127)
        return err_set(err, ST_TEMP, "%s: cannot be run", argv[0]);
    return ST_OK;
}

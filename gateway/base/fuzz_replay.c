/* fuzz_replay - the main program of a fuzz target that is built without a
 * fuzzer: replays the files and folders that it is given, each file in memory
 * of exactly its size. No file at all is a failure. */
#include "base/test_fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static int replay(const char *path);

static int replay_folder(const char *path)
{
    struct dirent **names;
    int count = 0, n = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *inner = xasprintf("%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            count += replay(inner);
        free(inner);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return count;
}

/* Returns how many files there were; the latest name printed is the culprit. */
static int replay(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return replay_folder(path);
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t size = (size_t)st.st_size;
    uint8_t *data = xmalloc(size);
    printf("%s\n", path);
    fflush(stdout);
    bool is_whole = fread(data, 1, size, file) == size;
    fclose(file);
    if (is_whole)
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    return is_whole;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%d inputs replayed\n", count);
    return count == 0;
}

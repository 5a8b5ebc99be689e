#include "app/journal_past.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Lines of any length pass through a window of fixed size. A pipe keeps
 * nothing, and to open it would wait. */
bool journal_has_past(const char *path)
{
    struct stat st;
    static const char accepted[] = "{\"event\":\"accepted\"";
    char window[4096];
    bool found = false, is_line_start = true;
    bool is_file = path && stat(path, &st) == 0 && S_ISREG(st.st_mode);
    FILE *in = is_file ? fopen(path, "re") : NULL;
    while (in && !found && fgets(window, sizeof window, in)) {
        found = is_line_start &&
                strncmp(window, accepted, sizeof accepted - 1) == 0;
        is_line_start = strchr(window, '\n') != NULL;
    }
    if (in)
        fclose(in);
    return found;
}

/* Preloaded into the target's program for `gateway: {dies: ...}`: it aborts
 * when the words of LASTHOP_DIES are written into its journal one after the
 * other, as a fault in its own code would end it there (KEEP-4). Nothing of
 * this is in the target: json_string(), by which it writes them, is taken over.
 */
#include <dlfcn.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef json_t *string_fn(const char *text);

/* The words met so far; a first word begins anew. One thread writes lines. */
static bool is_last_word(const char *text)
{
    static const char *at;
    const char *words = getenv("LASTHOP_DIES");
    if (!words || !text)
        return false;
    size_t first = strcspn(words, " "), n = strlen(text);
    if (n == first && strncmp(text, words, n) == 0)
        at = words;
    if (!at)
        return false;
    size_t next = strcspn(at, " ");
    if (n != next || strncmp(text, at, n) != 0)
        return false;
    at += next + strspn(at + next, " ");
    return !*at;
}

json_t *json_string(const char *text)
{
    static union {
        void *found;
        string_fn *call;
    } real;
    if (!real.found)
        real.found = dlsym(RTLD_NEXT, "json_string");
    if (is_last_word(text))
        abort();
    return real.call(text);
}

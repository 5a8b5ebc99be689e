/* test_folder - for tests: a folder of their own, and its removal. */
#ifndef BASE_TEST_FOLDER_H
#define BASE_TEST_FOLDER_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool test_folder_make(char path[64], const char *word)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, 64, "%s/lasthop-%s-XXXXXX",
             base && strlen(base) < 30 ? base : "/tmp", word);
    return mkdtemp(path) != NULL;
}

static inline int test_folder_drop(const char *path, const struct stat *st,
                                   int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

/* With all that is in it. */
static inline void test_folder_remove(const char *path)
{
    nftw(path, test_folder_drop, 8, FTW_DEPTH | FTW_PHYS);
}

#endif

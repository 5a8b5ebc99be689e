/* dkim_test_key - a key whose record can stand in a table; for tests alone. Of
 * RFC 8463 A.1. */
#ifndef MAIL_DKIM_TEST_KEY_H
#define MAIL_DKIM_TEST_KEY_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mail/dkim.h"

#define DKIM_TEST_RECORD                                                       \
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static inline struct dkim_key *dkim_test_key(void)
{
    char path[] = "/tmp/lasthop-test-key-XXXXXX";
    struct dkim_key *key = NULL;
    struct err err;
    FILE *file = fdopen(mkstemp(path), "w");
    if (!file)
        abort();
    fputs("-----BEGIN PRIVATE KEY-----\n"
          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
          "-----END PRIVATE KEY-----\n",
          file);
    fclose(file);
    enum status status = dkim_key_load(path, &key, &err);
    unlink(path);
    if (status != ST_OK)
        abort();
    return key;
}

#endif

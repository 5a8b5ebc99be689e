/* test_dkim - for tests: the signatures of RFC 8463's appendix, and how one is
 * verified. Behind cmocka.h. */
#ifndef MAIL_TEST_DKIM_H
#define MAIL_TEST_DKIM_H

#include <stdio.h>
#include <string.h>

#include "mail/dkim_verify.h"

#define ED_RECORD                                                              \
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA_RECORD                                                             \
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5" \
    "V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/"  \
    "BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kr"  \
    "yOTIKT+l/K4w3QIDAQAB"

/* RFC 8463 A.3 */
static const char appendix[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n";

/* The n-th DKIM-Signature of the message, held against one key record. */
static inline const char *verify(struct slice octets, size_t n,
                                 const char *record, int64_t now_s)
{
    static char why[200];
    struct arena *arena = arena_create();
    struct mail_message message = mail_parse(arena, octets);
    struct dkim_signature signature;
    struct slice text = slice_of(record ? record : "");
    const char *fault = "no signature";
    for (size_t i = 0; i < message.field_count; i++) {
        if (!dkim_field_is(&message.fields[i]) || n-- != 0)
            continue;
        fault = dkim_signature_parse(arena, &message.fields[i], &signature)
                    ? dkim_verify(arena, &message, &signature, &text,
                                  record != NULL, now_s)
                    : "no domain";
    }
    snprintf(why, sizeof why, "%s", fault ? fault : "good");
    arena_destroy(&arena);
    return why;
}

/* text with the first `from` replaced */
static inline struct slice changed(struct arena *arena, const char *text,
                                   const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    return slice_of(arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to,
                                 at + strlen(from)));
}

#endif

/* test_mail - for tests of what leaves the gateway: a message with all that
 * must not leave, and what is asked of texts. Behind cmocka.h. */
#ifndef MAIL_TEST_MAIL_H
#define MAIL_TEST_MAIL_H

#include <gmime/gmime.h>
#include <string.h>

#include "base/alloc.h"

static struct arena *arena;

static inline int setup(void **state)
{
    (void)state;
    g_mime_init();
    arena = arena_create();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

static inline const char *text(struct slice s)
{
    return arena_text(arena, s);
}

static inline bool has(struct slice s, const char *needle)
{
    return memmem(s.p, s.n, needle, strlen(needle)) != NULL;
}

static inline void assert_has(struct slice s, const char *needle)
{
    if (!has(s, needle))
        fail_msg("no \"%s\" in:\n%s", needle, text(s));
}

static inline void assert_has_not(struct slice s, const char *needle)
{
    if (has(s, needle))
        fail_msg("\"%s\" in:\n%s", needle, text(s));
}

/* Every line ends in CRLF, holds no other CR or LF and is not over-long. */
static inline void assert_lines(struct slice s)
{
    size_t used = 0;
    for (size_t i = 0; i < s.n; i++, used++) {
        if (s.p[i] == '\r') {
            assert_true(i + 1 < s.n && s.p[i + 1] == '\n');
            assert_true(used <= 998);
        }
        if (s.p[i] == '\n') {
            assert_true(i > 0 && s.p[i - 1] == '\r');
            used = (size_t)-1;
        }
    }
    assert_true(s.n >= 2 && s.p[s.n - 1] == '\n');
}

static const char original[] =
    "Received: from a by b; Mon, 02 Mar 2026 08:00:00 +0000\r\n"
    "Return-Path: <x@clinic.example>\r\n"
    "From: \"Jansen, Jan\" <jansen@clinic.example>\r\n"
    "To: bob@hospital.example,\r\n"
    "\tcarl@hospital.example\r\n"
    "BCC : eve@lab.example\r\n"
    "Subject: Appointment\r\n"
    "Zivver-Access-Right: bob@hospital.example sms\r\n"
    " +31612345678\r\n"
    "zivver-anything: x\r\n"
    "X-Odd:   kept   as it came  \r\n"
    "\r\n"
    "Bcc: this is body\r\n"
    "\r\n"
    "zivver-access-right: body too \x01\xff\r\n";

static inline struct slice original_slice(void)
{
    return (struct slice){original, sizeof original - 1};
}

#endif

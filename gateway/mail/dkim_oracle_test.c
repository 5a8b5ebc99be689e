/* A second opinion: what our signer makes of many messages, OpenDKIM's library
 * verifies, and where one octet is changed it does not. Skipped where the
 * library is not installed (libopendkim11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "mail/dkim_seal.h"

enum { MESSAGES = 400, MESSAGE_BYTES = 1 << 16, STAT_OK = 0, NOT_FOUND = 3 };

/* Its header is not included: it has names of ours. */
struct library {
    void *handle, *lib;
    void *(*init)(void *, void *);
    void (*close)(void *);
    void *(*verify)(void *lib, const unsigned char *id, void *closure,
                    int *status);
    int (*set_key_lookup)(void *lib,
                          int (*)(void *, void *, unsigned char *, size_t));
    int (*chunk)(void *dkim, unsigned char *octets, size_t n);
    int (*eom)(void *dkim, _Bool *testkey);
    int (*free)(void *dkim);
};

static const char *record;

static int find_key(void *dkim, void *signature, unsigned char *out, size_t n)
{
    (void)dkim;
    (void)signature;
    if (strlen(record) >= n)
        return NOT_FOUND;
    memcpy(out, record, strlen(record) + 1);
    return 0;
}

static bool load(struct library *l)
{
    l->handle = dlopen("libopendkim.so.11", RTLD_NOW | RTLD_DEEPBIND);
    if (!l->handle)
        return false;
    const struct {
        const char *name;
        void *function;
    } names[] = {{"dkim_init", &l->init},
                 {"dkim_close", &l->close},
                 {"dkim_verify", &l->verify},
                 {"dkim_set_key_lookup", &l->set_key_lookup},
                 {"dkim_chunk", &l->chunk},
                 {"dkim_eom", &l->eom},
                 {"dkim_free", &l->free}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *symbol = dlsym(l->handle, names[i].name);
        assert_non_null(symbol);
        memcpy(names[i].function, &symbol, sizeof symbol);
    }
    l->lib = l->init(NULL, NULL);
    assert_non_null(l->lib);
    l->set_key_lookup(l->lib, find_key);
    return true;
}

static bool verifies(const struct library *l, struct slice octets)
{
    int status = -1;
    _Bool is_test = false;
    char copy[2 * MESSAGE_BYTES];
    void *dkim = l->verify(l->lib, (const unsigned char *)"id", NULL, &status);
    assert_non_null(dkim);
    assert_true(octets.n < sizeof copy);
    memcpy(copy, octets.p, octets.n);
    status = l->chunk(dkim, (unsigned char *)copy, octets.n);
    if (status == STAT_OK)
        status = l->chunk(dkim, NULL, 0);
    if (status == STAT_OK)
        status = l->eom(dkim, &is_test);
    l->free(dkim);
    return status == STAT_OK;
}

/* --- messages ------------------------------------------------------------- */

static size_t pick(struct prng *prng, size_t n)
{
    return (size_t)prng_below(prng, n);
}

static void put_text(struct buf *out, struct prng *prng, size_t most)
{
    static const char *const pieces[] = {"a",  "word", " ",     "  ",    "\t",
                                         ".",  "é",    "=3D",   "x y z", ":",
                                         "\"", ";",    "b=d\\", "\xff"};
    for (size_t n = pick(prng, most); n > 0; n--)
        buf_puts(out, pieces[pick(prng, sizeof pieces / sizeof *pieces)]);
}

static void put_field(struct buf *out, struct prng *prng, const char *name)
{
    buf_printf(out, "%s:", name);
    do {
        buf_puts(out, pick(prng, 2) ? " x" : "\tx");
        put_text(out, prng, 12);
        buf_puts(out, "\r\n");
    } while (pick(prng, 4) == 0);
}

static void make(struct buf *out, struct prng *prng)
{
    static const char *const names[] = {
        "To",       "CC",      "subject",      "Date",         "Message-ID",
        "Received", "List-Id", "MIME-Version", "Content-Type", "X-Other"};
    buf_reset(out);
    buf_puts(out, "From: jansen@clinic.example\r\n");
    for (size_t n = pick(prng, 14); n > 0; n--)
        put_field(out, prng, names[pick(prng, sizeof names / sizeof *names)]);
    buf_puts(out, "\r\n");
    for (size_t n = pick(prng, 3) ? pick(prng, 30) : 0; n > 0; n--) {
        put_text(out, prng, pick(prng, 2) ? 40 : 1);
        buf_puts(out, "\r\n");
    }
}

static struct slice sealed(struct arena *arena, const struct dkim_seal *seal,
                           struct slice octets)
{
    struct slice body = {NULL, 0};
    struct slice header = dkim_seal(arena, seal, octets, &body);
    char *whole = arena_alloc(arena, header.n + body.n + 1);
    memcpy(whole, header.p, header.n);
    if (body.n)
        memcpy(whole + header.n, body.p, body.n);
    return (struct slice){whole, header.n + body.n};
}

/* A letter of the subject or, without one, of the sender. */
static struct slice spoilt(struct arena *arena, struct slice octets)
{
    char *copy = arena_text(arena, octets);
    char *at = strstr(copy, "\r\nsubject:");
    at = at ? strchr(at, 'x') : strstr(copy, "jansen");
    assert_non_null(at);
    *at = 'y';
    return (struct slice){copy, octets.n};
}

#ifdef __SANITIZE_ADDRESS__
enum { IS_SANITIZED = 1 }; /* it allows no library loaded so deep */
#else
enum { IS_SANITIZED = 0 };
#endif

static void test_opendkim_verifies_what_is_signed(void **state)
{
    (void)state;
    struct library library;
    if (IS_SANITIZED || !load(&library))
        skip();
    struct prng prng = {6376};
    struct arena *arena = arena_create();
    struct dkim_key *key = dkim_key_generate(DKIM_ALGORITHM_RSA_SHA256);
    const struct dkim_selector selector = {"clinic.example", "s1", key};
    const struct dkim_seal seal = {
        .domain = "clinic.example", .signers = {&selector, 1}, .now_s = 1000};
    struct buf mail;
    buf_init(&mail, MESSAGE_BYTES);
    record = dkim_key_record(arena, key);
    for (int i = 0; i < MESSAGES; i++) {
        make(&mail, &prng);
        struct slice octets = sealed(arena, &seal, buf_slice(&mail));
        if (!verifies(&library, octets))
            fail_msg("message %d:\n%.*s", i, SLICE_ARG(octets));
        if (verifies(&library, spoilt(arena, octets)))
            fail_msg("message %d, spoilt, passes:\n%.*s", i, SLICE_ARG(octets));
    }
    buf_release(&mail);
    dkim_key_destroy(&key);
    arena_destroy(&arena);
    library.close(library.lib);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opendkim_verifies_what_is_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

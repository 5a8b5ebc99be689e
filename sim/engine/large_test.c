/* CONN-6, and what it may cost: messages of 50 MB pass through the real gateway
 * in a few MB of its memory. What a process may have of memory of its own
 * (RLIMIT_DATA: heap, stacks, nothing that a file backs) is bounded after it
 * has warmed up; going beyond ends it. Nor may it have more than
 * that of its files resident at once. */
#include "engine/test_gateway.h"

#include <stdio.h>
#include <sys/resource.h>

#ifdef __SANITIZE_ADDRESS__
/* What is freed stays a while, and all of it takes long: the paths alone. */
enum {
    ROOM_BYTES = 512 * 1024 * 1024,
    MESSAGE_BYTES = 16 * 1000 * 1000,
    CONVERTED_BYTES = 2 * 1000 * 1000
};
#else
enum {
    ROOM_BYTES = 4 * 1024 * 1024,
    MESSAGE_BYTES = 50 * 1000 * 1000,
    CONVERTED_BYTES = 20 * 1000 * 1000
};
#endif

static const char world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: tls13\n"
    "  gateway: {message_bytes: \"60000000\"}\n";

static const char world_7bit[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: no-8bitmime\n";

/* "VmData:   1234 kB": of memory of its own; VmHWM: the most that was resident,
 * pages of files too. */
static rlim_t status_bytes(pid_t pid, const char *key)
{
    char path[64], line[256];
    rlim_t kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoul(line + strlen(key), NULL, 10);
    fclose(f);
    assert_true(kib > 0);
    return kib * 1024;
}

/* The peak begins anew; what it is now. */
static rlim_t forget_peak(const struct target *target)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)target_pid(target));
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs("5\n", f);
    assert_int_equal(fclose(f), 0);
    return status_bytes(target_pid(target), "VmHWM:");
}

static void assert_peak(const struct target *target, rlim_t before)
{
    rlim_t peak = status_bytes(target_pid(target), "VmHWM:");
    if (peak > before + ROOM_BYTES)
        fail_msg("%lu KiB were resident, %lu before",
                 (unsigned long)peak / 1024, (unsigned long)before / 1024);
}

static void bound_memory(const struct target *target)
{
    rlim_t bound = status_bytes(target_pid(target), "VmData:") + ROOM_BYTES;
    struct rlimit limit = {bound, bound};
    assert_int_equal(prlimit(target_pid(target), RLIMIT_DATA, &limit, NULL), 0);
}

static struct buf large_message(struct arena *arena, const char *subject)
{
    struct buf out;
    buf_init(&out, MESSAGE_BYTES + 1024);
    buf_puts(&out, test_gateway_header(arena, subject));
    for (unsigned line = 0; out.n < MESSAGE_BYTES - 100; line++)
        buf_printf(&out,
                   "%08u and so on, so that a line has some length of its "
                   "own\r\n",
                   line);
    return out;
}

/* ATTACH-1: its attachment becomes a link, by edits to what lies stored. */
static struct buf large_attachment(struct arena *arena)
{
    struct buf out;
    buf_init(&out, MESSAGE_BYTES + 1024);
    const char *header = test_gateway_header(arena, "attached");
    buf_put(&out, (struct slice){header, strlen(header) - 2});
    buf_puts(&out, "MIME-Version: 1.0\r\n"
                   "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                   "Content-Type: text/plain\r\n\r\nLook.\r\n\r\n--b\r\n"
                   "Content-Type: application/x-large; name=large.bin\r\n"
                   "Content-Disposition: attachment; filename=large.bin\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\n");
    while (out.n < MESSAGE_BYTES - 200)
        buf_puts(&out,
                 "QWxsIG9jdGV0cyBvZiB0aGlzIGxpbmUgYXJlIHRoZSBzYW1lIGFzIG9m"
                 "IHRoZSBvbmUgYmVmb3Jl\r\n");
    buf_puts(&out, "\r\n--b--\r\n");
    return out;
}

static const char *received(const json_t *evidence, size_t at, size_t *n)
{
    const json_t *all = json_object_get(evidence, "received");
    const json_t *content = json_object_get(json_array_get(all, at), "content");
    *n = json_string_length(content);
    if (!content)
        fail_msg("message %zu was not received", at);
    return json_string_value(content);
}

/* The body came through octet for octet. */
static void assert_received(json_t *evidence, size_t at, struct slice sent)
{
    size_t n;
    const char *content = received(evidence, at, &n);
    const char *body = strstr(sent.p, "\r\n\r\n");
    size_t body_n = sent.n - (size_t)(body - sent.p);
    if (n < body_n)
        fail_msg("message %zu: received %zu octets", at, n);
    assert_true(memcmp(content + n - body_n, body, body_n) == 0);
}

static void submit(struct test_gateway *g, struct slice content,
                   size_t chunk_bytes)
{
    const char *reply = test_gateway_submit(g, content, chunk_bytes);
    if (strncmp(reply, "250", 3) != 0)
        fail_msg("%zu octets: %s", content.n, reply);
    test_gateway_settle(g);
}

static void test_large_messages_cost_little_memory(void **state)
{
    (void)state;
    struct test_gateway g;
    test_gateway_start(&g, world, NULL);
    struct buf large = large_message(g.arena, "large");
    struct buf attached = large_attachment(g.arena);
    const char *small = test_gateway_header(g.arena, "small");
    submit(&g, slice_of(small), 0);
    bound_memory(g.stage->target);
    rlim_t resident = forget_peak(g.stage->target);
    submit(&g, buf_slice(&large), 0);
    submit(&g, buf_slice(&large), 100000);
    submit(&g, buf_slice(&attached), 0);
    assert_peak(g.stage->target, resident);
    size_t n;
    json_t *evidence = test_gateway_finish(&g);
    assert_received(evidence, 1, buf_slice(&large));
    assert_received(evidence, 2, buf_slice(&large));
    const char *content = received(evidence, 3, &n);
    assert_true(n < 20000);
    assert_non_null(strstr(content, "/d/"));
    json_decref(evidence);
    buf_release(&large);
    buf_release(&attached);
}

/* MAIL-1: part by part, in the spool. */
static void test_large_conversion_costs_little_memory(void **state)
{
    (void)state;
    struct test_gateway g;
    struct buf large;
    size_t n;
    test_gateway_start(&g, world_7bit, NULL);
    buf_init(&large, MESSAGE_BYTES + 1024);
    const char *header = test_gateway_header(g.arena, "eight-bit");
    buf_put(&large, (struct slice){header, strlen(header) - 2});
    buf_puts(&large, "MIME-Version: 1.0\r\nContent-Type: text/plain; "
                     "charset=utf-8\r\n\r\n");
    while (large.n < CONVERTED_BYTES)
        buf_puts(&large, "gr\xc3\xbc\xc3\x9f, and so on and so forth\r\n");
    submit(&g, slice_of(test_gateway_header(g.arena, "small")), 0);
    bound_memory(g.stage->target);
    rlim_t resident = forget_peak(g.stage->target);
    submit(&g, buf_slice(&large), 0);
    assert_peak(g.stage->target, resident);
    json_t *evidence = test_gateway_finish(&g);
    const char *content = received(evidence, 1, &n);
    assert_non_null(strstr(content, "\r\ngr=C3=BC=C3=9F, and so on"));
    assert_true(n > CONVERTED_BYTES);
    json_decref(evidence);
    buf_release(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_messages_cost_little_memory),
        cmocka_unit_test(test_large_conversion_costs_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

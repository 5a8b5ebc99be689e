#include "rules/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(rows) (sizeof rows / sizeof *rows)

static void test_ip_block_holds_by_leading_bits(void **state)
{
    static const struct {
        const char *block, *ip;
        bool has;
    } rows[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.0", false},
        {"192.0.2.1/31", "192.0.2.0", true},
        {"0.0.0.0/0", "255.255.255.255", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"2001:db8::1", "2001:db8::1", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ip_block block;
        struct ip ip;
        assert_true(ip_block_parse(slice_of(rows[i].block), &block));
        assert_true(ip_parse(slice_of(rows[i].ip), &ip));
        if (ip_block_has(&block, &ip) != rows[i].has)
            fail_msg("%s in %s", rows[i].ip, rows[i].block);
    }
}

static void test_ip_block_malformed_is_refused(void **state)
{
    static const char *const texts[] = {
        "",           "192.0.2",        "192.0.2.0/",   "192.0.2.0/33",
        "192.0.2.01", "192.0.2.0/-1",   "::/129",       "192.0.2.0/2x",
        "host",       "192.0.2.0/24/8", "2001:db8::g/8"};
    struct ip_block block;
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (ip_block_parse(slice_of(texts[i]), &block))
            fail_msg("taken: %s", texts[i]);
}

static void test_ip_mapped_becomes_ip4(void **state)
{
    struct arena *arena = arena_create();
    struct ip ip;
    (void)state;
    assert_true(ip_parse(slice_of("::FFFF:192.0.2.3"), &ip));
    ip_unmap(&ip);
    assert_string_equal(ip_text(arena, &ip), "192.0.2.3");
    assert_true(ip_parse(slice_of("::FFFE:192.0.2.3"), &ip));
    ip_unmap(&ip);
    assert_int_equal(ip.bits, IP6_BITS);
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip_block_holds_by_leading_bits),
        cmocka_unit_test(test_ip_block_malformed_is_refused),
        cmocka_unit_test(test_ip_mapped_becomes_ip4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

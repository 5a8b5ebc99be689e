/* Which addresses are one client (CONN-10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/address.h"

static void test_client_key_of_an_address(void **state)
{
    static const struct {
        const char *address, *key;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::1", "::/64"},
        {"2001:db8:1:2::1", "2001:db8:1:2::/64"},
        {"2001:0DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
        {"2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222::/64"},
        {"unix", "unix"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char key[NET_ADDRESS_TEXT_BYTES];
        net_client_key(rows[i].address, key);
        assert_string_equal(key, rows[i].key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_key_of_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

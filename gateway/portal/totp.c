#include "portal/totp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_MAX = 128, HMAC_BYTES = 20 };

/* RFC 4648 6; the number of octets, 0: not base32 or too long. */
static size_t decode(const char *text, unsigned char out[SECRET_MAX])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0, held = 0;
    size_t n = 0;
    for (; *text && *text != '='; text++) {
        const char *at = strchr(letters, *text);
        if (!at || n == SECRET_MAX)
            return 0;
        bits = (bits << 5 | (unsigned)(at - letters)) & 0xfff;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[n++] = (unsigned char)(bits >> held & 0xff);
        }
    }
    return n;
}

/* RFC 4226 5.3. */
bool totp_code(const char *secret, int64_t step, char out[TOTP_DIGITS + 1])
{
    unsigned char key[SECRET_MAX], counter[8], digest[HMAC_BYTES];
    size_t n = decode(secret, key);
    for (int i = 0; i < 8; i++)
        counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i) & 0xff);
    bool ok = n && HMAC(EVP_sha1(), key, (int)n, counter, sizeof counter,
                        digest, NULL);
    OPENSSL_cleanse(key, sizeof key);
    if (!ok)
        return false;
    unsigned at = digest[HMAC_BYTES - 1] & 0xf;
    uint32_t value = (uint32_t)(digest[at] & 0x7f) << 24 |
                     (uint32_t)digest[at + 1] << 16 |
                     (uint32_t)digest[at + 2] << 8 | digest[at + 3];
    snprintf(out, TOTP_DIGITS + 1, "%06u", (unsigned)(value % 1000000));
    return true;
}

int64_t totp_check(const char *secret, const char *code, int64_t now_s)
{
    int64_t now = now_s / TOTP_PERIOD_S, found = 0;
    char expected[TOTP_DIGITS + 1];
    if (strlen(code) != TOTP_DIGITS)
        return 0;
    for (int64_t step = now - 1; step <= now + 1; step++)
        if (totp_code(secret, step, expected) &&
            CRYPTO_memcmp(expected, code, TOTP_DIGITS) == 0)
            found = step;
    OPENSSL_cleanse(expected, sizeof expected);
    return found;
}

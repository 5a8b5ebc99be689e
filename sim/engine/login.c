#include "engine/login.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>

enum { SECRET_OCTETS = 20, PERIOD_S = 30, DIGITS = 1000000 };

static void make_secret(struct arena *arena, const char *address,
                        unsigned char out[EVP_MAX_MD_SIZE])
{
    char *text = arena_printf(arena, "time-based codes of %s", address);
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (!EVP_Digest(text, strlen(text), out, NULL, EVP_sha256(), NULL))
        BUG("no SHA-256");
}

const char *login_password(struct arena *arena, const char *address)
{
    struct slice rest = slice_of(address);
    struct slice local = slice_cut(&rest, '@');
    return arena_printf(arena, "portal %.*s", SLICE_ARG(local));
}

const char *login_secret(struct arena *arena, const char *address)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char secret[EVP_MAX_MD_SIZE];
    char *out = arena_alloc(arena, SECRET_OCTETS * 8 / 5 + 1), *p = out;
    unsigned bits = 0, held = 0;
    make_secret(arena, address, secret);
    for (size_t i = 0; i < SECRET_OCTETS; i++) {
        held = (held << 8) | secret[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *p++ = letters[(held >> (bits - 5)) & 31];
    }
    return out;
}

/* RFC 4226 5.3. */
const char *login_code(struct arena *arena, const char *address, int64_t now_s)
{
    unsigned char secret[EVP_MAX_MD_SIZE], counter[8], mac[EVP_MAX_MD_SIZE];
    size_t n = 0;
    uint64_t step = (uint64_t)(now_s / PERIOD_S);
    make_secret(arena, address, secret);
    for (int i = 7; i >= 0; i--, step >>= 8)
        counter[i] = (unsigned char)(step & 0xff);
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, secret, SECRET_OCTETS,
                   counter, sizeof counter, mac, sizeof mac, &n))
        BUG("no HMAC");
    const unsigned char *at = mac + (mac[19] & 15);
    uint32_t value = ((uint32_t)(at[0] & 0x7f) << 24) |
                     ((uint32_t)at[1] << 16) | ((uint32_t)at[2] << 8) | at[3];
    return arena_printf(arena, "%06u", value % DIGITS);
}

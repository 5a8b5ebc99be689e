/* Kept are, as texts: a code "code:SALT:MARK", longer than any code may be
 * (RIGHT-3), so that none can be taken for it; what is sealed "seal:" and
 * nonce, tag and octets in base64. */
#include "store/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/random.h"

enum { NONCE_BYTES = 12, TAG_BYTES = 16, SALT_BYTES = 8 };
enum { HEAD_BYTES = NONCE_BYTES + TAG_BYTES };

static const char code_head[] = "code:", seal_head[] = "seal:";
enum { CODE_HEAD = sizeof code_head - 1, SALT_DIGITS = 2 * SALT_BYTES };

struct vault {
    unsigned char key[VAULT_KEY_BYTES]; /* all others are derived from it */
    unsigned char seal[VAULT_KEY_BYTES];
};

/* -- the file -------------------------------------------------------------- */

static enum status fault(const char *path, struct err *err)
{
    return err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
}

static enum status check_file(const char *path, int fd, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fault(path, err);
    if (!S_ISREG(st.st_mode) || st.st_mode & 077)
        return err_set(err, ST_TEMP, "%s: others may read it", path);
    return st.st_size == VAULT_KEY_BYTES
               ? ST_OK
               : err_set(err, ST_TEMP, "%s: is no key", path);
}

static enum status read_key(const char *path, unsigned char *key,
                            struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? err_set(err, ST_NONE,
                                         "%s: is not there, and without it the "
                                         "database cannot be read",
                                         path)
                               : fault(path, err);
    enum status status = check_file(path, fd, err);
    if (status == ST_OK && read(fd, key, VAULT_KEY_BYTES) != VAULT_KEY_BYTES)
        status = fault(path, err);
    close(fd);
    return status;
}

static bool write_new(const char *path, const unsigned char *key)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, key, VAULT_KEY_BYTES) == VAULT_KEY_BYTES &&
                fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

/* Whole, and on the disk, before anything is kept by it. */
static enum status make_key(const char *directory, const char *path,
                            unsigned char *key, struct err *err)
{
    char *fresh = xasprintf("%s.new", path);
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    random_bytes(key, VAULT_KEY_BYTES);
    bool good = folder >= 0 && write_new(fresh, key) &&
                rename(fresh, path) == 0 && fsync(folder) == 0;
    enum status status = good ? ST_OK : fault(path, err);
    if (folder >= 0)
        close(folder);
    free(fresh);
    return status;
}

/* Not among what is read and written: guarded, and in no core. */
static struct vault *vault_alloc(void)
{
    struct vault *vault = OPENSSL_secure_zalloc(sizeof *vault);
    if (!vault)
        BUG("no memory for the vault");
    return vault;
}

enum status vault_open(const char *directory, bool may_make, struct vault **out,
                       struct err *err)
{
    char *path = xasprintf("%s/secret.key", directory);
    struct vault *vault = vault_alloc();
    enum status status = read_key(path, vault->key, err);
    if (status == ST_NONE)
        status =
            may_make ? make_key(directory, path, vault->key, err) : ST_TEMP;
    free(path);
    vault_derive(vault, "seal", vault->seal);
    if (status != ST_OK)
        vault_close(&vault);
    *out = vault;
    return status;
}

void vault_close(struct vault **vault)
{
    if (!*vault)
        return;
    OPENSSL_secure_clear_free(*vault, sizeof **vault);
    *vault = NULL;
}

/* -- marks ----------------------------------------------------------------- */

static void hash(const struct vault *vault, const char *use, const char *salt,
                 const char *text, unsigned char out[VAULT_KEY_BYTES])
{
    char *all = xasprintf("%s:%s:%s", use, salt, text);
    unsigned n = 0;
    if (!HMAC(EVP_sha256(), vault->key, VAULT_KEY_BYTES, (unsigned char *)all,
              strlen(all), out, &n) ||
        n != VAULT_KEY_BYTES)
        BUG("no HMAC");
    OPENSSL_cleanse(all, strlen(all));
    free(all);
}

void vault_derive(const struct vault *vault, const char *use,
                  unsigned char out[VAULT_KEY_BYTES])
{
    hash(vault, "key", use, "", out);
}

static void mark(const struct vault *vault, const char *use, const char *salt,
                 const char *text, char out[VAULT_MARK_BYTES])
{
    unsigned char octets[VAULT_KEY_BYTES];
    hash(vault, use, salt, text, octets);
    for (size_t i = 0; i < sizeof octets; i++)
        snprintf(out + 2 * i, 3, "%02x", octets[i]);
}

void vault_mark(const struct vault *vault, const char *use, const char *text,
                char out[VAULT_MARK_BYTES])
{
    mark(vault, use, "", text, out);
}

const char *vault_code(const struct vault *vault, struct arena *arena,
                       const char *code)
{
    char salt[2 * SALT_BYTES + 1], digits[VAULT_MARK_BYTES];
    random_hex(salt, SALT_BYTES);
    mark(vault, "code", salt, code, digits);
    return arena_printf(arena, "%s%s:%s", code_head, salt, digits);
}

static bool is_same(const char *a, const char *b)
{
    size_t n = strlen(a);
    return n && strlen(b) == n && CRYPTO_memcmp(a, b, n) == 0;
}

bool vault_is_kept(const char *text)
{
    return strncmp(text, code_head, CODE_HEAD) == 0 &&
           strlen(text) == CODE_HEAD + SALT_DIGITS + VAULT_MARK_BYTES;
}

bool vault_is_code(const struct vault *vault, const char *kept,
                   const char *given)
{
    char salt[SALT_DIGITS + 1], digits[VAULT_MARK_BYTES];
    if (!kept)
        return false;
    if (!vault_is_kept(kept))
        return is_same(given, kept);
    memcpy(salt, kept + CODE_HEAD, SALT_DIGITS);
    salt[SALT_DIGITS] = 0;
    mark(vault, "code", salt, given, digits);
    return is_same(digits, kept + CODE_HEAD + SALT_DIGITS + 1);
}

/* -- seals ----------------------------------------------------------------- */

static void must(int done)
{
    if (done != 1)
        BUG("no AES-256-GCM");
}

const char *vault_seal(const struct vault *vault, struct arena *arena,
                       const char *use, struct slice octets)
{
    size_t n = HEAD_BYTES + octets.n;
    unsigned char *out = arena_alloc(arena, n);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int done = 0;
    random_bytes(out, NONCE_BYTES);
    must(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, vault->seal, out));
    must(EVP_EncryptUpdate(c, NULL, &done, (const unsigned char *)use,
                           (int)strlen(use)));
    if (octets.n)
        must(EVP_EncryptUpdate(c, out + HEAD_BYTES, &done,
                               (const unsigned char *)octets.p, (int)octets.n));
    must(EVP_EncryptFinal_ex(c, out + HEAD_BYTES + octets.n, &done));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
                             out + NONCE_BYTES));
    EVP_CIPHER_CTX_free(c);
    return arena_printf(
        arena, "%s%s", seal_head,
        base64_encode(arena, (struct slice){(const char *)out, n}));
}

static bool open_seal(const struct vault *vault, const char *use,
                      struct slice in, unsigned char *out)
{
    unsigned char head[HEAD_BYTES];
    int n = (int)(in.n - HEAD_BYTES), done = 0;
    memcpy(head, in.p, HEAD_BYTES);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    must(EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, vault->seal, head));
    must(EVP_DecryptUpdate(c, NULL, &done, (const unsigned char *)use,
                           (int)strlen(use)));
    if (n)
        must(EVP_DecryptUpdate(c, out, &done,
                               (const unsigned char *)in.p + HEAD_BYTES, n));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
                             head + NONCE_BYTES));
    bool good = EVP_DecryptFinal_ex(c, out + n, &done) == 1;
    EVP_CIPHER_CTX_free(c);
    return good;
}

enum status vault_unseal(const struct vault *vault, struct arena *arena,
                         const char *use, struct slice sealed,
                         struct slice *out, struct err *err)
{
    enum { HEAD = sizeof seal_head - 1 };
    struct slice in;
    if (sealed.n < HEAD || memcmp(sealed.p, seal_head, HEAD) != 0 ||
        base64_decode(arena, slice_from(sealed, HEAD), &in) != ST_OK ||
        in.n < HEAD_BYTES)
        return err_set(err, ST_TEMP, "database: a %s is not sealed", use);
    unsigned char *octets = arena_alloc(arena, in.n - HEAD_BYTES + 1);
    if (!open_seal(vault, use, in, octets))
        return err_set(err, ST_TEMP, "database: a %s is sealed by another key",
                       use);
    *out = (struct slice){(const char *)octets, in.n - HEAD_BYTES};
    return ST_OK;
}

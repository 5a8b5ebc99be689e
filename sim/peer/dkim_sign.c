#include "peer/dkim_sign.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/base64.h"
#include "peer/dkim_text.h"

enum { DIGEST_OCTETS = 32, SIGNATURE_OCTETS = 64, SLACK_OCTETS = 4096 };

static void digest_of(struct slice octets, unsigned char out[DIGEST_OCTETS])
{
    EVP_Digest(octets.p, octets.n, out, NULL, EVP_sha256(), NULL);
}

static const char *body_hash(struct arena *arena, struct slice body)
{
    unsigned char digest[DIGEST_OCTETS];
    struct buf buf;
    buf_init(&buf, 2 * body.n + SLACK_OCTETS);
    dkim_put_body(&buf, body, true);
    digest_of(buf_slice(&buf), digest);
    buf_release(&buf);
    return base64_encode(arena,
                         (struct slice){(const char *)digest, sizeof digest});
}

/* The last field of each name, once. */
static void put_fields(struct buf *out, const struct dkim_message *m,
                       const char *names)
{
    struct slice rest = slice_of(names);
    while (rest.n) {
        struct slice name = slice_cut(&rest, ':');
        for (size_t i = m->count; i-- > 0;) {
            if (!slice_eq_nocase(m->fields[i].name, name))
                continue;
            dkim_put_field(out, &m->fields[i], true);
            break;
        }
    }
}

/* RFC 8463 3: over the digest. */
static const char *signature(struct arena *arena, const char *pem,
                             struct slice octets)
{
    unsigned char digest[DIGEST_OCTETS], out[SIGNATURE_OCTETS];
    size_t n = sizeof out;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    digest_of(octets, digest);
    if (!key || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(ctx, out, &n, digest, sizeof digest) != 1)
        BUG("cannot sign a message");
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return base64_encode(arena, (struct slice){(const char *)out, n});
}

const char *dkim_sign(struct arena *arena, const struct dkim_signing *how,
                      struct slice message)
{
    struct dkim_message m = dkim_message_read(arena, message);
    const char *own = arena_printf(
        arena,
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
        " d=%s; s=%s; h=%s;\r\n bh=%s;\r\n b=",
        how->domain, how->selector, how->fields, body_hash(arena, m.body));
    struct dkim_message bare = dkim_message_read(
        arena, slice_of(arena_printf(arena, "%s\r\n\r\n", own)));
    struct buf buf;
    buf_init(&buf, 2 * message.n + SLACK_OCTETS);
    put_fields(&buf, &m, how->fields);
    dkim_put_field(&buf, &bare.fields[0], true);
    struct slice octets = buf_slice(&buf);
    octets.n -= 2;
    const char *b = signature(arena, how->pem, octets);
    buf_release(&buf);
    return arena_printf(arena, "%s%s\r\n", own, b);
}

#include "mail/dkim_canon.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mapped.h"

#define CRLF SLICE_LITERAL("\r\n")

struct dkim_hash {
    EVP_MD_CTX *ctx;
    int64_t room; /* octets that are still taken; -1: all */
    bool is_pending_blank;
};

struct dkim_hash *dkim_hash_create(void)
{
    struct dkim_hash *hash = xcalloc(1, sizeof *hash);
    hash->ctx = EVP_MD_CTX_new();
    hash->room = -1;
    if (!hash->ctx || EVP_DigestInit_ex(hash->ctx, EVP_sha256(), NULL) != 1)
        BUG("no SHA-256");
    return hash;
}

void dkim_hash_put(struct dkim_hash *hash, struct slice octets)
{
    if (hash->room >= 0) {
        if ((int64_t)octets.n > hash->room)
            octets.n = (size_t)hash->room;
        hash->room -= (int64_t)octets.n;
    }
    if (octets.n && EVP_DigestUpdate(hash->ctx, octets.p, octets.n) != 1)
        BUG("SHA-256 stops");
}

void dkim_hash_end(struct dkim_hash **hash, unsigned char out[DKIM_HASH_BYTES])
{
    struct dkim_hash *old = *hash;
    *hash = NULL;
    if (EVP_DigestFinal_ex(old->ctx, out, NULL) != 1)
        BUG("SHA-256 stops");
    EVP_MD_CTX_free(old->ctx);
    free(old);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Words and single spaces: each run of blanks becomes one space, which is held
 * back until something follows it. */
static void put_relaxed(struct dkim_hash *hash, struct slice text)
{
    size_t i = 0;
    while (i < text.n) {
        size_t start = i;
        while (i < text.n && !is_blank(text.p[i]))
            i++;
        if (i > start) {
            if (hash->is_pending_blank)
                dkim_hash_put(hash, SLICE_LITERAL(" "));
            hash->is_pending_blank = false;
            dkim_hash_put(hash, (struct slice){text.p + start, i - start});
        }
        for (; i < text.n && is_blank(text.p[i]); i++)
            hash->is_pending_blank = true;
    }
}

/* --- the body ------------------------------------------------------------ */

/* Whether relaxing changes nothing of a line. */
static bool is_relaxed(struct slice line)
{
    if (memchr(line.p, '\t', line.n) || (line.n && line.p[line.n - 1] == ' '))
        return false;
    for (size_t i = 1; i < line.n; i++)
        if (line.p[i] == ' ' && line.p[i - 1] == ' ')
            return false;
    return true;
}

static bool is_blank_line(struct slice line)
{
    for (size_t i = 0; i < line.n; i++)
        if (!is_blank(line.p[i]))
            return false;
    return true;
}

/* The next line without its CRLF; a bare LF ends none (CONN-5). */
static struct slice next_line(struct slice *rest)
{
    size_t at = 0;
    while (at < rest->n) {
        const char *lf = memchr(rest->p + at, '\n', rest->n - at);
        if (!lf)
            break;
        at = (size_t)(lf - rest->p) + 1;
        if (at >= 2 && lf[-1] == '\r') {
            struct slice line = {rest->p, at - 2};
            *rest = slice_from(*rest, at);
            return line;
        }
    }
    struct slice line = *rest;
    *rest = slice_from(*rest, rest->n);
    return line;
}

bool dkim_hash_body(enum dkim_canon canon, struct slice body, int64_t limit,
                    unsigned char out[DKIM_HASH_BYTES])
{
    struct dkim_hash *hash = dkim_hash_create();
    bool relaxed = canon == DKIM_CANON_RELAXED;
    size_t empty = 0; /* lines held back: those at the end do not count */
    bool any = false;
    struct slice held = {body.p, 0};
    hash->room = limit;
    while (body.n) {
        struct slice line = next_line(&body);
        mapped_pass(&held, line.p);
        if (relaxed ? is_blank_line(line) : line.n == 0) {
            empty++;
            continue;
        }
        for (; empty; empty--)
            dkim_hash_put(hash, CRLF);
        any = true;
        hash->is_pending_blank = false;
        if (!relaxed || is_relaxed(line))
            dkim_hash_put(hash, line);
        else
            put_relaxed(hash, line);
        dkim_hash_put(hash, CRLF);
    }
    if (!any && !relaxed) /* an empty body is one CRLF */
        dkim_hash_put(hash, CRLF);
    bool is_whole = hash->room <= 0;
    dkim_hash_end(&hash, out);
    return is_whole;
}

/* --- the header ---------------------------------------------------------- */

/* The field's value, folded as it came, with its line ends taken out. */
static void put_unfolded(struct dkim_hash *hash, struct slice text)
{
    while (text.n) {
        struct slice line = next_line(&text);
        put_relaxed(hash, line);
    }
}

static void put_name(struct dkim_hash *hash, struct slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        dkim_hash_put(hash, (struct slice){&c, 1});
    }
    dkim_hash_put(hash, SLICE_LITERAL(":"));
}

static struct slice left_trimmed(struct slice s)
{
    while (s.n && (is_blank(s.p[0]) || s.p[0] == '\r' || s.p[0] == '\n'))
        s = slice_from(s, 1);
    return s;
}

void dkim_hash_field(struct dkim_hash *hash, enum dkim_canon canon,
                     const struct mail_field *field)
{
    if (canon == DKIM_CANON_SIMPLE) {
        dkim_hash_put(hash, field->raw);
        return;
    }
    put_name(hash, field->name);
    hash->is_pending_blank = false;
    put_unfolded(hash, left_trimmed(field->body));
    dkim_hash_put(hash, CRLF);
}

void dkim_hash_signature(struct dkim_hash *hash, enum dkim_canon canon,
                         const struct mail_field *field, struct slice value)
{
    struct slice body = field->body;
    struct slice before = {body.p, (size_t)(value.p - body.p)};
    struct slice after = slice_from(body, before.n + value.n);
    if (canon == DKIM_CANON_SIMPLE) {
        const char *start = field->raw.p;
        dkim_hash_put(hash, (struct slice){start, (size_t)(value.p - start)});
        dkim_hash_put(hash, after);
        return;
    }
    put_name(hash, field->name);
    hash->is_pending_blank = false;
    put_unfolded(hash, left_trimmed(before));
    put_unfolded(hash, after);
}

#include "checker/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { KEY_CHARS = 32, PIECE_BYTES = 1024 };

/* By their names without what is neither letter nor digit: programs write them
 * in many ways. */
static const struct {
    const char *key, *table;
} names[] = {
    {"usascii", "CP1252"},      {"ascii", "CP1252"},
    {"iso88591", "CP1252"},     {"latin1", "CP1252"},
    {"iso88599", "CP1254"},     {"iso885911", "CP874"},
    {"tis620", "CP874"},        {"windows874", "CP874"},
    {"koi8r", "KOI8-R"},        {"koi8u", "KOI8-U"},
    {"cp866", "IBM866"},        {"ibm866", "IBM866"},
    {"macintosh", "MACINTOSH"}, {"gb2312", "GB18030"},
    {"gbk", "GB18030"},         {"gb18030", "GB18030"},
    {"big5", "BIG5-HKSCS"},     {"big5hkscs", "BIG5-HKSCS"},
    {"eucjp", "EUC-JP-MS"},     {"iso2022jp", "ISO-2022-JP"},
    {"shiftjis", "CP932"},      {"windows31j", "CP932"},
    {"euckr", "CP949"},         {"ksc56011987", "CP949"},
    {"utf16", "UTF-16BE"},      {"utf16be", "UTF-16BE"},
    {"utf16le", "UTF-16LE"},
};

static void make_key(const char *name, char key[KEY_CHARS])
{
    size_t n = 0;
    for (; *name && n + 1 < KEY_CHARS; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            key[n++] = c;
    }
    key[n] = '\0';
}

/* iconv's name of it; false: none. */
static bool find_table(const char *key, char table[KEY_CHARS])
{
    unsigned number;
    int used = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].key, key) == 0) {
            snprintf(table, KEY_CHARS, "%s", names[i].table);
            return true;
        }
    }
    if (sscanf(key, "iso8859%2u%n", &number, &used) == 1 && !key[used] &&
        number >= 2 && number <= 16)
        snprintf(table, KEY_CHARS, "ISO-8859-%u", number);
    else if ((sscanf(key, "windows125%1u%n", &number, &used) == 1 ||
              sscanf(key, "cp125%1u%n", &number, &used) == 1) &&
             !key[used] && number <= 8)
        snprintf(table, KEY_CHARS, "CP125%u", number);
    else
        return false;
    return true;
}

static void put_untold(struct buf *out)
{
    buf_puts(out, CHARSET_UNTOLD);
}

/* A NUL would end the text here. */
static void put_piece(struct buf *out, const char *piece, const char *end)
{
    for (; piece < end; piece++) {
        if (*piece)
            buf_put(out, (struct slice){piece, 1});
        else
            put_untold(out);
    }
}

/* What iconv holds back at the end is the text's last letter. */
static void drain(struct buf *out, iconv_t cd)
{
    char piece[PIECE_BYTES], *to = piece;
    size_t room = sizeof piece;
    (void)iconv(cd, NULL, NULL, &to, &room);
    put_piece(out, piece, to);
}

static void put_table(struct buf *out, iconv_t cd, struct slice octets)
{
    /* iconv wants its input writable, and does not write to it. */
    char *copy = xmalloc(octets.n), *at = copy;
    size_t left = octets.n;
    if (octets.n)
        memcpy(copy, octets.p, octets.n);
    while (left) {
        char piece[PIECE_BYTES], *to = piece;
        size_t room = sizeof piece, before = left;
        size_t done = iconv(cd, &at, &left, &to, &room);
        int why = errno;
        put_piece(out, piece, to);
        if (done != (size_t)-1 ||
            (why == E2BIG && (left < before || to > piece)))
            continue;
        put_untold(out);
        if (left && why != EINVAL) {
            at++;
            left--;
        } else {
            left = 0;
        }
    }
    drain(out, cd);
    free(copy);
}

static bool is_utf8(struct slice octets)
{
    iconv_t cd = iconv_open("UTF-32LE", "UTF-8");
    char *copy = xmalloc(octets.n), *at = copy;
    size_t left = octets.n, done = 0;
    if (octets.n)
        memcpy(copy, octets.p, octets.n);
    while (left && done != (size_t)-1) {
        char piece[PIECE_BYTES], *to = piece;
        size_t room = sizeof piece;
        done = iconv(cd, &at, &left, &to, &room);
        if (done == (size_t)-1 && errno == E2BIG)
            done = 0;
    }
    iconv_close(cd);
    free(copy);
    return done != (size_t)-1;
}

/* RFC 2781 4.3: the mark says the order of octets, and is none of the text;
 * else it is the network's. */
static struct slice without_mark(struct slice octets, char table[KEY_CHARS])
{
    if (strncmp(table, "UTF-16", 6) != 0 || octets.n < 2)
        return octets;
    bool is_little = memcmp(octets.p, "\xff\xfe", 2) == 0;
    bool is_big = memcmp(octets.p, "\xfe\xff", 2) == 0;
    if (is_little || is_big)
        snprintf(table, KEY_CHARS, is_little ? "UTF-16LE" : "UTF-16BE");
    return slice_from(octets, is_little || is_big ? 2 : 0);
}

/* false: it cannot be told what the octets say. */
static bool choose(const char *charset, struct slice octets,
                   char table[KEY_CHARS])
{
    char key[KEY_CHARS];
    make_key(charset ? charset : "usascii", key);
    bool may_be_utf8 = !charset || strcmp(key, "usascii") == 0;
    if (strcmp(key, "utf8") != 0 && !(may_be_utf8 && is_utf8(octets)))
        return find_table(key, table);
    snprintf(table, KEY_CHARS, "UTF-8");
    return true;
}

void charset_show(struct buf *out, const char *charset, struct slice octets)
{
    char table[KEY_CHARS] = "";
    bool is_known = choose(charset, octets, table);
    octets = without_mark(octets, table);
    iconv_t cd = is_known ? iconv_open("UTF-8", table) : (iconv_t)-1;
    if (cd == (iconv_t)-1) {
        put_untold(out);
        return;
    }
    put_table(out, cd, octets);
    iconv_close(cd);
}

enum tri charset_shows(const char *text, const char *words)
{
    struct arena *arena = arena_create();
    char *rest = arena_strdup(arena, words);
    bool is_there = true, is_told = false;
    while (rest && is_there) {
        char *end = strstr(rest, CHARSET_UNTOLD), *next = NULL;
        if (end) {
            *end = '\0';
            next = end + strlen(CHARSET_UNTOLD);
        }
        is_told = is_told || strspn(rest, " ") < strlen(rest);
        text = strstr(text, rest);
        is_there = text != NULL;
        text = is_there ? text + strlen(rest) : NULL;
        rest = next;
    }
    arena_destroy(&arena);
    return !is_told ? TRI_UNKNOWN : is_there ? TRI_YES : TRI_NO;
}

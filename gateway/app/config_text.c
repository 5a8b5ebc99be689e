/* The values that are texts, and how each kind is checked. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "address/mailbox.h"
#include "app/config_read.h"
#include "app/password.h"
#include "base/zone.h"
#include "rules/ip.h"

static bool all_of(const char *text, size_t n, const char *set)
{
    return n && strspn(text, set) >= n;
}

static const char *check_address(struct config_reader *reader, const char *text)
{
    unsigned char octets[16];
    (void)reader;
    return inet_pton(AF_INET, text, octets) == 1 ||
                   inet_pton(AF_INET6, text, octets) == 1
               ? text
               : NULL;
}

static const char *check_block(struct config_reader *reader, const char *text)
{
    struct ip_block block;
    (void)reader;
    return ip_block_parse(slice_of(text), &block) ? text : NULL;
}

static const char *check_resolver(struct config_reader *reader,
                                  const char *text)
{
    struct slice rest = slice_of(text);
    struct slice address = slice_cut(&rest, '@');
    unsigned long port;
    if (!check_address(reader, arena_text(reader->arena, address)) ||
        (strchr(text, '@') && !slice_number(rest, 65535, &port)))
        return NULL;
    return text;
}

const char *config_domain(struct arena *arena, const char *text)
{
    struct slice name = slice_of(text), ascii;
    struct err err;
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    if (domain_to_ascii(arena, name, &ascii, &err) != ST_OK)
        return NULL;
    return arena_text(arena, ascii);
}

static const char *check_domain(struct config_reader *reader, const char *text)
{
    return config_domain(reader->arena, text);
}

static const char *check_mailbox(struct config_reader *reader, const char *text)
{
    struct mailbox mailbox;
    struct err err;
    if (mailbox_parse(reader->arena, slice_of(text), &mailbox, &err) != ST_OK)
        return NULL;
    return mailbox_format(reader->arena, &mailbox);
}

static const char *check_uuid(struct config_reader *reader, const char *text)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    (void)reader;
    if (strlen(text) != 36)
        return NULL;
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !strchr(hex, text[i]))
            return NULL;
    }
    return text;
}

static const char *check_url(struct config_reader *reader, const char *text)
{
    size_t n = strlen(text);
    (void)reader;
    if (!slice_starts_nocase(slice_of(text), "https://") || n <= 8 ||
        text[n - 1] == '/' || strpbrk(text, " \t\"'<>\\"))
        return NULL;
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~')
            return NULL;
    return text;
}

static const char *check_hash(struct config_reader *reader, const char *text)
{
    struct password_hash hash;
    return password_hash_parse(reader->arena, text, &hash) == ST_OK ? text
                                                                    : NULL;
}

/* A relative path counts from the configuration file's folder. */
static const char *check_path(struct config_reader *reader, const char *text)
{
    const char *slash = strrchr(reader->faults->file, '/');
    if (!*text)
        return NULL;
    if (*text == '/' || !slash)
        return text;
    return arena_printf(reader->arena, "%.*s/%s",
                        (int)(slash - reader->faults->file),
                        reader->faults->file, text);
}

static const char *check_file(struct config_reader *reader, const char *text)
{
    struct stat st;
    const char *path = check_path(reader, text);
    if (!path || stat(path, &st) != 0 || access(path, R_OK) != 0)
        return NULL;
    errno = EISDIR;
    return S_ISDIR(st.st_mode) ? NULL : path;
}

static const char *check_phone(struct config_reader *reader, const char *text)
{
    size_t n = strlen(text);
    (void)reader;
    return text[0] == '+' && n >= 8 && n <= 16 && text[1] != '0' &&
                   all_of(text + 1, n - 1, "0123456789")
               ? text
               : NULL;
}

static const char *check_code(struct config_reader *reader, const char *text)
{
    size_t n = strlen(text);
    (void)reader;
    for (size_t i = 0; i < n; i++)
        if (text[i] < '!' || text[i] > '~')
            return NULL;
    return n >= 4 && n <= 64 ? text : NULL;
}

/* RFC 4226 4: a secret of 128 bits or more. */
static const char *check_base32(struct config_reader *reader, const char *text)
{
    size_t n = strlen(text), pad = strspn(text + strcspn(text, "="), "=");
    (void)reader;
    return n - pad >= 26 && pad <= 6 &&
                   all_of(text, n - pad, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
               ? text
               : NULL;
}

static const char *check_target(struct config_reader *reader, const char *text)
{
    (void)reader;
    if (*text != '/')
        return NULL;
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~' || *p == '#')
            return NULL;
    return text;
}

static const char *check_zone(struct config_reader *reader, const char *text)
{
    (void)reader;
    return zone_exists(text) ? text : NULL;
}

/* No field that the gateway itself answers for. */
static const char *check_field(struct config_reader *reader, const char *text)
{
    const char *colon = strchr(text, ':');
    (void)reader;
    if (!colon || colon == text || strncmp(colon, ": ", 2) != 0 || !colon[2] ||
        strcspn(text, " \t") < (size_t)(colon - text) ||
        slice_starts_nocase(slice_of(text), "zivver-") ||
        slice_starts_nocase(slice_of(text), "x-zivver-"))
        return NULL;
    for (const char *p = text; *p; p++)
        if (*p < ' ' || *p > '~')
            return NULL;
    return strlen(text) < 900 ? text : NULL;
}

static const char *check_text(struct config_reader *reader, const char *text)
{
    (void)reader;
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return NULL;
    return *text ? text : NULL;
}

/* secret: what was written is not repeated in the fault. */
static const struct {
    const char *(*check)(struct config_reader *reader, const char *text);
    const char *expected;
    bool secret;
} checks[] = {
    [KEY_TEXT] = {check_text, "a text on one line", false},
    [KEY_DOMAIN] = {check_domain, "a domain name", false},
    [KEY_MAILBOX] = {check_mailbox, "a mail address", false},
    [KEY_PATH] = {check_path, "a path", false},
    [KEY_FILE] = {check_file, "a readable file", false},
    [KEY_UUID] = {check_uuid, "a UUID", false},
    [KEY_URL] = {check_url, "an https address without final slash", false},
    [KEY_HASH] = {check_hash,
                  "a hash as `lasthop-gateway hash-password` prints it", true},
    [KEY_ADDRESS] = {check_address, "an IP address", false},
    [KEY_BLOCK] = {check_block, "an IP address or a block such as 192.0.2.0/24",
                   false},
    [KEY_RESOLVER] = {check_resolver, "address@port", false},
    [KEY_PHONE] = {check_phone, "a phone number such as +31612345678", true},
    [KEY_CODE] = {check_code, "an access code of 4 to 64 characters", true},
    [KEY_BASE32] = {check_base32, "a secret in base32, 26 letters or more",
                    true},
    [KEY_SECRET] = {check_text, "a text on one line", true},
    [KEY_TARGET] = {check_target, "a path such as /send", false},
    [KEY_ZONE] = {check_zone, "a time zone that the system knows", false},
    [KEY_FIELD] = {check_field, "a header field `Name: value`", false},
};

bool config_read_text(struct config_reader *reader, const struct yaml *node,
                      enum key_kind kind, const char **out)
{
    *out = checks[kind].check(reader, node->text);
    if (*out)
        return true;
    if (checks[kind].secret)
        faults_add(reader->faults, node->line, node->column, "`%s` must be %s",
                   node->key, checks[kind].expected);
    else if (kind == KEY_FILE && *node->text)
        faults_add(reader->faults, node->line, node->column,
                   "`%s` must be %s; `%.200s`: %s", node->key,
                   checks[kind].expected, check_path(reader, node->text),
                   strerror(errno));
    else
        faults_add(reader->faults, node->line, node->column,
                   "`%s` must be %s, not `%.100s`", node->key,
                   checks[kind].expected, node->text);
    return false;
}

bool config_read_time(const char *text, int64_t *out)
{
    struct tm tm = {0};
    int consumed = 0, hours = 0, minutes = 0;
    char sign;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
               &consumed) != 6 ||
        consumed != 19)
        return false;
    const char *zone = text + consumed;
    if (strcmp(zone, "Z") == 0)
        sign = '+';
    else if (sscanf(zone, "%c%2d:%2d", &sign, &hours, &minutes) != 3 ||
             strlen(zone) != 6 || !strchr("+-", sign) || hours > 23 ||
             minutes > 59)
        return false;
    struct tm given = tm;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t at = timegm(&tm);
    if (tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon - 1 ||
        tm.tm_hour != given.tm_hour || tm.tm_min != given.tm_min)
        return false; /* timegm carried something over */
    int64_t offset = hours * 3600 + minutes * 60;
    *out = (int64_t)at - (sign == '-' ? -offset : offset);
    return true;
}

#include "net/http_field.h"

#include <arpa/inet.h>
#include <string.h>

/* --- lines ---------------------------------------------------------------- */

void http_line_init(struct http_line *line, size_t most)
{
    *line = (struct http_line){.has_cr = false};
    buf_init(&line->text, most);
}

void http_line_release(struct http_line *line)
{
    buf_release(&line->text);
}

void http_line_reset(struct http_line *line)
{
    buf_reset(&line->text);
    line->has_cr = false;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* Up to the next control character, a CR among them. */
static size_t run_length(struct slice octets)
{
    size_t n = 0;
    while (n < octets.n && !is_control(octets.p[n]))
        n++;
    return n;
}

enum status http_line_feed(struct http_line *line, struct slice *octets,
                           struct err *err)
{
    while (octets->n) {
        if (line->has_cr && *octets->p != '\n')
            return err_set(err, ST_PROTO, "a CR that ends no line");
        if (line->has_cr) {
            *octets = slice_from(*octets, 1);
            return ST_OK;
        }
        size_t n = run_length(*octets);
        if (buf_add(&line->text, (struct slice){octets->p, n}) != ST_OK)
            return err_set(err, ST_PERM, "a line of more than %zu octets",
                           line->text.cap);
        *octets = slice_from(*octets, n);
        if (!octets->n)
            return ST_MORE;
        if (*octets->p == '\n' && line->takes_lf) {
            *octets = slice_from(*octets, 1);
            return ST_OK;
        }
        if (*octets->p != '\r')
            return err_set(err, ST_PROTO, "control character %#x in a line",
                           (unsigned)(unsigned char)*octets->p);
        line->has_cr = true;
        *octets = slice_from(*octets, 1);
    }
    return ST_MORE;
}

/* --- characters ------------------------------------------------------------
 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_tchar(char c)
{
    return is_letter(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool is_unreserved_or_delim(char c)
{
    return is_letter(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=");
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool http_is_token(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_tchar(s.p[i]))
            return false;
    return s.n > 0;
}

/* Of unreserved, pct-encoded, sub-delims and these. */
static bool is_uri_text(struct slice s, const char *more)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%') {
            if (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]))
                return false;
            i += 2;
        } else if (!is_unreserved_or_delim(s.p[i]) &&
                   !is_one_of(s.p[i], more)) {
            return false;
        }
    }
    return true;
}

bool http_is_path(struct slice s, bool is_query)
{
    return is_uri_text(s, is_query ? ":@/?" : ":@/");
}

/* --- fields --------------------------------------------------------------- */

/* Blanks and tabs alone; the line reader let no other white space pass. */
static struct slice trim_ows(struct slice s)
{
    while (s.n && is_one_of(s.p[0], " \t"))
        s = slice_from(s, 1);
    while (s.n && is_one_of(s.p[s.n - 1], " \t"))
        s.n--;
    return s;
}

bool http_field_split(struct slice line, struct slice *name,
                      struct slice *value)
{
    size_t colon = slice_find(line, ':');
    if (colon == line.n)
        return false;
    *name = (struct slice){line.p, colon};
    *value = trim_ows(slice_from(line, colon + 1));
    return http_is_token(*name);
}

bool http_length(struct slice value, uint64_t *out)
{
    uint64_t length = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (!is_digit(value.p[i]))
            return false;
        unsigned digit = (unsigned)(value.p[i] - '0');
        length = length > (UINT64_MAX - digit) / 10 ? UINT64_MAX
                                                    : length * 10 + digit;
    }
    *out = length;
    return value.n > 0;
}

/* Empty members mean nothing (RFC 9110 5.6.1). */
static struct slice next_member(struct slice *list)
{
    struct slice member = {"", 0};
    while (list->n && !member.n)
        member = trim_ows(slice_cut(list, ','));
    return member;
}

bool http_list_has(struct slice list, const char *word)
{
    struct slice member;
    while ((member = next_member(&list)).n)
        if (slice_is_nocase(member, word))
            return true;
    return false;
}

bool http_list_has_only(struct slice list, const char *word)
{
    struct slice member;
    bool has = false;
    while ((member = next_member(&list)).n) {
        if (!slice_is_nocase(member, word))
            return false;
        has = true;
    }
    return has;
}

/* --- hosts ---------------------------------------------------------------- */

static bool is_port(struct slice s)
{
    uint64_t port;
    return s.n == 0 || (http_length(s, &port) && port <= 65535);
}

static bool is_literal(struct slice s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool http_is_host(struct slice s)
{
    bool is_bracketed = s.n && s.p[0] == '[';
    struct slice rest = is_bracketed ? slice_from(s, 1) : s;
    size_t end = slice_find(rest, is_bracketed ? ']' : ':');
    struct slice host = {rest.p, end};
    if (is_bracketed && end == rest.n)
        return false;
    rest = slice_from(rest, end + (is_bracketed ? 1 : 0));
    if (rest.n && rest.p[0] != ':')
        return false;
    return host.n &&
           (is_bracketed ? is_literal(host) : is_uri_text(host, "")) &&
           is_port(rest.n ? slice_from(rest, 1) : rest);
}

#include "mail/message.h"

#include <string.h>
#include <time.h>

/* Length of the line at p with its LF; all that is left without one. */
static size_t line_bytes(struct slice s)
{
    size_t at = slice_find(s, '\n');
    return at < s.n ? at + 1 : at;
}

static bool is_empty_line(struct slice s)
{
    return (s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n') ||
           (s.n >= 1 && s.p[0] == '\n');
}

static size_t field_bytes(struct slice s)
{
    size_t n = line_bytes(s);
    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n += line_bytes(slice_from(s, n));
    return n;
}

static struct mail_field split_field(struct slice raw)
{
    struct mail_field field = {.raw = raw};
    size_t colon = slice_find(raw, ':');
    if (colon == raw.n)
        return field;
    struct slice name = slice_trim((struct slice){raw.p, colon});
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return field;
    field.name = name;
    field.body = slice_from(raw, colon + 1);
    while (field.body.n && (field.body.p[field.body.n - 1] == '\n' ||
                            field.body.p[field.body.n - 1] == '\r'))
        field.body.n--;
    return field;
}

bool mail_take_field(struct slice *octets, struct mail_field *out)
{
    if (!octets->n || is_empty_line(*octets))
        return false;
    size_t n = field_bytes(*octets);
    *out = split_field(slice_first(*octets, n));
    *octets = slice_from(*octets, n);
    return true;
}

static struct slice skip_header(struct slice s, size_t *count_out)
{
    struct mail_field field;
    for (*count_out = 0; mail_take_field(&s, &field);)
        (*count_out)++;
    return s;
}

struct slice mail_body(struct slice octets)
{
    size_t count;
    struct slice rest = skip_header(octets, &count);
    return slice_from(rest, rest.n ? line_bytes(rest) : 0);
}

struct mail_message mail_parse(struct arena *arena, struct slice octets)
{
    size_t count;
    (void)skip_header(octets, &count);
    struct mail_field *fields =
        arena_alloc(arena, (count ? count : 1) * sizeof *fields);
    for (size_t i = 0; i < count; i++)
        (void)mail_take_field(&octets, &fields[i]);
    if (octets.n)
        octets = slice_from(octets, line_bytes(octets));
    return (struct mail_message){fields, count, octets};
}

const struct mail_field *mail_find(const struct mail_message *message,
                                   const char *name)
{
    for (size_t i = 0; i < message->field_count; i++)
        if (slice_is_nocase(message->fields[i].name, name))
            return &message->fields[i];
    return NULL;
}

static const char *unfolded(struct arena *arena, const struct mail_field *field)
{
    struct slice body = slice_most(slice_trim(field->body), MAIL_VALUE_MAX);
    char *text = arena_alloc(arena, body.n + 1), *to = text;
    for (size_t i = 0; i < body.n; i++)
        if (!memchr("\r\n", body.p[i], 3)) /* a NUL neither */
            *to++ = body.p[i];
    return text;
}

const char *mail_value(struct arena *arena, const struct mail_message *message,
                       const char *name)
{
    const struct mail_field *field = mail_find(message, name);
    return field ? unfolded(arena, field) : "";
}

const char *mail_value_in(struct arena *arena, struct slice octets,
                          const char *name)
{
    struct mail_field field;
    while (mail_take_field(&octets, &field))
        if (slice_is_nocase(field.name, name))
            return unfolded(arena, &field);
    return "";
}

bool mail_is_kept(const struct mail_field *field)
{
    static const char *const dropped[] = {"Bcc", "Resent-Bcc", "Return-Path",
                                          "X-Zivver-Transport"};
    if (slice_starts_nocase(field->name, "zivver-"))
        return false;
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        if (slice_is_nocase(field->name, dropped[i]))
            return false;
    return true;
}

bool mail_is_kept_field(struct slice raw)
{
    struct mail_field field = split_field(raw);
    return mail_is_kept(&field);
}

char *mail_date(struct arena *arena, int64_t wall_s)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed",
                                   "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const time_t year_10000 = 253402300800;
    struct tm tm;
    time_t at = wall_s < 0 ? 0 : (time_t)wall_s;
    if (at >= year_10000)
        at = year_10000 - 1;
    if (!gmtime_r(&at, &tm))
        BUG("time %lld", (long long)wall_s);
    return arena_printf(arena, "%s, %02d %s %04d %02d:%02d:%02d +0000",
                        days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                        tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static const char *const transports[] = {
    [MAIL_TRANSPORT_DIRECT] = "direct",
    [MAIL_TRANSPORT_NTA7516] = "nta7516",
    [MAIL_TRANSPORT_IDD] = "idd",
    [MAIL_TRANSPORT_NOTIFICATION] = "notification",
    [MAIL_TRANSPORT_DSN] = "dsn",
};
_Static_assert(sizeof transports / sizeof *transports == MAIL_TRANSPORT_COUNT,
               "a word per transport");

const char *mail_transport_name(enum mail_transport transport)
{
    return transports[transport];
}

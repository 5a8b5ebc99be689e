#include "rules/nta.h"

#include <ctype.h>
#include <string.h>

#include "rules/spf_record.h"

enum { MONTH_TEXT = 7, HOST_MAX = 253, LABEL_MAX = 63, PREFERENCE_MAX = 65535 };

static const char version[] = "NTA7516-1";

int nta_month_of(int year, int month)
{
    return year * 12 + month - 1;
}

/* One "name=value" of a record, spaces around both taken off. */
struct field {
    struct slice name;
    struct slice value;
    bool has_value; /* an = stood there */
};

/* Spaces alone are ignored around ; and =, nothing else is. */
static struct slice trim(struct slice s)
{
    while (s.n && s.p[0] == ' ')
        s = slice_from(s, 1);
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static struct field take_field(struct slice *rest)
{
    struct slice whole = slice_cut(rest, ';');
    struct field field = {.has_value = slice_find(whole, '=') < whole.n};
    field.name = trim(slice_cut(&whole, '='));
    field.value = trim(whole);
    return field;
}

bool nta_record_is(struct slice text)
{
    struct field first = take_field(&text);
    return slice_is_nocase(first.name, "v") && slice_is(first.value, version);
}

/* YYYY-MM */
static bool parse_month(struct slice text, int *out)
{
    unsigned long year, month;
    if (text.n != MONTH_TEXT || text.p[4] != '-' ||
        !slice_number((struct slice){text.p, 4}, 9999, &year) ||
        !slice_number((struct slice){text.p + 5, 2}, 12, &month) || month == 0)
        return false;
    *out = nta_month_of((int)year, (int)month);
    return true;
}

static bool is_label(struct slice label)
{
    if (!label.n || label.n > LABEL_MAX || label.p[0] == '-' ||
        label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!isalnum((unsigned char)label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

/* A host name (RFC 1123 2.1), no address: its last label is no number. */
static bool is_host(struct slice host)
{
    unsigned long number;
    struct slice label = {NULL, 0};
    if (!host.n || host.n > HOST_MAX || host.p[host.n - 1] == '.')
        return false;
    while (host.n) {
        label = slice_cut(&host, '.');
        if (!is_label(label))
            return false;
    }
    return !slice_number(label, (unsigned long)-1, &number);
}

static bool parse_hop(struct arena *arena, struct slice value,
                      struct nta_hop *out)
{
    unsigned long preference;
    struct slice digits = slice_cut(&value, ' ');
    if (!slice_number(digits, PREFERENCE_MAX, &preference))
        return false;
    if (value.n && value.p[value.n - 1] == '.')
        value.n--;
    if (!is_host(value))
        return false;
    char *host = arena_text(arena, value);
    for (char *p = host; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    *out = (struct nta_hop){(unsigned)preference, host};
    return true;
}

/* What begins with this word is meant as that field, whatever follows it: the
 * dialect of 2019 has a colon. */
static bool is_ntamx(const struct field *field)
{
    static const char word[] = "ntamx";
    size_t n = sizeof word - 1;
    return slice_starts_nocase(field->name, word) &&
           (field->name.n == n || field->name.p[n] == ':' ||
            field->name.p[n] == ' ');
}

struct parse {
    struct arena *arena;
    struct nta_record *record;
    struct nta_hop *hops;
    bool has_start, has_end;
    struct err *err;
};

static enum status take_date(struct parse *parse, const struct field *field,
                             bool *has, int *out)
{
    if (*has)
        return err_set(parse->err, ST_PROTO, "a second %.*s",
                       SLICE_ARG(field->name));
    *has = true;
    if (!parse_month(field->value, out))
        return err_set(parse->err, ST_PROTO, "%.*s is no YYYY-MM",
                       SLICE_ARG(field->name));
    return ST_OK;
}

static enum status take(struct parse *parse, const struct field *field)
{
    struct nta_record *record = parse->record;
    if (is_ntamx(field)) {
        if (field->name.n != strlen("ntamx") || !field->has_value ||
            !parse_hop(parse->arena, field->value,
                       &parse->hops[record->hop_count]))
            return err_set(parse->err, ST_PROTO, "malformed ntamx");
        record->hop_count++;
        return ST_OK;
    }
    if (!field->has_value)
        return ST_OK;
    if (slice_is_nocase(field->name, "startdate"))
        return take_date(parse, field, &parse->has_start, &record->start);
    if (slice_is_nocase(field->name, "enddate"))
        return take_date(parse, field, &parse->has_end, &record->end);
    if (slice_is_nocase(field->name, "provider") && !record->provider.n)
        record->provider = field->value;
    return ST_OK;
}

static enum status check_whole(const struct parse *parse)
{
    const struct nta_record *record = parse->record;
    const char *fault = !parse->has_start             ? "no startdate"
                        : !parse->has_end             ? "no enddate"
                        : !record->provider.n         ? "no provider"
                        : record->end < record->start ? "ends before its start"
                                                      : NULL;
    return fault ? err_set(parse->err, ST_PROTO, "%s", fault) : ST_OK;
}

enum status nta_record_parse(struct arena *arena, struct slice text,
                             struct nta_record *out, struct err *err)
{
    size_t most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] == ';';
    struct parse parse = {.arena = arena,
                          .record = out,
                          .hops = arena_alloc(arena, most * sizeof *parse.hops),
                          .err = err};
    *out = (struct nta_record){.hops = parse.hops};
    take_field(&text); /* the version */
    while (text.n) {
        struct field field = take_field(&text);
        enum status status = take(&parse, &field);
        if (status != ST_OK)
            return status;
    }
    return check_whole(&parse);
}

enum nta_finding nta_judge(struct arena *arena, const struct slice *texts,
                           size_t count, bool is_secure, int month,
                           struct nta_record *out)
{
    const struct slice *found = NULL;
    struct err err;
    size_t records = 0;
    for (size_t i = 0; i < count; i++) {
        if (nta_record_is(texts[i])) {
            found = &texts[i];
            records++;
        }
    }
    if (!records)
        return NTA_FINDING_NONE;
    if (!is_secure)
        return NTA_FINDING_INSECURE;
    if (records > 1 || nta_record_parse(arena, *found, out, &err) != ST_OK)
        return NTA_FINDING_INVALID;
    return month < out->start || month > out->end ? NTA_FINDING_DATES
                                                  : NTA_FINDING_VALID;
}

static bool is_strict(const struct spf_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct spf_term *term = &record->terms[i];
        if (term->mechanism == SPF_MECHANISM_ALL)
            return i + 1 == record->count &&
                   (term->result == SPF_RESULT_FAIL ||
                    term->result == SPF_RESULT_SOFTFAIL);
    }
    return false;
}

bool nta_spf_is_strict(struct arena *arena, const struct slice *texts,
                       size_t count)
{
    const struct slice *found = NULL;
    struct spf_record record;
    struct slice bad;
    for (size_t i = 0; i < count; i++) {
        if (!spf_record_is(texts[i]))
            continue;
        if (found)
            return false; /* permerror: RFC 7208 4.5 */
        found = &texts[i];
    }
    return found && spf_record_parse(arena, *found, &record, &bad) == ST_OK &&
           is_strict(&record);
}

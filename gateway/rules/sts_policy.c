/* The policy text, RFC 8461 3.2: lines of "key: value", each ended by LF or
 * CRLF. Of a field that is repeated, mx aside, the first counts; unknown ones
 * are ignored. */
#include "rules/sts.h"

#include <ctype.h>
#include <string.h>

struct reading {
    struct arena *arena;
    struct sts_policy *policy;
    const char **mx;
    bool has_version, has_mode, has_max_age;
};

/* A name as mail hosts have them: labels of letters, digits, "-" and "_". */
static bool is_domain(struct slice s)
{
    size_t label = 0;
    if (s.n == 0 || s.n > 253)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '.' && label == 0)
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63 || c > 126 || !(isalnum(c) || strchr("-_.", (char)c)))
            return false;
    }
    return label > 0;
}

static const char *lower(struct arena *arena, struct slice s)
{
    char *text = arena_text(arena, s);
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return text;
}

static enum status take_mx(struct reading *r, struct slice value,
                           struct err *err)
{
    bool is_wildcard = value.n > 2 && memcmp(value.p, "*.", 2) == 0;
    if (!is_domain(is_wildcard ? slice_from(value, 2) : value))
        return err_set(err, ST_PROTO, "an mx that is no host");
    r->mx[r->policy->mx_count++] = lower(r->arena, value);
    return ST_OK;
}

static enum status take_mode(struct reading *r, struct slice value,
                             struct err *err)
{
    static const enum sts_mode modes[] = {STS_MODE_NONE, STS_MODE_TESTING,
                                          STS_MODE_ENFORCE};
    r->has_mode = true;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (slice_is(value, sts_mode_name(modes[i]))) {
            r->policy->mode = modes[i];
            return ST_OK;
        }
    return err_set(err, ST_PROTO, "an unknown mode");
}

static enum status take_max_age(struct reading *r, struct slice value,
                                struct err *err)
{
    unsigned long age;
    r->has_max_age = true;
    if (value.n > 10 || !slice_number(value, 9999999999UL, &age))
        return err_set(err, ST_PROTO, "a max_age that is no number");
    r->policy->max_age_s =
        age < STS_MAX_AGE_S ? (int64_t)age : (int64_t)STS_MAX_AGE_S;
    return ST_OK;
}

static enum status take_line(struct reading *r, struct slice line,
                             struct err *err)
{
    struct slice value = line;
    struct slice name = slice_cut(&value, ':');
    if (name.n == line.n)
        return err_set(err, ST_PROTO, "a line without a colon");
    value = slice_trim(value);
    if (slice_is(name, "mx"))
        return take_mx(r, value, err);
    if (slice_is(name, "mode") && !r->has_mode)
        return take_mode(r, value, err);
    if (slice_is(name, "max_age") && !r->has_max_age)
        return take_max_age(r, value, err);
    if (slice_is(name, "version") && !r->has_version) {
        r->has_version = true;
        if (!slice_is(value, "STSv1"))
            return err_set(err, ST_PROTO, "an unknown version");
    }
    return ST_OK;
}

static enum status check_whole(const struct reading *r, struct err *err)
{
    const char *missing =
        !r->has_version   ? "version"
        : !r->has_mode    ? "mode"
        : !r->has_max_age ? "max_age"
        : r->policy->mode != STS_MODE_NONE && r->policy->mx_count == 0 ? "mx"
                                                                       : NULL;
    return missing ? err_set(err, ST_PROTO, "no %s", missing) : ST_OK;
}

enum status sts_policy_parse(struct arena *arena, struct slice text,
                             struct sts_policy *out, struct err *err)
{
    size_t lines = 1;
    enum status status = ST_OK;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    *out = (struct sts_policy){0};
    struct reading r = {.arena = arena,
                        .policy = out,
                        .mx = arena_alloc(arena, lines * sizeof *r.mx)};
    out->mx = r.mx;
    while (text.n && status == ST_OK) {
        struct slice line = slice_cut(&text, '\n');
        if (slice_trim(line).n)
            status = take_line(&r, line, err);
    }
    return status == ST_OK ? check_whole(&r, err) : status;
}

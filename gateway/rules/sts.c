#include "rules/sts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- the record ----------------------------------------------------------- */

static bool is_alnum(char c)
{
    return isalnum((unsigned char)c) && (unsigned char)c < 128;
}

/* sts-ext-name, and policy field names alike. */
static bool is_name(struct slice s)
{
    if (s.n == 0 || s.n > 32 || !is_alnum(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr("_-.", s.p[i])))
            return false;
    return true;
}

static bool is_id(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]))
            return false;
    return s.n > 0 && s.n < STS_ID_BYTES;
}

/* sts-ext-value: visible, no ";" and no "=". */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == ';' || s.p[i] == '=')
            return false;
    return s.n > 0;
}

/* RFC 8461 3.1: "v=STSv1;" stands first, whatever may follow it. */
static bool is_ours(struct slice text)
{
    static const char version[] = "v=STSv1";
    size_t n = sizeof version - 1;
    if (text.n < n || memcmp(text.p, version, n) != 0)
        return false;
    struct slice rest = slice_trim(slice_from(text, n));
    return rest.n > 0 && rest.p[0] == ';';
}

static enum sts_finding read_record(struct slice text,
                                    char id_out[STS_ID_BYTES])
{
    id_out[0] = '\0';
    (void)slice_cut(&text, ';');
    while (text.n) {
        struct slice value = slice_trim(slice_cut(&text, ';'));
        if (value.n == 0 && text.n == 0)
            break; /* a delimiter may end the record */
        bool has_value = slice_find(value, '=') < value.n;
        struct slice name = slice_cut(&value, '=');
        if (!has_value || !is_name(name) || !is_value(value))
            return STS_FINDING_INVALID;
        /* Of a field that is repeated the first counts. */
        if (!slice_is(name, "id") || id_out[0])
            continue;
        if (!is_id(value))
            return STS_FINDING_INVALID;
        memcpy(id_out, value.p, value.n);
        id_out[value.n] = '\0';
    }
    return id_out[0] ? STS_FINDING_VALID : STS_FINDING_INVALID;
}

enum sts_finding sts_record(const struct slice *texts, size_t count,
                            char id_out[STS_ID_BYTES])
{
    const struct slice *found = NULL;
    id_out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (!is_ours(texts[i]))
            continue;
        if (found)
            return STS_FINDING_INVALID;
        found = &texts[i];
    }
    enum sts_finding finding =
        found ? read_record(*found, id_out) : STS_FINDING_NONE;
    if (finding != STS_FINDING_VALID)
        id_out[0] = '\0';
    return finding;
}

/* --- hosts ---------------------------------------------------------------- */

bool sts_names_host(const struct sts_policy *policy, const char *host)
{
    struct slice name = slice_of(host);
    struct slice parent = name;
    (void)slice_cut(&parent, '.');
    for (size_t i = 0; i < policy->mx_count; i++) {
        const char *mx = policy->mx[i];
        /* A wildcard stands for the whole first label, and for one alone. */
        if (mx[0] == '*' ? parent.n > 0 && slice_is_nocase(parent, mx + 2)
                         : slice_is_nocase(name, mx))
            return true;
    }
    return false;
}

bool sts_is_text(struct slice content_type)
{
    return slice_is_nocase(slice_trim(slice_cut(&content_type, ';')),
                           "text/plain");
}

const char *sts_mode_name(enum sts_mode mode)
{
    static const char *const names[] = {"none", "testing", "enforce"};
    return names[mode];
}

/* --- what is kept --------------------------------------------------------- */

static bool is_in_force(const struct sts_kept *kept, int64_t now_s)
{
    return kept->id[0] && now_s < kept->until_s;
}

/* RFC 8461 3.3: a failed fetch is not repeated at once, for the same record. */
static bool is_paused(const struct sts_kept *kept, const char *id,
                      int64_t now_s)
{
    return strcmp(kept->failed_id, id) == 0 &&
           now_s < kept->failed_s + STS_FETCH_PAUSE_S;
}

enum sts_step sts_plan(const struct sts_kept *kept, const char *id,
                       int64_t now_s)
{
    bool in_force = is_in_force(kept, now_s);
    bool is_fresh = in_force && strcmp(kept->id, id) == 0 &&
                    now_s < kept->fetched_s + STS_REFRESH_S;
    if (id[0] && !is_fresh && !is_paused(kept, id, now_s))
        return STS_STEP_FETCH;
    return in_force ? STS_STEP_KEPT : STS_STEP_NOTHING;
}

static void copy_id(char to[STS_ID_BYTES], const char *id)
{
    snprintf(to, STS_ID_BYTES, "%s", id);
}

enum sts_step sts_after_failure(struct sts_kept *kept, const char *id,
                                int64_t now_s)
{
    copy_id(kept->failed_id, id);
    kept->failed_s = now_s;
    return is_in_force(kept, now_s) ? STS_STEP_KEPT : STS_STEP_NOTHING;
}

void sts_keep(struct sts_kept *kept, const char *id, int64_t max_age_s,
              int64_t now_s)
{
    *kept = (struct sts_kept){.fetched_s = now_s, .until_s = now_s + max_age_s};
    copy_id(kept->id, id);
}

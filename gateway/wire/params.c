#include "wire/params.h"

#include <limits.h>

#include "wire/xtext.h"

enum { /* RFC 3461 4.4, 4.2 */
       ENVID_BYTES = 100,
       ORCPT_BYTES = 500,
       SIZE_DIGITS = 20 /* RFC 1870 4 */
};

static const struct reply unknown = {
    555, "5.5.4", "Parameter not recognised or not implemented"};
static const struct reply malformed = {501, "5.5.4",
                                       "Syntax error in parameters"};
static const struct reply repeated = {501, "5.5.4", "Parameter given twice"};
static const struct reply bad_size = {501, "5.5.4", "SIZE is a number"};
static const struct reply bad_body = {501, "5.5.4", "BODY is 7BIT or 8BITMIME"};
static const struct reply takes_none = {501, "5.5.4", "SMTPUTF8 has no value"};
static const struct reply bad_ret = {501, "5.5.4", "RET is FULL or HDRS"};
static const struct reply bad_envid = {
    501, "5.5.4", "ENVID is at most 100 octets of xtext, printable"};
static const struct reply bad_notify = {
    501, "5.5.4", "NOTIFY is NEVER, or of SUCCESS, FAILURE, DELAY"};
static const struct reply bad_orcpt = {
    501, "5.5.4", "ORCPT is type;address, at most 500 octets of xtext"};
static const struct reply bad_auth = {501, "5.5.4", "AUTH is a mailbox or <>"};

const char *dsn_ret_name(enum dsn_ret ret)
{
    static const char *const names[] = {"", "FULL", "HDRS"};
    _Static_assert(sizeof names / sizeof *names == DSN_RET_COUNT, "ret names");
    return names[ret];
}

/* esmtp-param = esmtp-keyword ["=" esmtp-value]
 * esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * esmtp-value = 1*(%d33-60 / %d62-126) */
static bool split(struct slice param, struct slice *key, struct slice *value)
{
    bool has_value = slice_find(param, '=') < param.n;
    *value = param;
    *key = slice_cut(value, '=');
    for (size_t i = 0; i < key->n; i++) {
        char c = key->p[i];
        bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  (c >= '0' && c <= '9') || (c == '-' && i > 0);
        if (!ok)
            return false;
    }
    for (size_t i = 0; i < value->n; i++)
        if (value->p[i] < '!' || value->p[i] > '~' || value->p[i] == '=')
            return false;
    return key->n > 0 && (!has_value || value->n > 0);
}

/* A DSN can carry printable ASCII alone (RFC 3461 4.2, 4.4). */
static bool decode_printable(struct arena *arena, struct slice text,
                             struct slice *out)
{
    struct err err;
    if (xtext_decode(arena, text, out, &err) != ST_OK)
        return false;
    for (size_t i = 0; i < out->n; i++)
        if (out->p[i] < ' ' || out->p[i] > '~')
            return false;
    return out->n > 0;
}

static const struct reply *take_envid(struct arena *arena, struct slice value,
                                      struct mail_params *out)
{
    if (out->has_envid)
        return &repeated;
    if (value.n > ENVID_BYTES || !decode_printable(arena, value, &out->envid))
        return &bad_envid;
    out->has_envid = true;
    return NULL;
}

/* size-value = 1*20DIGIT; what is beyond any count is more than anything. */
static const struct reply *take_size(struct slice value,
                                     struct mail_params *out)
{
    if (out->has_size)
        return &repeated;
    if (value.n == 0 || value.n > SIZE_DIGITS)
        return &bad_size;
    for (size_t i = 0; i < value.n; i++) {
        unsigned digit = (unsigned)(value.p[i] - '0');
        if (digit > 9)
            return &bad_size;
        bool fits = out->size_bytes <= (ULLONG_MAX - digit) / 10;
        out->size_bytes = fits ? out->size_bytes * 10 + digit : ULLONG_MAX;
    }
    out->has_size = true;
    return NULL;
}

static const struct reply *take_body(struct slice value,
                                     struct mail_params *out)
{
    if (out->body != BODY_ABSENT)
        return &repeated;
    if (slice_is_nocase(value, "7BIT"))
        out->body = BODY_7BIT;
    else if (slice_is_nocase(value, "8BITMIME"))
        out->body = BODY_8BITMIME;
    else
        return &bad_body;
    return NULL;
}

static const struct reply *take_ret(struct slice value, struct mail_params *out)
{
    if (out->ret != DSN_RET_ABSENT)
        return &repeated;
    if (slice_is_nocase(value, "FULL"))
        out->ret = DSN_RET_FULL;
    else if (slice_is_nocase(value, "HDRS"))
        out->ret = DSN_RET_HDRS;
    else
        return &bad_ret;
    return NULL;
}

static const struct reply *take_smtputf8(struct slice value,
                                         struct mail_params *out)
{
    if (value.n)
        return &takes_none;
    if (out->smtputf8)
        return &repeated;
    out->smtputf8 = true;
    return NULL;
}

static const struct reply *take_mail_param(struct arena *arena,
                                           struct slice key, struct slice value,
                                           struct mail_params *out)
{
    if (slice_is_nocase(key, "RET"))
        return take_ret(value, out);
    if (slice_is_nocase(key, "SIZE"))
        return take_size(value, out);
    if (slice_is_nocase(key, "BODY"))
        return take_body(value, out);
    if (slice_is_nocase(key, "SMTPUTF8"))
        return take_smtputf8(value, out);
    if (slice_is_nocase(key, "ENVID"))
        return take_envid(arena, value, out);
    if (slice_is_nocase(key, "AUTH")) {
        struct slice ignored;
        return decode_printable(arena, value, &ignored) ? NULL : &bad_auth;
    }
    return &unknown;
}

static const struct reply *take_notify(struct slice value,
                                       struct rcpt_params *out)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {{"NEVER", DSN_NOTIFY_NEVER},
                 {"SUCCESS", DSN_NOTIFY_SUCCESS},
                 {"FAILURE", DSN_NOTIFY_FAILURE},
                 {"DELAY", DSN_NOTIFY_DELAY}};
    if (out->notify)
        return &repeated;
    unsigned bits = 0;
    for (bool last = false; !last;) {
        last = slice_find(value, ',') == value.n;
        struct slice word = slice_cut(&value, ',');
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (slice_is_nocase(word, words[i].word))
                bit = words[i].bit;
        if (!bit)
            return &bad_notify;
        bits |= bit;
    }
    if ((bits & DSN_NOTIFY_NEVER) && bits != DSN_NOTIFY_NEVER)
        return &bad_notify;
    out->notify = bits;
    return NULL;
}

static bool is_atom(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '!' || s.p[i] > '~' ||
            slice_find(slice_of("()<>@,;:\\\".[]"), s.p[i]) < 13)
            return false;
    return s.n > 0;
}

static const struct reply *take_orcpt(struct arena *arena, struct slice value,
                                      struct rcpt_params *out)
{
    if (out->has_orcpt)
        return &repeated;
    struct slice rest = value;
    struct slice type = slice_cut(&rest, ';');
    if (value.n > ORCPT_BYTES || !is_atom(type) ||
        !decode_printable(arena, rest, &out->orcpt))
        return &bad_orcpt;
    out->orcpt_type = arena_slice(arena, type);
    out->has_orcpt = true;
    return NULL;
}

const struct reply *mail_params_parse(struct arena *arena, struct slice text,
                                      struct mail_params *out)
{
    *out = (struct mail_params){0};
    for (struct slice p = slice_word(&text); p.n; p = slice_word(&text)) {
        struct slice key, value;
        if (!split(p, &key, &value))
            return &malformed;
        const struct reply *no = take_mail_param(arena, key, value, out);
        if (no)
            return no;
    }
    return NULL;
}

const struct reply *rcpt_params_parse(struct arena *arena, struct slice text,
                                      struct rcpt_params *out)
{
    *out = (struct rcpt_params){0};
    for (struct slice p = slice_word(&text); p.n; p = slice_word(&text)) {
        struct slice key, value;
        if (!split(p, &key, &value))
            return &malformed;
        const struct reply *no = &unknown;
        if (slice_is_nocase(key, "NOTIFY"))
            no = take_notify(value, out);
        else if (slice_is_nocase(key, "ORCPT"))
            no = take_orcpt(arena, value, out);
        if (no)
            return no;
    }
    return NULL;
}

void mail_params_format(struct buf *out, const struct mail_params *params)
{
    if (params->ret != DSN_RET_ABSENT)
        buf_printf(out, " RET=%s", dsn_ret_name(params->ret));
    if (params->has_envid) {
        struct arena *arena = arena_create();
        buf_printf(out, " ENVID=%s", xtext_encode(arena, params->envid));
        arena_destroy(&arena);
    }
}

void rcpt_params_format(struct buf *out, const struct rcpt_params *params)
{
    static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
    const char *between = " NOTIFY=";
    for (unsigned i = 0; i < 4; i++)
        if (params->notify & 1U << i) {
            buf_printf(out, "%s%s", between, words[i]);
            between = ",";
        }
    if (params->has_orcpt) {
        struct arena *arena = arena_create();
        buf_printf(out, " ORCPT=%.*s;%s", SLICE_ARG(params->orcpt_type),
                   xtext_encode(arena, params->orcpt));
        arena_destroy(&arena);
    }
}

#include "address/mailbox.h"

#include <idn2.h>
#include <string.h>

#include "address/text.h"

enum {
    DOMAIN_BYTES_MAX = 253,
    LABEL_BYTES_MAX = 63,
    /* A character of UTF-8 is one of the A-label at least. What is longer is no
     * name, and the work for Punycode grows with its square. */
    UNICODE_BYTES_MAX = 4 * DOMAIN_BYTES_MAX
};

/* Labels of letters, digits and inner hyphens (RFC 5321 4.1.2 sub-domain). */
static bool is_ldh_domain(const char *text)
{
    size_t label = 0;
    for (const char *p = text;; p++) {
        if (*p == '.' || *p == '\0') {
            if (label == 0 || label > LABEL_BYTES_MAX || p[-1] == '-')
                return false;
            if (*p == '\0')
                return (size_t)(p - text) <= DOMAIN_BYTES_MAX;
            label = 0;
            continue;
        }
        bool is_let_dig = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
        if (!is_let_dig && !(*p == '-' && label > 0))
            return false;
        label++;
    }
}

static void to_lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + 32);
}

enum status domain_to_ascii(struct arena *arena, struct slice text,
                            struct slice *out, struct err *err)
{
    if (text.n > UNICODE_BYTES_MAX)
        return err_set(err, ST_INVAL, "a domain is no host name");
    if (!text_is_printable(text))
        return err_set(err, ST_INVAL, "a domain has an unprintable octet");
    char *name = arena_text(arena, text);
    if (!text_is_ascii(text)) {
        char *ascii = NULL;
        int rc = idn2_to_ascii_8z(name, &ascii, IDN2_NONTRANSITIONAL);
        if (rc != IDN2_OK)
            return err_set(err, ST_INVAL, "a domain is no IDNA name: %s",
                           idn2_strerror(rc));
        name = arena_strdup(arena, ascii);
        idn2_free(ascii);
    }
    to_lower(name);
    if (!is_ldh_domain(name))
        return err_set(err, ST_INVAL, "a domain is no host name");
    *out = slice_of(name);
    return ST_OK;
}

/* Offset behind Quoted-string (RFC 5321 4.1.2), whose content goes to out; 0
 * where it is none. */
static size_t take_quoted(struct slice s, char *out, size_t *out_n)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '"')
            return i + 1;
        if (s.p[i] == '\\' && ++i == s.n)
            return 0;
        out[(*out_n)++] = s.p[i];
    }
    return 0;
}

/* Offset behind Dot-string; 0 where it is none. */
static size_t take_dot_string(struct slice s, char *out, size_t *out_n)
{
    size_t i = 0;
    while (i < s.n && (text_is_atext(s.p[i]) ||
                       (s.p[i] == '.' && i > 0 && s.p[i - 1] != '.')))
        i++;
    if (i == 0 || s.p[i - 1] == '.')
        return 0;
    memcpy(out, s.p, i);
    *out_n = i;
    return i;
}

static enum status take_local(struct arena *arena, struct slice *s,
                              struct mailbox *out, struct err *err)
{
    char content[MAILBOX_BYTES_MAX];
    struct slice text = {s->p, s->n < sizeof content ? s->n : sizeof content};
    size_t n = 0;
    size_t end = text.n && text.p[0] == '"'
                     ? take_quoted(text, content, &n)
                     : take_dot_string(text, content, &n);
    struct slice local = {content, n};
    if (end == 0 || !text_is_printable(local))
        return err_set(err, ST_PROTO, "no local part of a mailbox");
    out->local = arena_slice(arena, local);
    out->is_utf8 = !text_is_ascii(local);
    *s = slice_from(*s, end);
    return ST_OK;
}

static size_t domain_length(struct slice s)
{
    if (s.n && s.p[0] == '[') {
        size_t close = slice_find(s, ']');
        return close < s.n ? close + 1 : s.n;
    }
    size_t n = 0;
    while (n < s.n && (text_is_atext(s.p[n]) || s.p[n] == '.'))
        n++;
    return n;
}

static enum status take_domain(struct arena *arena, struct slice *s,
                               struct mailbox *out, struct err *err)
{
    struct slice text = {s->p, domain_length(*s)};
    out->is_literal = text_is_literal(text);
    out->is_utf8 = out->is_utf8 || !text_is_ascii(text);
    *s = slice_from(*s, text.n);
    if (out->is_literal) {
        out->domain = arena_slice(arena, text);
        return ST_OK;
    }
    if (domain_to_ascii(arena, text, &out->domain, err) != ST_OK)
        return err_set(err, ST_PROTO, "no domain of a mailbox");
    return ST_OK;
}

enum status mailbox_take(struct arena *arena, struct slice *text,
                         struct mailbox *out, struct err *err)
{
    struct slice s = *text;
    *out = (struct mailbox){0};
    enum status status = take_local(arena, &s, out, err);
    if (status != ST_OK)
        return status;
    if (s.n == 0 || s.p[0] != '@')
        return err_set(err, ST_PROTO, "octet %zu of a mailbox: expected @",
                       text->n - s.n);
    s = slice_from(s, 1);
    status = take_domain(arena, &s, out, err);
    if (status != ST_OK)
        return status;
    if (!mailbox_fits_path(out))
        return err_set(err, ST_PROTO, "a mailbox of more than %d octets",
                       MAILBOX_BYTES_MAX);
    *text = s;
    return ST_OK;
}

enum status mailbox_parse(struct arena *arena, struct slice text,
                          struct mailbox *out, struct err *err)
{
    enum status status = mailbox_take(arena, &text, out, err);
    if (status == ST_OK && text.n)
        return err_set(err, ST_PROTO, "%zu octets behind a mailbox", text.n);
    return status;
}

/* A-d-l ":" of RFC 5321 4.1.2, which is read and forgotten. */
static enum status skip_source_route(struct arena *arena, struct slice *s,
                                     struct err *err)
{
    while (s->n && s->p[0] == '@') {
        struct mailbox hop = {0};
        *s = slice_from(*s, 1);
        enum status status = take_domain(arena, s, &hop, err);
        if (status != ST_OK)
            return status;
        char after = s->n ? s->p[0] : '\0';
        bool goes_on = after == ',' && s->n > 1 && s->p[1] == '@';
        if (after != ':' && !goes_on)
            return err_set(err, ST_PROTO, "a source route without its colon");
        *s = slice_from(*s, 1);
    }
    return ST_OK;
}

enum status mailbox_take_path(struct arena *arena, struct slice *text,
                              struct mailbox *out, struct err *err)
{
    struct slice s = *text;
    *out = (struct mailbox){0};
    if (s.n == 0 || s.p[0] != '<')
        return err_set(err, ST_PROTO, "a path starts with <");
    s = slice_from(s, 1);
    if (s.n == 0 || s.p[0] != '>') {
        enum status status = skip_source_route(arena, &s, err);
        if (status == ST_OK)
            status = mailbox_take(arena, &s, out, err);
        if (status != ST_OK)
            return status;
    }
    if (s.n == 0 || s.p[0] != '>')
        return err_set(err, ST_PROTO, "octet %zu of a path: expected >",
                       text->n - s.n);
    *text = slice_from(s, 1);
    return ST_OK;
}

bool mailbox_is_null(const struct mailbox *mailbox)
{
    return mailbox->domain.n == 0;
}

bool mailbox_eq(const struct mailbox *a, const struct mailbox *b)
{
    return slice_eq_nocase(a->local, b->local) &&
           slice_eq_nocase(a->domain, b->domain);
}

static bool is_dot_string(struct slice local)
{
    char last = '.';
    for (size_t i = 0; i < local.n; i++) {
        if (!text_is_atext(local.p[i]) && (local.p[i] != '.' || last == '.'))
            return false;
        last = local.p[i];
    }
    return last != '.';
}

char *mailbox_format(struct arena *arena, const struct mailbox *mailbox)
{
    if (mailbox_is_null(mailbox))
        return arena_strdup(arena, "");
    struct slice local = mailbox->local;
    if (is_dot_string(local))
        return arena_printf(arena, "%.*s@%.*s", SLICE_ARG(local),
                            SLICE_ARG(mailbox->domain));
    char *quoted = arena_alloc(arena, 2 * local.n);
    size_t n = 0;
    for (size_t i = 0; i < local.n; i++) {
        if (local.p[i] == '"' || local.p[i] == '\\')
            quoted[n++] = '\\';
        quoted[n++] = local.p[i];
    }
    return arena_printf(arena, "\"%.*s\"@%.*s", (int)n, quoted,
                        SLICE_ARG(mailbox->domain));
}

bool mailbox_fits_path(const struct mailbox *mailbox)
{
    struct slice local = mailbox->local;
    size_t n = local.n + 1 + mailbox->domain.n;
    if (!is_dot_string(local))
        n += 2; /* quotes */
    for (size_t i = 0; i < local.n; i++)
        n += local.p[i] == '"' || local.p[i] == '\\';
    return n <= MAILBOX_BYTES_MAX;
}

char *mailbox_key(struct arena *arena, const struct mailbox *mailbox)
{
    char *text = mailbox_format(arena, mailbox);
    to_lower(text);
    return text;
}

char *mailbox_show(struct arena *arena, const struct mailbox *mailbox)
{
    char *text = mailbox_format(arena, mailbox);
    for (char *p = text; *p; p++)
        if (*p < 0x20 || *p > 0x7e)
            *p = '?';
    return text;
}

#include "rules/spf_record.h"

#include <ctype.h>
#include <string.h>

#include "rules/spf_macro.h"

enum { VERSION_OCTETS = 6 };

static const struct form {
    const char *name;
    bool has_domain, needs_domain, has_lengths;
} forms[] = {
    [SPF_MECHANISM_ALL] = {"all", false, false, false},
    [SPF_MECHANISM_INCLUDE] = {"include", true, true, false},
    [SPF_MECHANISM_A] = {"a", true, false, true},
    [SPF_MECHANISM_MX] = {"mx", true, false, true},
    [SPF_MECHANISM_PTR] = {"ptr", true, false, false},
    [SPF_MECHANISM_IP4] = {"ip4", false, false, false},
    [SPF_MECHANISM_IP6] = {"ip6", false, false, false},
    [SPF_MECHANISM_EXISTS] = {"exists", true, true, false},
};
_Static_assert(sizeof forms / sizeof *forms == SPF_MECHANISM_COUNT, "forms");

bool spf_record_is(struct slice text)
{
    return slice_starts_nocase(text, "v=spf1") &&
           (text.n == VERSION_OCTETS || text.p[VERSION_OCTETS] == ' ');
}

/* "0" or digits without a leading zero, at most max. */
static bool take_number(struct slice s, unsigned max, unsigned *out)
{
    unsigned long value;
    if ((s.n > 1 && s.p[0] == '0') || !slice_number(s, max, &value))
        return false;
    *out = (unsigned)value;
    return true;
}

/* Cuts "/DIGITS" behind the given number of slashes off the end. */
static bool cut_length(struct slice *s, size_t slashes, struct slice *out)
{
    size_t digits = s->n;
    while (digits && isdigit((unsigned char)s->p[digits - 1]))
        digits--;
    if (digits == s->n || digits < slashes)
        return false;
    for (size_t i = 1; i <= slashes; i++)
        if (s->p[digits - i] != '/')
            return false;
    *out = slice_from(*s, digits);
    s->n = digits - slashes;
    return true;
}

/* dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ] */
static bool parse_lengths(struct slice *rest, struct spf_term *term)
{
    struct slice digits;
    if (cut_length(rest, 2, &digits) &&
        !take_number(digits, IP6_BITS, &term->length6))
        return false;
    return !cut_length(rest, 1, &digits) ||
           take_number(digits, IP4_BITS, &term->length4);
}

static bool parse_block(struct slice rest, struct spf_term *term)
{
    unsigned bits = term->mechanism == SPF_MECHANISM_IP4 ? IP4_BITS : IP6_BITS;
    if (!rest.n || rest.p[0] != ':')
        return false;
    rest = slice_from(rest, 1);
    size_t slash = slice_find(rest, '/');
    term->block.length = bits;
    if (!ip_parse((struct slice){rest.p, slash}, &term->block.network) ||
        term->block.network.bits != bits)
        return false;
    return slash == rest.n ||
           take_number(slice_from(rest, slash + 1), bits, &term->block.length);
}

static bool parse_rest(struct slice rest, struct spf_term *term)
{
    const struct form *form = &forms[term->mechanism];
    term->length4 = IP4_BITS;
    term->length6 = IP6_BITS;
    if (term->mechanism == SPF_MECHANISM_IP4 ||
        term->mechanism == SPF_MECHANISM_IP6)
        return parse_block(rest, term);
    if (form->has_lengths && !parse_lengths(&rest, term))
        return false;
    if (!rest.n)
        return !form->needs_domain;
    if (!form->has_domain || rest.p[0] != ':')
        return false;
    term->domain = slice_from(rest, 1);
    return term->domain.n && spf_macro_is_valid(term->domain, SPF_MACRO_DOMAIN);
}

/* directive = [ qualifier ] mechanism */
static bool parse_directive(struct slice text, struct spf_term *term)
{
    static const char qualifiers[] = "+-~?";
    static const enum spf_result results[] = {SPF_RESULT_PASS, SPF_RESULT_FAIL,
                                              SPF_RESULT_SOFTFAIL,
                                              SPF_RESULT_NEUTRAL};
    const char *qualifier = memchr(qualifiers, text.p[0], 4);
    *term = (struct spf_term){.text = text, .result = SPF_RESULT_PASS};
    if (qualifier) {
        term->result = results[qualifier - qualifiers];
        text = slice_from(text, 1);
    }
    size_t end = 0;
    while (end < text.n && text.p[end] != ':' && text.p[end] != '/')
        end++;
    struct slice name = {text.p, end};
    for (int i = 0; i < SPF_MECHANISM_COUNT; i++) {
        term->mechanism = (enum spf_mechanism)i;
        if (slice_is_nocase(name, forms[i].name))
            return parse_rest(slice_from(text, end), term);
    }
    return false;
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); how long it is where "="
 * follows, else 0. */
static size_t modifier_name(struct slice text)
{
    size_t n = 0;
    while (n < text.n && (unsigned char)text.p[n] < 128 &&
           (isalnum((unsigned char)text.p[n]) ||
            (text.p[n] && strchr("-_.", text.p[n]))))
        n++;
    bool is_name = n && n < text.n && text.p[n] == '=' &&
                   isalpha((unsigned char)text.p[0]);
    return is_name ? n : 0;
}

static bool parse_modifier(struct slice text, size_t name_octets,
                           struct spf_record *out)
{
    struct slice name = {text.p, name_octets};
    struct slice value = slice_from(text, name_octets + 1);
    bool is_redirect = slice_is_nocase(name, "redirect");
    struct slice *at = is_redirect ? &out->redirect : &out->exp;
    if (!is_redirect && !slice_is_nocase(name, "exp"))
        return spf_macro_is_valid(value, SPF_MACRO_STRING);
    if (at->n || !value.n || !spf_macro_is_valid(value, SPF_MACRO_DOMAIN))
        return false;
    *at = value;
    if (is_redirect)
        out->redirect_text = text;
    return true;
}

static size_t count_terms(struct slice text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == ' ';
    return count;
}

enum status spf_record_parse(struct arena *arena, struct slice text,
                             struct spf_record *out, struct slice *bad_out)
{
    struct slice rest = slice_from(text, VERSION_OCTETS);
    struct spf_term *terms =
        arena_alloc(arena, count_terms(text) * sizeof *terms);
    *out = (struct spf_record){.terms = terms};
    while (rest.n) {
        struct slice term = slice_cut(&rest, ' ');
        if (!term.n)
            continue;
        size_t name = modifier_name(term);
        bool is_good = name ? parse_modifier(term, name, out)
                            : parse_directive(term, &terms[out->count]);
        if (!is_good) {
            *bad_out = term;
            return ST_PROTO;
        }
        if (!name)
            out->count++;
    }
    return ST_OK;
}

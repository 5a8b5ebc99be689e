#include "rules/wishes.h"

#include <string.h>

#include "base/status.h"

enum {
    PHONE_DIGITS_MIN = 7, /* RIGHT-3 */
    PHONE_DIGITS_MAX = 15,
    CODE_OCTETS_MIN = 4,
    CODE_OCTETS_MAX = 64
};

struct reading {
    struct arena *arena;
    const struct header *header;
    const struct mailbox *recipients;
    size_t recipient_count;
    const struct wishes_settings *settings;
    struct wishes *out;
};

/* One zivver-access-right field as read, or what is wrong with it. */
struct right_field {
    bool has_mailbox;
    struct mailbox mailbox;
    struct wish wish;
    const char *fault; /* NULL: well-formed */
};

static void warn(struct reading *r, enum warning word, char *recipient)
{
    r->out->warnings[r->out->warning_count++] =
        (struct wishes_warning){word, recipient};
}

/* DIRECT-2: anything but these four words in their order is a fault, and means
 * the same. */
static bool is_full_direct_delivery(struct slice value)
{
    static const char *const words[] = {"tls", "tls1.2", "auth",
                                        "certificate-validation"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!slice_is_nocase(slice_word(&value), words[i]))
            return false;
    return slice_word(&value).n == 0;
}

static void read_direct_delivery(struct reading *r)
{
    static const char name[] = "zivver-direct-delivery";
    size_t at = 0;
    const struct header_field *field = header_find(r->header, name, &at);
    r->out->direct_delivery = field != NULL;
    if (!field)
        return;
    bool is_repeated = header_find(r->header, name, &at) != NULL;
    if (is_repeated || !is_full_direct_delivery(field->raw))
        warn(r, WARNING_DIRECT_DELIVERY_DEFAULTS, NULL);
}

/* MINIMUM-2: exactly one field with exactly this value permits. */
static void read_minimum(struct reading *r)
{
    static const char name[] = "zivver-minimum-recipient-verification";
    size_t at = 0;
    const struct header_field *field = header_find(r->header, name, &at);
    r->out->email_permitted =
        field &&
        slice_is_nocase(slice_trim(field->raw), "email-verification") &&
        !header_find(r->header, name, &at);
}

/* E.164 as RIGHT-3 takes it. */
static bool is_phone(struct slice value)
{
    if (value.n < 1 + PHONE_DIGITS_MIN || value.n > 1 + PHONE_DIGITS_MAX ||
        value.p[0] != '+' || value.p[1] == '0')
        return false;
    for (size_t i = 1; i < value.n; i++)
        if (value.p[i] < '0' || value.p[i] > '9')
            return false;
    return true;
}

static bool is_access_code(struct slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x21 || value.p[i] > 0x7e)
            return false;
    return value.n >= CODE_OCTETS_MIN && value.n <= CODE_OCTETS_MAX;
}

/* RIGHT-2. */
static bool is_code_keyword(struct slice word, enum code_keyword accepted)
{
    if (slice_is_nocase(word, "access-code"))
        return accepted != CODE_KEYWORD_EXAMPLE;
    if (slice_is_nocase(word, "sharedAccessCode"))
        return accepted != CODE_KEYWORD_PROSE;
    return false;
}

/* Method and value, and nothing behind them. */
static const char *read_method(struct slice text, enum code_keyword keyword,
                               struct wish *out)
{
    struct slice method = slice_word(&text);
    out->value = slice_word(&text);
    if (slice_is_nocase(method, "sms"))
        out->right = RIGHT_SMS;
    else if (is_code_keyword(method, keyword))
        out->right = RIGHT_ACCESS_CODE;
    else
        return method.n ? "the method is unknown" : "the method is missing";
    if (out->value.n == 0)
        return "the value is missing";
    if (slice_word(&text).n)
        return "there is more than one recipient, method and value";
    if (out->right == RIGHT_SMS && !is_phone(out->value))
        return "the phone number is not + and 7 to 15 digits";
    if (out->right == RIGHT_ACCESS_CODE && !is_access_code(out->value))
        return "the access code is not 4 to 64 visible ASCII characters";
    return NULL;
}

static bool take_address(struct arena *arena, struct slice *text,
                         struct mailbox *out)
{
    struct err err;
    enum status status = text->n && text->p[0] == '<'
                             ? mailbox_take_path(arena, text, out, &err)
                             : mailbox_take(arena, text, out, &err);
    return status == ST_OK && !mailbox_is_null(out);
}

static struct right_field read_right(struct reading *r, struct slice text)
{
    struct right_field f = {0};
    text = slice_trim(text);
    f.has_mailbox = take_address(r->arena, &text, &f.mailbox);
    if (!f.has_mailbox)
        f.fault = "it does not start with a mail address";
    else if (text.n && slice_trim(text).p == text.p)
        f.fault = "something sticks to the address";
    else
        f.fault = read_method(text, r->settings->access_code_keyword, &f.wish);
    return f;
}

static bool is_same_wish(const struct wish *a, const struct wish *b)
{
    return a->right == b->right && slice_eq(a->value, b->value);
}

/* Gives a well-formed right to its recipient, every time he is named in the
 * envelope; says what is wrong with that. */
static const char *grant(struct reading *r, const struct right_field *f)
{
    bool is_recipient = false;
    for (size_t i = 0; i < r->recipient_count; i++) {
        struct wish *wish = &r->out->wishes[i];
        if (!mailbox_eq(&r->recipients[i], &f->mailbox))
            continue;
        is_recipient = true;
        if (wish->right != RIGHT_NONE && !is_same_wish(wish, &f->wish))
            return "there is a different access right for this recipient";
        *wish = f->wish;
    }
    if (!is_recipient)
        warn(r, WARNING_RIGHT_FOR_NO_RECIPIENT,
             mailbox_format(r->arena, &f->mailbox));
    return NULL;
}

static const char *refuse(struct arena *arena, const struct right_field *f)
{
    if (!f->has_mailbox)
        return arena_printf(arena, "550 5.6.0 zivver-access-right: %s",
                            f->fault);
    return arena_printf(arena, "550 5.6.0 zivver-access-right for <%s>: %s",
                        mailbox_show(arena, &f->mailbox), f->fault);
}

/* RIGHT-4. The refusal, or NULL. */
static const char *read_rights(struct reading *r)
{
    const struct header_field *field;
    size_t at = 0;
    while ((field = header_find(r->header, "zivver-access-right", &at))) {
        struct right_field f = read_right(r, field->raw);
        if (!f.fault)
            f.fault = grant(r, &f);
        if (!f.fault)
            continue;
        if (!r->settings->ignore_invalid_right)
            return refuse(r->arena, &f);
        warn(r, WARNING_RIGHT_IGNORED,
             f.has_mailbox ? mailbox_format(r->arena, &f.mailbox) : NULL);
    }
    return NULL;
}

void wishes_parse(struct arena *arena, const struct header *header,
                  const struct mailbox *recipients, size_t recipient_count,
                  const struct wishes_settings *settings,
                  struct wishes *wishes_out, const char **refusal_out)
{
    struct reading r = {.arena = arena,
                        .header = header,
                        .recipients = recipients,
                        .recipient_count = recipient_count,
                        .settings = settings,
                        .out = wishes_out};
    /* At most one warning for each field. */
    *wishes_out = (struct wishes){
        .wishes =
            arena_alloc(arena, (recipient_count + 1) * sizeof(struct wish)),
        .warnings = arena_alloc(arena, (header->count + 1) *
                                           sizeof(struct wishes_warning))};
    read_direct_delivery(&r);
    read_minimum(&r);
    *refusal_out = read_rights(&r);
}

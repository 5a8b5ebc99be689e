#include "address/mailbox_list.h"

#include <string.h>

#include "address/text.h"

/* One value being read. The scratch texts are as long as the value, so that
 * nothing that is taken from it can pass them. */
struct scan {
    struct arena *arena;
    const char *start, *p, *end;
    char *local;   /* words and dots without what stands between */
    char *display; /* the same, a space where white space or comments stood */
    size_t local_n, display_n;
    bool is_local; /* the words so far are word *("." word) */
    char last;     /* of the words: 'w' word, '.' dot, 0 nothing yet */
    struct mailbox_list *list;
    size_t room;
};

static enum status fault(const struct scan *s, const char *what,
                         struct err *err)
{
    return err_set(err, ST_PROTO, "octet %zu: %s", (size_t)(s->p - s->start),
                   what);
}

static bool at(const struct scan *s, char c)
{
    return s->p < s->end && *s->p == c;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the comment that starts here; the end where it is not closed. */
static bool skip_comment(struct scan *s)
{
    size_t depth = 0;
    for (; s->p < s->end; s->p++) {
        if (*s->p == '\\' && s->p + 1 < s->end)
            s->p++;
        else if (*s->p == '(')
            depth++;
        else if (*s->p == ')' && --depth == 0) {
            s->p++;
            return true;
        }
    }
    return false;
}

/* CFWS of RFC 5322 3.2.2. */
static enum status skip_cfws(struct scan *s, struct err *err)
{
    for (;;) {
        while (s->p < s->end && is_space(*s->p))
            s->p++;
        if (!at(s, '('))
            return ST_OK;
        if (!skip_comment(s))
            return fault(s, "a comment that is not closed", err);
    }
}

static void put(struct scan *s, char c)
{
    bool is_control = (unsigned char)c < 0x20 || c == 0x7f;
    s->local[s->local_n++] = c;
    if (!is_control) /* a display name is shown to people */
        s->display[s->display_n++] = c;
}

static enum status take_quoted(struct scan *s, struct err *err)
{
    for (s->p++; s->p < s->end; s->p++) {
        if (*s->p == '"') {
            s->p++;
            return ST_OK;
        }
        if (*s->p == '\\' && s->p + 1 < s->end)
            s->p++;
        else if (*s->p == '\r' || *s->p == '\n')
            continue;
        put(s, *s->p);
    }
    return fault(s, "a quoted string that is not closed", err);
}

/* Words and dots: a local part or a display name; ends before anything else.
 * An empty text is no error. */
static enum status take_words(struct scan *s, struct err *err)
{
    s->local_n = s->display_n = 0;
    s->is_local = true;
    s->last = 0;
    for (;;) {
        const char *before = s->p;
        enum status status = skip_cfws(s, err);
        if (status != ST_OK)
            return status;
        bool is_word = s->p < s->end && (at(s, '"') || text_is_atext(*s->p));
        if (!is_word && !at(s, '.'))
            break;
        if (s->p > before && s->last)
            s->display[s->display_n++] = ' ';
        if (is_word ? s->last == 'w' : s->last != 'w')
            s->is_local = false;
        s->last = is_word ? 'w' : '.';
        if (at(s, '"')) {
            status = take_quoted(s, err);
            if (status != ST_OK)
                return status;
        } else if (!is_word) {
            put(s, *s->p++);
        } else {
            while (s->p < s->end && text_is_atext(*s->p))
                put(s, *s->p++);
        }
    }
    s->is_local = s->is_local && s->last == 'w';
    return ST_OK;
}

/* domain of RFC 5322 3.4.1 into the scratch text; white space may stand around
 * its dots. */
static enum status take_domain_text(struct scan *s, struct err *err)
{
    enum status status = skip_cfws(s, err);
    s->local_n = 0;
    if (at(s, '[')) {
        while (s->p < s->end && !at(s, ']'))
            s->local[s->local_n++] = *s->p++;
        if (at(s, ']'))
            s->local[s->local_n++] = *s->p++;
    }
    while (status == ST_OK) {
        while (s->p < s->end && text_is_atext(*s->p))
            s->local[s->local_n++] = *s->p++;
        status = skip_cfws(s, err);
        if (status != ST_OK || !at(s, '.'))
            break;
        s->local[s->local_n++] = *s->p++;
        status = skip_cfws(s, err);
    }
    return status;
}

/* "@" domain, with the words just taken as local part. */
static enum status take_at_domain(struct scan *s, struct mailbox *out,
                                  struct err *err)
{
    struct slice local = {s->local, s->local_n};
    if (!s->is_local || !text_is_printable(local) || !at(s, '@'))
        return fault(s, "no local part before this", err);
    s->p++;
    out->local = arena_slice(s->arena, local);
    enum status status = take_domain_text(s, err);
    if (status != ST_OK)
        return status;
    struct slice domain = {s->local, s->local_n};
    out->is_utf8 = !text_is_ascii(out->local) || !text_is_ascii(domain);
    out->is_literal = text_is_literal(domain);
    if (out->is_literal)
        out->domain = arena_slice(s->arena, domain);
    else if (domain_to_ascii(s->arena, domain, &out->domain, err) != ST_OK)
        return fault(s, "no domain before this", err);
    if (!mailbox_fits_path(out))
        return fault(s, "a mailbox that is too long before this", err);
    return ST_OK;
}

static void append(struct scan *s, struct mailbox_entry entry)
{
    struct mailbox_list *list = s->list;
    if (list->count == s->room) {
        struct mailbox_entry *old = list->entries;
        s->room = s->room ? s->room * 2 : 8;
        list->entries = arena_alloc(s->arena, s->room * sizeof *old);
        if (old)
            memcpy(list->entries, old, list->count * sizeof *old);
    }
    list->entries[list->count++] = entry;
}

/* angle-addr, with the words just taken as display name. */
static enum status take_angle(struct scan *s, struct mailbox_entry *entry,
                              struct err *err)
{
    entry->display =
        arena_slice(s->arena, (struct slice){s->display, s->display_n});
    s->p++;
    enum status status = take_words(s, err);
    if (status == ST_OK)
        status = take_at_domain(s, &entry->mailbox, err);
    if (status != ST_OK)
        return status;
    if (!at(s, '>'))
        return fault(s, "expected >", err);
    s->p++;
    return skip_cfws(s, err);
}

/* One list element: a mailbox, or the start of a group up to its colon. */
static enum status take_element(struct scan *s, bool *in_group, struct err *err)
{
    enum status status = take_words(s, err);
    if (status != ST_OK)
        return status;
    if (at(s, ':') && s->last && !*in_group) {
        s->p++;
        s->list->group_count++;
        *in_group = true;
        return skip_cfws(s, err);
    }
    struct mailbox_entry entry = {.in_group = *in_group};
    status = at(s, '<') ? take_angle(s, &entry, err)
                        : take_at_domain(s, &entry.mailbox, err);
    if (status != ST_OK)
        return status;
    if (s->p < s->end && *s->p != ',' && !(*in_group && *s->p == ';'))
        return fault(s, "expected a comma or the end", err);
    append(s, entry);
    return ST_OK;
}

/* One element or separator. */
static enum status step(struct scan *s, bool *in_group, struct err *err)
{
    if (at(s, ',')) {
        s->p++;
        return skip_cfws(s, err);
    }
    if (!at(s, ';'))
        return take_element(s, in_group, err);
    if (!*in_group)
        return fault(s, "a semicolon without a group", err);
    *in_group = false;
    s->p++;
    enum status status = skip_cfws(s, err);
    if (status == ST_OK && s->p < s->end && *s->p != ',')
        return fault(s, "expected a comma or the end", err);
    return status;
}

static void scan_init(struct scan *s, struct arena *arena, struct slice value,
                      struct mailbox_list *list, size_t room)
{
    *s = (struct scan){.arena = arena,
                       .start = value.p,
                       .p = value.p,
                       .end = value.n ? value.p + value.n : value.p,
                       .local = arena_alloc(arena, value.n + 1),
                       .display = arena_alloc(arena, value.n + 1),
                       .list = list,
                       .room = room};
}

enum status mailbox_list_parse(struct arena *arena, struct slice value,
                               struct mailbox_list *out, struct err *err)
{
    struct scan s;
    bool in_group = false;
    *out = (struct mailbox_list){0};
    scan_init(&s, arena, value, out, 0);
    enum status status = skip_cfws(&s, err);
    while (status == ST_OK && s.p < s.end)
        status = step(&s, &in_group, err);
    if (status == ST_OK && in_group)
        return fault(&s, "a group that is not closed", err);
    return status;
}

/* A fault costs the list element up to the next comma, no more; the reader
 * never goes back, so that a hostile field takes linear time. */
static void collect(struct scan *s)
{
    struct err err;
    bool in_group = false;
    if (skip_cfws(s, &err) != ST_OK)
        return;
    while (s->p < s->end)
        if (step(s, &in_group, &err) != ST_OK)
            while (s->p < s->end && *s->p != ',')
                s->p++;
}

struct mailbox_list mailbox_list_collect(struct arena *arena,
                                         const struct header *header,
                                         const char *const names[])
{
    struct mailbox_list list = {0};
    size_t room = 0;
    for (; *names; names++) {
        const struct header_field *field;
        size_t next = 0;
        while ((field = header_find(header, *names, &next))) {
            struct scan s;
            scan_init(&s, arena, field->raw, &list, room);
            collect(&s);
            room = s.room;
        }
    }
    return list;
}

enum status mailbox_list_only(struct arena *arena, const struct header *header,
                              const char *name, struct mailbox_entry *out,
                              struct err *err)
{
    struct mailbox_list list;
    size_t next = 0, count = header_count(header, name);
    if (count == 0)
        return err_set(err, ST_PROTO, "there is no %s field", name);
    if (count > 1)
        return err_set(err, ST_PROTO, "there are %zu %s fields", count, name);
    const struct header_field *field = header_find(header, name, &next);
    if (mailbox_list_parse(arena, field->raw, &list, err) != ST_OK)
        return err_wrap(err, "%s is no address list", name);
    if (list.group_count)
        return err_set(err, ST_PROTO, "%s has a group", name);
    if (list.count != 1)
        return err_set(err, ST_PROTO, "%s has %zu mailboxes, not one", name,
                       list.count);
    *out = list.entries[0];
    return ST_OK;
}

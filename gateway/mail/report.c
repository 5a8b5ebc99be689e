#include "mail/report.h"

#include <string.h>
#include <strings.h>

#include "mail/coding.h"
#include "mail/entity.h"

enum { STATUS_PART_BYTES = 262144, GROUPS_MAX = 1000, VALUE_BYTES = 900 };

/* --- values --------------------------------------------------------------- */

static bool is_number(struct slice s)
{
    return s.n >= 1 && s.n <= 3 && slice_find(s, '.') == s.n;
}

/* The code of RFC 3463 2 at the front; NULL: none. */
static const char *status_of(struct arena *arena, const char *value)
{
    struct slice all = {value, strspn(value, "0123456789.")}, detail = all;
    struct slice class = slice_cut(&detail, '.');
    struct slice subject = slice_cut(&detail, '.');
    bool is_status = class.n == 1 && strchr("245", class.p[0]) &&
                     is_number(subject) && is_number(detail);
    return is_status ? arena_text(arena, all) : NULL;
}

/* What stands behind "type;", cut to a size; NULL: nothing. */
static const char *typed_text(struct arena *arena, const char *value)
{
    struct slice rest = slice_of(value);
    if (slice_find(rest, ';') < rest.n)
        slice_cut(&rest, ';');
    rest = slice_trim(rest);
    if (rest.n > VALUE_BYTES)
        rest.n = VALUE_BYTES;
    return rest.n ? arena_text(arena, rest) : NULL;
}

static bool action_of(const char *value, enum mail_dsn_action *out)
{
    for (int i = 0; i < MAIL_DSN_ACTION_COUNT; i++) {
        const char *name = mail_dsn_action_name((enum mail_dsn_action)i);
        if (strcasecmp(name, value) == 0) {
            *out = (enum mail_dsn_action)i;
            return true;
        }
    }
    return false;
}

static const char *status_without(enum mail_dsn_action action)
{
    return action == MAIL_DSN_ACTION_FAILED    ? "5.0.0"
           : action == MAIL_DSN_ACTION_DELAYED ? "4.0.0"
                                               : "2.0.0";
}

/* Which of two tells more: see struct mail_report. */
static int weight(enum mail_dsn_action action)
{
    static const int weights[] = {[MAIL_DSN_ACTION_FAILED] = 5,
                                  [MAIL_DSN_ACTION_EXPANDED] = 4,
                                  [MAIL_DSN_ACTION_DELIVERED] = 3,
                                  [MAIL_DSN_ACTION_RELAYED] = 2,
                                  [MAIL_DSN_ACTION_DELAYED] = 1};
    return weights[action];
}

/* --- RFC 3464 ------------------------------------------------------------- */

static struct slice decoded(struct arena *arena, struct slice content,
                            const struct entity *e)
{
    struct decoder decoder;
    struct slice body = slice_most(
        slice_sub(content, e->body, e->end - e->body), STATUS_PART_BYTES);
    size_t room = body.n + 3; /* what is decoded is not longer */
    char *octets = arena_alloc(arena, room);
    decoder_init(&decoder, coding_of(e->content.coding), body);
    size_t n = 0, more;
    while (room - n >= 3 &&
           (more = decoder_read(&decoder, octets + n, room - n)))
        n += more;
    return (struct slice){octets, n};
}

/* Fields up to an empty line, with LF or CRLF; the rest stays in octets. */
static struct mail_message take_group(struct arena *arena, struct slice *octets)
{
    while (octets->n && content_is_end(*octets))
        *octets = slice_from(*octets, content_line_bytes(*octets));
    size_t n = 0;
    while (n < octets->n && !content_is_end(slice_from(*octets, n)))
        n += content_line_bytes(slice_from(*octets, n));
    struct mail_message group = mail_parse(arena, (struct slice){octets->p, n});
    *octets = slice_from(*octets, n);
    return group;
}

static bool read_group(struct arena *arena, const struct mail_message *group,
                       const char *reporting_mta, struct mail_report *out)
{
    struct mail_report one;
    if (!action_of(mail_value(arena, group, "Action"), &one.action))
        return false;
    one.status = status_of(arena, mail_value(arena, group, "Status"));
    if (!one.status)
        one.status = status_without(one.action);
    one.diagnostic =
        typed_text(arena, mail_value(arena, group, "Diagnostic-Code"));
    one.remote_mta = typed_text(arena, mail_value(arena, group, "Remote-MTA"));
    if (!one.remote_mta)
        one.remote_mta = reporting_mta;
    *out = one;
    return true;
}

static bool read_status(struct arena *arena, struct slice octets,
                        struct mail_report *out)
{
    const char *reporting_mta = NULL;
    bool is_found = false;
    for (int i = 0; i < GROUPS_MAX && octets.n; i++) {
        struct mail_report one;
        struct mail_message group = take_group(arena, &octets);
        const char *mta = mail_value(arena, &group, "Reporting-MTA");
        if (*mta)
            reporting_mta = typed_text(arena, mta);
        if (!read_group(arena, &group, reporting_mta, &one))
            continue;
        if (!is_found || weight(one.action) > weight(out->action))
            *out = one;
        is_found = true;
    }
    return is_found;
}

/* The second part of the report that the mail is: not one that it encloses. */
static const struct entity *find_status(const struct entity_tree *tree)
{
    const struct entity *root = &tree->entities[0];
    if (strcmp(entity_subtype(root), "report") != 0)
        return NULL;
    for (int i = 1; i < tree->count; i++) {
        const struct entity *e = &tree->entities[i];
        if (e->parent == 0 &&
            (strcmp(e->content.type, "message/delivery-status") == 0 ||
             strcmp(e->content.type, "message/global-delivery-status") == 0))
            return e;
    }
    return NULL;
}

/* --- others --------------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

static bool is_old_bounce(struct arena *arena, struct slice content)
{
    const char *from = mail_value_in(arena, content, "From");
    const char *subject = mail_value_in(arena, content, "Subject");
    bool is_daemon =
        has_word(from, "mailer-daemon@") || has_word(from, "postmaster@");
    bool is_warning =
        has_word(subject, "warning") || has_word(subject, "delay");
    return *mail_value_in(arena, content, "X-Failed-Recipients") ||
           (is_daemon && !is_warning);
}

/* The report stands in front (RFC 6522 3); what comes behind it may be a whole
 * message, which is not looked through. */
static struct slice front_of(struct slice content)
{
    if (content.n > MAIL_REPORT_FRONT_BYTES)
        content.n = MAIL_REPORT_FRONT_BYTES;
    return content;
}

bool mail_report_read(struct arena *arena, struct slice content,
                      bool is_null_path, struct mail_report *out)
{
    struct entity_tree tree;
    content = front_of(content);
    entity_scan(arena, content, &tree);
    const struct entity *status = find_status(&tree);
    if (status)
        return read_status(arena, decoded(arena, content, status), out);
    bool is_cut =
        content.n == MAIL_REPORT_FRONT_BYTES &&
        strcmp(tree.entities[0].content.type, "multipart/report") == 0;
    if (is_cut || strcmp(entity_subtype(&tree.entities[0]), "report") == 0 ||
        !is_null_path || !is_old_bounce(arena, content))
        return false;
    *out = (struct mail_report){.action = MAIL_DSN_ACTION_FAILED,
                                .status = "5.0.0"};
    return true;
}

#include "portal/letter.h"

#include <string.h>

#include "address/mailbox_list.h"
#include "mail/encode.h"
#include "mail/message.h"
#include "mail/name.h"

enum { VALUE_MAX = 65536 };

static const char *one_line(struct arena *arena, const char *text)
{
    char *line = arena_text(arena, slice_trim(slice_of(text)));
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    return line;
}

/* A header value as UTF-8 on one line. */
static const char *readable(struct arena *arena,
                            const struct mail_message *message,
                            const char *name)
{
    struct slice raw = slice_of(mail_value(arena, message, name));
    if (raw.n > VALUE_MAX)
        raw.n = VALUE_MAX;
    const char *text = encode_decode_words(arena, arena_text(arena, raw));
    return one_line(arena, text);
}

static bool parse_list(struct arena *arena, const char *value,
                       struct mailbox_list *out)
{
    struct err err;
    return mailbox_list_parse(arena, slice_of(value), out, &err) == ST_OK;
}

static void read_from(struct arena *arena, const struct mail_message *message,
                      const struct portal_link *link, struct letter *out)
{
    struct mailbox_list list;
    out->from_name = "";
    out->from_address = link->message.sender;
    if (!parse_list(arena, mail_value(arena, message, "From"), &list) ||
        list.count == 0)
        return;
    const char *name =
        encode_decode_words(arena, arena_text(arena, list.entries[0].display));
    out->from_name = arena_text(arena, slice_trim(slice_of(name)));
    out->from_address = mailbox_format(arena, &list.entries[0].mailbox);
}

/* His entry in To or Cc (name); NULL: none. */
static const struct mailbox_entry *
find_entry(struct arena *arena, const struct mail_message *message,
           const char *name, const char *key)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct mail_field *field = &message->fields[i];
        struct mailbox_list list;
        if (!slice_is_nocase(field->name, name) ||
            !parse_list(arena, arena_text(arena, field->body), &list))
            continue;
        for (size_t k = 0; k < list.count; k++)
            if (strcmp(mailbox_key(arena, &list.entries[k].mailbox), key) == 0)
                return &list.entries[k];
    }
    return NULL;
}

static bool is_bcc(struct arena *arena, const struct mail_message *message,
                   const struct portal_link *link)
{
    struct mailbox mailbox;
    struct err err;
    if (link->participant_count > 1)
        return false; /* a Bcc recipient is alone in his conversation */
    if (mailbox_parse(arena, slice_of(link->address), &mailbox, &err) != ST_OK)
        return true;
    const char *key = mailbox_key(arena, &mailbox);
    /* CONV-2: who stands in neither field is a Bcc recipient. */
    return !find_entry(arena, message, "To", key) &&
           !find_entry(arena, message, "Cc", key);
}

const char *letter_name(struct arena *arena, struct slice content,
                        const char *address)
{
    struct mail_message message = mail_parse(arena, content);
    struct mailbox mailbox;
    struct err err;
    if (mailbox_parse(arena, slice_of(address), &mailbox, &err) != ST_OK)
        return "";
    const char *key = mailbox_key(arena, &mailbox);
    const struct mailbox_entry *entry = find_entry(arena, &message, "To", key);
    if (!entry)
        entry = find_entry(arena, &message, "Cc", key);
    if (!entry)
        return "";
    return one_line(
        arena, encode_decode_words(arena, arena_text(arena, entry->display)));
}

const bool *letter_listed(struct arena *arena,
                          const struct mail_part_list *parts)
{
    bool *is_listed = arena_alloc(arena, parts->count * sizeof *is_listed);
    size_t room[MAIL_PART_KIND_COUNT] = {
        [MAIL_PART_TEXT] = LETTER_TEXT_MAX, [MAIL_PART_HTML] = LETTER_TEXT_MAX};
    for (size_t i = 0; i < parts->count; i++) {
        const struct mail_part *part = &parts->parts[i];
        size_t n = part->decoded_octets;
        is_listed[i] =
            part->kind == MAIL_PART_ATTACHMENT || n > room[part->kind];
        if (!is_listed[i])
            room[part->kind] -= n;
    }
    return is_listed;
}

const char *letter_file_name(struct arena *arena, const struct mail_part *part)
{
    return name_of_file(arena, part->name, part->type);
}

void letter_read(struct arena *arena, const struct portal_link *link,
                 struct letter *out)
{
    struct mail_message message = mail_parse(arena, link->message.content);
    *out = (struct letter){.subject = readable(arena, &message, "Subject"),
                           .date_s = link->message.accepted_ms / 1000};
    read_from(arena, &message, link, out);
    if (is_bcc(arena, &message, link)) {
        out->to = readable(arena, &message, "To");
        out->cc = readable(arena, &message, "Cc");
    } else {
        out->participants = link->participants;
        out->participant_count = link->participant_count;
    }
    mail_parts(arena, link->message.content, &out->parts);
    for (size_t i = 0; i < out->parts.count; i++)
        out->has_html |= out->parts.parts[i].kind == MAIL_PART_HTML;
}

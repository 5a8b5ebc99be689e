#include "mail/copy.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "mail/encode.h"

static struct slice finish(struct arena *arena, struct buf *out)
{
    struct slice octets = arena_slice(arena, buf_slice(out));
    buf_release(out);
    return octets;
}

/* The name that a client gave: what stands in no comment and no token is
 * replaced, so that Received stays one field. */
static const char *safe_helo(struct arena *arena, const char *helo)
{
    char *safe = arena_strdup(arena, *helo ? helo : "unknown");
    if (strlen(safe) > 255)
        safe[255] = '\0';
    for (char *p = safe; *p; p++)
        if (*p <= ' ' || *p > '~' || strchr("()\\\"<>;,@", *p))
            *p = '?';
    return safe;
}

static void put_received(struct arena *arena, struct blob *out,
                         const struct mail_completion *in)
{
    /* RFC 5321 4.4, RFC 3848. No "for": it would name a recipient (CONV-3). */
    blob_printf(out,
                "Received: from %s ([%s])\r\n by %s with %s id %s;\r\n"
                " %s\r\n",
                safe_helo(arena, in->client_helo), in->client_ip, in->host_name,
                in->is_authenticated ? "ESMTPSA" : "ESMTPS", in->id,
                mail_date(arena, in->now_s));
}

void mail_complete(struct blob *out, struct arena *arena,
                   const struct mail_completion *in)
{
    struct mail_message message = mail_parse(arena, in->content);
    put_received(arena, out, in);
    for (size_t i = 0; i < message.field_count; i++)
        if (mail_is_kept(&message.fields[i]))
            blob_put(out, message.fields[i].raw);
    if (!mail_find(&message, "Date"))
        blob_printf(out, "Date: %s\r\n", mail_date(arena, in->now_s));
    if (!mail_find(&message, "Message-ID"))
        blob_printf(out, "Message-ID: <%s@%s>\r\n", in->id, in->host_name);
    blob_puts(out, "\r\n");
    blob_put(out, message.body);
}

static bool is_content_field(const struct mail_field *field)
{
    return slice_starts_nocase(field->name, "Content-") ||
           slice_is_nocase(field->name, "MIME-Version");
}

static void put_fields(struct buf *out, const struct mail_message *message,
                       const struct mail_direct *how)
{
    const char *content_fields = how->edits ? how->edits->content_fields : NULL;
    const struct mail_field *references =
        how->idd_uuid ? mail_find(message, "References") : NULL;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct mail_field *field = &message->fields[i];
        if (!mail_is_kept(field) || (content_fields && is_content_field(field)))
            continue;
        buf_put(out, field->raw);
        if (field == references)
            buf_printf(out, " <zivver-sdr-%s>\r\n", how->idd_uuid);
    }
    if (how->idd_uuid && !references)
        buf_printf(out, "References: <zivver-sdr-%s>\r\n", how->idd_uuid);
    buf_puts(out, content_fields ? content_fields : "");
}

struct slice mail_direct_head(struct arena *arena, struct slice content,
                              const struct mail_direct *how, struct slice *body)
{
    struct mail_message message = mail_parse(arena, content);
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_printf(&out, "X-Zivver-Transport: %s\r\n",
               mail_transport_name(how->transport));
    if (how->extra_field)
        buf_printf(&out, "%s\r\n", how->extra_field);
    put_fields(&out, &message, how);
    buf_puts(&out, "\r\n");
    *body = message.body;
    return finish(arena, &out);
}

void mail_edited_body(struct blob *out, struct slice content, struct slice body,
                      const struct mail_edits *edits)
{
    size_t at = (size_t)(body.p - content.p);
    for (size_t i = 0; i < edits->count; i++) {
        const struct mail_edit *edit = &edits->edits[i];
        blob_put(out, slice_sub(content, at, edit->at - at));
        blob_put(out, edit->insert);
        at = edit->at + edit->remove;
    }
    blob_put(out, slice_from(content, at));
}

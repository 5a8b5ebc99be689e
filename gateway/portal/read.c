#include "portal/read.h"

#include <string.h>

#include "base/mapped.h"
#include "mail/parts.h"
#include "portal/download.h"
#include "portal/events.h"
#include "portal/letter.h"
#include "portal/page.h"
#include "portal/render.h"

enum { NAME_MAX = 600 };

/* --- opened -------------------------------------------------------------- */

static void on_opened(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    if (answer->result == PORTAL_FAULT) {
        visit_fault(v, 503);
        return;
    }
    if (answer->result == PORTAL_OK) {
        v->world->journal(v->world->ctx, &v->opened.event);
        if (v->opened.share)
            v->world->on_share(v->world->ctx, v->opened.share);
    }
    visit_answer(v, 200, v->ready_kind, v->ready_type, v->ready,
                 v->ready_extra);
}

/* SHARED-1: the right of this very message, used to verify. */
static bool earns(const struct portal_link *link, const char *method)
{
    return strcmp(link->method, "access-right") == 0 && link->right_value &&
           strcmp(link->right, method) == 0;
}

void read_served(struct visit *v, const struct portal_link *link)
{
    const char *method = link->granted ? link->granted : "account";
    bool attachment = v->kind == VISIT_ATTACHMENT;
    v->opened = (struct portal_opened){
        .recipient = link->recipient,
        .session = v->session,
        .method = arena_strdup(v->arena, method),
        .attachment = attachment,
        .now_ms = v->now_ms,
        .event = event_opened(v, link, method, attachment)};
    if (!attachment && earns(link, method)) {
        v->share = (struct portal_share){
            .organization = arena_strdup(v->arena, link->message.organization),
            .recipient = v->world->address_key(v->arena, link->address),
            .kind = arena_strdup(v->arena, link->right),
            .value = arena_strdup(v->arena, link->right_value),
            .opened_ms = v->now_ms};
        v->opened.share = &v->share;
    }
    visit_wait(v);
    store_portal_opened(v->world->store, &v->opened, on_opened, v);
}

/* --- pages --------------------------------------------------------------- */

static void serve(struct visit *v, const struct portal_link *links,
                  size_t count)
{
    (void)count;
    if (v->is_missing)
        visit_unknown(v);
    else if (v->is_unreadable)
        visit_fault(v, 503);
    else
        read_served(v, links);
}

static void make_page(struct visit *v, const struct portal_link *links,
                      size_t count)
{
    (void)count;
    v->ready_kind = ANSWER_PAGE;
    v->ready_type = "text/html; charset=utf-8";
    v->ready = page_message(v, links, TEXT_COUNT, "");
}

void read_message(struct visit *v, const struct portal_link *link)
{
    render_links(v, link, 1, make_page, serve);
}

static const struct mail_part *find_html(struct visit *v,
                                         const struct portal_link *link)
{
    struct mail_part_list list;
    mail_parts(v->arena, link->message.content, &list);
    return v->number < list.count &&
                   list.parts[v->number].kind == MAIL_PART_HTML
               ? &list.parts[v->number]
               : NULL;
}

/* Of what the page lists as files. */
static const struct mail_part *find_file(struct visit *v,
                                         const struct portal_link *link)
{
    struct mail_part_list list;
    mail_parts(v->arena, link->message.content, &list);
    return v->has_number && v->number < list.count &&
                   letter_listed(v->arena, &list)[v->number]
               ? &list.parts[v->number]
               : NULL;
}

static void make_html(struct visit *v, const struct portal_link *links,
                      size_t count)
{
    const struct mail_part *part = v->has_number ? find_html(v, links) : NULL;
    (void)count;
    v->is_missing = !part;
    if (!part)
        return;
    v->ready_kind = ANSWER_FRAME;
    v->ready_type = "text/html; charset=utf-8";
    v->ready = mail_part_text(v->arena, part);
}

void read_html(struct visit *v, const struct portal_link *link)
{
    render_links(v, link, 1, make_html, serve);
}

/* --- attachments --------------------------------------------------------- */

/* RFC 6266: the name for all, and in ASCII for the oldest. */
static const char *disposition(struct arena *arena, const char *name)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = strlen(name);
    struct slice begin = {name, n < NAME_MAX ? n : NAME_MAX};
    char *plain = arena_text(arena, begin);
    char *full = arena_alloc(arena, 3 * n + 1), *out = full;
    for (char *p = plain; *p; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e ||
            strchr("\"\\%", *p))
            *p = '_';
    for (const char *p = name; *p && out - full < NAME_MAX; p++) {
        unsigned char c = (unsigned char)*p;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
            (c >= 'a' && c <= 'z') || strchr("-._~", c)) {
            *out++ = (char)c;
        } else {
            *out++ = '%';
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
        }
    }
    return arena_printf(
        arena, "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, full);
}

/* A type goes into a header field: only what is one. */
static const char *safe_type(const char *type)
{
    size_t n = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789.+-_/");
    return n && !type[n] && strchr(type, '/') ? type
                                              : "application/octet-stream";
}

void read_part(struct visit *v, const struct portal_link *link)
{
    const struct mail_part *part = find_file(v, link);
    v->is_missing = !part;
    if (!part)
        return;
    v->download = download_create(v->world->store, link, part);
    v->is_unreadable = !v->download || mapped_is_damaged(link->message.content);
    v->download_octets = part->decoded_octets;
    struct web_field *extra = arena_alloc(v->arena, 2 * sizeof *extra);
    extra[0] = (struct web_field){
        "Content-Disposition",
        disposition(v->arena, letter_file_name(v->arena, part))};
    v->ready_kind = ANSWER_FILE;
    v->ready_type = arena_strdup(v->arena, safe_type(part->type));
    v->ready_extra = extra;
}

static void make_file(struct visit *v, const struct portal_link *links,
                      size_t count)
{
    (void)count;
    read_part(v, links);
}

void read_attachment(struct visit *v, const struct portal_link *link)
{
    render_links(v, link, 1, make_file, serve);
}

static void make_file_page(struct visit *v, const struct portal_link *links,
                           size_t count)
{
    const struct mail_part *part = find_file(v, links);
    (void)count;
    v->is_missing = !part;
    if (part)
        v->ready = page_download(v, letter_file_name(v->arena, part),
                                 part->decoded_octets);
}

/* The page alone opens nothing: `opened` comes with the file. */
static void show_file_page(struct visit *v, const struct portal_link *links,
                           size_t count)
{
    (void)links, (void)count;
    if (v->is_missing)
        visit_unknown(v);
    else
        visit_page(v, 200, v->ready);
}

void read_attachment_page(struct visit *v, const struct portal_link *link)
{
    render_links(v, link, 1, make_file_page, show_file_page);
}

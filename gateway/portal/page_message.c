/* The page `message` (PORTAL-1, PORTAL-4), and `download` (ATTACH-3). */
#include "portal/page.h"

#include <string.h>
#include <time.h>

#include "mail/encode.h"
#include "portal/letter.h"

static const char *size_text(struct arena *arena, enum language language,
                             size_t octets)
{
    if (octets < 1000)
        return arena_printf(arena, "%zu B", octets);
    if (octets < 1000000)
        return arena_printf(arena, "%zu kB", (octets + 500) / 1000);
    return arena_printf(arena, "%zu%c%zu MB", octets / 1000000,
                        language == LANGUAGE_DUTCH ? ',' : '.',
                        octets / 100000 % 10);
}

static const char *date_text(struct arena *arena, enum language language,
                             int64_t at_s)
{
    static const char *const months[LANGUAGE_COUNT][12] = {
        {"January", "February", "March", "April", "May", "June", "July",
         "August", "September", "October", "November", "December"},
        {"januari", "februari", "maart", "april", "mei", "juni", "juli",
         "augustus", "september", "oktober", "november", "december"}};
    time_t t = (time_t)at_s;
    struct tm tm;
    localtime_r(&t, &tm);
    return arena_printf(arena, "%d %s %d, %02d:%02d", tm.tm_mday,
                        months[language][tm.tm_mon], tm.tm_year + 1900,
                        tm.tm_hour, tm.tm_min);
}

static void put_field(struct page *page, enum text label, const char *field,
                      const char *text)
{
    page_element(page, "<dt>", text_of(page->language, label), "</dt>");
    buf_printf(&page->out, "<dd data-field=\"%s\">", field);
    page_text(page, text);
    page_raw(page, "</dd>\n");
}

/* A name may be written from right to left, what stands beside it is not. */
static void put_from(struct page *page, const struct letter *letter)
{
    page_element(page, "<dt>", text_of(page->language, TEXT_FROM),
                 "</dt><dd data-field=\"from\">");
    if (*letter->from_name)
        page_element(page, "<bdi>", letter->from_name, "</bdi> &lt;");
    page_element(page, "<bdi>", letter->from_address,
                 *letter->from_name ? "</bdi>&gt;</dd>\n" : "</bdi></dd>\n");
}

static void put_participants(struct page *page, const struct letter *letter,
                             const char *own)
{
    page_element(page, "<dt>", text_of(page->language, TEXT_PARTICIPANTS),
                 "</dt><dd><ul>");
    for (size_t i = 0; i < letter->participant_count; i++) {
        const char *address = letter->participants[i];
        buf_printf(&page->out, "<li data-participant=\"%s\">",
                   encode_html(page->arena, address));
        page_text(page, address);
        if (strcmp(address, own) == 0)
            page_element(page, " (", text_of(page->language, TEXT_YOU), ")");
        page_raw(page, "</li>");
    }
    page_raw(page, "</ul></dd>\n");
}

static void put_head(struct page *page, const struct letter *letter,
                     const char *own)
{
    page_raw(page, "<dl>\n");
    put_from(page, letter);
    put_field(page, TEXT_DATE, "date",
              date_text(page->arena, page->language, letter->date_s));
    if (letter->to) {
        if (*letter->to)
            put_field(page, TEXT_TO, "to", letter->to);
        if (*letter->cc)
            put_field(page, TEXT_CC, "cc", letter->cc);
    } else {
        put_participants(page, letter, own);
    }
    page_raw(page, "</dl>\n");
}

/* One text at a time in memory, beside the page. */
static void put_text(struct page *page, const struct mail_part *part, size_t n)
{
    struct arena *arena = arena_create();
    buf_printf(&page->out, "<pre dir=\"auto\" data-part=\"%zu\">", n);
    page_octets(page, mail_part_text(arena, part));
    page_raw(page, "</pre>\n");
    arena_destroy(&arena);
}

static void put_texts(struct page *page, const struct letter *letter)
{
    const bool *is_listed = letter_listed(page->arena, &letter->parts);
    for (size_t i = 0; i < letter->parts.count; i++)
        if (letter->parts.parts[i].kind == MAIL_PART_TEXT && !is_listed[i])
            put_text(page, &letter->parts.parts[i], i);
}

/* HTML in a frame of its own that may do nothing and load nothing; the text
 * that goes with it is there for who wants it (PORTAL-3). */
static void put_content(struct page *page, struct visit *visit,
                        const struct letter *letter)
{
    bool has_text = false;
    const bool *is_listed = letter_listed(page->arena, &letter->parts);
    for (size_t i = 0; i < letter->parts.count; i++)
        has_text |= letter->parts.parts[i].kind == MAIL_PART_TEXT;
    if (!letter->has_html) {
        put_texts(page, letter);
        return;
    }
    for (size_t i = 0; i < letter->parts.count; i++) {
        if (letter->parts.parts[i].kind != MAIL_PART_HTML || is_listed[i])
            continue;
        buf_printf(&page->out,
                   "<iframe sandbox src=\"%s/html/%zu\" data-part=\"%zu\""
                   " title=\"%s\"></iframe>\n",
                   visit->path, i, i, text_of(page->language, TEXT_CONTENT));
    }
    if (!has_text)
        return;
    page_element(page, "<details><summary>",
                 text_of(page->language, TEXT_PLAIN_VERSION), "</summary>\n");
    put_texts(page, letter);
    page_raw(page, "</details>\n");
}

static void put_attachments(struct page *page, struct visit *visit,
                            const struct letter *letter)
{
    bool any = false;
    const bool *is_listed = letter_listed(page->arena, &letter->parts);
    for (size_t i = 0; i < letter->parts.count; i++) {
        const struct mail_part *part = &letter->parts.parts[i];
        if (!is_listed[i])
            continue;
        if (!any)
            page_element(page, "<h2>",
                         text_of(page->language, TEXT_ATTACHMENTS),
                         "</h2>\n<ul class=\"attachments\">\n");
        any = true;
        buf_printf(
            &page->out,
            "<li><a dir=\"auto\" data-attachment=\"%zu\" href=\"%s/a/%zu\">", i,
            visit->path, i);
        page_text(page, letter_file_name(page->arena, part));
        page_element(
            page, "</a><span class=\"size\">",
            size_text(page->arena, page->language, part->decoded_octets),
            "</span></li>\n");
    }
    if (any)
        page_raw(page, "</ul>\n");
}

static void put_reply(struct page *page, struct visit *visit, const char *draft)
{
    page_element(page, "<div class=\"end\">\n<h2>",
                 text_of(page->language, TEXT_REPLY_TITLE), "</h2>\n");
    page_element(page, "<p class=\"hint\">",
                 text_of(page->language, TEXT_REPLY_HOW), "</p>\n");
    page_form(page, visit->path, "reply", true);
    page_element(page, "<label for=\"text\">",
                 text_of(page->language, TEXT_REPLY_TEXT),
                 "</label>\n<textarea id=\"text\" name=\"text\" rows=\"8\" "
                 "dir=\"auto\">\n");
    page_text(page, draft);
    page_element(page, "</textarea>\n<label for=\"attachment\">",
                 text_of(page->language, TEXT_REPLY_FILES),
                 "</label>\n<input id=\"attachment\" name=\"attachment\""
                 " type=\"file\" multiple>\n");
    page_form_end(page, TEXT_REPLY_SEND, true);
    page_form(page, visit->path, "leave", false);
    page_form_end(page, TEXT_LEAVE, false);
    page_raw(page, "</div>\n");
}

struct slice page_message(struct visit *visit, const struct portal_link *link,
                          enum text error, const char *draft)
{
    struct page page;
    struct letter letter;
    const char *note = form_query(visit->arena, visit->request.query, "note");
    bool sent = note && strcmp(note, "sent") == 0 && error == TEXT_COUNT;
    letter_read(visit->arena, link, &letter);
    const char *subject = *letter.subject
                              ? letter.subject
                              : text_of(visit->language, TEXT_NO_SUBJECT);
    page_begin(&page, visit, "message",
               error == TEXT_ERROR_EMPTY       ? " data-error=\"empty\""
               : error == TEXT_ERROR_TOO_LARGE ? " data-error=\"too-large\""
               : error == TEXT_ERROR_REPLIES
                   ? " data-error=\"too-many-replies\""
               : sent ? " data-note=\"sent\""
                      : "",
               subject);
    if (error != TEXT_COUNT)
        page_notice(&page, true, error);
    else if (sent)
        page_notice(&page, false, TEXT_NOTE_SENT);
    page_element(&page, "<h1 dir=\"auto\" data-field=\"subject\">", subject,
                 "</h1>\n");
    put_head(&page, &letter, link->address);
    if (link->message.content_fault)
        page_notice(&page, true, TEXT_GONE);
    put_content(&page, visit, &letter);
    put_attachments(&page, visit, &letter);
    put_reply(&page, visit, draft);
    return page_end(&page);
}

struct slice page_download(struct visit *visit, const char *name, size_t octets)
{
    struct page page;
    const char *title = text_of(visit->language, TEXT_DOWNLOAD_TITLE);
    page_begin(&page, visit, "download", "", title);
    page_element(&page, "<h1>", title, "</h1>\n");
    buf_printf(
        &page.out,
        "<ul class=\"attachments\"><li><a dir=\"auto\" data-attachment=\"%lu\""
        " href=\"%s/file\">",
        visit->number, visit->path);
    page_text(&page, name);
    page_element(&page, "</a><span class=\"size\">",
                 size_text(page.arena, page.language, octets),
                 "</span></li></ul>\n");
    page_form(&page, visit->path, "leave", false);
    page_form_end(&page, TEXT_LEAVE, false);
    return page_end(&page);
}

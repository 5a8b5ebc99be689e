#include "portal/page.h"

#include <stdint.h>
#include <string.h>

#include "mail/encode.h"

static const char lock[] =
    "<svg viewBox=\"0 0 24 24\" width=\"28\" height=\"28\" aria-hidden=\"true\""
    " focusable=\"false\"><path fill=\"currentColor\" d=\"M12 1.5a5 5 0 0 0-5"
    " 5V9H6a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-9a2 2 0 0 0-2-2h-1"
    "V6.5a5 5 0 0 0-5-5Zm-3 7.5V6.5a3 3 0 0 1 6 0V9H9Zm3 4a1.75 1.75 0 0 1 1"
    " 3.18V18.5a1 1 0 0 1-2 0v-2.32A1.75 1.75 0 0 1 12 13Z\"/></svg>";

void page_raw(struct page *page, const char *html)
{
    buf_puts(&page->out, html);
}

static const char *escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void page_octets(struct page *page, struct slice text)
{
    size_t begin = 0;
    for (size_t i = 0; i < text.n && text.p[i]; i++) {
        const char *escape = escape_of(text.p[i]);
        if (!escape)
            continue;
        buf_put(&page->out, (struct slice){text.p + begin, i - begin});
        buf_puts(&page->out, escape);
        begin = i + 1;
    }
    size_t end = strnlen(text.p + begin, text.n - begin);
    buf_put(&page->out, (struct slice){text.p + begin, end});
}

void page_text(struct page *page, const char *text)
{
    page_octets(page, slice_of(text));
}

void page_say(struct page *page, enum text text)
{
    page_text(page, text_of(page->language, text));
}

void page_element(struct page *page, const char *start, const char *text,
                  const char *end)
{
    page_raw(page, start);
    page_text(page, text);
    page_raw(page, end);
}

/* The other languages, as links to this very page. */
static void put_languages(struct page *page, bool as_links)
{
    page_raw(page, "<nav class=\"languages\" aria-label=\"Language, taal\">");
    for (int i = 0; i < LANGUAGE_COUNT; i++) {
        enum language l = (enum language)i;
        if (l == page->language || !as_links)
            buf_printf(&page->out, "<span lang=\"%s\"%s>%s</span>",
                       language_tag(l),
                       l == page->language ? " aria-current=\"true\"" : "",
                       language_name(l));
        else
            buf_printf(&page->out,
                       "<a lang=\"%s\" hreflang=\"%s\" href=\"?lang=%s\">%s"
                       "</a>",
                       language_tag(l), language_tag(l), language_tag(l),
                       language_name(l));
    }
    page_raw(page, "</nav>");
}

void page_begin(struct page *page, struct visit *visit, const char *name,
                const char *attributes, const char *title)
{
    *page = (struct page){.arena = visit->arena,
                          .language = visit->language,
                          .csrf = visit->csrf};
    buf_init(&page->out, SIZE_MAX);
    buf_printf(&page->out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
               "<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width,"
               " initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<meta name=\"robots\" content=\"noindex\">\n<title>",
               language_tag(page->language));
    if (strstr(attributes, "data-error="))
        page_element(page, "", text_of(page->language, TEXT_ERROR_TITLE), ": ");
    page_text(page, title);
    page_raw(page, "</title>\n<link rel=\"icon\" href=\"/icon.svg\">\n"
                   "<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n"
                   "<body>\n<a class=\"skip\" href=\"#content\">");
    page_say(page, TEXT_SKIP);
    page_raw(page, "</a>\n<header><div class=\"brand\">");
    page_raw(page, lock);
    page_element(page, "<span>", text_of(page->language, TEXT_PORTAL),
                 "</span></div>");
    put_languages(page, strcmp(visit->request.method, "GET") == 0);
    buf_printf(&page->out,
               "</header>\n<main id=\"content\" data-page=\"%s\"%s>\n", name,
               attributes);
}

struct slice page_end(struct page *page)
{
    page_element(page, "</main>\n<footer><p>",
                 text_of(page->language, TEXT_FOOTER),
                 "</p></footer>\n</body>\n</html>\n");
    struct slice html = arena_slice(page->arena, buf_slice(&page->out));
    buf_release(&page->out);
    return html;
}

void page_form(struct page *page, const char *path, const char *name,
               bool multipart)
{
    buf_printf(&page->out,
               "<form method=\"post\" action=\"%s/%s\" data-form=\"%s\"%s>\n"
               "<input type=\"hidden\" name=\"csrf\" value=\"%s\">\n",
               encode_html(page->arena, path), name, name,
               multipart ? " enctype=\"multipart/form-data\"" : "", page->csrf);
}

void page_form_end(struct page *page, enum text button, bool is_main)
{
    page_element(page, is_main ? "<button class=\"main\">" : "<button>",
                 text_of(page->language, button), "</button>\n</form>\n");
}

void page_notice(struct page *page, bool is_error, enum text text)
{
    page_element(page,
                 is_error ? "<p class=\"notice error\" role=\"alert\">"
                          : "<p class=\"notice\" role=\"status\">",
                 text_of(page->language, text), "</p>\n");
}

void page_input(struct page *page, const char *name, enum text label,
                const char *attributes)
{
    buf_printf(&page->out, "<label for=\"%s\">", name);
    page_say(page, label);
    buf_printf(&page->out, "</label>\n<input id=\"%s\" name=\"%s\" %s>\n", name,
               name, attributes);
}

struct slice page_plain(struct visit *visit, const char *name, enum text title,
                        enum text text)
{
    struct page page;
    const char *heading = text_of(visit->language, title);
    page_begin(&page, visit, name, "", heading);
    page_element(&page, "<h1>", heading, "</h1>\n");
    page_element(&page, "<p class=\"lead\">", text_of(visit->language, text),
                 "</p>\n");
    return page_end(&page);
}

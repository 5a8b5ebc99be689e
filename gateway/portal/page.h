/* page - HTML, escaped wherever a text goes in. Pure. */
#ifndef PORTAL_PAGE_H
#define PORTAL_PAGE_H

#include "base/buf.h"
#include "portal/visit.h"

struct page {
    struct arena *arena;
    struct buf out;
    enum language language;
    const char *csrf;
};

/* page_begin - up to the inside of <main data-page="name">; attributes: further
 * ones of it, with a blank before each, or "". One with data-error says so in
 * its title, which a screen reader reads first. */
void page_begin(struct page *page, struct visit *visit, const char *name,
                const char *attributes, const char *title);
/* page_end - owner: the visit's arena; the page is released. */
struct slice page_end(struct page *page);

void page_raw(struct page *page, const char *html);
void page_text(struct page *page, const char *text); /* escaped */
/* The same of octets, up to a NUL. */
void page_octets(struct page *page, struct slice text);
void page_say(struct page *page, enum text text);
/* An element with a text in it: <p class="x">text</p>. */
void page_element(struct page *page, const char *start, const char *text,
                  const char *end);
/* A form with its csrf; page_form_end closes it. */
void page_form(struct page *page, const char *path, const char *name,
               bool multipart);
void page_form_end(struct page *page, enum text button, bool is_main);
void page_notice(struct page *page, bool is_error, enum text text);

/* A label with its input; attributes: type and so on. */
void page_input(struct page *page, const char *name, enum text label,
                const char *attributes);

extern const char page_style[];

/* --- whole pages --------------------------------------------------------- */

/* What to tell on the page `verify`. */
enum verify_error {
    VERIFY_ERROR_NONE,
    VERIFY_ERROR_WRONG,
    VERIFY_ERROR_TOO_MANY,
    VERIFY_ERROR_NOT_SENT,
    VERIFY_ERROR_NO_PHONE
};
struct slice page_verify(struct visit *visit, enum verify_error error);

struct slice page_message(struct visit *visit, const struct portal_link *link,
                          enum text error, const char *draft);
struct slice page_download(struct visit *visit, const char *name,
                           size_t octets);
/* A heading and a text. */
struct slice page_plain(struct visit *visit, const char *name, enum text title,
                        enum text text);

#endif

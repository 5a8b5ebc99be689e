/* html - a small, tolerant reader of web pages: what a visitor without scripts
 * finds there. It draws nothing; it knows elements, their attributes, what
 * stands in what, and the text. */
#ifndef PEER_HTML_H
#define PEER_HTML_H

#include "base/alloc.h"

struct html_attribute {
    const char *name; /* lower case */
    const char *value;
};

struct html_element {
    const char *name; /* lower case; "" is a run of text */
    const char *text; /* of a run of text */
    struct html_attribute *attributes;
    size_t attribute_count;
    size_t end; /* index behind the last one that stands within it */
};

struct html_page {
    struct html_element *elements; /* in the order of the page */
    size_t count;
};

/* Never fails: whatever is no element is text. */
struct html_page html_read(struct arena *arena, struct slice octets);

/* NULL when there is none; "" for an attribute without value. */
const char *html_attribute(const struct html_element *element,
                           const char *name);
/* html_find - the first element from `from` on, before `end` (0: the page's
 * end), with that name (NULL: any) that has the attribute (NULL: any) with that
 * value (NULL: any); page->count when there is none. */
size_t html_find(const struct html_page *page, const char *name,
                 const char *attribute, const char *value, size_t from,
                 size_t end);
/* html_text - all text within an element (page->count: of the page), blanks
 * made one. */
const char *html_text(struct arena *arena, const struct html_page *page,
                      size_t element);
/* The same as it stands there: for <pre> and <textarea>. */
const char *html_raw_text(struct arena *arena, const struct html_page *page,
                          size_t element);

#endif

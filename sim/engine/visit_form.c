/* A form of a page, filled in: urlencoded, or multipart/form-data for replies
 * (RFC 7578). */
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "engine/message.h"
#include "engine/visit_private.h"

enum { FORM_MOST = 64 << 20 };

struct form {
    struct buf body;
    const char *boundary; /* NULL: urlencoded */
};

static void put_pair(struct visiting *v, struct form *f, const char *name,
                     const char *value)
{
    if (f->boundary)
        buf_printf(&f->body,
                   "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n"
                   "\r\n%s\r\n",
                   f->boundary, name, value);
    else
        buf_printf(&f->body, "%s%s=%s", f->body.n ? "&" : "",
                   http_escape(v->arena, name), http_escape(v->arena, value));
}

/* A file whose octets and name bear the mark. */
static void put_file(struct visiting *v, struct form *f, const char *mark)
{
    buf_printf(&f->body,
               "--%s\r\nContent-Disposition: form-data; name=\"attachment\"; "
               "filename=\"%s.txt\"\r\nContent-Type: text/plain\r\n\r\n%s\r\n",
               f->boundary, mark, mark);
    for (size_t n = strlen(mark) + 2; n < v->turn->attachment; n++)
        buf_put(&f->body, (struct slice){n % 72 ? "x" : "\n", 1});
    buf_puts(&f->body, "\r\n");
}

static const char *falsified(struct visiting *v, const char *value)
{
    char *out = arena_strdup(v->arena, value);
    for (char *p = out; *p; p++)
        *p = *p == '0' ? '1' : '0';
    return out;
}

static const char *csrf_of(const struct visitor *visitor)
{
    return visitor->csrf ? visitor->csrf : "";
}

static void put_csrf(struct visiting *v, struct form *f, const char *value)
{
    const char *how = v->turn->csrf;
    if (how && strcmp(how, "none") == 0)
        return;
    if (how && strcmp(how, "wrong") == 0)
        value = falsified(v, value);
    if (how && strcmp(how, "other") == 0) {
        const struct visitor *other = visit_find(v->visits, v->turn->of);
        value = other ? csrf_of(other) : "";
    }
    put_pair(v, f, "csrf", value);
}

/* The hidden fields of a form, the csrf as the turn has it. */
static void put_hidden(struct visiting *v, struct form *f, size_t form)
{
    const struct html_page *page = &v->visitor->page;
    size_t end = page->elements[form].end, i = form;
    while ((i = html_find(page, "input", "type", "hidden", i + 1, end)) <
           page->count) {
        const char *name = html_attribute(&page->elements[i], "name");
        const char *value = html_attribute(&page->elements[i], "value");
        if (!name)
            continue;
        if (strcmp(name, "csrf") == 0)
            put_csrf(v, f, value ? value : "");
        else
            put_pair(v, f, name, value ? value : "");
    }
}

/* Where the form is sent; without one, where the documentation says. */
static const char *action_of(struct visiting *v, size_t form, const char *name)
{
    const struct html_page *page = &v->visitor->page;
    if (v->visitor->has_page && form < page->count) {
        const char *action = html_attribute(&page->elements[form], "action");
        return browser_path(v->visitor->browser, v->arena, action ? action : "",
                            v->visitor->at);
    }
    return v->visitor->link
               ? arena_printf(v->arena, "%s/%s", v->visitor->link, name)
               : NULL;
}

static void put_content(struct visiting *v, struct form *f,
                        const char *const *pairs)
{
    char mark[MESSAGE_MARK_BYTES];
    bool is_reply = v->turn->act == VISIT_ACT_REPLY;
    for (; pairs && *pairs; pairs += 2) {
        const char *value = pairs[1];
        if (is_reply && *value) {
            message_mark(mark);
            json_object_set_new(v->action, "mark", json_string(mark));
            value = arena_printf(v->arena, "%s\n%s\n", value, mark);
        }
        put_pair(v, f, pairs[0], value);
    }
    if (!is_reply || !v->turn->attachment)
        return;
    if (!json_object_get(v->action, "mark"))
        message_mark(mark);
    json_object_set_new(v->action, "mark", json_string(mark));
    json_object_set_new(v->action, "attached",
                        json_integer((json_int_t)v->turn->attachment));
    put_file(v, f, mark);
}

bool visit_form(struct visiting *v, const char *name, const char *const *pairs,
                struct browser_request *out)
{
    const struct html_page *page = &v->visitor->page;
    struct form f = {.boundary = NULL};
    size_t form = v->visitor->has_page
                      ? html_find(page, "form", "data-form", name, 0, 0)
                      : 0;
    bool has_form = v->visitor->has_page && form < page->count;
    const char *target = action_of(v, form, name);
    if (!target) {
        v->failure =
            arena_printf(v->arena, "no form `%s`, and no link opened", name);
        return false;
    }
    json_object_set_new(v->action, "form", json_boolean(has_form));
    if (v->turn->act == VISIT_ACT_REPLY) {
        char digits[33];
        random_hex(digits, 16);
        f.boundary = arena_printf(v->arena, "form-%s", digits);
    }
    buf_init(&f.body, FORM_MOST);
    if (has_form)
        put_hidden(v, &f, form);
    else
        put_csrf(v, &f, csrf_of(v->visitor));
    put_content(v, &f, pairs);
    if (f.boundary)
        buf_printf(&f.body, "--%s--\r\n", f.boundary);
    out->method = "POST";
    out->target = target;
    out->content_type =
        f.boundary ? arena_printf(v->arena, "multipart/form-data; boundary=%s",
                                  f.boundary)
                   : "application/x-www-form-urlencoded";
    out->body = arena_slice(v->arena, buf_slice(&f.body));
    buf_release(&f.body);
    return true;
}

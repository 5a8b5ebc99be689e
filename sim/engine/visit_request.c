/* What each action of a visit asks for. */
#include <string.h>

#include "base/random.h"
#include "engine/login.h"
#include "engine/read.h"
#include "engine/visit_private.h"

enum { TOKEN_OCTETS = 32 };

static bool cannot(struct visiting *v, const char *why)
{
    v->failure = why;
    return false;
}

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* -- links ---------------------------------------------------------------- */

/* What an attacker tries in place of a token at the end of a text. */
static const char *attacked(struct visiting *v, const char *text, size_t at,
                            size_t n)
{
    char *out = arena_strdup(v->arena, text);
    char hex[2 * TOKEN_OCTETS + 1];
    if (!v->turn->token || !n)
        return text;
    random_hex(hex, TOKEN_OCTETS);
    if (is(v->turn->token, "altered"))
        out[at + n - 1] = out[at + n - 1] == '0' ? '1' : '0';
    if (is(v->turn->token, "guessed"))
        memcpy(out + at, hex, n < 2 * TOKEN_OCTETS ? n : 2 * TOKEN_OCTETS);
    if (is(v->turn->token, "shortened"))
        memmove(out + at + n - 1, out + at + n, strlen(out + at + n) + 1);
    return out;
}

static bool open_link(struct visiting *v, const char *prefix,
                      struct browser_request *out)
{
    const char *link = visit_link(v, v->turn->value, prefix, v->turn->nth);
    if (!link)
        return cannot(v, "no mail with such a link has come");
    size_t token = strlen(prefix);
    v->visitor->recipient = v->turn->value;
    v->visitor->link =
        attacked(v, link, token, strspn(link + token, "0123456789abcdef"));
    out->target = v->visitor->link;
    return true;
}

/* The n-th element (from 1) of a name that has an attribute: its link. */
static const char *page_link(struct visiting *v, const struct visitor *from,
                             const char *name, const char *attribute,
                             const char *link, unsigned n)
{
    const struct html_page *page = &from->page;
    size_t i = 0;
    for (; from->has_page; i++) {
        i = html_find(page, name, attribute, NULL, i, 0);
        if (i >= page->count)
            return NULL;
        if (--n == 0)
            break;
    }
    const char *href =
        from->has_page ? html_attribute(&page->elements[i], link) : NULL;
    return href ? browser_path(from->browser, v->arena, href, from->at) : NULL;
}

static bool look(struct visiting *v, struct browser_request *out)
{
    if (is(v->turn->value, "html"))
        out->target = v->visitor->html =
            page_link(v, v->visitor, "iframe", "data-part", "src", 1);
    else
        out->target = v->visitor->link ? v->visitor->link : v->visitor->at;
    return out->target || cannot(v, "the page has no such thing");
}

static bool download(struct visiting *v, struct browser_request *out)
{
    unsigned n = (unsigned)strtoul(v->turn->value, NULL, 10);
    out->target = v->visitor->attachment =
        page_link(v, v->visitor, "a", "data-attachment", "href", n);
    return out->target || cannot(v, "the page has no such attachment");
}

static bool steal(struct visiting *v, struct browser_request *out)
{
    struct visitor *other = visit_find(v->visits, v->turn->of);
    if (!other)
        return cannot(v, "`of` names no browser of this case");
    if (is(v->turn->value, "page"))
        out->target = other->link;
    else if (is(v->turn->value, "html"))
        out->target =
            other->html ? other->html
                        : page_link(v, other, "iframe", "data-part", "src", 1);
    else
        out->target =
            other->attachment
                ? other->attachment
                : page_link(v, other, "a", "data-attachment", "href", 1);
    v->visitor->recipient = other->recipient;
    v->visitor->link = other->link;
    return out->target || cannot(v, "that browser has seen none");
}

/* Every occurrence of `word` is `by`. */
static const char *replaced(struct arena *arena, const char *text,
                            const char *word, const char *by)
{
    const char *at;
    while ((at = strstr(text, word)))
        text = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, by,
                            at + strlen(word));
    return text;
}

/* Links in it, as for `http`. */
static const char *with_link(struct visiting *v, const char *text)
{
    const char *link = v->visitor->link;
    if (!link || strlen(link) < 3)
        return text;
    struct slice token = slice_of(link + 3);
    text = replaced(v->arena, text, "{link}", link);
    return replaced(v->arena, text, "{token}",
                    arena_text(v->arena, slice_cut(&token, '/')));
}

static bool lacks_link(const struct visiting *v, const char *text)
{
    return (strstr(text, "{link}") || strstr(text, "{token}")) &&
           (!v->visitor->link || strlen(v->visitor->link) < 3);
}

/* "GET /path"; {link} is the path of the link that was opened, {token} what
 * cannot be guessed in it. */
static bool raw(struct visiting *v, struct browser_request *out)
{
    struct slice rest = slice_of(v->turn->value);
    out->method = arena_text(v->arena, slice_cut(&rest, ' '));
    const char *path = arena_text(v->arena, rest);
    if (lacks_link(v, path))
        return cannot(v, "no link was opened in this browser");
    out->target = with_link(v, path);
    return true;
}

static bool octets(struct visiting *v, struct browser_request *out)
{
    const char *text = v->turn->value;
    if (lacks_link(v, text))
        return cannot(v, "no link was opened in this browser");
    out->octets = read_octets(v->arena, with_link(v, text));
    out->method = strncmp(text, "HEAD ", 5) == 0 ? "HEAD" : "GET";
    out->target = "";
    out->cookies = BROWSER_COOKIES_NONE;
    return true;
}

/* -- logins --------------------------------------------------------------- */

struct login {
    const char *address, *password, *code;
};

static struct login fill_login(struct visiting *v, const char *address,
                               const char *how)
{
    enum { LONG_AGO_S = 300 };
    int64_t now_s = v->stage->now_s;
    struct login l = {.address = address,
                      .password = login_password(v->arena, address),
                      .code = login_code(v->arena, address, now_s)};
    if (is(how, "wrong-password"))
        l.password = "portal nobody";
    if (is(how, "old-code"))
        l.code = login_code(v->arena, address, now_s - LONG_AGO_S);
    if (is(how, "wrong-code")) {
        char *code = arena_strdup(v->arena, l.code);
        code[5] = code[5] == '9' ? '0' : (char)(code[5] + 1);
        l.code = code;
    }
    if (is(how, "same-code") && v->visitor->totp)
        l.code = v->visitor->totp;
    v->visitor->totp = l.code;
    return l;
}

static bool log_in(struct visiting *v, struct browser_request *out)
{
    const char *address = v->turn->of ? v->turn->of : v->visitor->recipient;
    if (!address)
        return cannot(v, "no link was opened in this browser");
    struct login l = fill_login(v, address, v->turn->value);
    const char *const pairs[] = {"address", l.address, "password", l.password,
                                 "code",    l.code,    NULL};
    return visit_form(v, "login", pairs, out);
}

static bool client_login(struct visiting *v, struct browser_request *out)
{
    const char *how = v->turn->with ? v->turn->with : "right";
    struct login l = fill_login(v, v->turn->value, how);
    json_t *body = json_pack("{s:s,s:s,s:s}", "address", l.address, "password",
                             l.password, "code", l.code);
    char *text = json_dumps(body, JSON_COMPACT);
    out->method = "POST";
    out->target = "/api/login";
    out->content_type = "application/json";
    out->body = slice_of(arena_strdup(v->arena, text));
    free(text);
    json_decref(body);
    return true;
}

/* The token of the client's login, or what an attacker makes of it. */
static void bear(struct visiting *v, struct browser_request *out)
{
    const char *token = v->visitor->token;
    if (token)
        token = attacked(v, token, 0, strlen(token));
    if (token)
        out->authorization = arena_printf(v->arena, "Bearer %s", token);
}

static bool client_fetch(struct visiting *v, struct browser_request *out)
{
    const char *id = visit_conversation(v, v->turn->value, v->turn->nth);
    if (!id)
        return cannot(v, "no notification has come");
    v->visitor->recipient = v->turn->value;
    out->target = arena_printf(v->arena, "/api/conversations/%s", id);
    bear(v, out);
    return true;
}

/* The n-th attachment of all messages of the conversation. */
static bool client_download(struct visiting *v, struct browser_request *out)
{
    unsigned n = (unsigned)strtoul(v->turn->value, NULL, 10);
    size_t i, k;
    const json_t *message, *attachment;
    json_array_foreach(json_object_get(v->visitor->conversation, "messages"), i,
                       message)
    {
        json_array_foreach(json_object_get(message, "attachments"), k,
                           attachment)
        {
            if (--n == 0)
                out->target =
                    json_string_value(json_object_get(attachment, "href"));
        }
    }
    bear(v, out);
    return out->target || cannot(v, "the conversation has no such attachment");
}

/* -- codes and replies ---------------------------------------------------- */

static bool enter_code(struct visiting *v, const char *code,
                       struct browser_request *out)
{
    if (!code)
        return cannot(v, "no such code has come");
    const char *const pairs[] = {"code", code, NULL};
    if (v->turn->act == VISIT_ACT_CODE)
        json_object_set_new(v->action, "typed", json_string(code));
    return visit_form(v, "verify", pairs, out);
}

static bool reply(struct visiting *v, struct browser_request *out)
{
    const char *const pairs[] = {"text", v->turn->value, NULL};
    return visit_form(v, "reply", pairs, out);
}

static bool fill(struct visiting *v, struct browser_request *out)
{
    switch (v->turn->act) {
    case VISIT_ACT_OPEN:
        return open_link(v, "/m/", out);
    case VISIT_ACT_OPEN_ATTACHMENT:
        return open_link(v, "/d/", out);
    case VISIT_ACT_LOOK:
        return look(v, out);
    case VISIT_ACT_PRESS:
        return visit_form(v, v->turn->value, NULL, out);
    case VISIT_ACT_CODE:
        return enter_code(v, visit_code(v), out);
    case VISIT_ACT_ACCESS_CODE:
        return enter_code(v, v->turn->value, out);
    case VISIT_ACT_LOGIN:
        return log_in(v, out);
    case VISIT_ACT_DOWNLOAD:
        return download(v, out);
    case VISIT_ACT_REPLY:
        return reply(v, out);
    case VISIT_ACT_STEAL:
        return steal(v, out);
    case VISIT_ACT_HTTP:
        return raw(v, out);
    case VISIT_ACT_OCTETS:
        return octets(v, out);
    case VISIT_ACT_CLIENT_LOGIN:
        return client_login(v, out);
    case VISIT_ACT_CLIENT_FETCH:
        return client_fetch(v, out);
    case VISIT_ACT_CLIENT_DOWNLOAD:
        return client_download(v, out);
    case VISIT_ACT_BROWSER:
    case VISIT_ACT_COUNT:
        break;
    }
    return cannot(v, "nothing to ask for");
}

bool visit_request(struct visiting *v, struct browser_request *out)
{
    const struct visit_turn *t = v->turn;
    *out = (struct browser_request){.method = NULL};
    if (!fill(v, out))
        return false;
    if (t->method)
        out->method = t->method;
    out->origin = t->origin;
    if (is(t->cookie, "none"))
        out->cookies = BROWSER_COOKIES_NONE;
    if (is(t->cookie, "wrong"))
        out->cookies = BROWSER_COOKIES_WRONG;
    if (is(t->cookie, "other")) {
        const struct visitor *other = visit_find(v->visits, t->of);
        if (!other)
            return cannot(v, "`of` names no browser of this case");
        out->cookies_of = other->browser;
    }
    return true;
}

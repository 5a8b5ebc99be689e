#include "engine/visit.h"

#include <stdlib.h>
#include <string.h>

#include "engine/evidence.h"
#include "engine/visit_private.h"

/* -- browsers ------------------------------------------------------------- */

static struct visits *visits_of(struct stage *stage)
{
    if (stage->visits)
        return stage->visits;
    stage->visits = xcalloc(1, sizeof *stage->visits);
    stage->visits->arena = stage->arena;
    return stage->visits;
}

void visits_destroy(struct visits **visits)
{
    struct visits *all = *visits;
    *visits = NULL;
    if (!all)
        return;
    for (struct visitor *v = all->visitors; v; v = v->next)
        browser_destroy(&v->browser);
    free(all);
}

struct visitor *visit_find(struct visits *visits, const char *name)
{
    struct visitor *v = visits->visitors;
    while (v && (!name || strcmp(v->name, name) != 0))
        v = v->next;
    return v;
}

static struct visitor *enter(struct stage *s, const char *name, bool is_other)
{
    struct visits *all = visits_of(s);
    struct visitor *v = visit_find(all, name);
    char portal[BLOCK_ADDRESS_BYTES], visitor[BLOCK_ADDRESS_BYTES];
    if (v)
        return all->current = v;
    block_address(&s->engine->block, BLOCK_HOST_PORTAL, portal);
    block_address(&s->engine->block,
                  is_other ? BLOCK_HOST_OTHER : BLOCK_HOST_VISITOR, visitor);
    struct browser_settings settings = {
        .loop = s->engine->loop,
        .pki = s->engine->pki,
        .local_address = arena_strdup(s->arena, visitor),
        .address = arena_strdup(s->arena, portal),
        .port = (uint16_t)s->engine->block.port,
        .host = engine_portal_host};
    v = ARENA_NEW(s->arena, struct visitor);
    v->name = name;
    v->browser = browser_create(&settings);
    v->next = all->visitors;
    all->visitors = v;
    return all->current = v;
}

/* -- evidence ------------------------------------------------------------- */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        evidence_set_octets(object, key, slice_of(text));
}

static json_t *headers(const struct http_message *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->field_count; i++) {
        json_t *field = json_object();
        set_text(field, "name", m->fields[i].name);
        set_text(field, "value", m->fields[i].value);
        json_array_append_new(list, field);
    }
    return list;
}

static json_t *exchange(const struct browser_exchange *e)
{
    json_t *x = json_object();
    set_text(x, "method", e->method);
    set_text(x, "target", e->target);
    set_text(x, "content_type", e->content_type);
    set_text(x, "cookie", e->cookie);
    evidence_set_octets(x, "request", e->body);
    set_text(x, "tls", e->tls);
    set_text(x, "certificate", e->certificate ? e->certificate : "");
    set_text(x, "failure", e->failure);
    json_object_set_new(x, "status",
                        json_integer(e->response ? e->response->status : 0));
    json_object_set_new(x, "headers",
                        e->response ? headers(e->response) : json_array());
    evidence_set_octets(
        x, "body", e->response ? e->response->body : (struct slice){"", 0});
    return x;
}

/* -- one action ----------------------------------------------------------- */

struct fetching {
    const struct browser_exchange *first;
    bool done;
};

static void on_fetched(void *ctx, const struct browser_exchange *first)
{
    struct fetching *f = ctx;
    f->first = first;
    f->done = true;
}

static bool is_fetched(void *ctx)
{
    return ((struct fetching *)ctx)->done;
}

static bool is_type(const struct http_message *m, const char *type)
{
    const char *value = http_field(m, "Content-Type", 0);
    return value && slice_starts_nocase(slice_of(value), type);
}

/* Whatever is shown beside a page (a frame, a file) does not replace it. */
static bool shows_page(const struct visit_turn *t)
{
    return t->act != VISIT_ACT_DOWNLOAD &&
           !(t->act == VISIT_ACT_LOOK && strcmp(t->value, "html") == 0);
}

/* A locked page has no form; an attacker still has what the last one had. */
static void keep_csrf(struct visitor *visitor)
{
    const struct html_page *page = &visitor->page;
    size_t i = html_find(page, "input", "name", "csrf", 0, 0);
    const char *value =
        i < page->count ? html_attribute(&page->elements[i], "value") : NULL;
    if (value)
        visitor->csrf = value;
}

static void show(struct visiting *v, const struct browser_exchange *last)
{
    struct visitor *visitor = v->visitor;
    const struct http_message *m = last->response;
    if (m && is_type(m, "text/html") && shows_page(v->turn)) {
        visitor->page = html_read(v->arena, m->body);
        visitor->has_page = true;
        keep_csrf(visitor);
        visitor->at = last->target;
    }
    if (!m || !is_type(m, "application/json"))
        return;
    json_t *body = json_loadb(m->body.p, m->body.n, 0, NULL);
    if (v->turn->act == VISIT_ACT_CLIENT_LOGIN) {
        const char *token = json_string_value(json_object_get(body, "token"));
        visitor->token = token ? arena_strdup(v->arena, token) : NULL;
    }
    if (v->turn->act == VISIT_ACT_CLIENT_FETCH && m->status == 200) {
        visitor->conversation = body;
        json_object_set(v->action, "conversation", body); /* keeps it */
    }
    json_decref(body);
}

static enum status fetch(struct visiting *v,
                         const struct browser_request *request, struct err *err)
{
    struct fetching f = {NULL, false};
    struct stage *s = v->stage;
    json_t *list = json_array();
    json_object_set_new(v->action, "exchanges", list);
    browser_fetch(v->visitor->browser, request, s->now_s, on_fetched, &f);
    if (!loop_run_until(s->engine->loop, is_fetched, &f, stage_left_ms(s)))
        return err_set(err, ST_TEMP, "the portal gave no answer in time");
    for (const struct browser_exchange *e = f.first; e; e = e->next) {
        json_array_append_new(list, exchange(e));
        if (!e->next)
            show(v, e);
    }
    return ST_OK;
}

static json_t *begin_action(struct visiting *v, unsigned turn)
{
    json_t *a = json_object();
    json_object_set_new(a, "turn", json_integer(turn));
    json_object_set_new(a, "line", json_integer(v->turn->place.line));
    set_text(a, "action", visit_act_name(v->turn->act));
    set_text(a, "value", v->turn->value);
    set_text(a, "browser", v->visitor->name);
    return a;
}

/* The indices of what came since. */
static void add_came(struct visiting *v, const char *key, const char *list,
                     size_t from)
{
    json_t *indices = json_array();
    size_t now = json_array_size(recorder_list(v->stage->recorder, list));
    for (; from < now; from++)
        json_array_append_new(indices, json_integer((json_int_t)from));
    json_object_set_new(v->action, key, indices);
}

static enum status act_once(struct visiting *v, json_t *actions, unsigned turn,
                            struct err *err)
{
    struct recorder *r = v->stage->recorder;
    struct browser_request request;
    size_t sms = json_array_size(recorder_list(r, "sms"));
    size_t mail = json_array_size(recorder_list(r, "received"));
    v->action = begin_action(v, turn);
    json_array_append_new(actions, v->action);
    enum status status = ST_OK;
    if (visit_request(v, &request))
        status = fetch(v, &request, err);
    set_text(v->action, "recipient", v->visitor->recipient);
    set_text(v->action, "link", v->visitor->link);
    set_text(v->action, "failure", v->failure);
    if (status == ST_OK)
        status = stage_flush(v->stage, err);
    add_came(v, "sms", "sms", sms);
    add_came(v, "mails", "received", mail);
    visit_take_codes(v, sms, mail);
    return status;
}

static enum status act(struct stage *s, const struct visit_turn *turn,
                       json_t *actions, unsigned number, struct err *err)
{
    enum status status = ST_OK;
    if (turn->act == VISIT_ACT_BROWSER) {
        enter(s, turn->value, turn->is_other);
        return ST_OK;
    }
    for (unsigned i = 0; i < turn->times && status == ST_OK; i++) {
        struct visiting v = {.stage = s,
                             .visits = s->visits,
                             .visitor = s->visits->current,
                             .turn = turn,
                             .arena = s->arena};
        status = act_once(&v, actions, number, err);
    }
    return status;
}

enum status visit_run(struct stage *stage, const struct step *step,
                      struct err *err)
{
    struct visits *all = visits_of(stage);
    json_t *visit = json_object(), *actions = json_array();
    enum status status = ST_OK;
    unsigned number = 0;
    json_object_set_new(visit, "clock", json_integer(stage->now_s));
    json_object_set_new(visit, "actions", actions);
    recorder_add(stage->recorder, "visits", visit);
    enter(stage, arena_printf(stage->arena, "visit %u", ++all->nameless),
          false);
    for (const struct visit_turn *t = step->visit; t && status == ST_OK;
         t = t->next)
        status = act(stage, t, actions, number++, err);
    return status;
}

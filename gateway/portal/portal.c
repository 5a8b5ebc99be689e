/* From a request to the one function that answers it. */
#include "portal/portal.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "portal/api.h"
#include "portal/early.h"
#include "portal/login_guard.h"
#include "portal/page.h"
#include "portal/read.h"
#include "portal/render.h"
#include "portal/reply.h"
#include "portal/verify.h"
#include "store/hand.h"

enum {
    HEADER_MAX = 32768,
    BODY_MAX = 65536,      /* of who is not verified */
    BODIES_MAX = 32 << 20, /* of all of them: five times what one may have */
    BODY_SPARE = 1 << 20,  /* a reply that is a little too large gets a page */
    IDLE_MS = 30000,
    REQUEST_MS = 30000,
    REPLY_MS = 300000,
    REPLIES_MOST = 16, /* that come at a time: they are held in memory */
    CONNECTIONS = 1000,
    CONNECTIONS_PER_CLIENT = 100, /* a hospital may have but one */
    CHECKS_MOST = 16,
    CHECKS_OF_CLIENT = 4, /* a quarter, those that wait included (CONN-10) */
    REPLY_WINDOW_MS = 3600000,
    ACTION_PARTS_MOST = 1000000 /* more than a link counts parts */
};

struct portal {
    struct portal_settings settings;
    struct portal_world world;
    struct web_server *server;
    struct login_guard *guard;
    struct visit visits; /* list head */
};

static const char icon[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"><path "
    "fill=\"#0b5cad\" d=\"M12 1.5a5 5 0 0 0-5 5V9H6a2 2 0 0 0-2 2v9a2 2 0 0 0 "
    "2 2h12a2 2 0 0 0 2-2v-9a2 2 0 0 0-2-2h-1V6.5a5 5 0 0 0-5-5Zm-3 7.5V6.5a3 3"
    " 0 0 1 6 0V9H9Z\"/></svg>";

void portal_join(struct portal *portal, struct visit *v)
{
    v->portal = portal;
    v->settings = &portal->settings;
    v->world = &portal->world;
    v->next = &portal->visits;
    v->previous = portal->visits.previous;
    v->previous->next = v;
    portal->visits.previous = v;
}

void portal_leave_list(struct visit *v)
{
    v->previous->next = v->next;
    v->next->previous = v->previous;
}

bool portal_is_busy(const struct visit *own)
{
    const struct portal *portal = own->portal;
    size_t checks = 0, of_client = 0;
    for (const struct visit *v = portal->visits.next; v != &portal->visits;
         v = v->next) {
        checks += v->check != NULL;
        of_client +=
            (v->check || v->pause) && strcmp(v->client, own->client) == 0;
    }
    return checks >= CHECKS_MOST || of_client >= CHECKS_OF_CLIENT;
}

struct login_guard *portal_guard(const struct portal *portal)
{
    return portal->guard;
}

/* --- a link -------------------------------------------------------------- */

static void on_left(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    if (answer->result == PORTAL_FAULT) {
        visit_fault(v, 503);
        return;
    }
    visit_renew(v, false);
    visit_redirect(v, v->path);
}

static void leave(struct visit *v, const struct portal_link *link)
{
    (void)link;
    visit_wait(v);
    store_portal_leave(v->world->store, v->session, on_left, v);
}

/* What may be asked of a link. open: by a visit that is verified for it. */
static const struct {
    enum visit_kind kind;
    const char *method, *action;
    void (*open)(struct visit *visit, const struct portal_link *link);
    void (*closed)(struct visit *visit); /* NULL: `expired` */
} actions[] = {
    {VISIT_MESSAGE, "GET", "", read_message, verify_show},
    {VISIT_MESSAGE, "GET", "html", read_html, NULL},
    {VISIT_MESSAGE, "GET", "a", read_attachment, NULL},
    {VISIT_MESSAGE, "POST", "reply", reply_send, NULL},
    {VISIT_MESSAGE, "POST", "leave", leave, NULL},
    {VISIT_MESSAGE, "POST", "login", NULL, verify_login},
    {VISIT_MESSAGE, "POST", "code", NULL, verify_send_code},
    {VISIT_MESSAGE, "POST", "verify", NULL, verify_code},
    {VISIT_MESSAGE, "POST", "forgotten", NULL, verify_forgotten},
    {VISIT_ATTACHMENT, "GET", "", read_attachment_page, verify_show},
    {VISIT_ATTACHMENT, "GET", "file", read_attachment, NULL},
    {VISIT_ATTACHMENT, "POST", "leave", leave, NULL},
    {VISIT_ATTACHMENT, "POST", "login", NULL, verify_login},
    {VISIT_ATTACHMENT, "POST", "code", NULL, verify_send_code},
    {VISIT_ATTACHMENT, "POST", "verify", NULL, verify_code},
};

/* A session of an account that was suspended meanwhile, or whose password or
 * second factor was changed, opens nothing. */
static bool is_open(struct visit *v, const struct portal_link *link)
{
    bool is_login = link->granted ? strcmp(link->granted, "account") == 0
                                  : link->is_account;
    if (!is_login)
        return link->granted != NULL;
    return (link->granted || v->proof == PROOF_ACCOUNT ||
            v->kind == VISIT_ATTACHMENT) &&
           visit_is_current(v, link->address, link->credential);
}

/* KEEP-4: the message is in hand while its page is made. */
static void open_link(struct visit *v, const struct portal_link *link,
                      size_t action)
{
    v->in_hand =
        (struct hand_work){HAND_PAGE, link->message.n,
                           (int64_t)(action * ACTION_PARTS_MOST + v->number)};
    if (link->guard == STORE_GUARD_ASIDE && actions[action].open != leave) {
        visit_aside(v);
        return;
    }
    HAND_STEP_WHOLE(store_hand(v->world->store), &v->in_hand);
    actions[action].open(v, link);
}

static void dispatch(struct visit *v, const struct portal_link *link)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (actions[i].kind != v->kind ||
            strcmp(actions[i].method, v->request.method) != 0 ||
            strcmp(actions[i].action, v->action) != 0)
            continue;
        if (actions[i].open && is_open(v, link))
            open_link(v, link, i);
        else if (!actions[i].closed)
            visit_expired(v);
        else if (v->now_ms < link->locked_until_ms)
            visit_locked(v);
        else
            actions[i].closed(v);
        return;
    }
    visit_fault(v, 405);
}

/* An unknown token, a link that is void and one that never was a link are one
 * answer, and cost one look-up. */
static void on_looked(void *ctx, const struct portal_answer *answer)
{
    struct visit *v = ctx;
    if (visit_is_over(v))
        return;
    if (answer->result == PORTAL_FAULT) {
        visit_fault(v, 503);
        return;
    }
    if (answer->result == PORTAL_OK) {
        render_keep(v, answer->links, &v->link);
        verify_proof(v);
    }
    if (answer->result != PORTAL_OK || v->link.is_void ||
        v->proof == PROOF_NONE)
        visit_unknown(v);
    else
        dispatch(v, answer->links);
}

static void look(struct visit *v)
{
    bool post = strcmp(v->request.method, "POST") == 0;
    if (post && !v->has_form) {
        visit_expired(v);
        return;
    }
    bool reply = post && strcmp(v->action, "reply") == 0;
    v->look = (struct portal_look){.token = v->token,
                                   .session = v->session,
                                   .with_content = !post || reply,
                                   .replies_since_ms =
                                       reply ? v->now_ms - REPLY_WINDOW_MS : 0,
                                   .now_ms = v->now_ms};
    visit_wait(v);
    store_portal_look(v->world->store, &v->look, on_looked, v);
}

static void answer_style(struct visit *v)
{
    bool css = strcmp(v->request.path, "/style.css") == 0;
    visit_answer(v, 200, ANSWER_STYLE,
                 css ? "text/css; charset=utf-8" : "image/svg+xml",
                 slice_of(css ? page_style : icon), NULL);
}

static void on_request(struct web_exchange *exchange,
                       const struct web_request *request, void *ctx)
{
    struct visit *v = visit_create(ctx, exchange, request);
    if (strcmp(request->method, "GET") != 0 &&
        strcmp(request->method, "POST") != 0) {
        visit_fault(v, 405);
        return;
    }
    switch (v->kind) {
    case VISIT_MESSAGE:
    case VISIT_ATTACHMENT:
        look(v);
        return;
    case VISIT_STYLE:
        answer_style(v);
        return;
    case VISIT_API:
        api_handle(v);
        return;
    case VISIT_NOWHERE:
        visit_unknown(v);
        return;
    }
}

/* --- its life ------------------------------------------------------------ */

/* What jansson frees held passwords, codes and numbers. */
static void free_wiped(void *p)
{
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

enum status portal_create(const struct portal_settings *settings,
                          const struct portal_world *world, struct portal **out,
                          struct err *err)
{
    struct portal *portal = xcalloc(1, sizeof *portal);
    json_set_alloc_funcs(malloc, free_wiped);
    portal->settings = *settings;
    portal->world = *world;
    portal->guard = login_guard_create(&(struct login_guard_settings){
        settings->limits.tries, settings->limits.lock_ms});
    portal->visits.next = portal->visits.previous = &portal->visits;
    struct web_settings web = {.address = settings->address,
                               .port = settings->port,
                               .tls = settings->tls,
                               .header_max = HEADER_MAX,
                               .body_max = BODY_MAX,
                               .bodies_max = BODIES_MAX,
                               .idle_ms = IDLE_MS,
                               .request_ms = REQUEST_MS,
                               .connections = CONNECTIONS,
                               .connections_per_client = CONNECTIONS_PER_CLIENT,
                               .ctx = &portal->settings,
                               .is_large = early_is_large,
                               .large_max = settings->reply_bytes + BODY_SPARE,
                               .large_ms = REPLY_MS,
                               .large_count = REPLIES_MOST,
                               .on_fault = early_fault};
    enum status status = web_server_create(world->loop, &web, on_request,
                                           portal, &portal->server, err);
    if (status != ST_OK) {
        login_guard_destroy(&portal->guard);
        free(portal);
        return err_wrap(err, "portal");
    }
    *out = portal;
    return ST_OK;
}

uint16_t portal_port(const struct portal *portal)
{
    return web_port(portal->server);
}

void portal_stop(struct portal *portal)
{
    web_server_stop(portal->server);
}

size_t portal_open_count(const struct portal *portal)
{
    return web_exchange_count(portal->server);
}

void portal_destroy(struct portal **portal_in)
{
    struct portal *portal = *portal_in;
    *portal_in = NULL;
    if (!portal)
        return;
    /* The server first: an exchange that is answered now goes nowhere. */
    web_server_destroy(&portal->server);
    while (portal->visits.next != &portal->visits)
        visit_destroy(portal->visits.next);
    login_guard_destroy(&portal->guard);
    free(portal);
}

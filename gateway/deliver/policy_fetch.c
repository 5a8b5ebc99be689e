#include "deliver/policy_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "net/loop.h"

enum { ADDRESSES_MOST = 4 };

struct policy_fetch {
    const struct policies_settings *settings;
    policy_fetch_on_done *on_done;
    void *ctx;
    char *host;
    struct loop_timer *timer;
    struct dns_query *query;
    enum dns_type asked;
    char *addresses[ADDRESSES_MOST];
    size_t count, next;
    struct http_fetch *http;
};

static void release(struct policy_fetch *fetch)
{
    if (fetch->query)
        resolver_cancel(fetch->settings->resolver, fetch->query);
    http_cancel(&fetch->http);
    loop_timer_destroy(&fetch->timer);
    for (size_t i = 0; i < fetch->count; i++)
        free(fetch->addresses[i]);
    free(fetch->host);
    free(fetch);
}

static void finish(struct policy_fetch *fetch, struct slice text,
                   const char *failure)
{
    policy_fetch_on_done *on_done = fetch->on_done;
    void *ctx = fetch->ctx;
    char words[200];
    if (failure)
        snprintf(words, sizeof words, "%s", failure);
    on_done(text, failure ? words : NULL, ctx);
    release(fetch);
}

static void fail(struct policy_fetch *fetch, const char *failure)
{
    finish(fetch, (struct slice){0}, failure);
}

static void try_address(struct policy_fetch *fetch);

static void on_answer(const struct http_response *response, void *ctx)
{
    struct policy_fetch *fetch = ctx;
    char words[128];
    fetch->http = NULL;
    if (response->failure && fetch->next < fetch->count) {
        try_address(fetch); /* the next one may do */
    } else if (response->failure) {
        snprintf(words, sizeof words, "%s%s",
                 response->certificate ? "certificate: " : "",
                 response->failure);
        fail(fetch, words);
    } else if (response->status != 200) {
        snprintf(words, sizeof words, "HTTP status %d", response->status);
        fail(fetch, words);
    } else if (!sts_is_text(response->content_type)) {
        fail(fetch, "it is no text/plain");
    } else {
        finish(fetch, response->body, NULL);
    }
}

static void try_address(struct policy_fetch *fetch)
{
    const struct policies_settings *settings = fetch->settings;
    struct http_request request = {
        .method = "GET",
        .address = fetch->addresses[fetch->next++],
        .port = settings->https_port,
        .host = fetch->host,
        .path = "/.well-known/mta-sts.txt",
        .tls = settings->tls,
        .body_max = STS_POLICY_BYTES,
        .timeout_ms = settings->timeout_ms,
        .bind_address = settings->bind_address,
    };
    fetch->http = http_fetch(settings->loop, &request, on_answer, fetch);
}

static void ask(struct policy_fetch *fetch, enum dns_type type);

static void on_addresses(const struct dns_answer *answer, void *ctx)
{
    struct policy_fetch *fetch = ctx;
    fetch->query = NULL;
    for (size_t i = 0; i < answer->count && fetch->count < ADDRESSES_MOST; i++)
        fetch->addresses[fetch->count++] = xstrdup(answer->records[i].text);
    if (fetch->count)
        try_address(fetch);
    else if (answer->outcome == DNS_FAILED)
        fail(fetch, "address look-up failed");
    else if (answer->outcome == DNS_NO_DATA && fetch->asked == DNS_TYPE_A)
        ask(fetch, DNS_TYPE_AAAA);
    else
        fail(fetch, "the policy host has no address");
}

static void ask(struct policy_fetch *fetch, enum dns_type type)
{
    fetch->asked = type;
    fetch->query = resolver_ask(fetch->settings->resolver, fetch->host, type,
                                on_addresses, fetch);
}

static void on_timer(void *ctx)
{
    fail(ctx, "no answer in time");
}

struct policy_fetch *
policy_fetch_start(const struct policies_settings *settings, const char *domain,
                   policy_fetch_on_done *on_done, void *ctx)
{
    struct policy_fetch *fetch = xcalloc(1, sizeof *fetch);
    fetch->settings = settings;
    fetch->on_done = on_done;
    fetch->ctx = ctx;
    fetch->host = xasprintf("mta-sts.%s", domain);
    fetch->timer = loop_timer_create(settings->loop, on_timer, fetch);
    loop_timer_start(fetch->timer, settings->timeout_ms);
    ask(fetch, DNS_TYPE_A);
    return fetch;
}

void policy_fetch_cancel(struct policy_fetch **fetch)
{
    struct policy_fetch *old = *fetch;
    *fetch = NULL;
    if (old)
        release(old);
}

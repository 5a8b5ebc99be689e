#include "peer/smsbox.h"

#include <event2/buffer.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer/http.h"
#include "peer/listen.h"
#include "peer/stream.h"

enum { REQUEST_MOST = 65536, SLOW_MS = 50 };

static const char *const fault_names[] = {"none", "refuses", "slow", "silent",
                                          "down"};
_Static_assert(sizeof fault_names / sizeof *fault_names == SMSBOX_FAULT_COUNT,
               "a name for each fault");

/* One connection; one request. */
struct call {
    struct smsbox *box;
    struct stream *stream;
    struct arena *arena;
    struct http_reader *reader;
    struct loop_timer *pause;
    const char *answer;
    struct call *next;
};

struct smsbox {
    struct loop *loop;
    struct arena *arena;
    struct smsbox_settings settings;
    smsbox_event *on_message;
    void *ctx;
    int listener;
    struct loop_watch *watch;
    struct call *calls;
    unsigned count;
};

const char *smsbox_fault_name(enum smsbox_fault fault)
{
    return fault_names[fault];
}

bool smsbox_fault_parse(const char *text, enum smsbox_fault *out)
{
    for (int i = 0; i < SMSBOX_FAULT_COUNT; i++)
        if (strcmp(fault_names[i], text) == 0) {
            *out = (enum smsbox_fault)i;
            return true;
        }
    return false;
}

/* -- a request ------------------------------------------------------------ */

static void release_call(struct call *call)
{
    struct call **at = &call->box->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    loop_timer_cancel(&call->pause);
    http_reader_destroy(&call->reader);
    stream_destroy(&call->stream);
    arena_destroy(&call->arena);
    free(call);
}

static const char *response(struct arena *arena, const char *status,
                            const char *body)
{
    return arena_printf(arena,
                        "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                        status, strlen(body), body);
}

/* Why a request is refused: a status line; NULL: it is taken. */
static const char *refusal(const struct smsbox *box,
                           const struct http_message *request,
                           const json_t *body)
{
    const char *token = json_string_value(json_object_get(body, "token"));
    const char *to = json_string_value(json_object_get(body, "to"));
    const char *text = json_string_value(json_object_get(body, "text"));
    if (box->settings.fault == SMSBOX_FAULT_REFUSES)
        return "503 Service Unavailable";
    if (strcmp(request->method, "POST") != 0)
        return "405 Method Not Allowed";
    if (strcmp(request->target, box->settings.path) != 0)
        return "404 Not Found";
    if (!token || strcmp(token, box->settings.token) != 0)
        return "401 Unauthorized";
    if (!to || to[0] != '+' || !text || !*text)
        return "400 Bad Request";
    if (box->settings.fault == SMSBOX_FAULT_SILENT)
        return "408 Request Timeout"; /* which nobody hears */
    return NULL;
}

static void take_request(struct call *call, const struct http_message *request)
{
    struct smsbox *box = call->box;
    json_t *body = json_loadb(request->body.p, request->body.n, 0, NULL);
    const char *to = json_string_value(json_object_get(body, "to"));
    const char *text = json_string_value(json_object_get(body, "text"));
    const char *why = refusal(box, request, body);
    struct smsbox_message message = {
        .to = arena_strdup(box->arena, to ? to : ""),
        .text = arena_strdup(box->arena, text ? text : ""),
        .is_accepted = !why,
        .why = why};
    call->answer =
        why ? response(call->arena, why, "{}")
            : response(call->arena, "200 OK",
                       arena_printf(call->arena, "{\"id\":\"sms-%u\"}",
                                    ++box->count));
    json_decref(body);
    if (box->on_message)
        box->on_message(box->ctx, &message);
}

static void answer(void *ctx)
{
    struct call *call = ctx;
    stream_send(call->stream, slice_of(call->answer));
    stream_close(call->stream);
}

static void on_data(void *ctx)
{
    struct call *call = ctx;
    struct evbuffer *in = stream_input(call->stream);
    size_t n = evbuffer_get_length(in);
    struct slice octets = {(const char *)evbuffer_pullup(in, -1), n};
    bool was_open = !call->answer;
    enum http_state state = http_reader_feed(call->reader, octets);
    evbuffer_drain(in, n);
    if (!was_open || state == HTTP_STATE_MORE)
        return;
    if (state == HTTP_STATE_DONE)
        take_request(call, http_reader_message(call->reader));
    else
        call->answer = response(call->arena, "400 Bad Request", "{}");
    switch (call->box->settings.fault) {
    case SMSBOX_FAULT_SILENT:
        break;
    case SMSBOX_FAULT_SLOW:
        call->pause = loop_after(call->box->loop, SLOW_MS, answer, call);
        break;
    case SMSBOX_FAULT_NONE:
    case SMSBOX_FAULT_REFUSES:
    case SMSBOX_FAULT_DOWN:
    case SMSBOX_FAULT_COUNT:
        answer(call);
        break;
    }
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    (void)end;
    (void)why;
    release_call(ctx);
}

static void on_connection(void *ctx)
{
    struct smsbox *box = ctx;
    int fd = listen_take(box->listener);
    if (fd < 0)
        return;
    struct call *call = xcalloc(1, sizeof *call);
    call->box = box;
    call->arena = arena_create();
    call->reader = http_reader_create(call->arena, NULL, REQUEST_MOST);
    call->next = box->calls;
    box->calls = call;
    struct stream_events events = {
        .on_data = on_data, .on_end = on_end, .ctx = call};
    call->stream = stream_accept(box->loop, fd, &events);
}

/* -- life ----------------------------------------------------------------- */

static void deafen(struct smsbox *box)
{
    loop_watch_cancel(&box->watch);
    if (box->listener >= 0)
        close(box->listener);
    box->listener = -1;
}

enum status smsbox_set_fault(struct smsbox *box, enum smsbox_fault fault,
                             struct err *err)
{
    box->settings.fault = fault;
    if (fault == SMSBOX_FAULT_DOWN) {
        deafen(box);
        return ST_OK;
    }
    if (box->listener >= 0)
        return ST_OK;
    enum status status = listen_open(box->settings.address, &box->settings.port,
                                     &box->listener, err);
    if (status != ST_OK)
        return err_wrap(err, "SMS service");
    box->watch = loop_watch_read(box->loop, box->listener, on_connection, box);
    return ST_OK;
}

enum status smsbox_create(struct loop *loop,
                          const struct smsbox_settings *settings,
                          smsbox_event *on_message, void *ctx,
                          struct smsbox **out, struct err *err)
{
    struct smsbox *box = xcalloc(1, sizeof *box);
    box->loop = loop;
    box->arena = arena_create();
    box->settings = *settings;
    box->settings.address = arena_strdup(box->arena, settings->address);
    box->settings.path = arena_strdup(box->arena, settings->path);
    box->settings.token = arena_strdup(box->arena, settings->token);
    box->on_message = on_message;
    box->ctx = ctx;
    box->listener = -1;
    *out = box;
    enum status status = smsbox_set_fault(box, settings->fault, err);
    if (status != ST_OK)
        smsbox_destroy(out);
    return status;
}

void smsbox_destroy(struct smsbox **box)
{
    struct smsbox *b = *box;
    *box = NULL;
    if (!b)
        return;
    deafen(b);
    while (b->calls)
        release_call(b->calls);
    arena_destroy(&b->arena);
    free(b);
}

uint16_t smsbox_port(const struct smsbox *box)
{
    return box->settings.port;
}

size_t smsbox_open_count(const struct smsbox *box)
{
    size_t count = 0;
    for (const struct call *c = box->calls; c; c = c->next)
        count++;
    return count;
}

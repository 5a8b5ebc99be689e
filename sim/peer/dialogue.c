#include "peer/dialogue.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "peer/reply.h"
#include "peer/stream.h"

enum { STEP_LIMIT_MS = 10000, QUIET_MS = 50 };

struct dialogue {
    struct loop *loop;
    struct dialogue_settings settings;
    dialogue_done *on_done;
    void *ctx;
    struct arena *arena;
    struct stream *stream;
    SSL_CTX *tls;
    struct loop_timer *timer; /* the open step's limit */
    size_t at;                /* the open step */
    bool is_waiting;          /* the open step is begun */
    bool is_shaking;          /* a handshake is under way */
    bool is_over;             /* no step is open any more */
    bool is_gone;             /* the connection has ended */
    bool has_ended;           /* on_done was or is being called */
    struct reply reply;
    struct dialogue_outcome *outcomes;
    struct dialogue_result result;
};

static void proceed(struct dialogue *d);

static const struct dialogue_step *step_of(const struct dialogue *d)
{
    return &d->settings.steps[d->at];
}

/* --- The end of a step, and of all --- */

static void report(struct dialogue *d)
{
    d->has_ended = true;
    loop_timer_cancel(&d->timer);
    if (d->on_done)
        d->on_done(d->ctx, &d->result); /* may destroy: touch d no more */
}

static void on_report_due(void *ctx)
{
    report(ctx);
}

/* No step follows. The stream's end, when there is one to come, reports. */
static void finish(struct dialogue *d)
{
    if (d->is_over)
        return;
    d->is_over = true;
    loop_timer_cancel(&d->timer);
    bool stays = d->settings.stays_open && d->result.is_ok;
    if (d->is_gone || stays)
        d->timer = loop_after(d->loop, 0, on_report_due, d);
    else
        stream_close(d->stream);
}

static void conclude(struct dialogue *d, bool is_ok, const char *got)
{
    struct dialogue_outcome *outcome = &d->outcomes[d->at];
    *outcome = (struct dialogue_outcome){
        .is_reached = true,
        .is_ok = is_ok,
        .got = arena_strdup(d->arena, got),
    };
    d->is_waiting = false;
    d->at++;
    loop_timer_cancel(&d->timer);
    if (!is_ok) {
        d->result.is_ok = false;
        d->result.failure = arena_printf(d->arena, "step %zu: got %s", d->at,
                                         *got ? outcome->got : "nothing");
        finish(d);
    }
}

/* --- Steps --- */

static bool begins_with_one(const char *text, const char *const *prefixes)
{
    for (; prefixes && *prefixes; prefixes++)
        if (!strncmp(text, *prefixes, strlen(*prefixes)))
            return true;
    return false;
}

static void take_reply(struct dialogue *d)
{
    enum status status = reply_take(&d->reply, stream_input(d->stream),
                                    d->arena, &d->result.transcript);
    if (status == ST_MORE) {
        if (d->is_gone)
            conclude(d, false, "closed");
        return;
    }
    const char *text = d->reply.text ? d->reply.text : "no SMTP reply";
    bool is_ok = status == ST_OK && begins_with_one(text, step_of(d)->prefixes);
    d->reply = (struct reply){0};
    conclude(d, is_ok, text);
}

static void take_closed(struct dialogue *d)
{
    size_t n = evbuffer_get_length(stream_input(d->stream));
    if (n)
        take_reply(d); /* fails, and says what came instead */
    else if (d->is_gone)
        conclude(d, true, "closed");
}

static void take_nothing(struct dialogue *d)
{
    if (evbuffer_get_length(stream_input(d->stream)))
        take_reply(d); /* fails likewise */
    else if (d->is_gone)
        conclude(d, false, "closed");
}

static void send_octets(struct dialogue *d)
{
    struct slice rest = step_of(d)->octets;
    stream_send(d->stream, rest);
    while (rest.n)
        transcript_add(&d->result.transcript, d->arena, TRANSCRIPT_WHO_CLIENT,
                       slice_trim(slice_cut(&rest, '\n')));
    /* Octets to nobody are no fault: what comes back is what counts. */
    conclude(d, true, "");
}

static void start_tls(struct dialogue *d)
{
    if (d->is_gone) {
        conclude(d, false, "closed");
        return;
    }
    tls_context_destroy(&d->tls);
    d->tls = tls_client_create(step_of(d)->tls);
    d->is_shaking = true;
    stream_start_tls(d->stream, d->tls, false, d->settings.server_name);
}

static void on_step_over(void *ctx)
{
    struct dialogue *d = ctx;
    bool is_quiet = step_of(d)->kind == DIALOGUE_KIND_NOTHING;
    conclude(d, is_quiet, is_quiet ? "nothing" : "nothing in time");
    proceed(d);
}

static void begin(struct dialogue *d)
{
    int64_t limit =
        d->settings.step_limit_ms ? d->settings.step_limit_ms : STEP_LIMIT_MS;
    int64_t quiet = d->settings.quiet_ms ? d->settings.quiet_ms : QUIET_MS;
    d->is_waiting = true;
    d->timer = loop_after(
        d->loop, step_of(d)->kind == DIALOGUE_KIND_NOTHING ? quiet : limit,
        on_step_over, d);
    if (step_of(d)->kind == DIALOGUE_KIND_SEND)
        send_octets(d);
    else if (step_of(d)->kind == DIALOGUE_KIND_TLS)
        start_tls(d);
}

/* Looks whether the open step is done with what has come so far. */
static void look(struct dialogue *d)
{
    switch (step_of(d)->kind) {
    case DIALOGUE_KIND_EXPECT:
        take_reply(d);
        break;
    case DIALOGUE_KIND_CLOSED:
        take_closed(d);
        break;
    case DIALOGUE_KIND_NOTHING:
        take_nothing(d);
        break;
    case DIALOGUE_KIND_SEND:
    case DIALOGUE_KIND_TLS:
    case DIALOGUE_KIND_COUNT:
        break; /* concluded where they happen */
    }
}

static void proceed(struct dialogue *d)
{
    while (!d->is_over && d->at < d->settings.step_count) {
        size_t at = d->at;
        if (!d->is_waiting)
            begin(d);
        if (!d->is_over && d->at == at)
            look(d);
        if (!d->is_over && d->at == at)
            return; /* more has to come */
    }
    finish(d);
}

/* --- The stream --- */

static void on_connected(void *ctx)
{
    proceed(ctx);
}

static void on_data(void *ctx)
{
    struct dialogue *d = ctx;
    if (!d->is_over)
        proceed(d);
}

static void on_tls(void *ctx, const char *failure)
{
    struct dialogue *d = ctx;
    if (d->is_over || !d->is_shaking)
        return;
    d->is_shaking = false;
    const char *wanted = step_of(d)->alert;
    if (!failure) {
        const char *version = tls_connection_version(stream_tls(d->stream));
        transcript_note(&d->result.transcript, d->arena, "TLS %s", version);
        conclude(d, !wanted, version);
    } else {
        const char *alert = stream_alert(d->stream);
        transcript_note(&d->result.transcript, d->arena,
                        "TLS handshake failed: %s", failure);
        conclude(d, wanted && !strcmp(wanted, alert), *alert ? alert : failure);
    }
    proceed(d);
}

static void on_end(void *ctx, enum stream_end end, const char *why)
{
    struct dialogue *d = ctx;
    d->is_gone = true;
    if (end == STREAM_END_FAILED && !d->result.failure)
        d->result.failure = arena_strdup(d->arena, why);
    transcript_note(&d->result.transcript, d->arena, "%s", why);
    if (d->is_over) {
        if (!d->has_ended)
            report(d);
        return;
    }
    proceed(d);
}

/* --- Life --- */

static void begin_steps(struct dialogue *d,
                        const struct dialogue_settings *settings,
                        dialogue_done *on_done, void *ctx)
{
    d->settings = *settings;
    d->on_done = on_done;
    d->ctx = ctx;
    d->outcomes =
        arena_alloc(d->arena, (settings->step_count + 1) * sizeof *d->outcomes);
    for (size_t i = 0; i < settings->step_count; i++)
        d->outcomes[i].got = "";
    d->result = (struct dialogue_result){.is_ok = true,
                                         .outcomes = d->outcomes,
                                         .outcome_count = settings->step_count};
}

struct dialogue *dialogue_start(struct loop *loop,
                                const struct dialogue_settings *settings,
                                dialogue_done *on_done, void *ctx)
{
    struct dialogue *d = xcalloc(1, sizeof *d);
    d->loop = loop;
    d->arena = arena_create();
    begin_steps(d, settings, on_done, ctx);
    struct stream_events events = {.on_connected = on_connected,
                                   .on_data = on_data,
                                   .on_tls = on_tls,
                                   .on_end = on_end,
                                   .ctx = d};
    d->stream = stream_connect(loop, settings->local_address, settings->address,
                               settings->port, &events);
    return d;
}

void dialogue_go_on(struct dialogue *dialogue,
                    const struct dialogue_settings *settings,
                    dialogue_done *on_done, void *ctx)
{
    if (!dialogue->has_ended)
        BUG("a dialogue that has not come to its end cannot go on");
    dialogue->has_ended = dialogue->is_over = false;
    dialogue->at = 0;
    begin_steps(dialogue, settings, on_done, ctx);
    proceed(dialogue);
}

void dialogue_destroy(struct dialogue **dialogue)
{
    struct dialogue *d = *dialogue;
    *dialogue = NULL;
    if (!d)
        return;
    loop_timer_cancel(&d->timer);
    stream_destroy(&d->stream);
    tls_context_destroy(&d->tls);
    arena_destroy(&d->arena);
    free(d);
}

const struct dialogue_result *dialogue_result(const struct dialogue *dialogue)
{
    return dialogue->has_ended ? &dialogue->result : NULL;
}

#include "deliver/transport_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { LOG_CAP = 8192, CONTENT_CAP = 1000000 };

struct outbound {
    struct transport_fake *owner;
    struct outbound *next;
    const struct transport_fake_row *row;
    bool plain;
    size_t nth;                     /* of all connections, from 0 */
    unsigned taken;                 /* messages */
    transport_on_opened *on_opened; /* set: an answer is owed */
    transport_on_sent *on_sent;
    void *ctx;
};

struct transport_fake {
    struct transport face;
    const struct transport_fake_row *rows;
    size_t count;
    struct outbound *all;
    size_t opens;
    struct buf log;
    struct buf content;
};

static const struct transport_fake_row *find_row(struct transport_fake *fake,
                                                 const char *host)
{
    for (size_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->rows[i].host, host) == 0) {
            return &fake->rows[i];
        }
    }
    BUG("no row for %s", host);
}

/* What the transport makes of a host whose look-up failed; not logged. */
static const struct transport_fake_row failed_row = {.kind = MEASURE_UNKNOWN,
                                                     .why = WHY_LOOKUP_FAILED};

static struct outbound *open_host(void *self,
                                  const struct transport_target *target,
                                  transport_on_opened *on_opened, void *ctx)
{
    struct transport_fake *fake = self;
    struct outbound *o = xcalloc(1, sizeof *o);
    o->owner = fake;
    o->next = fake->all;
    o->row = target->host->failure != NULL ? &failed_row
                                           : find_row(fake, target->host->name);
    o->plain = target->plain;
    o->nth = fake->opens++;
    o->on_opened = on_opened;
    o->ctx = ctx;
    fake->all = o;
    if (o->row == &failed_row) {
        return o;
    }
    buf_printf(&fake->log, "open %s%s%s; ", o->row->host,
               target->plain ? " plain" : "", target->strict ? " strict" : "");
    return o;
}

static void send_mail(struct outbound *o, const struct transport_mail *mail,
                      transport_on_sent *on_sent, void *ctx)
{
    o->on_sent = on_sent;
    o->ctx = ctx;
    buf_printf(&o->owner->log, "send %s to %s%s; ", o->row->host,
               mail->recipient,
               (mail->notify & DSN_NOTIFY_SUCCESS) != 0 ? " asking for success"
               : mail->notify != 0                      ? ""
                                                        : " without reports");
    buf_reset(&o->owner->content);
    buf_put(&o->owner->content, mail->content);
    buf_put(&o->owner->content, mail->body);
}

static bool is_ready(const struct outbound *o)
{
    return o->on_opened == NULL && o->on_sent == NULL &&
           !o->row->handshake_fails;
}

static void quit(struct outbound *o)
{
    struct outbound **at = &o->owner->all;
    while (*at != o) {
        at = &(*at)->next;
    }
    *at = o->next;
    if (o->row != &failed_row) {
        buf_printf(&o->owner->log, "quit %s; ", o->row->host);
    }
    free(o);
}

static int64_t waits_ms(const struct outbound *o)
{
    bool is_waiting = o->on_opened != NULL || o->on_sent != NULL;
    return o->row->silent && is_waiting ? 1000000 - 1000 * (int64_t)o->nth : 0;
}

static size_t open_count(void *self)
{
    const struct transport_fake *fake = self;
    size_t count = 0;
    for (const struct outbound *o = fake->all; o != NULL; o = o->next) {
        count++;
    }
    return count;
}

static struct transport_reply reply_of(const char *line)
{
    struct transport_reply reply = {.line = ""};
    if (line != NULL) {
        snprintf(reply.line, sizeof reply.line, "%s", line);
        size_t n = strlen(line) > 4 ? strcspn(line + 4, " ") : 0;
        snprintf(reply.status, sizeof reply.status, "%.*s", (int)n, line + 4);
    }
    return reply;
}

static struct measure measure_of(const struct outbound *o)
{
    const struct transport_fake_row *row = o->row;
    struct measure measure = {.kind = row->kind,
                              .level = row->level,
                              .why = row->why,
                              .certificate = row->certificate,
                              .usable = !row->handshake_fails,
                              .starttls_refused = row->starttls_refused,
                              .reply = reply_of(row->reply)};
    if (o->plain || (o->nth > 0 && row->weak_later)) {
        measure.level = LEVEL_NONE;
        measure.usable = true;
        measure.starttls_refused = false;
    }
    if (measure.level != LEVEL_NONE) {
        snprintf(measure.tls, sizeof measure.tls, "1.3");
    }
    return measure;
}

bool transport_fake_run_once(struct transport_fake *fake)
{
    struct outbound *o = fake->all;
    while (o != NULL &&
           (o->row->silent || (o->on_opened == NULL && o->on_sent == NULL))) {
        o = o->next;
    }
    if (o == NULL) {
        return false;
    }
    if (o->on_opened != NULL) {
        transport_on_opened *on_opened = o->on_opened;
        struct measure measure = measure_of(o);
        o->on_opened = NULL;
        on_opened(o, &measure, o->ctx);
    } else {
        transport_on_sent *on_sent = o->on_sent;
        struct sent sent = {.kind = o->row->sent,
                            .takes_notify = o->row->takes_notify,
                            .reply = reply_of(o->row->sent_reply)};
        if (o->row->drops_after != 0 && o->taken++ >= o->row->drops_after) {
            sent = (struct sent){.kind = SENT_LOST, .is_at_start = true};
        }
        o->on_sent = NULL;
        on_sent(o, &sent, o->ctx);
    }
    return true;
}

struct transport_fake *
transport_fake_create(const struct transport_fake_row *rows, size_t count)
{
    struct transport_fake *fake = xcalloc(1, sizeof *fake);
    fake->face = (struct transport){.self = fake,
                                    .open = open_host,
                                    .is_ready = is_ready,
                                    .send = send_mail,
                                    .quit = quit,
                                    .waits_ms = waits_ms,
                                    .open_count = open_count};
    fake->rows = rows;
    fake->count = count;
    buf_init(&fake->log, LOG_CAP);
    buf_puts(&fake->log, "");
    buf_init(&fake->content, CONTENT_CAP);
    return fake;
}

struct transport *transport_fake_face(struct transport_fake *fake)
{
    return &fake->face;
}

size_t transport_fake_run(struct transport_fake *fake)
{
    size_t answered = 0;
    while (transport_fake_run_once(fake)) {
        answered++;
    }
    return answered;
}

const char *transport_fake_log(const struct transport_fake *fake)
{
    return buf_slice(&fake->log).n > 0 ? buf_slice(&fake->log).p : "";
}

struct slice transport_fake_content(const struct transport_fake *fake)
{
    return buf_slice(&fake->content);
}

void transport_fake_destroy(struct transport_fake **fake)
{
    struct transport_fake *old = *fake;
    *fake = NULL;
    if (old == NULL) {
        return;
    }
    while (old->all != NULL) {
        quit(old->all);
    }
    buf_release(&old->log);
    buf_release(&old->content);
    free(old);
}

#include "engine/recorder.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/evidence.h"
#include "engine/mail_checks.h"
#include "peer/dialogue.h"
#include "peer/mailhost.h"
#include "peer/policyhost.h"
#include "peer/submitter.h"

/* A message whose connection is still open. */
struct open_message {
    const char *host;
    unsigned long session;
    size_t index;
    struct open_message *next;
};

struct recorder {
    struct arena *arena;
    json_t *evidence;
    json_t *step; /* borrowed */
    struct open_message *open;
    FILE *transcripts;
    unsigned number, kills;
    json_int_t seen; /* journal lines and messages so far */
    bool quiet;
};

static json_t *list(struct recorder *r, const char *key)
{
    return json_object_get(r->evidence, key);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        evidence_set_octets(object, key, slice_of(text));
    else
        json_object_set_new(object, key, json_null());
}

static void set_number(json_t *object, const char *key, int64_t n)
{
    json_object_set_new(object, key, json_integer(n));
}

static void set_yes(json_t *object, const char *key, bool yes)
{
    json_object_set_new(object, key, json_boolean(yes));
}

/* A text for a list; octets that are no UTF-8 become their code points. */
static json_t *text_value(struct slice text)
{
    json_t *box = json_object();
    evidence_set_octets(box, "v", text);
    json_t *value = json_incref(json_object_get(box, "v"));
    json_decref(box);
    return value;
}

struct recorder *recorder_create(const struct scenario_case *c,
                                 const char *gateway_host, FILE *transcripts)
{
    static const char *const lists[] = {
        "steps",          "submissions", "sessions", "received",
        "connections",    "journal",     "sms",      "visits",
        "policy_fetches", "bounces",     "faults"};
    struct recorder *r = xcalloc(1, sizeof *r);
    r->arena = arena_create();
    r->transcripts = transcripts;
    r->evidence = json_object();
    set_text(r->evidence, "file", c->file);
    set_text(r->evidence, "case", c->name);
    set_number(r->evidence, "clock", c->clock_s);
    set_text(r->evidence, "gateway_host", gateway_host);
    set_number(r->evidence, "now", c->clock_s);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        json_object_set_new(r->evidence, lists[i], json_array());
    return r;
}

void recorder_destroy(struct recorder **recorder)
{
    if (!*recorder)
        return;
    json_decref((*recorder)->evidence);
    arena_destroy(&(*recorder)->arena);
    free(*recorder);
    *recorder = NULL;
}

struct json_t *recorder_take(struct recorder *recorder)
{
    return json_incref(recorder->evidence);
}

void recorder_begin_step(struct recorder *recorder, const struct step *step,
                         int64_t clock_s)
{
    json_t *s = json_object();
    set_number(s, "step", step->number);
    set_text(s, "kind", step_kind_name(step->kind));
    set_number(s, "clock", clock_s);
    set_yes(s, "settled", false);
    json_array_append_new(list(recorder, "steps"), s);
    recorder->step = s;
    recorder->number = step->number;
    recorder->quiet = false;
}

void recorder_end_step(struct recorder *recorder, bool settled)
{
    set_yes(recorder->step, "settled", settled);
}

void recorder_set_quiet(struct recorder *recorder)
{
    recorder->quiet = true;
}

void recorder_add(struct recorder *recorder, const char *name,
                  struct json_t *element)
{
    set_number(element, "step", recorder->number);
    set_yes(element, "late", recorder->quiet);
    json_array_append_new(list(recorder, name), element);
}

const struct json_t *recorder_list(const struct recorder *recorder,
                                   const char *name)
{
    return json_object_get(recorder->evidence, name);
}

void recorder_set_clock(struct recorder *recorder, int64_t now_s)
{
    set_number(recorder->evidence, "now", now_s);
}

void recorder_set_served(struct recorder *recorder)
{
    json_object_set_new(recorder->evidence, "served", json_true());
}

void recorder_count_kill(struct recorder *recorder)
{
    set_number(recorder->evidence, "kills", ++recorder->kills);
}

void recorder_fault(struct recorder *recorder, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    json_array_append_new(list(recorder, "faults"), text_value(slice_of(text)));
}

bool recorder_has_fault(const struct recorder *recorder)
{
    return json_array_size(json_object_get(recorder->evidence, "faults")) > 0;
}

void recorder_event(struct recorder *recorder, struct json_t *event)
{
    set_number(event, "step", recorder->number);
    set_number(event, "seen", ++recorder->seen);
    json_array_append_new(list(recorder, "journal"), event);
}

static json_t *transcript_lines(const struct transcript *t,
                                enum transcript_who who, bool all)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < t->count; i++) {
        const struct transcript_line *line = &t->lines[i];
        struct slice text = {line->text, line->length};
        if (!all && line->who != who)
            continue;
        json_t *value = text_value(text);
        if (all) {
            json_t *whole =
                json_sprintf("%s: %s", transcript_who_name(line->who),
                             json_string_value(value));
            json_decref(value);
            value = whole;
        }
        json_array_append_new(lines, value);
    }
    return lines;
}

static void show(struct recorder *r, const char *title, const json_t *lines)
{
    if (!r->transcripts)
        return;
    fprintf(r->transcripts, "-- %s\n", title);
    for (size_t i = 0; i < json_array_size(lines); i++)
        fprintf(r->transcripts, "   %s\n",
                json_string_value(json_array_get(lines, i)));
}

static void set_host(json_t *object, struct recorder *r,
                     const struct recorder_host *host)
{
    set_number(object, "step", r->number);
    set_text(object, "host", host->host);
    set_text(object, "domain", host->domain);
    set_text(object, "address", host->address);
}

static void set_recipients(json_t *object, const struct mailhost_message *m)
{
    json_t *recipients = json_array(), *rcpt = json_array();
    json_t *parameters = json_object();
    for (size_t i = 0; i < m->recipient_count; i++) {
        json_array_append_new(recipients,
                              text_value(slice_of(m->recipients[i].address)));
        json_array_append_new(
            rcpt, text_value(slice_of(m->recipients[i].parameters)));
    }
    set_text(parameters, "mail", m->parameters);
    json_object_set_new(parameters, "rcpt", rcpt);
    json_object_set_new(object, "recipients", recipients);
    json_object_set_new(object, "parameters", parameters);
}

static void remember(struct recorder *r, const struct recorder_host *host,
                     const struct mailhost_session *session, size_t index)
{
    struct open_message *open = ARENA_NEW(r->arena, struct open_message);
    *open = (struct open_message){.host = arena_strdup(r->arena, host->host),
                                  .session = session->number,
                                  .index = index,
                                  .next = r->open};
    r->open = open;
}

void recorder_message(struct recorder *recorder,
                      const struct recorder_host *host,
                      const struct mailhost_message *message)
{
    const struct mailhost_session *s = message->session;
    json_t *m = json_object();
    set_host(m, recorder, host);
    set_text(m, "tls", s->tls);
    set_text(m, "cipher", s->cipher);
    set_text(m, "sni", s->sni);
    set_text(m, "helo", s->helo);
    set_text(m, "reverse_path", message->reverse_path);
    set_recipients(m, message);
    evidence_set_octets(m, "content", message->content);
    set_text(m, "reply", message->reply);
    set_yes(m, "accepted", message->is_accepted);
    set_yes(m, "complete", message->is_complete);
    set_text(m, "posture", host->posture);
    set_text(m, "level", host->level);
    if (host->ask.look_up && message->is_complete)
        mail_checks(m, &host->ask, message, host->now_s);
    set_number(m, "seen", ++recorder->seen);
    set_yes(m, "late", recorder->quiet);
    remember(recorder, host, s, json_array_size(list(recorder, "received")));
    json_array_append_new(list(recorder, "received"), m);
}

static json_t *messages_of(struct recorder *r, const struct recorder_host *host,
                           const struct mailhost_session *session)
{
    json_t *indices = json_array();
    for (struct open_message *m = r->open; m; m = m->next)
        if (m->session == session->number && strcmp(m->host, host->host) == 0)
            json_array_insert_new(indices, 0,
                                  json_integer((json_int_t)m->index));
    return indices;
}

void recorder_connection(struct recorder *recorder,
                         const struct recorder_host *host,
                         const struct mailhost_session *session)
{
    const struct transcript *t = &session->transcript;
    json_t *c = json_object();
    set_host(c, recorder, host);
    set_number(c, "number", (int64_t)session->number);
    set_text(c, "tls", session->tls);
    if (session->tls_failure)
        set_text(c, "handshake_error", session->tls_failure);
    set_text(c, "closed_by", session->closed_by);
    set_yes(c, "truncated", session->is_truncated);
    set_yes(c, "bare_line_end", session->has_bare_line_end);
    json_object_set_new(c, "commands",
                        transcript_lines(t, TRANSCRIPT_WHO_CLIENT, false));
    json_object_set_new(c, "replies",
                        transcript_lines(t, TRANSCRIPT_WHO_SERVER, false));
    json_t *all = transcript_lines(t, TRANSCRIPT_WHO_NOTE, true);
    json_object_set_new(c, "transcript", all);
    json_object_set_new(c, "received", messages_of(recorder, host, session));
    set_yes(c, "late", recorder->quiet);
    json_array_append_new(list(recorder, "connections"), c);
    show(recorder, host->host, all);
}

void recorder_fetch(struct recorder *recorder, const struct recorder_host *host,
                    const struct policyhost_fetch *fetch)
{
    json_t *f = json_object();
    set_host(f, recorder, host);
    set_text(f, "tls", fetch->tls);
    set_text(f, "sni", fetch->sni);
    if (fetch->tls_failure)
        set_text(f, "handshake_error", fetch->tls_failure);
    set_text(f, "request", fetch->request);
    set_text(f, "request_host", fetch->host);
    set_number(f, "status", fetch->status);
    set_yes(f, "policy", fetch->is_policy);
    set_yes(f, "late", recorder->quiet);
    json_array_append_new(list(recorder, "policy_fetches"), f);
}

static json_t *envelope(const struct submit *submit)
{
    json_t *recipients = json_array();
    for (size_t i = 0; i < submit->envelope.count; i++)
        json_array_append_new(recipients,
                              text_value(slice_of(submit->envelope.texts[i])));
    return recipients;
}

/* "data" is the last word about the content: the reply to its end, or that to
 * the DATA command where there was no content. */
static const char *stage_name(const struct submitter_result *result, size_t i)
{
    const char *stage = result->replies[i].stage;
    if (strcmp(stage, "content") == 0)
        return "data";
    if (strcmp(stage, "data") != 0)
        return stage;
    for (size_t k = i + 1; k < result->reply_count; k++)
        if (strcmp(result->replies[k].stage, "content") == 0)
            return "data-command";
    return stage;
}

static json_t *replies(const struct submitter_result *result)
{
    json_t *all = json_array();
    for (size_t i = 0; i < result->reply_count; i++) {
        const struct submitter_reply *from = &result->replies[i];
        json_t *reply = json_object();
        set_text(reply, "command", from->command);
        set_text(reply, "stage", stage_name(result, i));
        if (from->recipient)
            set_text(reply, "recipient", from->recipient);
        set_text(reply, "reply", from->reply);
        json_array_append_new(all, reply);
    }
    return all;
}

void recorder_submission(struct recorder *recorder, const struct submit *submit,
                         const char *mark, struct slice content,
                         const struct submitter_result *result)
{
    json_t *s = json_object();
    set_number(s, "step", recorder->number);
    set_text(s, "from", submit->from);
    set_text(s, "reverse_path", submit->reverse_path);
    json_object_set_new(s, "envelope", envelope(submit));
    set_text(s, "mark", mark);
    set_yes(s, "anonymous", submit->is_anonymous);
    set_text(s, "tls", result->tls);
    set_yes(s, "certificate_verified", result->is_verified);
    json_object_set_new(s, "replies", replies(result));
    set_yes(s, "accepted", result->is_accepted);
    if (result->failure)
        set_text(s, "failure", result->failure);
    evidence_set_octets(s, "content", content);
    json_t *lines =
        transcript_lines(&result->transcript, TRANSCRIPT_WHO_NOTE, true);
    json_object_set_new(s, "transcript", lines);
    json_array_append_new(list(recorder, "submissions"), s);
    show(recorder, "submitter", lines);
}

/* The reply that decided: the first that refused, else that to the end. */
static const char *deciding_reply(const struct submitter_result *result)
{
    const char *last = "";
    for (size_t i = 0; i < result->reply_count; i++) {
        const struct submitter_reply *r = &result->replies[i];
        if (strcmp(r->stage, "quit") == 0)
            continue;
        last = r->reply;
        if (r->code >= 400)
            break;
    }
    return last;
}

void recorder_bounce(struct recorder *recorder, const struct bounce *bounce,
                     const char *host, const char *to,
                     const struct submitter_result *result)
{
    json_t *b = json_object();
    set_number(b, "step", recorder->number);
    set_text(b, "of", bounce->of);
    set_text(b, "host", host);
    set_text(b, "to", to);
    set_text(b, "form", bounce->form);
    set_text(b, "action", bounce->action);
    set_text(b, "status", bounce->status);
    set_text(b, "tls", result->tls);
    set_text(b, "reply", deciding_reply(result));
    set_yes(b, "accepted", result->is_accepted);
    if (result->failure)
        set_text(b, "failure", result->failure);
    json_t *lines =
        transcript_lines(&result->transcript, TRANSCRIPT_WHO_NOTE, true);
    json_object_set_new(b, "transcript", lines);
    json_array_append_new(list(recorder, "bounces"), b);
    show(recorder, "bounce", lines);
}

static void set_turn(json_t *object, const struct turn *turn)
{
    const char *key = turn->kind == TURN_KIND_EXPECT ? "expected" : "sent";
    if (turn->kind == TURN_KIND_TLS)
        key = "tls";
    if (turn->kind == TURN_KIND_AUTH)
        key = "auth";
    if (turn->kind != TURN_KIND_EXPECT) {
        evidence_set_octets(object, key,
                            (struct slice){turn->text, turn->octets});
        if (!turn->expect.count)
            return;
    }
    json_t *expected = json_array();
    for (size_t i = 0; i < turn->expect.count; i++)
        json_array_append_new(expected,
                              text_value(slice_of(turn->expect.texts[i])));
    json_object_set_new(object, "expected", expected);
}

void recorder_session(struct recorder *recorder, const struct step *step,
                      bool is_at_bounces, const struct dialogue_result *result)
{
    json_t *s = json_object(), *dialogue = json_array();
    set_number(s, "step", recorder->number);
    set_yes(s, "ok", result->is_ok);
    size_t i = 0;
    set_text(s, "listener", is_at_bounces ? "bounces" : "submission");
    for (const struct turn *t = step->session; t; t = t->next, i++) {
        const struct dialogue_outcome *outcome = &result->outcomes[i];
        json_t *turn = json_object();
        set_turn(turn, t);
        set_yes(turn, "ok", outcome->is_ok);
        set_yes(turn, "reached", outcome->is_reached);
        set_text(turn, "got", outcome->got ? outcome->got : "");
        set_number(turn, "line", t->place.line);
        json_array_append_new(dialogue, turn);
    }
    json_object_set_new(s, "dialogue", dialogue);
    if (result->failure)
        set_text(s, "failure", result->failure);
    json_t *lines =
        transcript_lines(&result->transcript, TRANSCRIPT_WHO_NOTE, true);
    json_object_set_new(s, "transcript", lines);
    json_array_append_new(list(recorder, "sessions"), s);
    show(recorder, "session", lines);
}

void recorder_target(struct recorder *recorder,
                     const struct recorder_target *target)
{
    json_t *t = json_object();
    json_object_set_new(t, "exit",
                        target->exit >= 0 ? json_integer(target->exit)
                                          : json_null());
    json_object_set_new(t, "signal",
                        target->signal ? json_integer(target->signal)
                                       : json_null());
    set_text(t, "stderr_tail", target->stderr_tail);
    json_t *turns = json_array();
    for (size_t i = 0; i < target->long_turn_count; i++)
        json_array_append_new(turns,
                              text_value(slice_of(target->long_turns[i])));
    json_object_set_new(t, "long_turns", turns);
    set_yes(t, "clock_ok", target->clock_ok);
    json_object_set_new(recorder->evidence, "target", t);
}

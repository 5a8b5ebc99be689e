/* From the greeting to READY: RFC 5321 3.1 and 3.2, RFC 3207 4. */
#include "session/client_internal.h"

void client_say_hello(struct client_session *c, enum client_phase phase)
{
    char *line = arena_printf(c->arena, "%s %s", c->said_helo ? "HELO" : "EHLO",
                              c->settings->host_name);
    client_say(c, phase, line);
}

static void take_offer(struct client_offers *offers, struct slice line)
{
    struct slice word = slice_word(&line);
    if (slice_is_nocase(word, "STARTTLS"))
        offers->starttls = true;
    else if (slice_is_nocase(word, "PIPELINING"))
        offers->pipelining = true;
    else if (slice_is_nocase(word, "DSN"))
        offers->dsn = true;
    else if (slice_is_nocase(word, "8BITMIME"))
        offers->eightbitmime = true;
    else if (slice_is_nocase(word, "SMTPUTF8"))
        offers->smtputf8 = true;
    else if (slice_is_nocase(word, "SIZE")) {
        unsigned long bytes = 0;
        offers->size = true;
        if (slice_number(slice_word(&line), (unsigned long)-1, &bytes))
            offers->size_bytes = bytes;
    }
}

static void take_offers(struct client_session *c, const struct reply *reply)
{
    struct slice lines = slice_of(reply->text);
    c->offers = (struct client_offers){.esmtp = !c->said_helo};
    slice_cut(&lines, '\n');
    while (!c->said_helo && lines.n)
        take_offer(&c->offers, slice_cut(&lines, '\n'));
}

static void fail(struct client_session *c, enum client_phase phase,
                 const struct reply *reply)
{
    client_decide_by(c, phase, reply);
    client_over(c);
}

static void take_greeting(struct client_session *c, const struct reply *reply)
{
    if (reply->code == 220)
        client_say_hello(c, CLIENT_PHASE_EHLO);
    else
        fail(c, CLIENT_PHASE_GREETING, reply);
}

static void take_hello(struct client_session *c, enum client_phase phase,
                       const struct reply *reply)
{
    bool is_unknown = reply->code == 500 || reply->code == 502;
    if (is_unknown && !c->said_helo && !c->is_tls) {
        c->said_helo = true; /* RFC 5321 3.2 */
        client_say_hello(c, phase);
    } else if (reply->code != 250) {
        fail(c, phase, reply);
    } else {
        take_offers(c, reply);
        if (c->settings->use_tls && c->offers.starttls && !c->is_tls)
            client_say(c, CLIENT_PHASE_STARTTLS, "STARTTLS");
        else
            client_set_state(c, CLIENT_STATE_READY);
    }
}

static void take_starttls(struct client_session *c, const struct reply *reply,
                          bool has_behind)
{
    if (reply->code == 220 && !has_behind) {
        client_set_state(c, CLIENT_STATE_STARTTLS);
    } else if (reply_is(reply, 4) || reply_is(reply, 5)) {
        c->starttls_refusal = reply_copy(c->life, reply);
        client_set_state(c, CLIENT_STATE_READY);
    } else {
        /* Octets behind the 220 would count as said inside TLS (the 2011
         * injection class): a failed handshake, and nothing of it believed. */
        client_decide(c, CLIENT_VERDICT_PROTOCOL, CLIENT_PHASE_STARTTLS, reply);
        client_over(c);
    }
}

void client_start_reply(struct client_session *c, enum client_phase phase,
                        const struct reply *reply, bool has_behind)
{
    if (phase == CLIENT_PHASE_GREETING)
        take_greeting(c, reply);
    else if (phase == CLIENT_PHASE_STARTTLS)
        take_starttls(c, reply, has_behind);
    else
        take_hello(c, phase, reply);
}

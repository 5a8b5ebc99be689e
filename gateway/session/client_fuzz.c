/* A session towards a server that says anything. The first octet says what we
 * want of it, the rest is what it sends, in flights that RS (0x1e) separates:
 * whole and in pieces the session comes to the same, and what it says are
 * command lines and, once content is wanted, stuffed content. */
#include "session/client.h"

#include "base/test_fuzz.h"

enum { FLIGHT_END = 0x1e, TRANSACTIONS_MOST = 4 };

static const char content[] = "Subject: x\r\n\r\n.\r\n..a\nb\rc\r\n.";

struct play {
    struct client_session *client;
    struct client_settings settings;
    struct buf seen, said;
    unsigned char how;
    int begun;
    bool is_quitting;
};

static void on_reply(void *ctx, enum client_phase phase,
                     const struct reply *reply)
{
    struct play *play = ctx;
    FUZZ_MUST(phase < CLIENT_PHASE_COUNT);
    FUZZ_MUST(reply->code >= 200 && reply->code < 600);
    buf_printf(&play->seen, "<%s %d %s>", client_phase_name(phase), reply->code,
               reply->text);
}

/* Whole lines; CR and LF only together. */
static void take(struct play *play)
{
    struct slice out = client_session_take(play->client);
    FUZZ_MUST(out.n <= CLIENT_OUTPUT_BYTES);
    FUZZ_MUST(!out.n || out.p[out.n - 1] == '\n');
    for (size_t i = 0; i < out.n; i++) {
        FUZZ_MUST(out.p[i] != '\n' || (i && out.p[i - 1] == '\r'));
        FUZZ_MUST(out.p[i] != '\r' || (i + 1 < out.n && out.p[i + 1] == '\n'));
    }
    buf_put(&play->said, out);
}

static void begin(struct play *play)
{
    static const struct mail_params mail = {
        .ret = DSN_RET_HDRS, .has_envid = true, .envid = {"a+b", 3}};
    static const struct rcpt_params rcpt = {.notify = DSN_NOTIFY_FAILURE,
                                            .has_orcpt = true,
                                            .orcpt_type = {"rfc822", 6},
                                            .orcpt = {"x=@y", 4}};
    struct client_transaction t = {
        .reverse_path =
            play->how & 1 ? SLICE_LITERAL("a@a.example") : SLICE_LITERAL(""),
        .mail = play->how & 2 ? &mail : NULL,
        .recipient = SLICE_LITERAL("b@b.example"),
        .rcpt = play->how & 2 ? &rcpt : NULL,
        .content_bytes = sizeof content - 1,
        .content_8bit = play->how & 4,
        .smtputf8 = client_session_offers(play->client)->smtputf8};
    play->begun++;
    client_session_begin(play->client, &t);
}

static void go_on(struct play *play)
{
    if (play->begun < (play->how >> 4) % TRANSACTIONS_MOST) {
        begin(play);
    } else if (!play->is_quitting) {
        play->is_quitting = true;
        client_session_quit(play->client);
    }
}

static void put_content(struct play *play)
{
    struct slice rest = {content, sizeof content - 1};
    client_session_content(play->client, fuzz_take(&rest, 17));
    buf_put(&play->said, client_session_take(play->client));
    client_session_content(play->client, rest);
    buf_put(&play->said, client_session_take(play->client));
    client_session_content_end(play->client);
}

/* What the shell does at the end of a flight. */
static void act(struct play *play)
{
    enum client_state state = client_session_state(play->client);
    FUZZ_MUST(client_session_deadline_ms(play->client) >= 0);
    if (state == CLIENT_STATE_STARTTLS)
        client_session_tls_ready(play->client);
    if (state == CLIENT_STATE_READY)
        go_on(play);
    if (state == CLIENT_STATE_CONTENT)
        put_content(play);
    take(play);
}

static void check_end(struct play *play)
{
    client_session_lost(play->client);
    FUZZ_MUST(client_session_state(play->client) == CLIENT_STATE_OVER);
    const struct client_result *r = client_session_result(play->client);
    FUZZ_MUST(r->verdict < CLIENT_VERDICT_COUNT);
    FUZZ_MUST(r->verdict != CLIENT_VERDICT_ACCEPTED || play->begun > 0);
    FUZZ_MUST(r->verdict != CLIENT_VERDICT_ACCEPTED ||
              (r->reply && r->reply->code / 100 == 2));
    buf_printf(&play->seen, "= %s %s %d", client_verdict_name(r->verdict),
               client_phase_name(r->phase),
               client_session_is_tls(play->client));
}

static void run(struct play *play, struct slice in, bool is_whole)
{
    struct prng prng = fuzz_prng(in);
    play->settings = (struct client_settings){.host_name = "gw.example",
                                              .use_tls = play->how & 8,
                                              .reply_timeout_ms = 1000,
                                              .on_reply = on_reply,
                                              .ctx = play};
    buf_init(&play->seen, SIZE_MAX);
    buf_init(&play->said, SIZE_MAX);
    play->client = client_session_create(&play->settings);
    while (in.n) {
        struct slice flight = slice_cut(&in, FLIGHT_END);
        while (flight.n) {
            size_t n = is_whole ? flight.n : fuzz_step(&prng, flight.n);
            client_session_feed(play->client, fuzz_take(&flight, n));
            take(play);
        }
        act(play);
    }
    check_end(play);
    client_session_destroy(&play->client);
}

static void end(struct play *play)
{
    buf_release(&play->seen);
    buf_release(&play->said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_input(data, size);
    unsigned char how = fuzz_octet(&in);
    struct play whole = {.how = how}, pieces = {.how = how};
    run(&whole, in, true);
    run(&pieces, in, false);
    FUZZ_MUST(fuzz_eq(buf_slice(&whole.seen), buf_slice(&pieces.seen)));
    FUZZ_MUST(fuzz_eq(buf_slice(&whole.said), buf_slice(&pieces.said)));
    end(&whole);
    end(&pieces);
    return 0;
}

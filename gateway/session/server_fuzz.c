/* A submitter's session, whole. The first octet says how the shell answers, the
 * rest is what the submitter sends, in flights that RS (0x1e) separates: whole
 * and in pieces the session says the same, its replies are replies, and nothing
 * is stored that must not be (CONN-2, CONN-5, AUTH-1). */
#include "session/server.h"

#include "base/test_fuzz.h"

enum { FLIGHT_END = 0x1e, RECIPIENTS_MAX = 3, MESSAGE_BYTES_MAX = 400 };

struct play {
    struct server_session *session;
    struct server_settings settings;
    struct prng answers;
    struct buf seen, said;
    bool is_behind; /* something came behind STARTTLS */
};

static void on_refused(void *ctx, enum server_stage stage, const char *reply)
{
    struct play *play = ctx;
    FUZZ_MUST(stage < SERVER_STAGE_COUNT && strchr("45", reply[0]));
    buf_printf(&play->seen, "(%s %s)", server_stage_name(stage), reply);
}

/* Lines of replies, whole. */
static void take(struct play *play)
{
    struct slice out = server_session_take(play->session);
    buf_put(&play->said, out);
    while (out.n) {
        size_t end = slice_find_crlf(out);
        FUZZ_MUST(end < out.n && end >= 4 && end <= 512);
        for (size_t i = 0; i < end; i++)
            FUZZ_MUST(i < 3 ? out.p[i] >= '0' && out.p[i] <= '9'
                            : out.p[i] >= ' ' && out.p[i] <= '~');
        FUZZ_MUST(out.p[3] == ' ' || out.p[3] == '-');
        fuzz_take(&out, end + 2);
    }
}

static void check_envelope(struct play *play, const struct server_want *want)
{
    const struct envelope *e = want->envelope;
    FUZZ_MUST(play->settings.is_open ||
              server_session_tls_version(play->session).n);
    FUZZ_MUST(e->recipient_count <= RECIPIENTS_MAX);
    buf_printf(&play->seen, "{%.*s", SLICE_ARG(e->reverse_path));
    for (size_t i = 0; i < e->recipient_count; i++) {
        FUZZ_MUST(e->recipients[i].address.n);
        buf_printf(&play->seen, ">%.*s", SLICE_ARG(e->recipients[i].address));
    }
}

static void check_content(struct play *play, struct slice content)
{
    FUZZ_MUST(content.n <= MESSAGE_BYTES_MAX);
    for (size_t i = 0; i < content.n; i++) {
        FUZZ_MUST(content.p[i] != '\n' || (i && content.p[i - 1] == '\r'));
        FUZZ_MUST(content.p[i] != '\r' ||
                  (i + 1 < content.n && content.p[i + 1] == '\n'));
    }
    FUZZ_MUST(!content.n || content.p[content.n - 1] == '\n');
    buf_put(&play->seen, content);
}

static const struct reply *answer_to(struct play *play,
                                     const struct server_want *want)
{
    static const struct reply no = {550, "5.7.1", "one\ntwo"};
    static const struct reply later = {451, "4.3.0", "later"};
    bool is_open =
        want->kind == SERVER_WANT_AUTH || want->kind == SERVER_WANT_MAIL ||
        want->kind == SERVER_WANT_RCPT || want->kind == SERVER_WANT_STORE;
    uint64_t choice = is_open ? prng_below(&play->answers, 8) : 7;
    const struct reply *bad = choice == 0 ? &no : choice == 1 ? &later : NULL;
    switch (want->kind) {
    case SERVER_WANT_AUTH:
        FUZZ_MUST(server_session_tls_version(play->session).n);
        FUZZ_MUST(want->user.n && want->secret->n);
        return bad ? &server_reply_auth_wrong : &server_reply_auth_ok;
    case SERVER_WANT_MAIL:
        check_envelope(play, want);
        FUZZ_MUST(want->envelope->recipient_count == 0);
        return bad ? bad : &server_reply_mail_ok;
    case SERVER_WANT_RCPT:
        FUZZ_MUST(play->settings.is_open && want->recipient.n);
        return bad ? bad : &server_reply_rcpt_ok;
    case SERVER_WANT_STORE:
        check_envelope(play, want);
        FUZZ_MUST(want->envelope->recipient_count > 0);
        check_content(play, want->content);
        return bad ? bad : &server_reply_stored;
    case SERVER_WANT_NONE:
    case SERVER_WANT_STARTTLS:
    case SERVER_WANT_PAUSE:
    case SERVER_WANT_CLOSE:
    case SERVER_WANT_COUNT:
        break;
    }
    return NULL;
}

/* False: nothing but the end of the flight, or a handshake, helps. */
static bool meet(struct play *play)
{
    const struct server_want *want = server_session_want(play->session);
    FUZZ_MUST(server_session_deadline_ms(play->session) >= 0);
    if (want->kind == SERVER_WANT_PAUSE) {
        FUZZ_MUST(want->pause_ms > 0);
        server_session_timed_out(play->session);
        return true;
    }
    const struct reply *reply = answer_to(play, want);
    if (reply)
        server_session_resume(play->session, reply);
    return reply != NULL;
}

static void feed(struct play *play, struct slice octets)
{
    size_t used;
    bool is_met;
    do {
        enum server_want_kind kind = server_session_want(play->session)->kind;
        play->is_behind |= kind == SERVER_WANT_STARTTLS && octets.n;
        used = server_session_feed(play->session, octets);
        FUZZ_MUST(used <= octets.n);
        fuzz_take(&octets, used);
        take(play);
        is_met = meet(play);
        take(play);
    } while (is_met || used);
    FUZZ_MUST(!octets.n);
}

static void end_flight(struct play *play)
{
    if (server_session_want(play->session)->kind == SERVER_WANT_STARTTLS)
        server_session_tls_ready(play->session, "1.3");
}

static void run(struct play *play, unsigned char how, struct slice in,
                bool is_whole)
{
    struct prng prng = fuzz_prng(in);
    play->settings =
        (struct server_settings){.host_name = "gw.example",
                                 .is_open = how & 1,
                                 .recipients_max = RECIPIENTS_MAX,
                                 .message_bytes_max = MESSAGE_BYTES_MAX,
                                 .idle_timeout_ms = 300000,
                                 .auth_pause_first_ms = how & 2 ? 1000 : 0,
                                 .auth_pause_longest_ms = how & 2 ? 16000 : 0,
                                 .discard_timeout_ms = 5000,
                                 .on_refused = on_refused,
                                 .ctx = play};
    play->answers = (struct prng){how >> 2};
    buf_init(&play->seen, SIZE_MAX);
    buf_init(&play->said, SIZE_MAX);
    play->session = server_session_create(&play->settings);
    take(play);
    while (in.n) {
        struct slice flight = slice_cut(&in, FLIGHT_END);
        while (flight.n)
            feed(play,
                 fuzz_take(&flight,
                           is_whole ? flight.n : fuzz_step(&prng, flight.n)));
        end_flight(play);
    }
    server_session_timed_out(play->session);
    take(play);
    server_session_end(play->session, &server_reply_shutdown);
    take(play);
    server_session_destroy(&play->session);
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
    struct play whole = {0}, pieces = {0};
    run(&whole, how, in, true);
    run(&pieces, how, in, false);
    if (!pieces.is_behind) {
        FUZZ_MUST(fuzz_eq(buf_slice(&whole.seen), buf_slice(&pieces.seen)));
        FUZZ_MUST(fuzz_eq(buf_slice(&whole.said), buf_slice(&pieces.said)));
    }
    end(&whole);
    end(&pieces);
    return 0;
}

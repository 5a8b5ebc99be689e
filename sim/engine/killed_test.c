/* KEEP-1, KEEP-2: the real gateway is killed at many points of a stream of
 * submissions. Whatever got its 250 has arrived in the end, small and large
 * messages alike, and has one outcome under one event id. */
#include "engine/test_gateway.h"

#include <stdio.h>

enum { ROUNDS = 24, SLOTS = 3, MESSAGES_MOST = 4000, LARGE_BYTES = 400000 };

static const char world[] =
    "  sender: {organization: clinic, transport-security: tls}\n"
    "  domains:\n    hospital.example: tls13\n";

struct stream;

struct slot {
    struct stream *stream;
    struct submitter *submitter;
    unsigned number; /* of the message */
    bool is_done;
};

struct stream {
    struct test_gateway g;
    struct slot slots[SLOTS];
    unsigned begun;
    bool is_over; /* nothing new is begun */
    bool accepted[MESSAGES_MOST];
    unsigned accepted_count, wanted;
};

static void on_done(void *ctx, const struct submitter_result *result)
{
    struct slot *slot = ctx;
    slot->is_done = true;
    for (size_t i = 0; i < result->reply_count; i++) {
        const struct submitter_reply *r = &result->replies[i];
        if (strcmp(r->stage, "content") == 0 && r->code == 250) {
            slot->stream->accepted[slot->number] = true;
            slot->stream->accepted_count++;
        }
    }
}

static struct slice message(struct arena *arena, unsigned number)
{
    const char *subject = arena_printf(arena, "m-%u", number);
    const char *header = test_gateway_header(arena, subject);
    if (number % 4 != 3)
        return slice_of(arena_printf(arena, "%sshort\r\n", header));
    char *filler = arena_alloc(arena, LARGE_BYTES + 1);
    for (size_t i = 0; i < LARGE_BYTES; i++)
        filler[i] = i % 80 == 78 ? '\r' : i % 80 == 79 ? '\n' : 'x';
    return slice_of(arena_printf(arena, "%s%s\r\n", header, filler));
}

static void begin(struct slot *slot)
{
    struct stream *s = slot->stream;
    assert_true(s->begun < MESSAGES_MOST);
    slot->number = s->begun++;
    slot->is_done = false;
    struct submitter_settings settings =
        test_gateway_submission(&s->g, message(s->g.arena, slot->number));
    slot->submitter =
        submitter_start(s->g.engine->loop, &settings, on_done, slot);
}

/* All slots are at their end. */
static bool turn(void *ctx)
{
    struct stream *s = ctx;
    bool is_busy = false;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &s->slots[i];
        if (slot->submitter && slot->is_done)
            submitter_destroy(&slot->submitter);
        if (!slot->submitter && !s->is_over)
            begin(slot);
        is_busy = is_busy || slot->submitter;
    }
    return !is_busy;
}

static bool has_enough(void *ctx)
{
    struct stream *s = ctx;
    turn(s);
    return s->accepted_count >= s->wanted;
}

static bool never(void *ctx)
{
    turn(ctx);
    return false;
}

/* So many are accepted, some milliseconds go by, and the gateway is killed. */
static void play(struct stream *s, unsigned count, int64_t ms)
{
    struct err err;
    struct loop *loop = s->g.engine->loop;
    s->is_over = false;
    s->wanted = s->accepted_count + count;
    if (!loop_run_until(loop, has_enough, s, 20000))
        fail_msg("%u accepted, %u wanted", s->accepted_count, s->wanted);
    loop_run_until(loop, never, s, ms);
    s->is_over = true;
    if (target_stop(s->g.stage->target, true, 10000, &err) != ST_OK)
        fail_msg("%s", err.text);
    if (!loop_run_until(loop, turn, s, 20000))
        fail_msg("submitters go on without a gateway");
    if (target_start(s->g.stage->target, 10000, &err) != ST_OK)
        fail_msg("%s", err.text);
}

/* "m-17" of a header line; MESSAGES_MOST: none. */
static unsigned number_in(const char *text, const char *before)
{
    const char *at = text ? strstr(text, before) : NULL;
    return at ? (unsigned)strtoul(at + strlen(before), NULL, 10)
              : MESSAGES_MOST;
}

struct seen {
    const char *message; /* the gateway's id */
    const char *outcome; /* event id of its outcome */
    bool is_received;
};

static void note_journal(struct seen *seen, const json_t *journal)
{
    size_t i;
    const json_t *event;
    json_array_foreach(journal, i, event)
    {
        const char *name = evidence_text(event, "event");
        const char *id = evidence_text(event, "id");
        if (strcmp(name, "accepted") == 0) {
            unsigned n = number_in(evidence_text(event, "message_id"), "<m-");
            if (n < MESSAGES_MOST)
                seen[n].message = evidence_text(event, "message");
        }
        if (strcmp(name, "outcome") != 0)
            continue;
        assert_string_equal(evidence_text(event, "delivery"), "direct");
        for (unsigned n = 0; n < MESSAGES_MOST; n++) {
            if (!seen[n].message ||
                strcmp(seen[n].message, evidence_text(event, "message")) != 0)
                continue;
            if (seen[n].outcome && strcmp(seen[n].outcome, id) != 0)
                fail_msg("m-%u has two outcomes", n);
            seen[n].outcome = id;
        }
    }
}

static void judge(const struct stream *s, const json_t *evidence)
{
    static struct seen seen[MESSAGES_MOST];
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(evidence, "received"), i, one)
    {
        unsigned n = number_in(evidence_text(one, "content"), "Subject: m-");
        if (n < MESSAGES_MOST)
            seen[n].is_received = true;
    }
    note_journal(seen, json_object_get(evidence, "journal"));
    for (unsigned n = 0; n < s->begun; n++) {
        if (s->accepted[n] && !seen[n].is_received)
            fail_msg("m-%u got its 250 and never arrived", n);
        if (s->accepted[n] && !seen[n].outcome)
            fail_msg("m-%u got its 250 and has no outcome", n);
    }
}

static void test_nothing_accepted_is_lost_by_a_kill(void **state)
{
    (void)state;
    static struct stream s;
    struct err err;
    test_gateway_start(&s.g, world, NULL);
    for (size_t i = 0; i < SLOTS; i++)
        s.slots[i].stream = &s;
    for (int round = 0; round < ROUNDS; round++)
        play(&s, 1 + round % 5, round * 5 % 13);
    if (stage_flush(s.g.stage, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_t *evidence = test_gateway_finish(&s.g);
    judge(&s, evidence);
    print_message("%u begun, %u accepted\n", s.begun, s.accepted_count);
    assert_true(s.accepted_count > ROUNDS);
    json_decref(evidence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_accepted_is_lost_by_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

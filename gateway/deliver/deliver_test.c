/* The runner against a store, timers and a clock that stand below, chosen when
 * this program is linked. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "deliver/deliver.h"
#include "deliver/places.h"
#include "deliver/transport_fake.h"
#include "dns/resolver_fake.h"
#include "net/loop.h"

enum { TEXT_BYTES = 20000, ITEMS = 600, QUEUED = 1100, TIMERS = 4 };

/* --- clock ---------------------------------------------------------------- */

static int64_t now_ms;

int64_t clock_wall_s(void)
{
    return now_ms / 1000;
}

int64_t clock_wall_ms(void)
{
    return now_ms;
}

int64_t clock_mono_ms(void)
{
    return now_ms;
}

/* --- timers: kept, and fired by hand ---------------------------------------
 */

struct loop_timer {
    loop_fn *fn;
    void *ctx;
    int64_t delay_ms; /* -1: idle */
};

static struct loop_timer *timers[TIMERS];

struct loop_timer *loop_timer_create_as(struct loop *loop, const char *source,
                                        loop_fn *fn, void *ctx)
{
    (void)loop;
    (void)source;
    struct loop_timer *timer = xcalloc(1, sizeof *timer);
    *timer = (struct loop_timer){fn, ctx, -1};
    for (size_t i = 0; i < TIMERS; i++) {
        if (timers[i] == NULL) {
            timers[i] = timer;
            return timer;
        }
    }
    BUG("timers");
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms)
{
    timer->delay_ms = delay_ms;
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->delay_ms = -1;
}

void loop_timer_destroy(struct loop_timer **timer)
{
    for (size_t i = 0; i < TIMERS; i++) {
        if (timers[i] == *timer) {
            timers[i] = NULL;
        }
    }
    free(*timer);
    *timer = NULL;
}

/* Fires all that are started; returns the longest delay, -1: none was. */
static int64_t fire_timers(void)
{
    int64_t longest = -1;
    for (size_t i = 0; i < TIMERS; i++) {
        struct loop_timer *timer = timers[i];
        if (timer != NULL && timer->delay_ms >= 0) {
            longest = timer->delay_ms > longest ? timer->delay_ms : longest;
            timer->delay_ms = -1;
            timer->fn(timer->ctx);
        }
    }
    return longest;
}

/* --- store -----------------------------------------------------------------
 */

enum item_state { ITEM_NONE, ITEM_DUE, ITEM_CLAIMED, ITEM_GONE };

struct fake_item {
    char action[16]; /* of dsn: the record goes */
    struct store_item item;
    struct store_message message;
    struct store_recipient recipient;
    struct store_dsn dsn;
    enum item_state state;
    int64_t due_ms;
};

struct queued {
    store_due_fn *on_due;
    store_done_fn *on_done;
    void *ctx;
    size_t limit;
};

static struct fake_item items[ITEMS];
static struct queued queue[QUEUED];
static size_t queue_count;
static unsigned fail_records; /* so many FINISHED or DEFERRED answer ST_TEMP */
static struct buf *said;

void store_due(struct store *store, int64_t at_ms, size_t limit,
               store_due_fn *done, void *ctx)
{
    (void)store;
    assert_int_equal(at_ms, now_ms);
    assert_true(queue_count < QUEUED);
    queue[queue_count++] = (struct queued){done, NULL, ctx, limit};
}

void store_due_idle(struct store *store, int64_t at_ms, size_t limit,
                    store_due_fn *done, void *ctx)
{
    store_due(store, at_ms, limit, done, ctx);
}

struct hand *store_hand(const struct store *store)
{
    (void)store;
    return NULL;
}

void store_item_release(struct store_item *item)
{
    (void)item;
}

static void add_dsn(const struct store_record *record)
{
    for (size_t i = 0; i < ITEMS; i++) {
        struct fake_item *fake = &items[i];
        if (fake->state == ITEM_NONE) {
            fake->message = *record->item->message;
            snprintf(fake->action, sizeof fake->action, "%s",
                     record->dsn->action != NULL ? record->dsn->action : "");
            fake->dsn = (struct store_dsn){.to = "jansen@hospital.example",
                                           .recipients = "bob@hospital.example",
                                           .action = fake->action,
                                           .content = {"dsn", 3}};
            fake->item = (struct store_item){.kind = STORE_KIND_DSN,
                                             .id = (int64_t)i,
                                             .created_ms = now_ms,
                                             .method = "none",
                                             .message = &fake->message,
                                             .dsn = &fake->dsn};
            fake->state = ITEM_DUE;
            fake->due_ms = now_ms;
            return;
        }
    }
    BUG("items");
}

void store_record(struct store *store, const struct store_record *record,
                  store_done_fn *done, void *ctx)
{
    (void)store;
    struct fake_item *fake = &items[record->item->id];
    assert_int_equal(fake->state, ITEM_CLAIMED);
    assert_true(queue_count < QUEUED);
    bool is_last = record->change != STORE_CHANGE_DECIDED;
    bool fails = is_last && fail_records > 0;
    queue[queue_count++] = (struct queued){NULL, done, ctx, (size_t)fails};
    if (fails) {
        fail_records--;
        return;
    }
    if (record->change == STORE_CHANGE_DEFERRED) {
        fake->state = ITEM_DUE;
        fake->due_ms = record->until_ms;
        fake->item.attempts++;
    } else if (record->change == STORE_CHANGE_FINISHED) {
        fake->state = ITEM_GONE;
    }
    if (record->dsn != NULL) {
        assert_string_equal(record->dsn->to, "jansen@hospital.example");
        fake->recipient.reported |= record->dsn->reports;
        add_dsn(record);
    }
}

static void answer_due(const struct queued *one)
{
    struct store_item *claimed[ITEMS];
    struct store_due due = {.status = ST_OK, .items = claimed, .next_ms = -1};
    for (size_t i = 0; i < ITEMS; i++) {
        if (items[i].state != ITEM_DUE) {
            continue;
        }
        if (items[i].due_ms <= now_ms && due.count < one->limit) {
            items[i].state = ITEM_CLAIMED;
            claimed[due.count++] = &items[i].item;
        } else if (items[i].due_ms <= now_ms) {
            due.more = true;
        } else if (due.next_ms < 0 || items[i].due_ms < due.next_ms) {
            due.next_ms = items[i].due_ms;
        }
    }
    one->on_due(one->ctx, &due);
}

static bool answer_store(void)
{
    if (queue_count == 0) {
        return false;
    }
    struct queued one = queue[0];
    memmove(queue, queue + 1, --queue_count * sizeof *queue);
    if (one.on_due != NULL) {
        answer_due(&one);
    } else {
        struct store_answer answer = {.status =
                                          one.limit != 0 ? ST_TEMP : ST_OK};
        one.on_done(one.ctx, &answer);
    }
    return true;
}

/* --- the world -------------------------------------------------------------
 */

static const struct resolver_fake_row dns_rows[] = {
    {"hospital.example", DNS_TYPE_MX, .records = {"10 mx1"}},
    {"mx1", DNS_TYPE_A, .records = {"127.0.0.1"}}};

struct world {
    struct resolver_fake *resolver;
    struct transport_fake *transport;
    struct directory directory;
    struct deliver *deliver;
    struct buf said;
};

static const struct deliver_settings settings = {
    .host_name = "gateway.example",
    .from = "no-reply@gateway.example",
    .portal = "https://portal.example",
    .dane_satisfies = true,
    .idd_requires_account = true,
    .unknown_host_wait_ms = 14400000,
    .queue_lifetime_ms = 432000000,
    .delay_notice_after_ms = 14400000,
    .retry_first_ms = 300000,
    .retry_longest_ms = 14400000,
    .random_seed = 1};

static bool has_account; /* active, with inbound direct delivery */

static enum account find_account(void *self, const char *address)
{
    (void)self;
    (void)address;
    return has_account ? ACCOUNT_ACTIVE : ACCOUNT_NONE;
}

static const char *find_inbound(void *self, const char *address)
{
    (void)self;
    (void)address;
    return has_account ? "uuid" : NULL;
}

static enum policy find_policy(void *self, const char *organization)
{
    (void)self;
    (void)organization;
    return POLICY_OFF;
}

static bool find_share(void *self, const char *organization,
                       const char *recipient, enum right kind)
{
    (void)self;
    (void)organization;
    (void)recipient;
    return kind == RIGHT_SMS;
}

/* "outcome email failed 4.4.7 dsn; kept; " of a journal line with a row. */
static void take_journal(void *ctx, const struct store_event *event)
{
    const char *line = event->line;
    static const char *const keys[] = {"\"event\":\"",    "\"method\":\"",
                                       "\"delivery\":\"", "\"outcome\":\"",
                                       "\"status\":\"",   "\"action\":\""};
    struct buf *out = ctx;
    const char *space = "";
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *at = strstr(line, keys[i]);
        if (at != NULL) {
            at += strlen(keys[i]);
            buf_printf(out, "%s%.*s", space, (int)strcspn(at, "\""), at);
            space = " ";
        }
    }
    buf_puts(out, strstr(line, "\"dsn\":true") != NULL ? " dsn; " : "; ");
    if (event->id != NULL) {
        assert_int_equal(strlen(event->id), 32);
        buf_puts(out, "kept; ");
    }
}

static void open_world(struct world *world,
                       const struct transport_fake_row *server)
{
    memset(items, 0, sizeof items);
    memset(timers, 0, sizeof timers);
    queue_count = 0;
    fail_records = 0;
    now_ms = 1000000000;
    buf_init(&world->said, TEXT_BYTES);
    buf_puts(&world->said, "");
    said = &world->said;
    world->resolver = resolver_fake_create(dns_rows, 2);
    world->transport = transport_fake_create(server, 1);
    world->directory = (struct directory){NULL, find_account, find_inbound,
                                          find_policy, find_share};
    const struct deliver_world face = {
        .resolver = resolver_fake_face(world->resolver),
        .transport = transport_fake_face(world->transport),
        .directory = &world->directory,
        .journal = take_journal,
        .ctx = &world->said};
    world->deliver = deliver_create(&settings, &face);
}

static void close_world(struct world *world)
{
    deliver_destroy(&world->deliver);
    while (answer_store()) {
    }
    transport_fake_destroy(&world->transport);
    resolver_fake_destroy(&world->resolver);
    buf_release(&world->said);
}

static void add_recipient(size_t at, unsigned notify, const char *reverse_path)
{
    struct fake_item *fake = &items[at];
    fake->message = (struct store_message){
        .id = "m1",
        .accepted_ms = now_ms,
        .organization = "clinic",
        .sender = "jansen@hospital.example",
        .reverse_path = reverse_path,
        .content = SLICE_LITERAL("From: j\r\n\r\nx\r\n")};
    fake->recipient =
        (struct store_recipient){.address = "bob@hospital.example",
                                 .conversation = "c1",
                                 .notify = notify,
                                 .right = "none",
                                 .right_value = "",
                                 .return_path = "r@g.example",
                                 .link_token = "t",
                                 .mail_id = "i"};
    fake->item = (struct store_item){.kind = STORE_KIND_RECIPIENT,
                                     .id = (int64_t)at,
                                     .created_ms = now_ms,
                                     .method = "none",
                                     .message = &fake->message,
                                     .recipient = &fake->recipient};
    fake->state = ITEM_DUE;
    fake->due_ms = now_ms;
}

static void run(struct world *world)
{
    while (answer_store() || resolver_fake_run(world->resolver) > 0 ||
           transport_fake_run(world->transport) > 0) {
    }
}

static void expect_said(struct world *world, const char *want)
{
    assert_string_equal(world->said.p, want);
    buf_reset(&world->said);
    buf_puts(&world->said, "");
}

static const struct transport_fake_row accepts = {"mx1", .why = WHY_NO_STARTTLS,
                                                  .sent = SENT_ACCEPTED,
                                                  .sent_reply = "250 2.0.0 ok"};
static const struct transport_fake_row refuses = {"mx1", .why = WHY_NO_STARTTLS,
                                                  .sent = SENT_PERMANENT,
                                                  .sent_reply = "550 5.1.1 no"};
static const struct transport_fake_row puts_off = {
    "mx1", .why = WHY_NO_STARTTLS, .sent = SENT_TEMPORARY,
    .sent_reply = "450 4.2.1 grey"};
static const struct transport_fake_row unreachable = {
    "mx1", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION};

/* --- the tests -------------------------------------------------------------
 */

static void test_deliver_journals_each_recipient_then_settled(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &accepts);
    add_recipient(0, 0, "jansen@hospital.example");
    add_recipient(1, 0, "jansen@hospital.example");
    deliver_new_message(world.deliver, "m1");
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; "
                        "decided shared-sms notification; kept; "
                        "outcome shared-sms notification; kept; "
                        "outcome shared-sms notification; kept; settled; ");
    close_world(&world);
}

static void test_deliver_poke_settles_even_without_work(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &accepts);
    deliver_poke(world.deliver);
    deliver_poke(world.deliver);
    assert_int_equal(world.said.n, 0);
    run(&world);
    expect_said(&world, "settled; ");
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "settled; ");
    close_world(&world);
}

static void test_deliver_defers_with_growing_pauses(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &puts_off);
    add_recipient(0, 0, "jansen@hospital.example");
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; "
                        "deferred shared-sms 4.2.1; kept; settled; ");
    assert_int_equal(items[0].due_ms, now_ms + 300000);
    now_ms += 300000;
    assert_int_equal(fire_timers(), 300000);
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; "
                        "deferred shared-sms 4.2.1; kept; settled; ");
    assert_int_equal(items[0].due_ms, now_ms + 600000);
    close_world(&world);
}

static void test_deliver_failure_makes_a_dsn_that_is_sent(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &refuses);
    add_recipient(0, STORE_NOTIFY_FAILURE, "jansen@hospital.example");
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; "
                        "outcome shared-sms failed 5.1.1 dsn; kept; "
                        "dsn failed failed; kept; settled; ");
    close_world(&world);
}

/* KEEP-3: what the spool lost is told, waits, and fails at last. */
static void test_deliver_waits_for_content_that_is_gone(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &accepts);
    add_recipient(0, 0, "jansen@hospital.example");
    items[0].message.content = (struct slice){0};
    items[0].message.content_fault = "spool/m1: No such file or directory";
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "deferred none 4.3.0; kept; settled; ");
    now_ms += settings.queue_lifetime_ms;
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "outcome none failed 4.3.0 dsn; kept; "
                        "dsn sent failed; kept; settled; ");
    close_world(&world);
}

/* DSN-2: at the mark, once, and no more after a restart. */
static void test_deliver_tells_of_a_delay_once(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "decided shared-sms notification; kept; "
        "deferred shared-sms 4.2.1; kept; settled; ",
        "decided shared-sms notification; kept; "
        "deferred shared-sms 4.2.1; kept; "
        "deferred 4.2.1 dsn; kept; settled; ",
        "decided shared-sms notification; kept; "
        "deferred shared-sms 4.2.1; kept; settled; "};
    struct world world;
    open_world(&world, &puts_off);
    add_recipient(0, STORE_NOTIFY_DELAY, "jansen@hospital.example");
    items[0].item.attempts = 5;
    items[0].due_ms += 14400000 - 1000;
    for (size_t i = 0; i < 3; i++) {
        now_ms = items[0].due_ms;
        deliver_poke(world.deliver);
        run(&world);
        expect_said(&world, wanted[i]);
        assert_int_equal(items[0].due_ms - now_ms, i == 0 ? 1000 : 14400000);
        items[1].due_ms = INT64_MAX;
    }
    close_world(&world);
}

/* RFC 3461 5.2: who asked to be told of a success is told by somebody. */
static void test_deliver_tells_that_a_notification_was_passed_on(void **state)
{
    (void)state;
    struct transport_fake_row server = accepts;
    server.takes_notify = true; /* of the notification, not of the message */
    struct world world;
    open_world(&world, &server);
    add_recipient(0, STORE_NOTIFY_SUCCESS, "jansen@hospital.example");
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; "
                        "outcome shared-sms notification dsn; kept; "
                        "dsn sent relayed; kept; settled; ");
    close_world(&world);
}

/* A server that offers DSN says itself what becomes of the message. */
static void test_deliver_tells_of_a_success_that_nobody_else_will(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "decided account direct; kept; "
        "outcome account direct dsn; kept; "
        "dsn sent relayed; kept; settled; ",
        "decided account direct; kept; "
        "outcome account direct; kept; settled; "};
    for (int takes = 0; takes < 2; takes++) {
        struct transport_fake_row server = accepts;
        server.level = LEVEL_PKIX;
        server.certificate = true;
        server.takes_notify = takes != 0;
        struct world world;
        open_world(&world, &server);
        add_recipient(0, STORE_NOTIFY_SUCCESS, "jansen@hospital.example");
        has_account = true;
        deliver_poke(world.deliver);
        run(&world);
        expect_said(&world, wanted[takes]);
        has_account = false;
        close_world(&world);
    }
}

static void test_deliver_failure_without_dsn(void **state)
{
    (void)state;
    static const struct {
        unsigned notify;
        const char *reverse_path;
    } cases[] = {{STORE_NOTIFY_NEVER, "jansen@hospital.example"},
                 {STORE_NOTIFY_SUCCESS, "jansen@hospital.example"},
                 {0, ""},
                 {STORE_NOTIFY_FAILURE, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        open_world(&world, &refuses);
        add_recipient(0, cases[i].notify, cases[i].reverse_path);
        deliver_poke(world.deliver);
        run(&world);
        expect_said(&world, "decided shared-sms notification; kept; "
                            "outcome shared-sms failed 5.1.1; kept; "
                            "settled; ");
        close_world(&world);
    }
}

static void test_deliver_lifetime_ends_in_failure(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &unreachable);
    add_recipient(0, 0, "jansen@hospital.example");
    now_ms += settings.queue_lifetime_ms - 1;
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; "
                        "deferred shared-sms; kept; settled; ");
    assert_int_equal(items[0].due_ms, now_ms + 1);
    now_ms += 1;
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; "
                        "outcome shared-sms failed 4.4.7 dsn; kept; "
                        "deferred dsn; kept; settled; ");
    close_world(&world);
}

/* A mailed code, good for ten minutes. */
static void add_code(void)
{
    struct fake_item *fake = &items[0];
    add_recipient(0, 0, "jansen@hospital.example");
    fake->dsn = (struct store_dsn){.to = "bob@hospital.example",
                                   .recipients = "bob@hospital.example",
                                   .action = "code",
                                   .content = {"code", 4},
                                   .conversation = "c1",
                                   .until_ms = now_ms + 600000};
    fake->item.kind = STORE_KIND_DSN;
    fake->item.dsn = &fake->dsn;
}

static void test_deliver_sends_a_code_and_says_so(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &accepts);
    add_code();
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "mailed sent; kept; settled; ");
    close_world(&world);
}

static void test_deliver_sends_no_code_that_is_good_no_longer(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &unreachable);
    add_code();
    items[0].dsn.until_ms = now_ms + settings.retry_first_ms + 1;
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "deferred; kept; settled; ");
    now_ms = items[0].due_ms;
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "mailed dropped; kept; settled; ");
    assert_int_equal(items[0].state, ITEM_GONE);
    close_world(&world);
}

static void test_deliver_records_again_what_the_store_could_not(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &accepts);
    add_recipient(0, 0, "jansen@hospital.example");
    fail_records = 1;
    deliver_poke(world.deliver);
    run(&world);
    expect_said(&world, "decided shared-sms notification; kept; ");
    assert_int_equal(fire_timers(), 1000);
    run(&world);
    expect_said(&world, "outcome shared-sms notification; kept; settled; ");
    close_world(&world);
}

static void test_deliver_destroyed_while_busy_says_nothing(void **state)
{
    (void)state;
    for (int steps = 0; steps < 5; steps++) {
        struct world world;
        open_world(&world, &accepts);
        add_recipient(0, 0, "jansen@hospital.example");
        deliver_poke(world.deliver);
        for (int i = 0; i < steps; i++) {
            if (i % 2 == 0) {
                answer_store();
            } else {
                resolver_fake_run(world.resolver);
            }
        }
        size_t before = world.said.n;
        deliver_destroy(&world.deliver);
        while (answer_store()) {
        }
        assert_int_equal(resolver_fake_open(world.resolver), 0);
        assert_int_equal(world.said.n, before);
        close_world(&world);
    }
}

static size_t count_items(enum item_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        count += items[i].state == state;
    }
    return count;
}

/* TRANSPORT-8: with every place taken by look-ups that hang, some give way to
 * those who wait, and none as long as nobody does. */
static void test_deliver_gives_way_while_look_ups_hang(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &accepts);
    for (size_t i = 0; i < PLACES_MOST; i++) {
        add_recipient(i, 0, "jansen@hospital.example");
    }
    deliver_poke(world.deliver);
    while (answer_store()) {
    }
    assert_int_equal(count_items(ITEM_CLAIMED), PLACES_MOST);
    now_ms += PLACES_PATIENCE_MS;
    fire_timers();
    assert_int_equal(queue_count, 0);
    add_recipient(PLACES_MOST, 0, "jansen@hospital.example");
    deliver_new_message(world.deliver, "m1");
    while (answer_store()) {
    }
    assert_int_equal(items[PLACES_MOST].state, ITEM_DUE);
    fire_timers();
    while (answer_store()) {
    }
    assert_int_equal(items[PLACES_MOST].state, ITEM_CLAIMED);
    assert_in_range(count_items(ITEM_CLAIMED), PLACES_MOST - 16, PLACES_MOST);
    assert_int_equal(items[0].state, ITEM_DUE);
    assert_non_null(strstr(world.said.p, "decided none deferred; kept; "));
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deliver_journals_each_recipient_then_settled),
        cmocka_unit_test(test_deliver_poke_settles_even_without_work),
        cmocka_unit_test(test_deliver_defers_with_growing_pauses),
        cmocka_unit_test(test_deliver_failure_makes_a_dsn_that_is_sent),
        cmocka_unit_test(test_deliver_failure_without_dsn),
        cmocka_unit_test(test_deliver_waits_for_content_that_is_gone),
        cmocka_unit_test(test_deliver_tells_of_a_delay_once),
        cmocka_unit_test(test_deliver_tells_of_a_success_that_nobody_else_will),
        cmocka_unit_test(test_deliver_tells_that_a_notification_was_passed_on),
        cmocka_unit_test(test_deliver_lifetime_ends_in_failure),
        cmocka_unit_test(test_deliver_sends_a_code_and_says_so),
        cmocka_unit_test(test_deliver_sends_no_code_that_is_good_no_longer),
        cmocka_unit_test(test_deliver_records_again_what_the_store_could_not),
        cmocka_unit_test(test_deliver_destroyed_while_busy_says_nothing),
        cmocka_unit_test(test_deliver_gives_way_while_look_ups_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "deliver/attempt.h"
#include "deliver/scans.h"
#include "deliver/transport_fake.h"
#include "dns/resolver_fake.h"
#include "mail/dkim_test_key.h"

enum { SERVERS = 3, DNS_ROWS = 16, TEXT_BYTES = 2000 };

#define MINUTE_MS INT64_C(60000)

/* One attempt for bob@hospital.example, whose hosts are named as the servers
 * (mx1 before mx2). want: "decided...; done... | log". */
struct row {
    const char *title;
    bool direct_delivery;
    enum policy policy;
    enum account account;
    bool idd;
    const char *right; /* NULL: none */
    bool is_dsn;
    bool sender_has_2fa;
    int64_t age_ms;
    const struct resolver_fake_row *dns; /* NULL: mx1 and mx2 */
    struct transport_fake_row servers[SERVERS];
    const char *want;
};

static const struct resolver_fake_row two_mx[DNS_ROWS] = {
    {"hospital.example", DNS_TYPE_MX, .records = {"10 mx1", "20 mx2"}},
    {"mx1", DNS_TYPE_A, .records = {"127.0.0.1"}},
    {"mx2", DNS_TYPE_A, .records = {"127.0.0.2"}}};
static const struct resolver_fake_row null_mx[DNS_ROWS] = {
    {"hospital.example", DNS_TYPE_MX, .records = {"0 ."}}};
static const struct resolver_fake_row nothing[DNS_ROWS] = {
    {"other.example", DNS_TYPE_MX, .alias = NULL}};
static const struct resolver_fake_row no_answer[DNS_ROWS] = {
    {"hospital.example", DNS_TYPE_MX, .outcome = DNS_FAILED}};

#define SECURE .security = DNS_SECURE
#define NTA "v=NTA7516-1;startdate=1970-01;enddate=1970-12;provider=x"
#define NTA_SENDER                                                             \
    {"clinic.example", DNS_TYPE_TXT, SECURE, .records = {NTA, "v=spf1 -all"}}, \
        {"s1._domainkey.clinic.example", DNS_TYPE_TXT, SECURE,                 \
         .records = {DKIM_TEST_RECORD}},                                       \
    {                                                                          \
        "_dmarc.clinic.example", DNS_TYPE_TXT, SECURE, .records = {            \
            "v=DMARC1; p=reject"                                               \
        }                                                                      \
    }
#define TWO_MX                                                                 \
    {"hospital.example", DNS_TYPE_MX, SECURE,                                  \
     .records = {"10 mx1", "20 mx2"}},                                         \
        {"mx1", DNS_TYPE_A, SECURE, .records = {"127.0.0.1"}},                 \
    {                                                                          \
        "mx2", DNS_TYPE_A, SECURE, .records = { "127.0.0.2" }                  \
    }
#define NTA_HOPS                                                               \
    {"hospital.example", DNS_TYPE_TXT, SECURE,                                 \
     .records = {NTA ";ntamx=20 nta2.example;ntamx=10 nta1.example"}},         \
        {"nta1.example", DNS_TYPE_A, SECURE, .records = {"127.0.0.3"}},        \
    {                                                                          \
        "nta2.example", DNS_TYPE_A, SECURE, .records = { "127.0.0.4" }         \
    }

static const struct resolver_fake_row nta_both[DNS_ROWS] = {
    NTA_SENDER,
    TWO_MX,
    {"hospital.example", DNS_TYPE_TXT, SECURE, .records = {NTA}}};
static const struct resolver_fake_row nta_hops[DNS_ROWS] = {NTA_SENDER, TWO_MX,
                                                            NTA_HOPS};
static const struct resolver_fake_row nta_alone[DNS_ROWS] = {
    NTA_SENDER,
    NTA_HOPS,
    {"hospital.example", DNS_TYPE_MX, SECURE, .records = {"10 gone.example"}}};
static const struct resolver_fake_row nta_record_fails[DNS_ROWS] = {
    NTA_SENDER,
    TWO_MX,
    {"hospital.example", DNS_TYPE_TXT, DNS_FAILED, .security = DNS_BOGUS}};
static const struct resolver_fake_row nta_record_insecure[DNS_ROWS] = {
    NTA_SENDER, TWO_MX, {"hospital.example", DNS_TYPE_TXT, .records = {NTA}}};

#define ACCEPTS .sent = SENT_ACCEPTED, .sent_reply = "250 2.0.0 ok"
#define PKIX .level = LEVEL_PKIX, .why = WHY_NO_DANE, .certificate = true
#define DANE .level = LEVEL_DANE, .certificate = true
#define SELF_SIGNED .level = LEVEL_TLS, .why = WHY_SELF_SIGNED

static const struct row rows[] = {
    {"content over the connection that was measured", .direct_delivery = true,
     .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", PKIX, ACCEPTS}},
     .want = "decided direct-delivery direct mx1 pkix 1.3; "
             "done direct-delivery direct mx1 250 2.0.0 ok | "
             "open mx1 strict; send mx1 to bob@hospital.example; quit mx1; "},
    {"the second host reaches it", .direct_delivery = true,
     .servers = {{"mx1", SELF_SIGNED, ACCEPTS}, {"mx2", PKIX, ACCEPTS}},
     .want = "decided direct-delivery direct mx2 pkix 1.3; "
             "done direct-delivery direct mx2 250 2.0.0 ok | "
             "open mx1 strict; quit mx1; open mx2 strict; "
             "send mx2 to bob@hospital.example; quit mx2; "},
    {"5xx fails at once, no lower rank, no further host",
     .direct_delivery = true, .right = "sms",
     .servers = {{"mx1", PKIX, .sent = SENT_PERMANENT,
                  .sent_reply = "550 5.1.1 no"},
                 {"mx2", PKIX, ACCEPTS}},
     .want = "decided direct-delivery direct mx1 pkix 1.3; "
             "done direct-delivery failed mx1 550 5.1.1 no [5.1.1] | "
             "open mx1 strict; send mx1 to bob@hospital.example; quit mx1; "},
    {"4xx ends the attempt, no further host", .direct_delivery = true,
     .servers = {{"mx1", PKIX, .sent = SENT_TEMPORARY,
                  .sent_reply = "451 4.7.1 later"},
                 {"mx2", PKIX, ACCEPTS}},
     .want = "decided direct-delivery direct mx1 pkix 1.3; "
             "done direct-delivery deferred mx1 451 4.7.1 later [4.7.1] "
             "(refused by the server) | "
             "open mx1 strict; send mx1 to bob@hospital.example; quit mx1; "},
    {"connection lost: deferred", .direct_delivery = true,
     .servers = {{"mx1", PKIX, .sent = SENT_LOST}, {"mx2", PKIX, ACCEPTS}},
     .want = "decided direct-delivery direct mx1 pkix 1.3; "
             "done direct-delivery deferred mx1 (no connection) | "
             "open mx1 strict; send mx1 to bob@hospital.example; quit mx1; "},
    {"too weak: the right's notification takes what the server offers",
     .direct_delivery = true, .right = "sms",
     .servers = {{"mx1", SELF_SIGNED, ACCEPTS}, {"mx2", SELF_SIGNED, ACCEPTS}},
     .want = "decided access-right notification; "
             "done access-right notification mx1 250 2.0.0 ok | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "
             "open mx1; send mx1 to bob@hospital.example; quit mx1; "},
    {"prevented below the minimum", .direct_delivery = true,
     .servers = {{"mx1", SELF_SIGNED, ACCEPTS}, {"mx2", SELF_SIGNED, ACCEPTS}},
     .want = "decided none failed [5.7.10]; done none failed [5.7.10] | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"weak and unreachable: waits", .direct_delivery = true,
     .servers = {{"mx1", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION},
                 {"mx2", SELF_SIGNED, ACCEPTS}},
     .want = "decided none deferred; done none deferred (no connection) until "
             "host wait | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"the wait is over: too weak", .direct_delivery = true,
     .age_ms = 240 * MINUTE_MS,
     .servers = {{"mx1", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION},
                 {"mx2", SELF_SIGNED, ACCEPTS}},
     .want = "decided none failed [5.7.10]; done none failed [5.7.10] | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"nobody there: waits, the 4xx greeting's status is kept",
     .direct_delivery = true,
     .servers = {{"mx1", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION,
                  .reply = "421 4.3.2 full"},
                 {"mx2", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION}},
     .want = "decided none deferred; done none deferred mx1 421 4.3.2 full "
             "[4.3.2] (no connection) | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"refused by every greeting", .direct_delivery = true,
     .servers = {{"mx1", .kind = MEASURE_REFUSED, .why = WHY_REFUSED_BY_SERVER,
                  .reply = "554 5.3.2 no"},
                 {"mx2", .kind = MEASURE_REFUSED, .why = WHY_REFUSED_BY_SERVER,
                  .reply = "554 5.3.2 never"}},
     .want = "decided none failed mx2 554 5.3.2 never [5.3.2]; "
             "done none failed mx2 554 5.3.2 never [5.3.2] | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"policy off: e-mail without any reach",
     .servers = {{"mx1", SELF_SIGNED, ACCEPTS}, {"mx2", PKIX, ACCEPTS}},
     .want = "decided email notification; "
             "done email notification mx1 250 2.0.0 ok | "
             "open mx1; send mx1 to bob@hospital.example; quit mx1; "},
    {"e-mail where nobody is there: its notification waits",
     .servers = {{"mx1", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION},
                 {"mx2", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION}},
     .want = "decided email notification; "
             "done email deferred (no connection) | "
             "open mx1; quit mx1; open mx2; quit mx2; "},
    {"policy pkix", .policy = POLICY_PKIX,
     .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", PKIX, ACCEPTS}},
     .want = "decided transport-security direct mx1 pkix 1.3; "
             "done transport-security direct mx1 250 2.0.0 ok | "
             "open mx1 strict; send mx1 to bob@hospital.example; quit mx1; "},
    {"the organization's lower minimum gets a connection of its own",
     .direct_delivery = true, .policy = POLICY_TLS,
     .servers = {{"mx1", SELF_SIGNED, ACCEPTS}, {"mx2", SELF_SIGNED, ACCEPTS}},
     .want = "decided transport-security direct mx1 tls 1.3; "
             "done transport-security direct mx1 250 2.0.0 ok | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "
             "open mx1; send mx1 to bob@hospital.example; quit mx1; "},
    {"an account: notification, no reach", .direct_delivery = true,
     .account = ACCOUNT_ACTIVE,
     .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", PKIX, ACCEPTS}},
     .want = "decided account notification; "
             "done account notification mx1 250 2.0.0 ok | "
             "open mx1; send mx1 to bob@hospital.example; quit mx1; "},
    {"inbound direct delivery", .account = ACCOUNT_ACTIVE, .idd = true,
     .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", PKIX, ACCEPTS}},
     .want = "decided account direct idd mx1 pkix 1.3; "
             "done account direct idd mx1 250 2.0.0 ok | "
             "open mx1 strict; send mx1 to bob@hospital.example; quit mx1; "},
    {"null MX", .dns = null_mx,
     .want = "decided none failed [5.1.10]; done none failed [5.1.10] | "},
    {"no such domain", .dns = nothing,
     .want = "decided none failed [5.1.2]; done none failed [5.1.2] | "},
    {"look-up failed", .dns = no_answer,
     .want = "decided none deferred; done none deferred (look-up failed) | "},
    {"DSN by the best that is offered", .is_dsn = true,
     .servers = {{"mx1", .why = WHY_HANDSHAKE_FAILED, .handshake_fails = true,
                  ACCEPTS},
                 {"mx2", PKIX, ACCEPTS}},
     .want =
         "done none notification mx1 250 2.0.0 ok | open mx1; quit mx1; "
         "open mx1 plain; send mx1 to jansen@hospital.example without reports; "
         "quit mx1; "},
    {"NTA 7516 met: over the connection that was measured",
     .sender_has_2fa = true, .dns = nta_both, .right = "sms",
     .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", DANE, ACCEPTS}},
     .want = "decided nta7516 direct mx2 dane 1.3; "
             "done nta7516 direct mx2 250 2.0.0 ok | "
             "open mx1 strict; quit mx1; open mx2 strict; send mx2 to "
             "bob@hospital.example; quit mx2; "},
    {"NTA 7516 without 2FA: no look-up, the next rank", .dns = nta_both,
     .servers = {{"mx1", DANE, ACCEPTS}},
     .want = "decided email notification; "
             "done email notification mx1 250 2.0.0 ok | "
             "open mx1; send mx1 to bob@hospital.example; quit mx1; "},
    {"NTA 7516, every next hop too weak: the next rank", .sender_has_2fa = true,
     .dns = nta_both, .right = "sms",
     .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", SELF_SIGNED, ACCEPTS}},
     .want = "decided access-right notification; "
             "done access-right notification mx1 250 2.0.0 ok | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "
             "open mx1; send mx1 to bob@hospital.example; quit mx1; "},
    {"NTA 7516, weak beside down: deferred, no slip", .sender_has_2fa = true,
     .dns = nta_both, .right = "sms",
     .servers = {{"mx1", PKIX, ACCEPTS},
                 {"mx2", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION}},
     .want = "decided none deferred; done none deferred (no connection) | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"NTA 7516, barred: deferred, also after the wait for hosts",
     .sender_has_2fa = true, .dns = nta_both, .age_ms = 240 * MINUTE_MS,
     .servers = {{"mx1", .kind = MEASURE_UNKNOWN, .why = WHY_BARRED},
                 {"mx2", .kind = MEASURE_UNKNOWN, .why = WHY_NO_CONNECTION}},
     .want = "decided none deferred; done none deferred mx1 [4.7.5] (barred) | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"NTA 7516, every next hop refuses: failed", .sender_has_2fa = true,
     .dns = nta_both,
     .servers = {{"mx1", .kind = MEASURE_REFUSED, .why = WHY_REFUSED_BY_SERVER,
                  .reply = "554 5.3.2 no"},
                 {"mx2", .kind = MEASURE_REFUSED, .why = WHY_REFUSED_BY_SERVER,
                  .reply = "554 5.3.2 never"}},
     .want = "decided none failed mx2 554 5.3.2 never [5.3.2]; "
             "done none failed mx2 554 5.3.2 never [5.3.2] | "
             "open mx1 strict; quit mx1; open mx2 strict; quit mx2; "},
    {"ntamx by preference, and not the MX hosts", .sender_has_2fa = true,
     .dns = nta_hops,
     .servers = {{"mx1", DANE, ACCEPTS},
                 {"nta1.example", PKIX, ACCEPTS},
                 {"nta2.example", DANE, ACCEPTS}},
     .want = "decided nta7516 direct nta2.example dane 1.3; "
             "done nta7516 direct nta2.example 250 2.0.0 ok | "
             "open nta1.example strict; quit nta1.example; "
             "open nta2.example strict; send nta2.example to "
             "bob@hospital.example; quit nta2.example; "},
    {"ntamx too weak: the MX hosts for the next rank", .sender_has_2fa = true,
     .direct_delivery = true, .dns = nta_hops,
     .servers = {{"mx1", PKIX, ACCEPTS},
                 {"nta1.example", PKIX, ACCEPTS},
                 {"nta2.example", PKIX, ACCEPTS}},
     .want = "decided direct-delivery direct mx1 pkix 1.3; "
             "done direct-delivery direct mx1 250 2.0.0 ok | "
             "open nta1.example strict; quit nta1.example; "
             "open nta2.example strict; quit nta2.example; "
             "open mx1 strict; send mx1 to bob@hospital.example; quit mx1; "},
    {"the recipient's record fails: deferred", .sender_has_2fa = true,
     .dns = nta_record_fails, .right = "sms",
     .servers = {{"mx1", DANE, ACCEPTS}},
     .want = "decided none deferred; done none deferred (look-up failed) | "},
    {"the recipient's record is not secure: the next rank",
     .sender_has_2fa = true, .dns = nta_record_insecure, .right = "sms",
     .servers = {{"mx1", DANE, ACCEPTS}},
     .want = "decided access-right notification; "
             "done access-right notification mx1 250 2.0.0 ok | "
             "open mx1; send mx1 to bob@hospital.example; quit mx1; "},
    {"next hops alone, no MX and no address: NTA 7516 delivers there",
     .sender_has_2fa = true, .dns = nta_alone,
     .servers = {{"nta1.example", DANE, ACCEPTS}},
     .want = "decided nta7516 direct nta1.example dane 1.3; "
             "done nta7516 direct nta1.example 250 2.0.0 ok | "
             "open nta1.example strict; send nta1.example to "
             "bob@hospital.example; quit nta1.example; "},
    {"next hops alone: nothing else goes there", .dns = nta_alone,
     .servers = {{"nta1.example", DANE, ACCEPTS}},
     .want = "decided none failed [5.4.4]; done none failed [5.4.4] | "},
    {"next hops alone: no direct delivery either", .dns = nta_alone,
     .direct_delivery = true, .servers = {{"nta1.example", DANE, ACCEPTS}},
     .want = "decided none failed [5.4.4]; done none failed [5.4.4] | "},
    {"DSN refused", .is_dsn = true,
     .servers = {{"mx1", PKIX, .sent = SENT_PERMANENT,
                  .sent_reply = "550 5.1.1 no"},
                 {"mx2", PKIX, ACCEPTS}},
     .want = "done none failed mx1 550 5.1.1 no [5.1.1] | open mx1; "
             "send mx1 to jansen@hospital.example without reports; quit mx1; "},
    {"DSN to a host that is barred (TRANSPORT-3): not in plain text either",
     .is_dsn = true,
     .servers = {{"mx1", .kind = MEASURE_UNKNOWN, .why = WHY_BARRED},
                 {"mx2", .kind = MEASURE_UNKNOWN, .why = WHY_BARRED}},
     .want = "done none deferred mx1 [4.7.5] (barred) | open mx1; quit mx1; "
             "open mx2; quit mx2; "},
    {"DSN to nowhere", .is_dsn = true, .dns = null_mx,
     .want = "done none failed | "},
    {"DSN without look-up", .is_dsn = true, .dns = no_answer,
     .want = "done none deferred (look-up failed) | "},
};

/* --- the world ----------------------------------------------------------- */

static enum account find_account(void *self, const char *address)
{
    const struct row *row = self;
    if (strcmp(address, "jansen@Clinic.example") == 0) {
        return row->sender_has_2fa ? ACCOUNT_ACTIVE : ACCOUNT_NO_2FA;
    }
    assert_string_equal(address, "bob@hospital.example");
    return row->account;
}

static const char *find_inbound(void *self, const char *address)
{
    const struct row *row = self;
    assert_string_equal(address, "bob@hospital.example");
    return row->idd ? "11111111-2222-4333-8444-555555555555" : NULL;
}

static enum policy find_policy(void *self, const char *organization)
{
    const struct row *row = self;
    assert_string_equal(organization, "clinic");
    return row->policy;
}

static bool find_share(void *self, const char *organization,
                       const char *recipient, enum right kind)
{
    (void)self;
    (void)organization;
    (void)recipient;
    (void)kind;
    return false;
}

static const struct store_message message = {
    .id = "m1",
    .organization = "clinic",
    .sender = "jansen@Clinic.example",
    .reverse_path = "jansen@clinic.example",
    .content = {"From: jansen@clinic.example\r\n"
                "zivver-direct-delivery: x\r\n\r\nsecret\r\n",
                66}};

static const struct deliver_settings settings = {
    .host_name = "gateway.example",
    .from = "no-reply@gateway.example",
    .portal = "https://portal.example",
    .dane_satisfies = true,
    .idd_requires_account = true,
    .unknown_host_wait_ms = 240 * MINUTE_MS,
    .random_seed = 7};

static struct deliver_settings signing; /* with a key */

static void put_report(struct buf *out, const struct attempt_report *report)
{
    buf_printf(out, " %s %s%s", method_name(report->method),
               delivery_name(report->delivery), report->idd ? " idd" : "");
    if (report->host != NULL) {
        buf_printf(out, " %s", report->host);
    }
    if (report->reply != NULL) {
        buf_printf(out, " %s", report->reply);
    }
    if (report->status != NULL) {
        buf_printf(out, " [%s]", report->status);
    }
}

static void on_decided(void *ctx, const struct attempt_report *report)
{
    struct buf *out = ctx;
    buf_puts(out, "decided");
    put_report(out, report);
    if (report->is_measured) {
        buf_printf(out, " %s %s", level_name(report->level), report->tls);
    }
    buf_puts(out, "; ");
}

static void on_done(void *ctx, const struct attempt_report *report)
{
    struct buf *out = ctx;
    buf_puts(out, "done");
    put_report(out, report);
    if (report->delivery == DELIVERY_DEFERRED) {
        buf_printf(out, " (%s)%s", why_name(report->why),
                   report->until_host_wait ? " until host wait" : "");
    }
}

static struct attempt *start(const struct row *row,
                             const struct deliver_world *world, struct buf *got)
{
    static struct store_recipient recipient;
    static struct store_item item;
    static const struct store_dsn dsn = {.to = "jansen@hospital.example",
                                         .recipients = "bob@hospital.example",
                                         .content = {"dsn", 3}};
    recipient = (struct store_recipient){
        .address = "bob@hospital.example",
        .conversation = "c1",
        .right = row->right != NULL ? row->right : "none",
        .right_value = "",
        .return_path = "r1@gateway.example",
        .link_token = "token",
        .mail_id = "id"};
    static struct store_message sent;
    sent = message;
    sent.direct_delivery = row->direct_delivery;
    item = (struct store_item){.kind = row->is_dsn ? STORE_KIND_DSN
                                                   : STORE_KIND_RECIPIENT,
                               .method = "none",
                               .message = &sent,
                               .recipient = &recipient,
                               .dsn = row->is_dsn ? &dsn : NULL};
    struct attempt_hooks hooks = {
        .on_decided = on_decided, .on_done = on_done, .ctx = got};
    return attempt_start(&signing, world, &item, row->age_ms, &hooks);
}

static size_t server_count(const struct row *row)
{
    size_t count = 0;
    while (count < SERVERS && row->servers[count].host != NULL) {
        count++;
    }
    return count;
}

static size_t dns_count(const struct resolver_fake_row *dns)
{
    size_t count = 0;
    while (count < DNS_ROWS && dns[count].name != NULL) {
        count++;
    }
    return count;
}

struct world {
    struct resolver_fake *resolver;
    struct transport_fake *transport;
    struct directory directory;
    struct scans *scans;
    struct deliver_world face;
};

/* MAIL-2 */
static const struct resolver_fake_row alias = {
    .name = "zivverbounce.clinic.example",
    .type = DNS_TYPE_CNAME,
    .records = {"gateway.example"}};

static struct row *open_world(struct world *world, const struct row *row)
{
    static struct row copy;
    const struct resolver_fake_row *dns = row->dns != NULL ? row->dns : two_mx;
    static struct resolver_fake_row all[DNS_ROWS + 1];
    size_t count = dns_count(dns);
    copy = *row;
    memcpy(all, dns, count * sizeof *dns);
    all[count] = alias;
    world->resolver = resolver_fake_create(all, count + 1);
    world->transport = transport_fake_create(row->servers, server_count(row));
    world->directory = (struct directory){&copy, find_account, find_inbound,
                                          find_policy, find_share};
    world->scans = scans_create(NULL);
    world->face = (struct deliver_world){
        .resolver = resolver_fake_face(world->resolver),
        .transport = transport_fake_face(world->transport),
        .directory = &world->directory,
        .scans = world->scans};
    return &copy;
}

static void close_world(struct world *world)
{
    transport_fake_destroy(&world->transport);
    resolver_fake_destroy(&world->resolver);
    scans_destroy(&world->scans);
}

static void run_row(const struct row *row, struct buf *got)
{
    struct world world;
    open_world(&world, row);
    struct attempt *attempt = start(row, &world.face, got);
    assert_int_equal(buf_slice(got).n, 0);
    while (resolver_fake_run(world.resolver) +
               transport_fake_run(world.transport) !=
           0) {
    }
    buf_printf(got, " | %s", transport_fake_log(world.transport));
    attempt_destroy(&attempt);
    close_world(&world);
}

static void test_attempt_every_situation_as_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf got;
        buf_init(&got, TEXT_BYTES);
        run_row(&rows[i], &got);
        if (!slice_is(buf_slice(&got), rows[i].want)) {
            fail_msg("%s:\n got \"%.*s\"\nwant \"%s\"", rows[i].title,
                     SLICE_ARG(buf_slice(&got)), rows[i].want);
        }
        buf_release(&got);
    }
}

static bool was_sent(const struct row *row, const char *text)
{
    struct world world;
    struct buf got;
    buf_init(&got, TEXT_BYTES);
    open_world(&world, row);
    struct attempt *attempt = start(row, &world.face, &got);
    while (resolver_fake_run(world.resolver) +
               transport_fake_run(world.transport) !=
           0) {
    }
    struct slice content = transport_fake_content(world.transport);
    assert_true(content.n > 0);
    bool found = memmem(content.p, content.n, text, strlen(text)) != NULL;
    attempt_destroy(&attempt);
    close_world(&world);
    buf_release(&got);
    return found;
}

static void test_attempt_content_leaves_only_directly(void **state)
{
    (void)state;
    const struct row direct = {
        .direct_delivery = true,
        .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", PKIX, ACCEPTS}}};
    const struct row notified = {
        .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", PKIX, ACCEPTS}}};
    const struct row inbound = {
        .account = ACCOUNT_ACTIVE,
        .idd = true,
        .servers = {{"mx1", PKIX, ACCEPTS}, {"mx2", PKIX, ACCEPTS}}};
    assert_true(was_sent(&direct, "secret"));
    assert_true(was_sent(&direct, "X-Zivver-Transport: direct"));
    assert_false(was_sent(&direct, "zivver-direct-delivery"));
    assert_false(was_sent(&notified, "secret"));
    assert_true(was_sent(&notified, "X-Zivver-Transport: notification"));
    assert_true(was_sent(&inbound, "X-Zivver-Transport: idd"));
    assert_true(was_sent(&inbound,
                         "<zivver-sdr-11111111-2222-4333-8444-555555555555>"));
}

static void test_attempt_destroyed_at_any_moment_leaves_nothing(void **state)
{
    (void)state;
    const struct row row = {
        .direct_delivery = true,
        .servers = {{"mx1", SELF_SIGNED, ACCEPTS}, {"mx2", PKIX, ACCEPTS}}};
    for (int stage = 0; stage < 2; stage++) {
        struct world world;
        struct buf got;
        buf_init(&got, TEXT_BYTES);
        open_world(&world, &row);
        struct attempt *attempt = start(&row, &world.face, &got);
        if (stage > 0) {
            resolver_fake_run(world.resolver);
        }
        attempt_destroy(&attempt);
        assert_int_equal(resolver_fake_open(world.resolver), 0);
        assert_int_equal(
            world.face.transport->open_count(world.face.transport->self), 0);
        assert_int_equal(buf_slice(&got).n, 0);
        close_world(&world);
        buf_release(&got);
    }
}

int main(void)
{
    struct dkim_key *key = dkim_test_key();
    const struct dkim_selector selector = {"clinic.example", "s1", key};
    const struct dkim_ring ring = {&selector, 1};
    signing = settings;
    signing.keys = &ring;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempt_every_situation_as_in_the_table),
        cmocka_unit_test(test_attempt_content_leaves_only_directly),
        cmocka_unit_test(test_attempt_destroyed_at_any_moment_leaves_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dkim_key_destroy(&key);
    return failed;
}

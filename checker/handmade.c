#include "checker/handmade.h"

#include <string.h>

const char handmade_scenario[] =
    "lasthop: 1\n"
    "title: Four recipients, four ends\n"
    "clauses: [ORDER-2]\n"
    "clock: 2026-03-02T09:00:00+01:00\n"
    "world:\n"
    "  domains:\n"
    "    hospital.example: tls13\n"
    "    lab.example: self-signed\n"
    "    weak.example: expired\n"
    "submit:\n"
    "  from: jansen@clinic.example\n"
    "  to: [bob@hospital.example, carl@lab.example]\n"
    "  cc: [dora@weak.example]\n"
    "  bcc: [eve@hospital.example]\n"
    "  headers:\n"
    "    - zivver-direct-delivery: tls tls1.2 auth certificate-validation\n"
    "    - zivver-access-right: carl@lab.example sms +31612345678\n"
    "expect:\n"
    "  bob@hospital.example: {method: direct-delivery, delivery: direct,"
    " conversation: 1, at: mx.hospital.example, tls: \"1.3\", level: pkix}\n"
    "  carl@lab.example: {method: access-right, delivery: notification,"
    " conversation: 1, not: {direct-delivery: self-signed}}\n"
    "  dora@weak.example: {method: none, delivery: failed, status: 5.7.10,"
    " dsn: yes}\n"
    "  eve@hospital.example: {method: direct-delivery, delivery: direct,"
    " conversation: 2}\n"
    "  replies: {data: 250 2.0.0}\n"
    "  warnings: []\n";

#define HEADER                                                                 \
    "From: jansen@clinic.example\r\n"                                          \
    "To: bob@hospital.example, carl@lab.example\r\n"                           \
    "Cc: dora@weak.example\r\n"                                                \
    "Subject: Appointment\r\n"                                                 \
    "Message-ID: <1@clinic.example>\r\n"                                       \
    "Date: Mon, 02 Mar 2026 09:00:00 +0100\r\n"
#define BODY "\r\nDear all,\r\n" HANDMADE_MARK "\r\n"
#define CONTROL                                                                \
    "zivver-direct-delivery: tls tls1.2 auth certificate-validation\r\n"       \
    "zivver-access-right: carl@lab.example sms +31612345678\r\n"
#define DIRECT                                                                 \
    "Received: by gateway.lasthop.example; Mon, 02 Mar 2026 09:00:00 "         \
    "+0100\r\n"                                                                \
    "X-Zivver-Transport: direct\r\n" HEADER BODY
#define LETTER                                                                 \
    "jansen@clinic.example wrote you a message, een bericht: "                 \
    "https://portal.gateway.lasthop.example/x\r\n"                             \
    "Een antwoord goes through the portal.\r\n"
#define NOTIFICATION                                                           \
    "X-Zivver-Transport: notification\r\n"                                     \
    "X-Zivver-ConversationId: conversation-1\r\n"                              \
    "From: no-reply@gateway.lasthop.example\r\n"                               \
    "To: carl@lab.example\r\n"                                                 \
    "Subject: Appointment\r\n"                                                 \
    "Message-ID: <n1@gateway.lasthop.example>\r\n"                             \
    "Auto-Submitted: auto-generated\r\n"                                       \
    "Content-Type: multipart/alternative; boundary=b\r\n"                      \
    "\r\n"                                                                     \
    "--b\r\n\r\n" LETTER "--b\r\nContent-Type: text/html\r\n\r\n" LETTER       \
    "--b--\r\n"
#define DSN                                                                    \
    "X-Zivver-Transport: dsn\r\n"                                              \
    "From: postmaster@gateway.lasthop.example\r\n"                             \
    "To: jansen@clinic.example\r\n"                                            \
    "Auto-Submitted: auto-replied\r\n"                                         \
    "Content-Type: multipart/report; report-type=delivery-status; "            \
    "boundary=\"r\"\r\n"                                                       \
    "\r\n"                                                                     \
    "--r\r\n\r\ndora@weak.example: it failed.\r\n"                             \
    "--r\r\nContent-Type: message/delivery-status\r\n"                         \
    "\r\n"                                                                     \
    "Reporting-MTA: dns;gateway.lasthop.example\r\n"                           \
    "\r\n"                                                                     \
    "Final-Recipient: rfc822;dora@weak.example\r\n"                            \
    "Action: failed\r\n"                                                       \
    "Status: 5.7.10\r\n"                                                       \
    "\r\n"                                                                     \
    "--r\r\nContent-Type: text/rfc822-headers\r\n"                             \
    "\r\n" HEADER "\r\n"                                                       \
    "--r--\r\n"

/* -- the evidence --------------------------------------------------------- */

static json_t *reply(const char *stage, const char *text, const char *recipient)
{
    json_t *r = json_pack("{s:s,s:s,s:s}", "command", stage, "stage", stage,
                          "reply", text);
    if (recipient)
        json_object_set_new(r, "recipient", json_string(recipient));
    return r;
}

static const char *const recipients[] = {
    "bob@hospital.example", "carl@lab.example", "dora@weak.example",
    "eve@hospital.example"};

static json_t *submission(void)
{
    json_t *replies = json_array(), *envelope = json_array();
    static const char *const before[] = {"connect",  "ehlo", "starttls",
                                         "tls-ehlo", "auth", "mail"};
    for (size_t i = 0; i < 6; i++)
        json_array_append_new(replies, reply(before[i], "250 2.0.0 ok", NULL));
    for (size_t i = 0; i < 4; i++) {
        json_array_append_new(replies,
                              reply("rcpt", "250 2.1.5 ok", recipients[i]));
        json_array_append_new(envelope, json_string(recipients[i]));
    }
    json_array_append_new(replies, reply("data-command", "354 go", NULL));
    json_array_append_new(replies, reply("data", "250 2.0.0 ok", NULL));
    json_array_append_new(replies, reply("quit", "221 2.0.0 bye", NULL));
    return json_pack("{s:i,s:s,s:s,s:o,s:s,s:s,s:b,s:b,s:s,s:o}", "step", 0,
                     "from", "jansen@clinic.example", "reverse_path",
                     "jansen@clinic.example", "envelope", envelope, "mark",
                     HANDMADE_MARK, "tls", "1.3", "certificate_verified", 1,
                     "accepted", 1, "content", HEADER CONTROL BODY, "replies",
                     replies);
}

static json_t *signature(const char *domain, const char *selector,
                         const char *algorithm)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s}", "domain", domain, "selector",
                     selector, "algorithm", algorithm, "result", "pass",
                     "reason", "");
}

static json_t *dmarc(const char *domain)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:b,s:b}", "domain", domain,
                     "organizational", domain, "result", "pass", "policy",
                     "reject", "spf_aligned", 1, "dkim_aligned", 1);
}

/* What a strict receiver says of a message of this domain (MAIL-2). */
static void checked(json_t *message, const char *domain)
{
    json_object_set_new(
        message, "dkim",
        json_pack("[o,o]", signature(domain, "lasthop1", "ed25519-sha256"),
                  signature(domain, "lasthop2", "rsa-sha256")));
    json_object_set_new(
        message, "spf",
        json_pack("{s:s,s:s}", "domain", domain, "result", "pass"));
    json_object_set_new(message, "dmarc", dmarc(domain));
    json_object_set_new(message, "dmarc_walk", dmarc(domain));
}

static json_t *received(const char *host, const char *recipient,
                        const char *reverse_path, const char *level,
                        const char *content)
{
    return json_pack(
        "{s:i,s:s,s:s,s:s,s:[s],s:{s:s,s:[s]},s:s,s:s,s:b,s:s,s:b}", "step", 0,
        "host", host, "tls", "1.3", "reverse_path", reverse_path, "recipients",
        recipient, "parameters", "mail", "SIZE=400 BODY=8BITMIME", "rcpt",
        *reverse_path ? "NOTIFY=FAILURE,DELAY" : "NOTIFY=NEVER", "level", level,
        "reply", "250 2.0.0 ok", "accepted", 1, "content", content, "late", 0);
}

static json_t *not_list(const char *const *pairs)
{
    json_t *list = json_array();
    for (; pairs && *pairs; pairs += 2)
        json_array_append_new(
            list, json_pack("{s:s,s:s}", "method", pairs[0], "why", pairs[1]));
    return list;
}

/* Both events of one recipient. */
static void outcome(json_t *journal, const char *recipient,
                    const char *conversation, const char *method,
                    const char *delivery, const char *host, const char *level,
                    const char *const * not )
{
    json_array_append_new(
        journal,
        json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:o}", "event", "decided", "step",
                  0, "message", "m1", "recipient", recipient, "method", method,
                  "delivery", delivery, "not", not_list(not )));
    json_t *o =
        json_pack("{s:s,s:i,s:s+,s:s,s:s,s:s,s:s,s:s,s:b}", "event", "outcome",
                  "step", 0, "id", "o-", recipient, "message", "m1",
                  "recipient", recipient, "conversation", conversation,
                  "method", method, "delivery", delivery, "dsn", host == NULL);
    if (host) {
        json_object_set_new(o, "host", json_string(host));
        json_object_set_new(o, "tls", json_string("1.3"));
        json_object_set_new(o, "reply", json_string("250 2.0.0 ok"));
    } else {
        json_object_set_new(o, "status", json_string("5.7.10"));
    }
    if (level)
        json_object_set_new(o, "level", json_string(level));
    json_array_append_new(journal, o);
}

static json_t *journal(void)
{
    static const char *const above_direct[] = {
        "account", "no account", "nta7516", "sender without NTA 7516 record",
        NULL};
    static const char *const above_right[] = {"account",
                                              "no account",
                                              "nta7516",
                                              "sender without NTA 7516 record",
                                              "direct-delivery",
                                              "self-signed",
                                              NULL};
    static const char *const above_none[] = {"account",
                                             "no account",
                                             "nta7516",
                                             "sender without NTA 7516 record",
                                             "direct-delivery",
                                             "expired",
                                             "access-right",
                                             "no access right",
                                             "transport-security",
                                             "not allowed by the organization",
                                             "shared-sms",
                                             "no shared SMS verification",
                                             "shared-access-code",
                                             "no shared access code",
                                             "email",
                                             "prevented below the minimum",
                                             NULL};
    json_t *j = json_array(), *all = json_array();
    for (size_t i = 0; i < 4; i++)
        json_array_append_new(
            all,
            json_pack("{s:s,s:s}", "recipient", recipients[i], "conversation",
                      i < 3 ? "conversation-1" : "conversation-2"));
    json_array_append_new(j, json_pack("{s:s,s:i,s:s,s:s,s:s,s:o}", "event",
                                       "accepted", "step", 0, "message", "m1",
                                       "message_id", "<1@clinic.example>",
                                       "reverse_path", "jansen@clinic.example",
                                       "recipients", all));
    outcome(j, recipients[0], "conversation-1", "direct-delivery", "direct",
            "mx.hospital.example", "pkix", above_direct);
    outcome(j, recipients[1], "conversation-1", "access-right", "notification",
            "mx.lab.example", "tls", above_right);
    outcome(j, recipients[2], "conversation-1", "none", "failed", NULL, NULL,
            above_none);
    outcome(j, recipients[3], "conversation-2", "direct-delivery", "direct",
            "mx.hospital.example", "pkix", above_direct);
    json_array_append_new(
        j, json_pack("{s:s,s:i,s:s,s:s,s:s,s:[s],s:s,s:s,s:s}", "event", "dsn",
                     "step", 0, "id", "d-1", "message", "m1", "to",
                     "jansen@clinic.example", "recipients", recipients[2],
                     "outcome", "sent", "host", "mx.clinic.example", "tls",
                     "1.3"));
    return j;
}

static json_t *texts(const char *const *lines)
{
    json_t *list = json_array();
    for (; *lines; lines++)
        json_array_append_new(list, json_string(*lines));
    return list;
}

static json_t *connection(const char *host, int received_index)
{
    static const char *const commands[] = {
        "EHLO gateway.lasthop.example",
        "STARTTLS",
        "EHLO gateway.lasthop.example",
        "MAIL FROM:<b@gateway.lasthop.example>",
        "RCPT TO:<r>",
        "DATA",
        "QUIT",
        NULL};
    static const char *const replies[] = {"220 ready",     "250-mx",
                                          "250 STARTTLS",  "220 2.0.0 go",
                                          "250-mx",        "250-DSN",
                                          "250-8BITMIME",  "250 SIZE 9000",
                                          "250 2.1.0 ok",  "250 2.1.5 ok",
                                          "354 go",        "250 2.0.0 ok",
                                          "221 2.0.0 bye", NULL};
    const char *domain = strchr(host, '.') + 1;
    return json_pack("{s:i,s:s,s:s,s:s,s:[i],s:o,s:o}", "step", 0, "host", host,
                     "domain", domain, "tls", "1.3", "received", received_index,
                     "commands", texts(commands), "replies", texts(replies));
}

json_t *handmade_evidence(void)
{
    json_t *connections = json_array(), *all = json_array();
    static const char *const hosts[] = {"mx.hospital.example", "mx.lab.example",
                                        "mx.hospital.example",
                                        "mx.clinic.example"};
    for (int i = 0; i < 4; i++)
        json_array_append_new(connections, connection(hosts[i], i));
    json_array_append_new(
        all,
        received(hosts[0], recipients[0],
                 "1123456789abcdef0123456789abcdef@zivverbounce.clinic.example",
                 "pkix", DIRECT));
    json_array_append_new(
        all,
        received(
            hosts[1], recipients[1],
            "a7c01f93e2b84d5660fd31c9b2e74a08@bounce.gateway.lasthop.example",
            "tls", NOTIFICATION));
    json_array_append_new(
        all,
        received(hosts[2], recipients[3],
                 "3e5d90b7c1248fa6d03b7e95c26af18d@zivverbounce.clinic.example",
                 "pkix", DIRECT));
    json_array_append_new(
        all, received(hosts[3], "jansen@clinic.example", "", "pkix", DSN));
    for (size_t i = 0; i < 4; i++)
        checked(json_array_get(all, i),
                i % 2 ? "gateway.lasthop.example" : "clinic.example");
    return json_pack("{s:s,s:[o],s:o,s:o,s:o,s:{s:i,s:n,s:s,s:b}}",
                     "gateway_host", "gateway.lasthop.example", "submissions",
                     submission(), "received", all, "connections", connections,
                     "journal", journal(), "target", "exit", 0, "signal",
                     "stderr_tail", "", "clock_ok", 1);
}

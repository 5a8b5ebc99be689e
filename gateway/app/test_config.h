/* test_config - for tests: a good configuration file that says every key, and
 * what it takes to spoil one line of it. */
#ifndef APP_TEST_CONFIG_H
#define APP_TEST_CONFIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"

#define HASH                                                                   \
    "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$"                           \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* must: the file is refused without this line. Lines that open a map or a list
 * end in ':' and are not deleted alone. */
static const struct {
    const char *text;
    bool must;
} good[] = {
    {"lasthop-gateway: 1", true},
    {"host-name: gateway.lasthop.example", true},
    {"uuid: 00000000-0000-4000-8000-000000000001", false},
    {"submission:", true},
    {"  listen: \"127.0.0.1:25025\"", true},
    {"  certificate: file.pem", true},
    {"  key: file.pem", true},
    {"bounces:", false},
    {"  listen: \"127.0.0.1:25026\"", true},
    {"  host: bounce.gateway.example", true},
    {"outbound:", false},
    {"  address: 127.0.0.1", false},
    {"  smtp-port: 25025", false},
    {"  https-port: 25443", false},
    {"  trust: file.pem", false},
    {"dns:", true},
    {"  resolver: \"127.0.0.2@25025\"", true},
    {"  trust-anchor: file.pem", false},
    {"state: state", true},
    {"journal: {descriptor: 3}", false},
    {"control: socket", false},
    {"log: warn", false},
    {"user: nobody", false},
    {"sandbox: required", false},
    {"core-dumps: yes", false},
    {"notification:", true},
    {"  from: no-reply@gateway.lasthop.example", true},
    {"  portal: https://portal.gateway.lasthop.example", true},
    {"portal:", false},
    {"  listen: \"127.0.0.1:443\"", true},
    {"  certificate: file.pem", true},
    {"  key: file.pem", true},
    {"sms:", false},
    {"  address: \"127.0.0.9:80\"", true},
    {"  host: sms.example", true},
    {"  path: /send", true},
    {"  tls: no", false},
    {"  token: a-secret", false},
    {"settings:", false},
    {"  access_code_keyword: example", false},
    {"  invalid_access_right: ignore", false},
    {"  dane_satisfies_certificate_validation: no", false},
    {"  idd_requires_account: no", false},
    {"  attachment_link_above: 2000", false},
    {"  attachment_link_at_limit: yes", false},
    {"  notification_subject: generic", false},
    {"  foreign_reverse_path: accept", false},
    {"  dmarc_discovery: rfc9989", false},
    {"  nta_time_zone: UTC", false},
    {"  nta_header: 'X-NTA: 7516'", false},
    {"  unknown_host_wait_ms: 1", false},
    {"  queue_lifetime_ms: 2", false},
    {"  delay_notice_default: yes", false},
    {"  connections: 20", false},
    {"  connections_per_host: 2", false},
    {"  sessions_total: 21", false},
    {"  message_octets_per_s: 22", false},
    {"  delay_notice_after_ms: 12", false},
    {"  keep_finished_ms: 12", false},
    {"  retry_first_ms: 3", false},
    {"  retry_longest_ms: 4", false},
    {"  idle_timeout_ms: 5", false},
    {"  connect_timeout_ms: 6", false},
    {"  smtp_timeout_ms: 7", false},
    {"  smtp_transaction_ms: 21", false},
    {"  spf_timeout_ms: 11", false},
    {"  sts_timeout_ms: 19", false},
    {"  message_bytes: 8", false},
    {"  recipients: 9", false},
    {"  random_seed: 10", false},
    {"  code_sms_ms: 12", false},
    {"  portal_session_ms: 2000", false},
    {"  sessions_per_address: 13", false},
    {"  received_fields: 14", false},
    {"  auth_pause_first_ms: 15", false},
    {"  auth_pause_longest_ms: 16", false},
    {"  auth_lock_failures: 17", false},
    {"  auth_lock_ms: 18", false},
    {"  code_email_ms: 20", false},
    {"  code_tries: 21", false},
    {"  code_lock_ms: 22", false},
    {"  code_void_tries: 23", false},
    {"  codes_per_window: 24", false},
    {"  code_window_ms: 25", false},
    {"  portal_reply_bytes: 2000", false},
    {"  portal_replies_per_hour: 26", false},
    {"organizations:", false},
    {"  - name: clinic", true},
    {"    uuid: 00000000-0000-4000-8000-000000000002", true},
    {"    domains: [clinic.example, Zorg.Example]", true},
    {"    transport-security: dane", false},
    {"    inbound-direct-delivery: yes", false},
    {"    spf-authentication: no", false},
    {"    spf-addresses: [192.0.2.0/24, \"2001:db8::1\"]", false},
    {"    credentials:", false},
    {"      - user: clinic-app", true},
    {"        description: an application", false},
    {"        status: revoked", false},
    {"        password-hash: \"" HASH "\"", true},
    {"    accounts:", false},
    {"      - address: jansen@clinic.example", true},
    {"        totp: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", false},
    {"        password-hash: \"" HASH "\"", false},
    {"        name: Jansen", false},
    {"        two-factor: yes", false},
    {"        status: suspended", false},
    {"    shared-verifications:", false},
    {"      - recipient: bob@hospital.example", true},
    {"        sms: \"+31612345678\"", true},
    {"        opened: 2026-01-05T10:00:00+01:00", true},
    {"  - name: hospital", true},
    {"    uuid: 00000000-0000-4000-8000-000000000003", true},
    {"    domains: [hospital.example]", true},
    {"dkim:", false},
    {"  - domain: clinic.example", true},
    {"    selector: lasthop1", true},
    {"    key: file.pem", true},
};
enum { LINES = sizeof good / sizeof *good };

struct fixture {
    char directory[64], path[96], pem[96];
    struct arena *arena;
    struct faults faults;
};

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->directory, sizeof f->directory, "/tmp/lasthop-config-XXXXXX");
    if (!mkdtemp(f->directory))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/gateway.yaml", f->directory);
    snprintf(f->pem, sizeof f->pem, "%s/file.pem", f->directory);
    fclose(fopen(f->pem, "w"));
    f->arena = arena_create();
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    faults_release(&f->faults);
    unlink(f->path);
    unlink(f->pem);
    rmdir(f->directory);
    arena_destroy(&f->arena);
    free(f);
    return 0;
}

static inline const struct config *load(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    faults_release(&f->faults);
    faults_init(&f->faults, f->path);
    return config_load(f->arena, &f->faults);
}

static inline const char *said(struct fixture *f)
{
    return f->faults.text.n ? f->faults.text.p : "";
}

/* The good file with line `at` replaced; NULL deletes it. */
static inline const char *with(struct fixture *f, size_t at, const char *text)
{
    const char *all = "";
    for (size_t i = 0; i < LINES; i++) {
        const char *line = i == at ? text : good[i].text;
        if (line)
            all = arena_printf(f->arena, "%s%s\n", all, line);
    }
    return all;
}

/* Somewhere in what was said: PATH:line: (any column) ... words. */
static inline void assert_fault(struct fixture *f, const struct config *config,
                                size_t line, const char *words)
{
    char place[160];
    snprintf(place, sizeof place, "%s:%zu:", f->path, line);
    const char *at = strstr(said(f), place);
    if (config || !at || (words && !strstr(at, words)))
        fail_msg("line %zu, \"%s\" wanted, got:\n%s", line, words ? words : "",
                 said(f));
}

static inline size_t line_of(const char *start)
{
    for (size_t i = 0; i < LINES; i++)
        if (strncmp(good[i].text, start, strlen(start)) == 0)
            return i;
    fail_msg("no line %s", start);
    return 0;
}

static inline size_t indent_of(const char *line)
{
    return strspn(line, " -");
}

static inline bool opens(const char *line)
{
    return line[strlen(line) - 1] == ':';
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

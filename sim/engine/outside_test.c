/* Unmodified programs of others look at every posture: openssl s_client,
 * posttls-finger and delv must find what fixtures/outside-tools.yaml says.
 *
 * posttls-finger knows no other ports than 25 and 53: it needs a network
 * namespace of this test's own, and is left out where none is to be had. So is
 * a program that is not installed. OUTSIDE_PRINT=1 prints what was found. */
#include "engine/test_outside.h"

static bool is_installed(const char *program)
{
    const char *path = getenv("PATH");
    struct slice rest = slice_of(path ? path : "");
    while (rest.n) {
        struct slice folder = slice_cut(&rest, ':');
        if (access(arena_printf(o.arena, "%.*s/%s", SLICE_ARG(folder), program),
                   X_OK) == 0)
            return true;
    }
    return false;
}

/* ---- what they say, in a word ---- */

struct sign {
    const char *text, *word; /* word NULL: what stands behind the text */
};

static const char *word_of(const char *output, const struct sign *signs)
{
    const char *all = output;
    for (; signs->text; signs++) {
        const char *at = strstr(output, signs->text);
        if (at && signs->word)
            return signs->word;
        if (at)
            return arena_text(o.arena,
                              slice_trim((struct slice){
                                  at + strlen(signs->text),
                                  strcspn(at + strlen(signs->text), "\n)")}));
    }
    if (getenv("OUTSIDE_PRINT"))
        print_message("%s\n", all);
    return "?";
}

static const struct posture *posture_of(const char *name)
{
    return world_posture(scenario_cases(o.scenario)->world, domain_of(name));
}

/* The first host that has an address; NULL: the domain has none. */
static const struct posture_host *host_of(const char *posture)
{
    const struct posture_host *h = posture_of(posture)->hosts;
    while (h && !world_host_address(o.world, h->name))
        h = h->next;
    return h;
}

static const char *resolver(void)
{
    char address[BLOCK_ADDRESS_BYTES];
    block_address(&o.block, BLOCK_HOST_RESOLVER, address);
    return arena_strdup(o.arena, address);
}

static const char *ask_delv(const char *name, const char *type)
{
    struct run run = {.count = 0};
    add(&run, "delv");
    add(&run, arena_printf(o.arena, "@%s", resolver()));
    add(&run, "-p");
    add(&run, arena_printf(o.arena, "%u", o.dns_port));
    add(&run, "-a");
    add(&run, arena_printf(o.arena, "%s/anchor", o.dir));
    add(&run, "+root=.");
    add(&run, "-t");
    add(&run, type);
    add(&run, name);
    return output_of(&run);
}

static const char *delv_word(const char *output)
{
    static const struct sign signs[] = {
        {"resolution failed: ncache", "absent"},
        {"; negative response, fully validated", "absent"},
        {"; negative response, unsigned answer", "absent"},
        {"resolution failed: SERVFAIL", "failed"},
        {"resolution failed: failure", "failed"},
        {"resolution failed: RRSIG failed to verify", "bogus"},
        {"resolution failed: no valid RRSIG", "bogus"},
        {"resolution failed: ", NULL},
        {"; fully validated", "secure"},
        {"; unsigned answer", "insecure"},
        {NULL, NULL}};
    return word_of(output, signs);
}

static const char *look_mx(const char *posture)
{
    return delv_word(ask_delv(domain_of(posture), "MX"));
}

static const char *look_tlsa(const char *posture)
{
    const struct posture_host *h = host_of(posture);
    return h ? delv_word(ask_delv(arena_printf(o.arena, "_25._tcp.%s", h->name),
                                  "TLSA"))
             : "no host";
}

/* The TLSA data as delv prints it, those that SMTP uses; -dane_tlsa_rrdata for
 * each. */
static void add_tlsa(struct run *run, const struct posture_host *h)
{
    const char *at =
        ask_delv(arena_printf(o.arena, "_25._tcp.%s", h->name), "TLSA");
    for (bool first = true; (at = strstr(at, "TLSA")); first = false) {
        at += strlen("TLSA");
        at += strspn(at, "\t ");
        if (*at != '2' && *at != '3')
            continue;
        if (first) {
            add(run, "-dane_tlsa_domain");
            add(run, h->name);
        }
        add(run, "-dane_tlsa_rrdata");
        add(run, arena_printf(o.arena, "%.*s", (int)strcspn(at, "\n"), at));
    }
}

static const char *look_s_client(const char *posture)
{
    static const struct sign signs[] = {
        {"no answer", "no answer"},
        {"onnect:errno", "no connection"},
        {"idn't find STARTTLS", "no STARTTLS"},
        {"454 4.7.0", "STARTTLS refused"},
        {"no peer certificate available", "handshake failed"},
        {"Cert Status: revoked", "revoked"},
        {"Verify return code: 65 (", "no TLSA match"},
        {" matched ", "dane"},
        {"Verify return code: 0 (ok", "ok"},
        {"Verify return code: 9 (", "not yet valid"},
        {"Verify return code: 10 (", "expired"},
        {"Verify return code: 18 (", "self-signed"},
        {"Verify return code: 20 (", "untrusted issuer"},
        {"Verify return code: 21 (", "untrusted issuer"},
        {"Verify return code: 62 (", "wrong host"},
        {"Verify return code: 66 (", "weak key"},
        {"Verify return code: 68 (", "weak key"},
        {"unexpected EOF", "handshake failed"},
        {"Verify return code: ", NULL},
        {NULL, NULL}};
    const struct posture_host *h = host_of(posture);
    struct run run = {.count = 0};
    if (!h)
        return "no host";
    run.enough = "idn't find STARTTLS"; /* it would try all the same */
    add(&run, "openssl");
    add(&run, "s_client");
    add(&run, "-starttls");
    add(&run, "smtp");
    add(&run, "-connect");
    add(&run, arena_printf(o.arena, "%s:%u",
                           world_host_address(o.world, h->name), o.block.port));
    add(&run, "-servername");
    add(&run, h->name);
    add(&run, "-verify_hostname");
    add(&run, h->name);
    add(&run, "-CAfile");
    add(&run, arena_printf(o.arena, "%s/roots.pem", o.dir));
    add(&run, "-status");
    add(&run, "-min_protocol");
    add(&run, "TLSv1.2");
    add(&run, "-cipher"); /* RFC 9325 4.2 */
    add(&run, "ECDHE+AESGCM:ECDHE+CHACHA20");
    if (h->tlsa && is_installed("delv"))
        add_tlsa(&run, h);
    return word_of(output_of(&run), signs);
}

/* The level is dane, and no root is trusted: what it verifies, DANE proves. */
static const char *look_finger(const char *posture)
{
    static const struct sign signs[] = {
        {"Verified TLS connection established", "verified"},
        {"Trusted TLS connection established", "trusted"},
        {"Untrusted TLS connection established", "untrusted"},
        {"Anonymous TLS connection established", "anonymous"},
        {"lookup problem", "look-up failed"},
        {"Host not found, try again", "look-up failed"},
        {"has a valid address record", "no host"},
        {"nullMX", "null MX"},
        {"does not accept mail", "null MX"},
        {"ost or domain name not found", "no domain"},
        {"onnection refused", "no connection"},
        {"Connected to", "no TLS"},
        {NULL, NULL}};
    struct run run = {.count = 0};
    add(&run, "posttls-finger");
    add(&run, "-t2");
    add(&run, "-T2");
    add(&run, "-ldane");
    add(&run, "-Lsummary");
    add(&run, domain_of(posture));
    return word_of(output_of(&run), signs);
}

/* ---- the table ---- */

static unsigned compare(const char *program, const char *column,
                        const char *(*look)(const char *posture))
{
    unsigned wrong = 0;
    if (!is_installed(program)) {
        print_message("%s is not installed\n", program);
        skip();
    }
    for (const char *const *p = fixtures_postures(o.fixtures); *p; p++) {
        const char *want = node_text(node_get(o.table, *p), column, "");
        const char *got = look(*p);
        if (getenv("OUTSIDE_PRINT"))
            print_message("%s %s: %s\n", column, *p, got);
        if (strcmp(want, got) == 0)
            continue;
        print_message("%s, %s: expected `%s`, got `%s`\n", *p, column, want,
                      got);
        wrong++;
    }
    return wrong;
}

static void test_table_has_a_row_for_each_posture(void **state)
{
    (void)state;
    for (const char *const *p = fixtures_postures(o.fixtures); *p; p++)
        if (!node_get(o.table, *p))
            fail_msg("no row for the posture %s", *p);
    for (const struct node *n = o.table->first; n; n = n->next)
        if (!fixtures_posture(o.fixtures, n->key))
            fail_msg("a row for %s, which is no posture", n->key);
}

static void test_s_client_finds_what_the_table_says(void **state)
{
    (void)state;
    assert_int_equal(compare("openssl", "s_client", look_s_client), 0);
}

static void test_delv_finds_what_the_table_says(void **state)
{
    (void)state;
    unsigned wrong =
        compare("delv", "mx", look_mx) + compare("delv", "tlsa", look_tlsa);
    assert_int_equal(wrong, 0);
}

static void test_posttls_finger_finds_what_the_table_says(void **state)
{
    (void)state;
    if (!o.in_namespace) {
        print_message("posttls-finger: no network namespace to be had here\n");
        skip();
    }
    assert_int_equal(compare("posttls-finger", "posttls-finger", look_finger),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_has_a_row_for_each_posture),
        cmocka_unit_test(test_delv_finds_what_the_table_says),
        cmocka_unit_test(test_s_client_finds_what_the_table_says),
        cmocka_unit_test(test_posttls_finger_finds_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

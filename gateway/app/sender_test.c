#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/sender.h"
#include "dns/resolver_fake.h"
#include "session/server.h"

static const char *clinic_domains[] = {"clinic.example"};
static const char *practice_domains[] = {"practice.example"};
static const char *practice_blocks[] = {"2001:db8::/32", "192.0.2.0/28"};
static const char *closed_domains[] = {"closed.example"};
static struct config_organization all[] = {
    {.name = "clinic", .uuid = "u-1", .domains = {clinic_domains, 1}},
    {.name = "practice",
     .uuid = "u-2",
     .domains = {practice_domains, 1},
     .spf_addresses = {practice_blocks, 2}},
    {.name = "closed",
     .uuid = "u-3",
     .domains = {closed_domains, 1},
     .spf_authentication = 1},
};

#define PASS_ROW(domain)                                                       \
    {                                                                          \
        domain, DNS_TYPE_TXT, DNS_FOUND, DNS_SECURE, NULL,                     \
        {                                                                      \
            "v=spf1 ip4:192.0.2.0/24 -all"                                     \
        }                                                                      \
    }
static const struct resolver_fake_row rows[] = {
    PASS_ROW("clinic.example"),   PASS_ROW("bounce.clinic.example"),
    PASS_ROW("practice.example"), PASS_ROW("closed.example"),
    PASS_ROW("stranger.example"), PASS_ROW("mail.clinic.example"),
};

struct fixture {
    struct arena *arena;
    struct config config;
    struct loop *loop;
    struct resolver_fake *resolver;
    struct sender_world world;
    size_t calls;
    const struct config_organization *organization;
    const char *reply;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->arena = arena_create();
    f->config = (struct config){.host_name = "gateway.example",
                                .organizations = {all, 3},
                                .settings = {.spf_timeout_ms = 10000}};
    f->loop = loop_create();
    f->resolver = resolver_fake_create(rows, sizeof rows / sizeof *rows);
    f->world = (struct sender_world){
        .loop = f->loop,
        .resolver = resolver_fake_face(f->resolver),
        .config = &f->config,
        .organizations = organizations_create(f->arena, &f->config)};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    resolver_fake_destroy(&f->resolver);
    loop_destroy(&f->loop);
    arena_destroy(&f->arena);
    free(f);
    return 0;
}

static void on_done(void *ctx, const struct config_organization *organization,
                    const struct reply *reply)
{
    struct fixture *f = ctx;
    f->calls++;
    f->organization = organization;
    f->reply = reply_line(f->arena, reply);
}

static struct sender *begin(struct fixture *f, const char *path,
                            const char *helo, const char *ip)
{
    struct sender_question question = {
        .reverse_path = slice_of(path), .helo = slice_of(helo), .ip = ip};
    f->calls = 0;
    return sender_by_spf(&f->world, &question, on_done, f);
}

static void ask(struct fixture *f, const char *path, const char *helo,
                const char *ip)
{
    begin(f, path, helo, ip);
    assert_int_equal(f->calls, 0); /* never at once */
    resolver_fake_run(f->resolver);
    while (!f->calls)
        loop_run_once(f->loop, 1000);
    assert_int_equal(f->calls, 1);
}

/* AUTH-3, AUTH-4 */
static void test_sender_by_spf_is_whom_spf_passes(void **state)
{
    static const struct {
        const char *path, *helo, *ip;
        int organization; /* -1: refused */
        const char *reply;
    } cases[] = {
        {"a@clinic.example", "x", "192.0.2.3", 0, "250 2.1.0"},
        {"a@clinic.example", "x", "::ffff:192.0.2.3", 0, "250 2.1.0"},
        {"a@clinic.example", "x", "192.0.3.3", -1, "550 5.7.23 SPF fail"},
        {"a@clinic.example", "x", "127.0.0.1", -1, "550 5.7.23 SPF fail"},
        {"a@bounce.clinic.example", "x", "192.0.2.3", 0, "250 2.1.0"},
        {"a@deep.clinic.example", "x", "192.0.2.3", -1, "530 5.7.0"},
        {"a@stranger.example", "x", "192.0.2.3", -1,
         "550 5.7.1 SPF pass, but no organization here"},
        {"a@closed.example", "x", "192.0.2.3", -1,
         "550 5.7.1 SPF pass, but closed.example needs credentials"},
        {"a@practice.example", "x", "192.0.2.15", 1, "250 2.1.0"},
        {"a@practice.example", "x", "::ffff:192.0.2.15", 1, "250 2.1.0"},
        {"a@practice.example", "x", "192.0.2.16", -1,
         "550 5.7.1 SPF pass, but practice.example needs credentials from "
         "[192.0.2.16]"},
        {"", "Mail.Clinic.Example", "192.0.2.3", 0, "250 2.1.0"},
        {"", "clinic", "192.0.2.3", -1, "530 5.7.0"},
        {"", "[192.0.2.3]", "192.0.2.3", -1, "530 5.7.0"},
        {"", "stranger.example", "192.0.2.3", -1, "550 5.7.1"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(f, cases[i].path, cases[i].helo, cases[i].ip);
        if (strncmp(f->reply, cases[i].reply, strlen(cases[i].reply)) != 0)
            fail_msg("row %zu: got %s, want %s", i, f->reply, cases[i].reply);
        assert_ptr_equal(f->organization, cases[i].organization < 0
                                              ? NULL
                                              : &all[cases[i].organization]);
    }
}

static void test_sender_by_spf_too_slow_is_temporary(void **state)
{
    struct fixture *f = *state;
    f->config.settings.spf_timeout_ms = 1;
    begin(f, "a@clinic.example", "x", "192.0.2.3");
    while (!f->calls)
        loop_run_once(f->loop, 1000);
    assert_null(f->organization);
    assert_memory_equal(f->reply, "451 4.7.24 SPF temperror", 24);
    assert_int_equal(resolver_fake_open(f->resolver), 0);
}

static bool may_look_up(void *ctx)
{
    unsigned *left = ctx;
    return *left && (*left)--;
}

/* CONN-10: the look-ups of a client are bounded, within a check too. */
static void test_sender_by_spf_without_look_ups_left_is_temporary(void **state)
{
    static const struct resolver_fake_row deep[] = {
        {"clinic.example",
         DNS_TYPE_TXT,
         DNS_FOUND,
         DNS_SECURE,
         NULL,
         {"v=spf1 a:one.example a:two.example ip4:192.0.2.3 -all"}},
        {"one.example",
         DNS_TYPE_A,
         DNS_FOUND,
         DNS_SECURE,
         NULL,
         {"203.0.113.1"}},
        {"two.example",
         DNS_TYPE_A,
         DNS_FOUND,
         DNS_SECURE,
         NULL,
         {"203.0.113.2"}},
    };
    struct fixture *f = *state;
    resolver_fake_destroy(&f->resolver);
    f->resolver = resolver_fake_create(deep, 3);
    f->world.resolver = resolver_fake_face(f->resolver);
    for (unsigned most = 0; most <= 3; most++) {
        unsigned left = most;
        struct sender_question question = {.reverse_path =
                                               slice_of("a@clinic.example"),
                                           .helo = slice_of("x"),
                                           .ip = "192.0.2.3",
                                           .may_look_up = may_look_up,
                                           .ctx = &left};
        f->calls = 0;
        sender_by_spf(&f->world, &question, on_done, f);
        assert_int_equal(f->calls, 0);
        while (!f->calls) {
            resolver_fake_run(f->resolver);
            loop_run_once(f->loop, 0);
        }
        const char *want = most < 3 ? "451 4.7.24 SPF temperror" : "250 2.1.0";
        if (strncmp(f->reply, want, strlen(want)) != 0)
            fail_msg("%u look-ups: got %s, want %s", most, f->reply, want);
        assert_int_equal(left, 0);
    }
}

static void test_sender_cancelled_is_heard_no_more(void **state)
{
    struct fixture *f = *state;
    struct sender *sender = begin(f, "a@clinic.example", "x", "192.0.2.3");
    assert_int_equal(resolver_fake_open(f->resolver), 1);
    sender_cancel(&sender);
    assert_null(sender);
    assert_int_equal(resolver_fake_open(f->resolver), 0);
    sender = begin(f, "", "clinic", "192.0.2.3");
    sender_cancel(&sender);
    sender_cancel(&sender);
    loop_run_once(f->loop, 0);
    assert_int_equal(f->calls, 0);
}

/* AUTH-7 */
static void test_sender_with_credentials_has_an_own_path(void **state)
{
    static const struct {
        const char *path;
        bool is_own;
    } cases[] = {
        {"a@clinic.example", true},
        {"a@x.clinic.example", true},
        {"", true},
        {"a@practice.example", false},
        {"a@stranger.example", false},
        {"a@[192.0.2.3]", false},
        {"a@example", false},
        {"a@notclinic.example", false},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        bool is_accepted = i % 2;
        f->config.settings.foreign_reverse_path = is_accepted;
        struct sender_question question = {.reverse_path =
                                               slice_of(cases[i / 2].path),
                                           .helo = slice_of("x"),
                                           .ip = "192.0.2.3"};
        const struct reply *reply =
            sender_with_credentials(f->arena, &f->world, &all[0], &question);
        assert_int_equal(reply->code,
                         is_accepted || cases[i / 2].is_own ? 250 : 550);
        if (reply->code == 550)
            assert_string_equal(reply->status, "5.7.1");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sender_by_spf_is_whom_spf_passes),
        TEST(test_sender_by_spf_too_slow_is_temporary),
        TEST(test_sender_by_spf_without_look_ups_left_is_temporary),
        TEST(test_sender_cancelled_is_heard_no_more),
        TEST(test_sender_with_credentials_has_an_own_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

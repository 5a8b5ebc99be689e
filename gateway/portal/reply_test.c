/* Replies. */
#include "portal/test_visitor.h"

static void send_reply(struct world *w, const char *text, const char *file)
{
    char *body = xasprintf(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%s\r\n"
        "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n%s\r\n"
        "--x\r\nContent-Disposition: form-data; name=\"attachment\"; "
        "filename=\"%s\"\r\nContent-Type: text/html\r\n\r\n%s\r\n--x--\r\n",
        w->csrf, text, *file ? "a.html" : "", file);
    ask_with(w, "POST", "/m/" TOKEN("1") "/reply",
             "multipart/form-data; boundary=x", body);
    free(body);
}

static void test_reply_goes_to_the_sender_alone(void **state)
{
    struct world *w = *state;
    char big[2100];
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    send_form(w, "/m/" TOKEN("1") "/verify", "code=135789");
    ask(w, "/m/" TOKEN("1"));
    send_reply(w, " ", "");
    assert_int_equal(w->status, 400);
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    send_reply(w, "kept", big);
    assert_int_equal(w->status, 413);
    assert_true(said(w, "data-error=\"too-large\"") && said(w, "kept"));
    send_reply(w, "my answer", "<i>x</i>");
    assert_int_equal(w->status, 303);
    assert_int_equal(w->mails, 1);
    const struct store_item *item = next_due(w);
    assert_string_equal(item->message->kind, "reply");
    assert_string_equal(item->message->organization, "clinic");
    assert_string_equal(item->message->reverse_path, "bob@h.example");
    assert_string_equal(item->recipient->address, "jansen@clinic.example");
    assert_string_equal(item->recipient->conversation, "c1");
    char *mail = xasprintf("%.*s", SLICE_ARG(item->message->content));
    assert_non_null(strstr(
        mail, "From: \"Bob \\\"B\\\" (bob@h.example) via the portal\"\r\n "
              "<no-reply@g.example>\r\n"));
    assert_non_null(strstr(mail, "\r\nReply-To: bob@h.example\r\n"));
    assert_non_null(strstr(mail, "\r\nIn-Reply-To: <m@clinic.example>\r\n"));
    assert_non_null(strcasestr(mail, "\r\nSubject: =?utf-8?"));
    assert_non_null(strstr(mail, "\r\n\r\nmy answer"));
    assert_non_null(
        strstr(mail, "filename*=UTF-8''a.html\r\n\r\nPGk+eDwvaT4="));
    free(mail);
    store_item_release(w->item);
    assert_null(next_due(w));
}

static void test_replies_of_a_guest_are_limited(void **state)
{
    struct world *w = *state;
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    send_form(w, "/m/" TOKEN("1") "/verify", "code=135789");
    ask(w, "/m/" TOKEN("1"));
    for (int i = 0; i < 3; i++) {
        send_reply(w, "once more", "");
        assert_int_equal(w->status, i < 2 ? 303 : 429);
    }
    assert_int_equal(w->mails, 2);
    assert_true(said(w, "data-error=\"too-many-replies\""));
    assert_true(said(w, "once more</textarea>"));
}

/* A body that nobody may send is not even held. */
static void test_large_body_wants_a_verified_cookie(void **state)
{
    struct world *w = *state;
    static char big[1000001];
    memset(big, 'a', sizeof big - 1);
    add_link(w, TOKEN("1"), "access-right", "notification");
    ask(w, "/m/" TOKEN("1"));
    send_reply(w, big, "");
    assert_int_equal(w->status, 413);
    assert_true(said(w, "data-page=\"fault\"") && said(w, "lang=\"nl\""));
    assert_true(said(w, "Content-Security-Policy: default-src 'none'"));
    assert_true(said(w, "no-store") && said(w, "nosniff"));
    send_form(w, "/m/" TOKEN("1") "/verify", "code=135789");
    ask(w, "/m/" TOKEN("1"));
    send_reply(w, big, "");
    assert_int_equal(w->status, 413);
    assert_true(said(w, "data-page=\"message\""));
    assert_int_equal(send_form(w, "/m/" TOKEN("1") "/verify", big), 413);
    assert_true(said(w, "data-page=\"fault\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reply_goes_to_the_sender_alone),
        TEST(test_large_body_wants_a_verified_cookie),
        TEST(test_replies_of_a_guest_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

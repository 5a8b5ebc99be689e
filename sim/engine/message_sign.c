#include "engine/message_sign.h"

#include <string.h>

#include "base/buf.h"
#include "engine/read.h"
#include "peer/dkim_sign.h"

#define SIGNED_FIELDS "From:To:Subject:Date:Message-ID"

const char message_own_selector[] = "own";

static const char *own_name(struct arena *arena, const char *domain)
{
    return arena_printf(arena, "%s.%s", message_own_selector, domain);
}

const char *message_own_record(struct arena *arena, struct mailkeys *keys,
                               const char *domain)
{
    return mailkey_record(keys, MAILKEY_KIND_ED25519, own_name(arena, domain));
}

static struct slice joined(struct arena *arena, const char *field,
                           struct slice message)
{
    struct buf buf;
    buf_init(&buf, strlen(field) + message.n + 1);
    buf_puts(&buf, field);
    buf_put(&buf, message);
    struct slice octets = arena_slice(arena, buf_slice(&buf));
    buf_release(&buf);
    return octets;
}

struct slice message_sign(struct arena *arena, struct mailkeys *keys,
                          const struct submit *submit, struct slice message)
{
    bool foreign = strcmp(submit->dkim, "foreign") == 0;
    const char *domain = address_domain(submit->from);
    struct dkim_signing how = {
        .domain = foreign ? "elsewhere.example" : domain,
        .selector = message_own_selector,
        .pem = mailkey_pem(keys, MAILKEY_KIND_ED25519, own_name(arena, domain)),
        .fields = strcmp(submit->dkim, "covers-control") == 0 ? SIGNED_FIELDS
                      ":zivver-direct-delivery"
                                                              : SIGNED_FIELDS};
    struct slice covered =
        strcmp(submit->dkim, "broken") == 0
            ? slice_of(arena_printf(arena, "%.*sone line more\r\n",
                                    (int)message.n, message.p))
            : message;
    return joined(arena, dkim_sign(arena, &how, covered), message);
}

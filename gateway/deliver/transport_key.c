#include "deliver/transport_key.h"

#include "base/alloc.h"
#include "base/buf.h"

enum { KEY_BYTES = 1 << 20 };

static void put_text(struct buf *key, const char *text)
{
    buf_printf(key, "%s|", text != NULL ? text : "");
}

static void put_binding(struct buf *key, const struct host_binding *binding)
{
    buf_printf(key, "%d|", (int)binding->tls_mandatory);
    for (size_t i = 0; i < binding->tlsa_count; i++) {
        const struct tls_tlsa *tlsa = &binding->tlsa[i];
        buf_printf(key, "%d %d %d ", (int)tlsa->usage, (int)tlsa->selector,
                   (int)tlsa->matching);
        for (size_t k = 0; k < tlsa->data.n; k++) {
            buf_printf(key, "%02x", (unsigned char)tlsa->data.p[k]);
        }
        buf_puts(key, "|");
    }
    for (size_t i = 0; i < TLS_DANE_NAMES; i++) {
        put_text(key, binding->names[i]);
    }
}

char *transport_key(const struct transport_target *target)
{
    const struct mail_host *host = target->host;
    struct buf key;
    buf_init(&key, KEY_BYTES);
    put_text(&key, host->name);
    put_text(&key, host->failure);
    for (size_t i = 0; i < host->address_count; i++) {
        put_text(&key, host->addresses[i]);
    }
    buf_printf(&key, "%d %d %d %d %d|", (int)target->plain, (int)target->strict,
               (int)host->is_secure, (int)host->is_named_securely,
               (int)host->sts);
    put_binding(&key, &host->binding);
    char *text = xstrdup(key.p);
    buf_release(&key);
    return text;
}

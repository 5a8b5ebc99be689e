/* What a description says of one host: its keys, put into a host. */
#include "engine/posture_host.h"

#include <stdlib.h>
#include <string.h>

#include "engine/words.h"

static unsigned number(const struct node *map, const char *key,
                       unsigned otherwise)
{
    const char *text = node_text(map, key, NULL);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void apply_tls(struct posture_host *h, const struct node *tls)
{
    const struct node *versions = node_get(tls, "versions");
    if (versions && versions->kind == NODE_KIND_TEXT)
        h->tls_min = h->tls_max = versions->text;
    for (const struct node *v = versions ? versions->first : NULL; v;
         v = v->next) {
        if (v == versions->first)
            h->tls_min = v->text;
        h->tls_max = v->text;
    }
    const char *certificate = node_text(tls, "certificate", NULL);
    if (certificate)
        h->certificate = (enum posture_certificate)words_index(
            words_certificate, certificate);
    const struct node *ciphers = node_get(tls, "ciphers");
    if (ciphers)
        h->has_legacy_ciphers = node_is_text(ciphers, "legacy");
}

static void apply_replies(struct arena *arena, struct posture_host *h,
                          const struct node *replies)
{
    for (const struct node *n = replies ? replies->first : NULL; n;
         n = n->next) {
        struct posture_reply *reply = ARENA_NEW(arena, struct posture_reply);
        *reply = (struct posture_reply){
            .command = n->key, .reply = n->text, .next = h->replies};
        h->replies = reply;
    }
}

static void apply_smtp(struct arena *arena, struct posture_host *h,
                       const struct node *smtp)
{
    const char *starttls = node_text(smtp, "starttls", NULL);
    if (starttls)
        h->starttls =
            (enum posture_starttls)words_index(words_starttls, starttls);
    const char *connect = node_text(smtp, "connect", NULL);
    if (connect) {
        h->reachable = strcmp(connect, "accepted") == 0;
        h->elsewhere = strcmp(connect, "elsewhere") == 0;
    }
    if (node_get(smtp, "extensions"))
        h->extensions = read_texts(arena, node_get(smtp, "extensions")).texts;
    h->drop_in_data_bytes =
        number(smtp, "drop-in-data-bytes", h->drop_in_data_bytes);
    h->delay_ms = number(smtp, "delay-ms", h->delay_ms);
    apply_replies(arena, h, node_get(smtp, "replies"));
}

static struct posture_tlsa *read_tlsa(struct arena *arena,
                                      const struct node *list)
{
    struct posture_tlsa *first = NULL, **end = &first;
    for (const struct node *n = list->first; n; n = n->next) {
        *end = ARENA_NEW(arena, struct posture_tlsa);
        **end = (struct posture_tlsa){
            .usage = number(n, "usage", 3),
            .selector = number(n, "selector", 1),
            .matching = number(n, "matching", 1),
            .of = (enum posture_tlsa_of)words_index(words_tlsa_of,
                                                    node_text(n, "of", "leaf")),
            .is_at_alias = strcmp(node_text(n, "at", "host"), "alias") == 0};
        end = &(*end)->next;
    }
    return first;
}

static void apply_names(struct arena *arena, struct posture_host *h,
                        const struct node *dns)
{
    if (node_get(dns, "tlsa"))
        h->tlsa = read_tlsa(arena, node_get(dns, "tlsa"));
    const struct node *faults = node_get(dns, "faults");
    h->address_fault = node_text(faults, "address", h->address_fault);
    h->tlsa_fault = node_text(faults, "tlsa", h->tlsa_fault);
}

void posture_host_apply(struct arena *arena, struct posture_host *host,
                        const struct node *map)
{
    apply_tls(host, node_get(map, "tls"));
    apply_smtp(arena, host, node_get(map, "smtp"));
    apply_names(arena, host, node_get(map, "dns"));
}

struct posture_host *posture_hosts_copy(struct arena *arena,
                                        const struct posture_host *from)
{
    struct posture_host *first = NULL, **end = &first;
    for (; from; from = from->next) {
        *end = ARENA_NEW(arena, struct posture_host);
        **end = *from;
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

#include "store/portal_words.h"

#include <string.h>

#include "rules/words.h"

enum { TEXT_BYTES = 1000 };

static const char *const kinds[] = {"mail", "reply", NULL};
static const char *const deliveries[] = {"direct", "notification", "failed",
                                         NULL};
static const char *const code_kinds[] = {"sms", "email", NULL};
static const char *const proofs[] = {"account", "sms", "access-code", "email",
                                     NULL};

static enum status fault(const struct portal_link *link, const char *column,
                         const char *met, struct err *err)
{
    return err_set(err, ST_TEMP, "recipient %lld: %s: met \"%.60s\"",
                   (long long)link->recipient, column, met ? met : "");
}

static bool is_any(const char *word, const char *const *words)
{
    for (; word && *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static enum status check_texts(const struct portal_link *link, struct err *err)
{
    const struct {
        const char *column, *text;
    } all[] = {{"message.id", link->message.id},
               {"message.organization", link->message.organization},
               {"message.sender", link->message.sender},
               {"recipient.address", link->address},
               {"recipient.conversation", link->conversation}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t n = all[i].text ? strlen(all[i].text) : 0;
        if (n == 0 || n > TEXT_BYTES)
            return fault(link, all[i].column, all[i].text, err);
    }
    return ST_OK;
}

enum status portal_words_check(const struct portal_link *link, struct err *err)
{
    enum right right;
    enum method method;
    if (!is_any(link->message.kind, kinds))
        return fault(link, "message.kind", link->message.kind, err);
    if (!link->method || !method_find(slice_of(link->method), &method))
        return fault(link, "recipient.method", link->method, err);
    if (link->delivery && !is_any(link->delivery, deliveries))
        return fault(link, "recipient.delivery", link->delivery, err);
    if (!link->right || !right_find(slice_of(link->right), &right))
        return fault(link, "recipient.right", link->right, err);
    if (link->right_value && strlen(link->right_value) > TEXT_BYTES)
        return fault(link, "recipient.right_value", "?", err); /* a secret */
    if (link->code_kind && !is_any(link->code_kind, code_kinds))
        return fault(link, "portal_code.kind", link->code_kind, err);
    if (link->granted && !is_any(link->granted, proofs))
        return fault(link, "portal_grant.method", link->granted, err);
    return check_texts(link, err);
}

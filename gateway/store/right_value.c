#include "store/right_value.h"

#include <string.h>

#include "base/log.h"
#include "store/statement.h"
#include "store/vault.h"

static bool is_phone(const char *right)
{
    return strcmp(right, "sms") == 0;
}

const char *right_value_keep(struct db *db, struct arena *arena,
                             const char *right, const char *value)
{
    if (!value)
        return NULL;
    if (is_phone(right))
        return vault_seal(db->vault, arena, "phone", slice_of(value));
    return vault_is_kept(value) ? value : vault_code(db->vault, arena, value);
}

const char *right_value_show(struct db *db, struct arena *arena,
                             const char *right, const char *kept)
{
    struct slice value;
    struct err err;
    if (!kept || !is_phone(right))
        return kept;
    if (vault_unseal(db->vault, arena, "phone", slice_of(kept), &value, &err) ==
        ST_OK)
        return value.p;
    log_error("store", "a phone number cannot be read", "error=%s", err.text);
    return NULL;
}

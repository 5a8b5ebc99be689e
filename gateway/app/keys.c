#include "app/keys.h"

#include <stdlib.h>
#include <string.h>

struct keys {
    struct dkim_ring ring;
    size_t count;
    struct dkim_key **keys; /* NULL where a file was read already */
    struct dkim_selector *selectors;
};

/* Of the same file, for another domain; NULL: not yet. */
static const struct dkim_key *find_loaded(const struct keys *keys,
                                          const struct config_dkim *wanted,
                                          const char *path)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(wanted[i].key, path) == 0)
            return keys->selectors[i].key;
    return NULL;
}

enum status keys_load(const struct config *config, struct keys **out,
                      struct err *err)
{
    const struct config_dkim *wanted = config->dkim.items;
    struct keys *keys = xcalloc(1, sizeof *keys);
    enum status status = ST_OK;
    keys->keys = xcalloc(config->dkim.count + 1, sizeof *keys->keys);
    keys->selectors = xcalloc(config->dkim.count + 1, sizeof *keys->selectors);
    for (; keys->count < config->dkim.count; keys->count++) {
        const struct config_dkim *w = &wanted[keys->count];
        const struct dkim_key *key = find_loaded(keys, wanted, w->key);
        if (!key) {
            status = dkim_key_load(w->key, &keys->keys[keys->count], err);
            if (status != ST_OK)
                break;
            key = keys->keys[keys->count];
        }
        keys->selectors[keys->count] =
            (struct dkim_selector){w->domain, w->selector, key};
    }
    keys->ring = (struct dkim_ring){keys->selectors, keys->count};
    if (status != ST_OK)
        keys_destroy(&keys);
    *out = keys;
    return status;
}

void keys_destroy(struct keys **keys)
{
    struct keys *old = *keys;
    *keys = NULL;
    if (!old)
        return;
    for (size_t i = 0; i < old->count; i++)
        dkim_key_destroy(&old->keys[i]);
    free(old->selectors);
    free(old->keys);
    free(old);
}

const struct dkim_ring *keys_ring(const struct keys *keys)
{
    return &keys->ring;
}

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
static struct dkim_key *find_loaded(const struct keys *keys,
                                    const struct config_dkim *wanted,
                                    const char *path)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(wanted[i].key, path) == 0)
            return keys->selectors[i].key;
    return NULL;
}

static enum status take(const char *path, bool later, struct dkim_key **out,
                        struct err *err)
{
    if (!later)
        return dkim_key_load(path, out, err);
    *out = dkim_key_later(path);
    return ST_OK;
}

static enum status fill(struct keys *keys, const struct config *config,
                        bool later, struct err *err)
{
    const struct config_dkim *wanted = config->dkim.items;
    keys->keys = xcalloc(config->dkim.count + 1, sizeof *keys->keys);
    keys->selectors = xcalloc(config->dkim.count + 1, sizeof *keys->selectors);
    for (; keys->count < config->dkim.count; keys->count++) {
        const struct config_dkim *w = &wanted[keys->count];
        struct dkim_key *key = find_loaded(keys, wanted, w->key);
        if (!key) {
            enum status status = take(w->key, later, &key, err);
            if (status != ST_OK)
                return status;
            keys->keys[keys->count] = key;
        }
        keys->selectors[keys->count] =
            (struct dkim_selector){w->domain, w->selector, key};
    }
    keys->ring = (struct dkim_ring){keys->selectors, keys->count};
    return ST_OK;
}

enum status keys_load(const struct config *config, struct keys **out,
                      struct err *err)
{
    *out = xcalloc(1, sizeof **out);
    enum status status = fill(*out, config, false, err);
    if (status != ST_OK)
        keys_destroy(out);
    return status;
}

struct keys *keys_later(const struct config *config)
{
    struct err err;
    struct keys *keys = xcalloc(1, sizeof *keys);
    if (fill(keys, config, true, &err) != ST_OK)
        BUG("%s", err.text);
    return keys;
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

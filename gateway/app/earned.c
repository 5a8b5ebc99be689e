#include "app/earned.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct earned {
    struct portal_share *shares; /* in order */
    size_t count, size;
};

static int compare(const struct portal_share *a, const struct portal_share *b)
{
    int order = strcmp(a->organization, b->organization);
    if (order == 0)
        order = strcmp(a->recipient, b->recipient);
    return order ? order : strcmp(a->kind, b->kind);
}

/* Where it stands or would stand. */
static size_t place(const struct earned *earned,
                    const struct portal_share *wanted, bool *found)
{
    size_t low = 0, high = earned->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&earned->shares[middle], wanted);
        if (order == 0)
            *found = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void wipe(const char **text)
{
    OPENSSL_clear_free((void *)(uintptr_t)*text, strlen(*text) + 1);
    *text = NULL;
}

static const char *copy(const char *text)
{
    char *own = OPENSSL_strdup(text);
    if (!own)
        BUG("no memory");
    return own;
}

static void release(struct portal_share *share)
{
    wipe(&share->organization);
    wipe(&share->recipient);
    wipe(&share->kind);
    wipe(&share->value);
}

struct earned *earned_create(void)
{
    return xcalloc(1, sizeof(struct earned));
}

void earned_destroy(struct earned **earned_in)
{
    struct earned *earned = *earned_in;
    *earned_in = NULL;
    if (!earned)
        return;
    for (size_t i = 0; i < earned->count; i++)
        release(&earned->shares[i]);
    free(earned->shares);
    free(earned);
}

void earned_add(struct earned *earned, const struct portal_share *share)
{
    bool found;
    size_t at = place(earned, share, &found);
    struct portal_share own = {copy(share->organization),
                               copy(share->recipient), copy(share->kind),
                               copy(share->value), share->opened_ms};
    if (found) {
        release(&earned->shares[at]);
        earned->shares[at] = own;
        return;
    }
    if (earned->count == earned->size) {
        earned->size = earned->size ? 2 * earned->size : 64;
        earned->shares =
            xrealloc(earned->shares, earned->size * sizeof *earned->shares);
    }
    memmove(&earned->shares[at + 1], &earned->shares[at],
            (earned->count - at) * sizeof *earned->shares);
    earned->shares[at] = own;
    earned->count++;
}

const struct portal_share *earned_find(const struct earned *earned,
                                       const char *organization,
                                       const char *recipient, const char *kind)
{
    struct portal_share wanted = {organization, recipient, kind, NULL, 0};
    bool found;
    size_t at = place(earned, &wanted, &found);
    return found ? &earned->shares[at] : NULL;
}

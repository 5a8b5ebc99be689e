#include "engine/evidence.h"

#include <string.h>

#include <stdlib.h>

const json_t *evidence_list(const json_t *object, const char *key)
{
    static json_t *empty;
    const json_t *list = json_object_get(object, key);
    if (json_is_array(list))
        return list;
    if (!empty)
        empty = json_array();
    return empty;
}

const char *evidence_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

long long evidence_number(const json_t *object, const char *key,
                          long long otherwise)
{
    const json_t *n = json_object_get(object, key);
    return json_is_integer(n) ? json_integer_value(n) : otherwise;
}

bool evidence_yes(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static bool is_latin1(const json_t *object, const char *key)
{
    char name[128];
    snprintf(name, sizeof name, "%s_latin1", key);
    return evidence_yes(object, name);
}

/* Code points up to 255, two octets of UTF-8 at most, back to octets. */
static struct slice from_latin1(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x80 && i + 1 < text.n)
            c = (unsigned char)((c << 6) | (text.p[++i] & 0x3f));
        out[n++] = (char)c;
    }
    return (struct slice){out, n};
}

struct slice evidence_octets(struct arena *arena, const json_t *object,
                             const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return (struct slice){"", 0};
    struct slice text = {json_string_value(value), json_string_length(value)};
    return is_latin1(object, key) ? from_latin1(arena, text)
                                  : arena_slice(arena, text);
}

static json_t *to_latin1(struct slice octets)
{
    char *text = xmalloc(2 * octets.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < octets.n; i++) {
        unsigned char c = (unsigned char)octets.p[i];
        if (c >= 0x80)
            text[n++] = (char)(0xc0 | (c >> 6));
        text[n++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    json_t *value = json_stringn(text, n);
    free(text);
    return value;
}

void evidence_set_octets(json_t *object, const char *key, struct slice octets)
{
    char name[128];
    snprintf(name, sizeof name, "%s_latin1", key);
    json_t *value = json_stringn(octets.p ? octets.p : "", octets.n);
    if (value) {
        json_object_del(object, name);
    } else {
        value = to_latin1(octets);
        json_object_set_new(object, name, json_true());
    }
    json_object_set_new(object, key, value);
}

const json_t *evidence_event(const json_t *evidence, const char *event,
                             unsigned first, unsigned last, size_t i)
{
    const json_t *journal = evidence_list(evidence, "journal");
    for (size_t at = 0; at < json_array_size(journal); at++) {
        const json_t *e = json_array_get(journal, at);
        long long step = evidence_number(e, "step", 0);
        if (strcmp(evidence_text(e, "event"), event) != 0 ||
            step < (long long)first || step > (long long)last)
            continue;
        if (i-- == 0)
            return e;
    }
    return NULL;
}

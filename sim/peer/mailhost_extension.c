/* A mail host keeps to what its EHLO reply offers: what it does not offer it
 * refuses, as a strict server would. */
#include <stdlib.h>
#include <string.h>

#include "peer/mailhost_private.h"

static const char *const usual[] = {"PIPELINING",          "8BITMIME",
                                    "ENHANCEDSTATUSCODES", "DSN",
                                    "SIZE 104857600",      NULL};

const char *const *mailhost_capabilities(const struct mailhost_conn *c)
{
    const struct mailhost_settings *settings = mailhost_settings_of(c);
    return settings->capabilities ? settings->capabilities : usual;
}

/* The words behind the keyword, or NULL when it is not offered. */
static const char *offered(const struct mailhost_conn *c, const char *keyword)
{
    size_t n = strlen(keyword);
    for (const char *const *p = mailhost_capabilities(c); *p; p++)
        if (slice_starts_nocase(slice_of(*p), keyword) &&
            (!(*p)[n] || (*p)[n] == ' '))
            return *p + n;
    return NULL;
}

bool mailhost_offers(const struct mailhost_conn *c, const char *keyword)
{
    return offered(c, keyword) != NULL;
}

/* 0: without limit. */
static unsigned long size_limit(const struct mailhost_conn *c)
{
    const char *limit = offered(c, "SIZE");
    return limit ? strtoul(limit, NULL, 10) : 0;
}

static bool has_8bit(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] & 0x80)
            return true;
    return false;
}

/* Each extension and the parameters that it brings. */
static const struct {
    const char *parameter, *keyword;
} parameters_known[] = {{"SIZE", "SIZE"},         {"BODY", "8BITMIME"},
                        {"SMTPUTF8", "SMTPUTF8"}, {"RET", "DSN"},
                        {"ENVID", "DSN"},         {"NOTIFY", "DSN"},
                        {"ORCPT", "DSN"}};

static bool is_offered(const struct mailhost_conn *c, struct slice name)
{
    for (size_t i = 0; i < sizeof parameters_known / sizeof *parameters_known;
         i++)
        if (slice_is_nocase(name, parameters_known[i].parameter))
            return mailhost_offers(c, parameters_known[i].keyword);
    return false;
}

const char *mailhost_refuse_path(const struct mailhost_conn *c,
                                 struct slice path, struct slice parameters)
{
    bool is_utf8 = c->is_utf8;
    while (parameters.n) {
        struct slice value = slice_word(&parameters);
        struct slice name = slice_cut(&value, '=');
        if (name.n && !is_offered(c, name))
            return "555 5.5.4 this parameter is not offered";
        if (slice_is_nocase(name, "SMTPUTF8"))
            is_utf8 = true;
        unsigned long size, most = size_limit(c);
        if (slice_is_nocase(name, "SIZE") && most &&
            slice_number(value, 1UL << 40, &size) && size > most)
            return "552 5.3.4 message too big";
    }
    return has_8bit(path) && !is_utf8
               ? "553 5.6.7 internationalised address without SMTPUTF8"
               : NULL;
}

const char *mailhost_refuse_content(const struct mailhost_conn *c,
                                    struct slice content)
{
    unsigned long most = size_limit(c);
    if (most && content.n > most)
        return "552 5.3.4 message too big";
    if (has_8bit(content) && !c->is_8bit && !c->is_utf8)
        return "554 5.6.1 8-bit octets that were not announced";
    return NULL;
}

/* From a decision to its end at the recipient's servers (ORDER-6, TRANSPORT-4,
 * TRANSPORT-7). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checker/predict_internal.h"

const char *predict_status_of(struct arena *arena, const char *reply)
{
    struct slice rest = slice_of(reply);
    struct slice code = slice_word(&rest), enhanced = slice_word(&rest);
    if (enhanced.n >= 5 && enhanced.p[1] == '.' && code.n &&
        enhanced.p[0] == code.p[0])
        return arena_text(arena, enhanced);
    return code.n && code.p[0] == '4' ? "4.0.0" : "5.0.0";
}

static const char *reply_to(const struct posture_host *h, const char *command,
                            unsigned attempts)
{
    for (const struct posture_reply *r = h->replies; r; r = r->next) {
        if (strcmp(r->command, command) == 0 &&
            (r->times == 0 || attempts <= r->times))
            return r->reply;
    }
    return NULL;
}

static bool is_any(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

static bool reaches(const struct posture_host *h, const char *minimum,
                    bool certificate)
{
    static const char *const tls[] = {"tls", "pkix", "dane", "dane-only", NULL};
    static const char *const pkix[] = {"pkix", "dane", "dane-only", NULL};
    static const char *const valid[] = {"pkix", "dane", NULL};
    static const char *const dane[] = {"dane", "dane-only", NULL};
    if (strcmp(minimum, "tls") == 0)
        return is_any(h->reaches, tls);
    if (strcmp(minimum, "dane") == 0)
        return is_any(h->reaches, dane);
    return is_any(h->reaches, certificate ? valid : pkix);
}

/* What stands behind a keyword that the host offers; NULL: not offered. Those
 * of a host that names none are the usual ones. */
static const char *offered(const struct posture_host *h, const char *keyword)
{
    static const char *const usual[] = {"8BITMIME", "DSN", "SIZE 104857600",
                                        NULL};
    const char *const *all = h->extensions ? h->extensions : usual;
    size_t n = strlen(keyword);
    for (; *all; all++) {
        if (strncasecmp(*all, keyword, n) == 0 &&
            ((*all)[n] == ' ' || !(*all)[n]))
            return *all + n;
    }
    return NULL;
}

static bool is_ascii(const char *text)
{
    for (; text && *text; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

static bool all_ascii(const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!is_ascii(list->texts[i]))
            return false;
    }
    return true;
}

/* RFC 6531 3.2: the local part cannot be written otherwise, nor may the
 * header's addresses be (MAIL-1). */
static bool needs_utf8(const struct attempt *a, bool content)
{
    const char *at = strrchr(a->address, '@');
    for (const char *c = a->address; at && c < at; c++) {
        if ((unsigned char)*c >= 0x80)
            return true;
    }
    return content && !(is_ascii(a->submit->from) &&
                        all_ascii(&a->submit->to) && all_ascii(&a->submit->cc));
}

/* 1: surely larger than the host takes, 0: surely not, -1: unknown. */
static int is_too_big(const struct attempt *a, const struct posture_host *h,
                      bool content)
{
    enum { LEAST = 400, MOST = 16384 }; /* beside the text */
    const char *size = offered(h, "SIZE");
    size_t limit = size ? strtoul(size, NULL, 10) : 0;
    size_t text = content && a->submit->text ? strlen(a->submit->text) : 0;
    if (!limit || limit > MOST + 2 * text)
        return 0;
    return limit < LEAST + text ? 1 : -1;
}

/* ORDER-6: what the host lacks fails the recipient at once. */
static bool lacks(const struct attempt *a, struct prediction *p,
                  const struct posture_host *h)
{
    bool content = strcmp(p->delivery, "direct") == 0;
    int too_big = is_too_big(a, h, content);
    bool no_utf8 = needs_utf8(a, content) && !offered(h, "SMTPUTF8");
    if (too_big < 0) {
        p->certain = false;
        p->doubtful = "the size of what is sent";
    }
    if (!no_utf8 && too_big != 1)
        return false;
    p->delivery = "failed";
    p->status = no_utf8 ? "5.6.7" : "5.3.4";
    return true;
}

/* A host accepted the connection (and has the level): what follows. */
static void follow(const struct attempt *a, struct prediction *p,
                   const struct posture_host *h)
{
    static const char *const commands[] = {"mail", "rcpt", "data",
                                           "end-of-data"};
    if (h->later && !(a->is_first && p->attempts == 1)) {
        p->certain = false;
        p->doubtful = "the host changes between connections";
    }
    if (lacks(a, p, h))
        return;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *reply = reply_to(h, commands[i], p->attempts);
        if (!reply || reply[0] == '2' || reply[0] == '3')
            continue;
        if (strcmp(reply, "drips") == 0) {
            p->delivery = "deferred";
            return;
        }
        p->delivery = reply[0] == '5' ? "failed" : "deferred";
        p->status = predict_status_of(a->arena, reply);
        return;
    }
    if (h->drop_in_data_bytes)
        p->delivery = "deferred";
}

static void direct(const struct attempt *a, struct prediction *p,
                   const struct posture *posture)
{
    bool certificate =
        strcmp(p->row->of, "account") != 0 &&
        strcmp(facts_get(a->tables, &p->facts, "dane-satisfies"), "no") == 0;
    bool is_hop = strcmp(p->row->of, "nta7516") == 0 && posture->nta_hosts;
    const struct posture_host *h = is_hop ? posture->nta_hosts : posture->hosts;
    for (; h; h = h->next) {
        if (reaches(h, p->minimum, certificate)) {
            follow(a, p, h);
            return;
        }
    }
    p->certain = false;
    p->doubtful = "no host of the posture has the level that its word says";
}

/* What carries no content takes the first host that talks (TRANSPORT-7). */
static void notify(const struct attempt *a, struct prediction *p,
                   const struct posture *posture)
{
    bool unknown = false;
    const char *refused = NULL;
    for (const struct posture_host *h = posture->hosts; h; h = h->next) {
        if (strcmp(h->reaches, "refused") == 0) {
            refused = reply_to(h, "connect", p->attempts);
            refused = refused ? refused : reply_to(h, "ehlo", p->attempts);
        } else if (strcmp(h->reaches, "unreachable") == 0 ||
                   strcmp(h->reaches, "barred") == 0 ||
                   strcmp(h->reaches, "look-up-fails") == 0) {
            unknown = true;
        } else {
            follow(a, p, h);
            return;
        }
    }
    p->delivery = unknown || !refused ? "deferred" : "failed";
    p->status =
        unknown || !refused ? NULL : predict_status_of(a->arena, refused);
}

static const char *minimum(const struct attempt *a, const struct prediction *p)
{
    if (strcmp(p->row->of, "transport-security") == 0)
        return facts_get(a->tables, &p->facts, "policy");
    return strcmp(p->row->of, "nta7516") == 0 ? "dane" : "pkix";
}

/* The last word of the hosts that take no greeting or EHLO, of that class. */
static const char *greeting(const struct posture *posture, unsigned attempts,
                            char class)
{
    const char *last = NULL;
    for (const struct posture_host *h = posture->hosts; h; h = h->next) {
        const char *reply = reply_to(h, "connect", attempts);
        reply = reply ? reply : reply_to(h, "ehlo", attempts);
        if (reply && reply[0] == class)
            last = reply;
    }
    return last;
}

const char *predict_busy_status(const struct attempt *a, unsigned attempts)
{
    const char *at = strrchr(a->address, '@');
    const struct posture *posture = world_posture(a->world, at ? at + 1 : "");
    const char *reply = posture ? greeting(posture, attempts, '4') : NULL;
    return reply ? predict_status_of(a->arena, reply) : NULL;
}

void predict_delivery(const struct attempt *a, struct prediction *p)
{
    const char *at = strrchr(a->address, '@');
    const struct posture *posture = world_posture(a->world, at ? at + 1 : "");
    p->delivery = p->row->delivery;
    p->status = p->row->status;
    p->minimum = NULL;
    if (p->status && strcmp(p->status, "server") == 0) {
        const char *reply =
            posture ? greeting(posture, p->attempts, '5') : NULL;
        p->status = predict_status_of(a->arena, reply ? reply : "");
    }
    if (!posture)
        return;
    if (strcmp(p->delivery, "direct") == 0) {
        p->minimum = minimum(a, p);
        direct(a, p, posture);
    } else if (strcmp(p->delivery, "notification") == 0) {
        notify(a, p, posture);
    }
}

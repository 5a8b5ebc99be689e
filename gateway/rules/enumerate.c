#include "rules/enumerate.h"

#include <errno.h>
#include <string.h>

#include "rules/decide.h"

enum { LINE_BYTES_MAX = 512 };

/* What the hosts of a domain really offer together. */
struct server {
    const char *word;
    enum destination destination;
    unsigned reaches;             /* REACHES bits of the minimums reached */
    enum reach_outcome otherwise; /* the answer where a minimum is not */
    bool host_wait_over;
};

enum {
    REACHES_NONE = 0,
    REACHES_TLS = 1u << MINIMUM_TLS,
    REACHES_DANE_ONLY = REACHES_TLS | 1u << MINIMUM_PKIX | 1u << MINIMUM_DANE,
    REACHES_PKIX = REACHES_TLS | 1u << MINIMUM_PKIX | 1u << MINIMUM_CERTIFICATE,
    REACHES_DANE = REACHES_PKIX | REACHES_DANE_ONLY
};

#define USABLE DESTINATION_USABLE
#define BESIDE_UNREACHABLE REACH_WEAK_AND_UNREACHABLE

static const struct server servers[] = {
    {"no-domain", DESTINATION_NO_DOMAIN, REACHES_NONE, REACH_UNASKED, false},
    {"null-mx", DESTINATION_NULL_MX, REACHES_NONE, REACH_UNASKED, false},
    {"no-host", DESTINATION_NO_HOST, REACHES_NONE, REACH_UNASKED, false},
    {"look-up-fails", DESTINATION_LOOKUP_FAILED, REACHES_NONE, REACH_UNASKED,
     false},
    {"refused", USABLE, REACHES_NONE, REACH_REFUSED, false},
    {"unreachable", USABLE, REACHES_NONE, REACH_UNKNOWN, false},
    {"barred", USABLE, REACHES_NONE, REACH_UNKNOWN, false},
    {"none", USABLE, REACHES_NONE, REACH_TOO_WEAK, false},
    {"tls", USABLE, REACHES_TLS, REACH_TOO_WEAK, false},
    {"pkix", USABLE, REACHES_PKIX, REACH_TOO_WEAK, false},
    {"dane", USABLE, REACHES_DANE, REACH_TOO_WEAK, false},
    {"dane-only", USABLE, REACHES_DANE_ONLY, REACH_TOO_WEAK, false},
    {"none+unreachable", USABLE, REACHES_NONE, BESIDE_UNREACHABLE, false},
    {"none+unreachable-long", USABLE, REACHES_NONE, BESIDE_UNREACHABLE, true},
    {"none+barred", USABLE, REACHES_NONE, REACH_UNKNOWN, false},
    {"tls+unreachable", USABLE, REACHES_TLS, BESIDE_UNREACHABLE, false},
    {"tls+unreachable-long", USABLE, REACHES_TLS, BESIDE_UNREACHABLE, true},
    {"tls+barred", USABLE, REACHES_TLS, REACH_UNKNOWN, false},
    {"pkix+unreachable", USABLE, REACHES_PKIX, BESIDE_UNREACHABLE, false},
    {"pkix+unreachable-long", USABLE, REACHES_PKIX, BESIDE_UNREACHABLE, true},
    {"pkix+barred", USABLE, REACHES_PKIX, REACH_UNKNOWN, false},
    {"dane+unreachable", USABLE, REACHES_DANE, BESIDE_UNREACHABLE, false},
    {"dane+unreachable-long", USABLE, REACHES_DANE, BESIDE_UNREACHABLE, true},
    {"dane+barred", USABLE, REACHES_DANE, REACH_UNKNOWN, false},
    {"dane-only+unreachable", USABLE, REACHES_DANE_ONLY, BESIDE_UNREACHABLE,
     false},
    {"dane-only+unreachable-long", USABLE, REACHES_DANE_ONLY,
     BESIDE_UNREACHABLE, true},
    {"dane-only+barred", USABLE, REACHES_DANE_ONLY, REACH_UNKNOWN, false},
};

enum { SERVER_COUNT = sizeof servers / sizeof *servers };

static void set_direct_delivery(struct facts *f, size_t value)
{
    f->direct_delivery = value == 1;
}

/* MINIMUM-2: an invalid value prevents as an absent field does. */
static void set_minimum_header(struct facts *f, size_t value)
{
    f->email_permitted = value == 1;
}

static void set_account(struct facts *f, size_t value)
{
    f->account = (enum account)value;
}

static void set_idd(struct facts *f, size_t value)
{
    f->idd = value != 0;
    f->idd_requires_account = value != 2;
}

static void set_sender_nta(struct facts *f, size_t value)
{
    f->sender_nta = value == 1;
}

static void set_recipient_nta(struct facts *f, size_t value)
{
    static const enum nta_recipient values[] = {
        NTA_RECIPIENT_UNMET, NTA_RECIPIENT_MET, NTA_RECIPIENT_UNKNOWN};
    f->nta_recipient = values[value];
}

static void set_sender_dns(struct facts *f, size_t value)
{
    static const enum sender_dns values[] = {
        SENDER_DNS_ALIGNED, SENDER_DNS_MISSING, SENDER_DNS_UNKNOWN};
    f->sender_dns = values[value];
}

static void set_right(struct facts *f, size_t value)
{
    f->right = (enum right)value;
}

static void set_policy(struct facts *f, size_t value)
{
    f->policy = (enum policy)value;
}

static void set_shares(struct facts *f, size_t value)
{
    f->shares = (struct shares){.known = true,
                                .sms = value == 1 || value == 3,
                                .access_code = value == 2 || value == 3};
}

static void set_dane_satisfies(struct facts *f, size_t value)
{
    f->dane_satisfies = value == 0;
}

static void set_server(struct facts *f, size_t value)
{
    const struct server *server = &servers[value];
    f->destination = server->destination;
    f->host_wait_over = server->host_wait_over;
    for (unsigned m = 0; m < MINIMUM_COUNT; m++)
        f->reach[m].outcome =
            server->reaches & 1u << m ? REACH_REACHED : server->otherwise;
}

/* The words of an axis stand in the order of the numbers its setter takes. */
static const struct axis {
    const char *name;
    void (*set)(struct facts *facts, size_t value);
    const char *words[5]; /* none: those of servers */
} axes[] = {
    {"direct-delivery", set_direct_delivery, {"absent", "present"}},
    {"minimum-header", set_minimum_header, {"absent", "permits", "invalid"}},
    {"account", set_account, {"none", "no-2fa", "suspended", "active"}},
    {"idd", set_idd, {"off", "on", "any"}},
    {"sender-nta", set_sender_nta, {"unmet", "met"}},
    {"recipient-nta", set_recipient_nta, {"unmet", "met", "unknown"}},
    {"sender-dns", set_sender_dns, {"aligned", "missing", "unknown"}},
    {"right", set_right, {"none", "sms", "access-code"}},
    {"policy", set_policy, {"off", "tls", "pkix", "dane"}},
    {"shares", set_shares, {"none", "sms", "access-code", "both"}},
    {"dane-satisfies", set_dane_satisfies, {"yes", "no"}},
    {"server", set_server, {NULL}},
};

enum { AXIS_COUNT = sizeof axes / sizeof *axes };

struct run {
    FILE *out;
    struct facts facts;
    char line[LINE_BYTES_MAX];
};

static size_t append(struct run *run, size_t n, const char *text)
{
    size_t length = strlen(text);
    if (length > sizeof run->line - n)
        BUG("a line of more than %d octets", LINE_BYTES_MAX);
    memcpy(run->line + n, text, length);
    return n + length;
}

static void write_decision(struct run *run, size_t n)
{
    struct decision d;
    decide(&run->facts, &d);
    if (d.kind == DECISION_ASK)
        BUG("question %d where all is known", (int)d.question);
    n = append(run, n, "-> method=");
    n = append(run, n, method_name(d.method));
    n = append(run, n, " delivery=");
    n = append(run, n, delivery_name(d.delivery));
    if (d.kind == DECISION_FAIL) {
        n = append(run, n, " status=");
        n = append(run, n, d.status ? d.status : "server");
    }
    n = append(run, n, "\n");
    fwrite(run->line, 1, n, run->out);
}

static const char *word_of(const struct axis *axis, size_t value)
{
    if (!axis->words[0])
        return value < SERVER_COUNT ? servers[value].word : NULL;
    return value < sizeof axis->words / sizeof *axis->words ? axis->words[value]
                                                            : NULL;
}

/* All combinations of this axis and those behind it; n octets of the line are
 * written. */
static void write_axis(struct run *run, size_t index, size_t n)
{
    if (index == AXIS_COUNT) {
        write_decision(run, n);
        return;
    }
    const struct axis *axis = &axes[index];
    const char *word;
    n = append(run, n, axis->name);
    n = append(run, n, "=");
    for (size_t value = 0; (word = word_of(axis, value)); value++) {
        axis->set(&run->facts, value);
        write_axis(run, index + 1, append(run, append(run, n, word), " "));
    }
}

static enum status finish(FILE *out, struct err *err)
{
    if (fflush(out) != 0 || ferror(out))
        return err_set(err, ST_TEMP, "write: %s", strerror(errno));
    return ST_OK;
}

enum status enumerate_decisions(FILE *out, struct err *err)
{
    struct run run = {.out = out};
    facts_init(&run.facts);
    write_axis(&run, 0, 0);
    return finish(out, err);
}

enum status enumerate_words(FILE *out, struct err *err)
{
    for (size_t i = 0; i < WHY_COUNT; i++)
        fprintf(out, "%s\n", why_name((enum why)i));
    return finish(out, err);
}

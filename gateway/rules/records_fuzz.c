/* What a domain publishes besides SPF: NTA 7516, MTA-STS (record and policy),
 * DMARC (each line of the input is the answer to the next look-up). Whatever
 * stands there, the machines end and what they took is as their grammars say.
 */
#include "base/test_fuzz.h"
#include "rules/dmarc.h"
#include "rules/ip.h"
#include "rules/nta.h"
#include "rules/sts.h"

static void check_nta(struct arena *arena, struct slice text)
{
    struct nta_record record;
    struct err err;
    if (!nta_record_is(text))
        return;
    enum status status = nta_record_parse(arena, text, &record, &err);
    enum nta_finding finding =
        nta_judge(arena, &text, 1, true, nta_month_of(2026, 3), &record);
    FUZZ_MUST(finding != NTA_FINDING_NONE && finding != NTA_FINDING_INSECURE);
    FUZZ_MUST((status == ST_OK) == (finding != NTA_FINDING_INVALID));
    if (status != ST_OK)
        return;
    FUZZ_MUST(fuzz_is_in(record.provider, text));
    FUZZ_MUST(record.start > 0 && record.end > 0);
    for (size_t i = 0; i < record.hop_count; i++) {
        const char *host = record.hops[i].host;
        FUZZ_MUST(*host && host[strlen(host) - 1] != '.');
        FUZZ_MUST(record.hops[i].preference <= 65535);
        for (const char *p = host; *p; p++)
            FUZZ_MUST(!(*p >= 'A' && *p <= 'Z') && *p > ' ' && *p <= '~');
    }
}

static void check_sts(struct arena *arena, struct slice text)
{
    char id[STS_ID_BYTES];
    struct sts_policy policy;
    struct err err;
    if (sts_record(&text, 1, id) == STS_FINDING_VALID) {
        FUZZ_MUST(*id && strlen(id) < STS_ID_BYTES);
        for (const char *p = id; *p; p++)
            FUZZ_MUST((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
                      (*p >= 'A' && *p <= 'Z'));
    }
    (void)sts_is_text(text);
    if (sts_policy_parse(arena, text, &policy, &err) != ST_OK)
        return;
    FUZZ_MUST(policy.mode == STS_MODE_NONE || policy.mx_count > 0);
    FUZZ_MUST(policy.max_age_s >= 0 && policy.max_age_s <= STS_MAX_AGE_S);
    for (size_t i = 0; i < policy.mx_count; i++)
        if (policy.mx[i][0] != '*')
            FUZZ_MUST(sts_names_host(&policy, policy.mx[i]));
        else
            FUZZ_MUST(!sts_names_host(&policy, policy.mx[i] + 2) ||
                      policy.mx_count > 1);
}

static void check_dmarc(struct arena *arena, struct dmarc *dmarc,
                        struct slice lines)
{
    const char *name;
    int asked = 0;
    while ((name = dmarc_question(dmarc))) {
        FUZZ_MUST(strncmp(name, "_dmarc.", 7) == 0 && asked++ < 32);
        struct slice line = slice_cut(&lines, '\n'), texts[8];
        size_t count = 0;
        while (line.n && count < 8)
            texts[count++] = slice_cut(&line, '|');
        dmarc_answer(dmarc, texts, count);
    }
    struct dmarc_policy policy = dmarc_policy(dmarc);
    FUZZ_MUST(policy.pct <= 100 && policy.request <= DMARC_REJECT);
    FUZZ_MUST(policy.is_published || !dmarc_is_strict(&policy));
    (void)arena;
}

static void check_dmarc_all(struct arena *arena, struct slice lines)
{
    static const char domain[] = "a.b.c.d.e.f.g.h.i.j.clinic.co.uk";
    struct dmarc_record record;
    if (dmarc_record_parse(lines, &record))
        FUZZ_MUST(record.pct <= 100 && strchr("uyn", record.psd));
    check_dmarc(arena, dmarc_create(arena, domain, DMARC_RFC7489), lines);
    check_dmarc(arena, dmarc_create(arena, domain, DMARC_RFC9989), lines);
    struct dmarc *walk = dmarc_create_walk(arena, domain);
    check_dmarc(arena, walk, lines);
    const char *organization = dmarc_organization(walk);
    size_t n = strlen(organization);
    FUZZ_MUST(n <= strlen(domain) &&
              strcmp(domain + strlen(domain) - n, organization) == 0);
}

static void check_ip(struct arena *arena, struct slice text)
{
    struct ip ip, again;
    struct ip_block block;
    if (ip_parse(text, &ip)) {
        FUZZ_MUST(ip_parse(slice_of(ip_text(arena, &ip)), &again));
        FUZZ_MUST(ip.bits == again.bits &&
                  memcmp(ip.octets, again.octets, ip.bits / 8) == 0);
    }
    if (ip_block_parse(text, &block))
        FUZZ_MUST(block.length <= block.network.bits &&
                  ip_block_has(&block, &block.network));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice in = fuzz_input(data, size);
    check_nta(arena, in);
    check_sts(arena, in);
    check_dmarc_all(arena, in);
    check_ip(arena, in);
    arena_destroy(&arena);
    return 0;
}

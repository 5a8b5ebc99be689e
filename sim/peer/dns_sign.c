#include "peer/dns_sign.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { DAY_S = 86400, SLOT_COUNT = 4096 };

/* A signature that was made before; a newer one takes its slot. */
struct slot {
    uint8_t *signed_octets; /* the RRset's records, then the signer's name */
    size_t n;
    int64_t from_s;
    ldns_rr *rrsig;
};

static ldns_key *key;
static ldns_key_list *keys; /* that one; its release would release the key */
static ldns_rr *root_key;   /* the DNSKEY at the root */
static struct slot slots[SLOT_COUNT];
static unsigned long made_count;

static void make_key(void)
{
    if (key)
        return;
    /* RSA, for validating is what is done most, anew in each case by each fresh
     * resolver; signatures are made once. Short, so that a denial with all its
     * signatures fits into a datagram. */
    key = ldns_key_new_frm_algorithm(LDNS_SIGN_RSASHA256, 1280);
    if (!key)
        BUG("no DNSSEC key");
    ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
    ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str("."));
    root_key = ldns_key2rr(key);
    ldns_key_set_keytag(key, ldns_calc_keytag(root_key));
    keys = ldns_key_list_new();
    ldns_key_list_push_key(keys, key);
}

void dns_sign_prepare(void)
{
    make_key();
}

ldns_rr *dns_sign_dnskey(const ldns_rdf *origin, uint32_t ttl_s)
{
    make_key();
    ldns_rr *rr = ldns_rr_clone(root_key);
    ldns_rdf_deep_free(ldns_rr_owner(rr));
    ldns_rr_set_owner(rr, ldns_rdf_clone(origin));
    ldns_rr_set_ttl(rr, ttl_s);
    return rr;
}

ldns_rr *dns_sign_ds(const ldns_rdf *origin, uint32_t ttl_s)
{
    ldns_rr *dnskey = dns_sign_dnskey(origin, ttl_s);
    ldns_rr *ds = ldns_key_rr2ds(dnskey, LDNS_SHA256);
    ldns_rr_free(dnskey);
    ldns_rr_set_ttl(ds, ttl_s);
    return ds;
}

/* --- Signing --- */

static ldns_rr *make(const ldns_rr_list *rrset, const ldns_rdf *signer,
                     int64_t from_s, int64_t until_s)
{
    ldns_rdf_deep_free(ldns_key_pubkey_owner(key));
    ldns_key_set_pubkey_owner(key, ldns_rdf_clone(signer));
    ldns_key_set_inception(key, (uint32_t)from_s);
    ldns_key_set_expiration(key, (uint32_t)until_s);
    ldns_rr_list *copy = ldns_rr_list_clone(rrset); /* it is sorted there */
    ldns_rr_list *made = ldns_sign_public(copy, keys);
    if (!made || ldns_rr_list_rr_count(made) != 1)
        BUG("cannot sign an RRset");
    ldns_rr *rrsig = ldns_rr_list_pop_rr(made);
    ldns_rr_list_free(made);
    ldns_rr_list_deep_free(copy);
    made_count++;
    return rrsig;
}

unsigned long dns_sign_count(void)
{
    return made_count;
}

/* What tells one signature from another, apart from its time. */
static uint8_t *octets_of(const ldns_rr_list *rrset, const ldns_rdf *signer,
                          size_t *n_out)
{
    ldns_buffer *out = ldns_buffer_new(1024);
    for (size_t i = 0; i < ldns_rr_list_rr_count(rrset); i++)
        ldns_rr2buffer_wire(out, ldns_rr_list_rr(rrset, i),
                            LDNS_SECTION_ANSWER);
    ldns_rdf2buffer_wire(out, signer);
    *n_out = ldns_buffer_position(out);
    uint8_t *octets = ldns_buffer_export(out);
    ldns_buffer_free(out);
    return octets;
}

/* FNV-1a. */
static uint64_t hash_of(const uint8_t *octets, size_t n, int64_t seed)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)seed;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ octets[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static ldns_rr *find_or_make(const ldns_rr_list *rrset, const ldns_rdf *signer,
                             int64_t from_s, int64_t until_s)
{
    size_t n;
    uint8_t *octets = octets_of(rrset, signer, &n);
    struct slot *slot = &slots[hash_of(octets, n, from_s) % SLOT_COUNT];
    if (slot->rrsig && slot->from_s == from_s && slot->n == n &&
        !memcmp(slot->signed_octets, octets, n)) {
        free(octets);
        return ldns_rr_clone(slot->rrsig);
    }
    if (slot->rrsig)
        ldns_rr_free(slot->rrsig);
    free(slot->signed_octets);
    *slot =
        (struct slot){octets, n, from_s, make(rrset, signer, from_s, until_s)};
    return ldns_rr_clone(slot->rrsig);
}

static void flip(ldns_rr *rrsig)
{
    ldns_rdf *signature = ldns_rr_rrsig_sig(rrsig);
    ldns_rdf_data(signature)[ldns_rdf_size(signature) / 2] ^= 1;
}

ldns_rr *dns_sign(const ldns_rr_list *rrset, const ldns_rdf *signer,
                  int64_t now_s, enum dns_fault fault)
{
    if (fault == DNS_FAULT_UNSIGNED)
        return NULL;
    make_key();
    int64_t today_s = now_s - now_s % DAY_S;
    int64_t shift_s = fault == DNS_FAULT_EXPIRED ? 60 * DAY_S : 0;
    ldns_rr *rrsig = find_or_make(rrset, signer, today_s - shift_s - DAY_S,
                                  today_s - shift_s + 31 * DAY_S);
    if (fault == DNS_FAULT_BOGUS)
        flip(rrsig);
    return rrsig;
}

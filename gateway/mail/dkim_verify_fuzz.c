/* DKIM: the first line is a key record, the rest a message that may be signed.
 * Neither is trusted; what was sealed by us verifies, and says what stood
 * there. */
#include "mail/dkim_verify.h"

#include "address/header.h"
#include "base/test_fuzz.h"
#include "mail/dkim_canon.h"
#include "mail/dkim_key.h"
#include "mail/dkim_seal.h"

static const char *record_of(struct dkim_key **key)
{
    static struct arena *arena;
    static struct dkim_key *ours;
    static const char *record;
    if (!record) {
        arena = arena_create();
        ours = dkim_key_generate(DKIM_ALGORITHM_ED25519_SHA256);
        record = dkim_key_record(arena, ours);
    }
    *key = ours;
    return record;
}

static void check_record(struct arena *arena, struct slice text)
{
    struct dkim_record record;
    unsigned char hash[DKIM_HASH_BYTES] = {0};
    (void)dkim_record_is(text);
    if (!dkim_record_parse(arena, text, &record))
        return;
    FUZZ_MUST(dkim_record_is(text));
    FUZZ_MUST(record.is_revoked || record.key.n <= text.n);
    FUZZ_MUST(!dkim_record_verify(&record, hash, text));
}

/* Returns how many signatures there are. */
static size_t verify_all(struct arena *arena, struct slice octets,
                         struct slice record, size_t *good)
{
    struct mail_message message = mail_parse(arena, octets);
    size_t count = 0;
    for (size_t i = 0; i < message.field_count; i++) {
        struct dkim_signature signature;
        if (!dkim_field_is(&message.fields[i]) ||
            !dkim_signature_parse(arena, &message.fields[i], &signature))
            continue;
        count++;
        *good += !dkim_verify(arena, &message, &signature, &record, 1, 1000);
    }
    return count;
}

static void check_hash(struct slice body)
{
    unsigned char a[DKIM_HASH_BYTES], b[DKIM_HASH_BYTES];
    FUZZ_MUST(dkim_hash_body(DKIM_CANON_RELAXED, body, -1, a));
    FUZZ_MUST(dkim_hash_body(DKIM_CANON_RELAXED, body, -1, b));
    FUZZ_MUST(memcmp(a, b, sizeof a) == 0);
    FUZZ_MUST(dkim_hash_body(DKIM_CANON_SIMPLE, body, 0, a));
    FUZZ_MUST(
        !dkim_hash_body(DKIM_CANON_SIMPLE, body, (int64_t)body.n + 1000, a));
}

/* Sealed by us: our signature holds over what leaves. */
static void check_seal(struct arena *arena, struct slice content)
{
    struct dkim_key *key;
    const char *record = record_of(&key);
    struct dkim_selector ours = {"d.example", "s", key};
    struct dkim_seal seal = {
        .domain = "d.example", .signers = {&ours, 1}, .now_s = 1000};
    const char *selectors[DKIM_SEEN_MAX];
    FUZZ_MUST(dkim_seal_selectors(arena, content, "d.example", selectors) <=
              DKIM_SEEN_MAX);
    struct slice body = {content.p + content.n, 0};
    struct slice head = dkim_seal(arena, &seal, content, &body);
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_put(&out, head);
    buf_put(&out, body);
    struct mail_message message = mail_parse(arena, buf_slice(&out));
    struct dkim_signature signature;
    struct slice text = slice_of(record);
    FUZZ_MUST(message.field_count && dkim_field_is(&message.fields[0]));
    FUZZ_MUST(dkim_signature_parse(arena, &message.fields[0], &signature));
    FUZZ_MUST(!dkim_verify(arena, &message, &signature, &text, 1, 1000));
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice content = fuzz_input(data, size);
    struct slice record = slice_cut(&content, '\n');
    content = fuzz_crlf(arena, content);
    struct header header;
    struct err err;
    size_t good = 0;
    check_record(arena, record);
    FUZZ_MUST(verify_all(arena, content, record, &good) >= good);
    check_hash(content);
    if (header_parse(arena, content, &header, &err) == ST_OK)
        check_seal(arena, content);
    arena_destroy(&arena);
    return 0;
}

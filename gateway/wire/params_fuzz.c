/* Parameters of MAIL (first octet even) and RCPT (odd): what is accepted is
 * written in a form that is accepted again and means the same. */
#include "wire/params.h"

#include "base/test_fuzz.h"
#include "wire/xtext.h"

static void check_refusal(const struct reply *reply)
{
    FUZZ_MUST(reply->code >= 400 && reply->code < 600 && reply->text);
}

static void check_mail(struct arena *arena, struct slice text)
{
    struct mail_params params, again;
    const struct reply *reply = mail_params_parse(arena, text, &params);
    if (reply) {
        check_refusal(reply);
        return;
    }
    struct buf out;
    buf_init(&out, 4 * text.n + 256);
    mail_params_format(&out, &params);
    FUZZ_MUST(!mail_params_parse(arena, buf_slice(&out), &again));
    FUZZ_MUST(params.ret == again.ret);
    FUZZ_MUST(params.has_envid == again.has_envid);
    FUZZ_MUST(!params.has_envid || fuzz_eq(params.envid, again.envid));
    buf_release(&out);
}

static void check_rcpt(struct arena *arena, struct slice text)
{
    struct rcpt_params params, again;
    const struct reply *reply = rcpt_params_parse(arena, text, &params);
    if (reply) {
        check_refusal(reply);
        return;
    }
    struct buf out;
    buf_init(&out, 4 * text.n + 256);
    rcpt_params_format(&out, &params);
    FUZZ_MUST(!rcpt_params_parse(arena, buf_slice(&out), &again));
    FUZZ_MUST(params.notify == again.notify);
    FUZZ_MUST(params.has_orcpt == again.has_orcpt);
    FUZZ_MUST(!params.has_orcpt ||
              (fuzz_eq(params.orcpt, again.orcpt) &&
               fuzz_eq(params.orcpt_type, again.orcpt_type)));
    buf_release(&out);
}

static void check_xtext(struct arena *arena, struct slice text)
{
    struct slice octets, back;
    struct err err;
    const char *encoded = xtext_encode(arena, text);
    FUZZ_MUST(xtext_decode(arena, slice_of(encoded), &back, &err) == ST_OK);
    FUZZ_MUST(fuzz_eq(back, text));
    if (xtext_decode(arena, text, &octets, &err) == ST_OK)
        FUZZ_MUST(octets.n <= text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct slice text = fuzz_input(data, size);
    if (fuzz_octet(&text) % 2)
        check_rcpt(arena, text);
    else
        check_mail(arena, text);
    check_xtext(arena, text);
    arena_destroy(&arena);
    return 0;
}

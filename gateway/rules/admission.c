#include "rules/admission.h"

/* CONN-9: a message that went out of a gateway came back. CONN-6: or one that
 * went round elsewhere (RFC 5321 6.3). */
static const char *check_loop(const struct header *header, size_t received_max)
{
    if (header_count(header, "X-Zivver-Transport"))
        return "554 5.4.6 this message came from the gateway itself";
    return header_count(header, "Received") > received_max
               ? "554 5.4.6 too many Received fields, this is a loop"
               : NULL;
}

/* AUTH-6 */
static const char *check_from(struct arena *arena,
                              const struct admission_request *request,
                              struct admission *out)
{
    struct err err;
    if (mailbox_list_only(arena, &out->header, "From", &out->sender, &err) !=
        ST_OK)
        return arena_printf(arena, "550 5.6.0 From must be one mailbox: %s",
                            err.text);
    /* RFC 6531 3.4: a UTF-8 address stands in a header that was announced. */
    return out->sender.mailbox.is_utf8 && !request->has_smtputf8
               ? "550 5.6.7 this From address needs SMTPUTF8 in MAIL"
               : NULL;
}

/* AUTH-4: what SPF says of the reverse-path says nothing of From. */
static const char *check_domain(struct arena *arena,
                                const struct admission_request *request,
                                const struct mailbox *from)
{
    if (!request->owns_domain ||
        request->owns_domain(request->ctx, from->domain))
        return NULL;
    return arena_printf(arena,
                        "550 5.7.1 From domain of <%s> is not of the "
                        "organization that SPF authorises",
                        mailbox_show(arena, from));
}

/* AUTH-5 */
static const char *check_account(struct arena *arena,
                                 const struct admission_request *request,
                                 const struct mailbox *from)
{
    static const char *const faults[] = {
        [STANDING_NO_ACCOUNT] = "has no account",
        [STANDING_SUSPENDED] = "has a suspended account",
        [STANDING_FOREIGN] = "is an account of another organization",
    };
    enum standing standing = request->find_account(request->ctx, from);
    if (standing == STANDING_ACTIVE)
        return NULL;
    return arena_printf(arena, "550 5.7.1 From address <%s> %s",
                        mailbox_show(arena, from), faults[standing]);
}

static const struct mailbox *
participants_only(struct arena *arena, const struct admission_request *request,
                  const struct conversations *conversations)
{
    struct mailbox *only =
        arena_alloc(arena, (conversations->count + 1) * sizeof *only);
    for (size_t i = 0; i < conversations->count; i++)
        only[i] =
            request->envelope[conversations->participants[i].envelope_index];
    return only;
}

void admission_check(struct arena *arena,
                     const struct admission_request *request,
                     struct admission *out)
{
    static const char *const visible_names[] = {"To", "Cc", NULL};
    struct err err;
    *out = (struct admission){0};
    if (header_parse(arena, request->message, &out->header, &err) != ST_OK) {
        out->refusal = arena_printf(arena, "550 5.6.0 %s", err.text);
        return;
    }
    out->refusal = check_loop(&out->header, request->received_max);
    if (!out->refusal)
        out->refusal = check_from(arena, request, out);
    if (!out->refusal)
        out->refusal = check_domain(arena, request, &out->sender.mailbox);
    if (!out->refusal)
        out->refusal = check_account(arena, request, &out->sender.mailbox);
    if (out->refusal)
        return;
    struct mailbox_list visible =
        mailbox_list_collect(arena, &out->header, visible_names);
    out->conversations = conversations_assign(
        arena, request->envelope, request->envelope_count, &visible);
    wishes_parse(arena, &out->header,
                 participants_only(arena, request, &out->conversations),
                 out->conversations.count, request->settings, &out->wishes,
                 &out->refusal);
}

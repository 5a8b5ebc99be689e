/* copy - the sender's message: completed when it is accepted, and as it leaves
 * for a recipient whose server takes it directly (MAIL-1). */
#ifndef MAIL_COPY_H
#define MAIL_COPY_H

#include "base/blob.h"
#include "mail/edit.h"
#include "mail/message.h"

struct mail_completion {
    struct slice content;
    const char *id;        /* the gateway's, for Received and Message-ID */
    const char *host_name; /* the gateway's */
    const char *client_helo;
    const char *client_ip;
    bool is_authenticated; /* the client has shown credentials */
    int64_t now_s;
};

/* mail_complete - puts the message with a Received field before all others, and
 * Date and Message-ID where they are missing. */
void mail_complete(struct blob *out, struct arena *arena,
                   const struct mail_completion *in);

struct mail_direct {
    enum mail_transport transport; /* DIRECT, NTA7516 or IDD */
    const char *idd_uuid;    /* of the recipient's organization, appended to
                                References as <zivver-sdr-UUID>; NULL unless
                                IDD (ACCOUNT-2) */
    const char *extra_field; /* "Name: value" (NTA-7); NULL: none */
    const struct mail_edits *edits; /* of the content (mail/links.h); NULL:
                                       none */
};

/* mail_direct_head - the header, with its empty line, of the completed message
 * with X-Zivver-Transport and without what mail_is_kept says no to; *body is
 * what follows it, octet for octet, in content. */
struct slice mail_direct_head(struct arena *arena, struct slice content,
                              const struct mail_direct *how,
                              struct slice *body);
/* mail_edited_body - that body with the edits. */
void mail_edited_body(struct blob *out, struct slice content, struct slice body,
                      const struct mail_edits *edits);

#endif

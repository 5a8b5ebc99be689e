/* dkim_sign - DKIM-Signature fields for a message as it leaves (MAIL-1): the
 * last thing that is done to it.
 *
 * c=relaxed/relaxed, t=, no l=, no x=, no i=. Signed are the fields that a
 * reader sees or that say what the body is (RFC 6376 5.4.1), List-*, Resent-*
 * and X-Zivver-*, each as often as it stands there. Those that must stand once
 * (From, Sender, Reply-To, Subject, Date, Message-ID, To, Cc, In-Reply-To,
 * References, MIME-Version, Content-Type, Content-Transfer-Encoding) are named
 * once more than they occur, so that none can be added (RFC 6376 8.15). Trace
 * fields and older signatures are left out. */
#ifndef MAIL_DKIM_SIGN_H
#define MAIL_DKIM_SIGN_H

#include "mail/dkim.h"
#include "mail/message.h"

/* dkim_sign - one field with its CRLF per selector, all over the message as it
 * is given; to be put before it. */
struct slice dkim_sign(struct arena *arena, const struct mail_message *message,
                       const struct dkim_ring *selectors, int64_t now_s);

#endif

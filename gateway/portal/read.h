/* read - what a verified visit is shown (PORTAL-1, ATTACH-3). Each ends its
 * visit, now or later; link is the store's, with content, and valid during the
 * call alone. Inside portal only. */
#ifndef PORTAL_READ_H
#define PORTAL_READ_H

#include "portal/visit.h"

struct mail_part;

void read_message(struct visit *visit, const struct portal_link *link);
void read_html(struct visit *visit, const struct portal_link *link);
/* The octets of a part, and the page of an attachment. */
void read_attachment(struct visit *visit, const struct portal_link *link);
void read_attachment_page(struct visit *visit, const struct portal_link *link);

/* read_part - visit->download, with the fields of a download; or is_missing: no
 * part has the visit's number, or is_unreadable. For make (portal/render.h). */
void read_part(struct visit *visit, const struct portal_link *link);

/* read_served - `opened` first, if this is the first time, then what is ready
 * is sent. */
void read_served(struct visit *visit, const struct portal_link *link);

#endif

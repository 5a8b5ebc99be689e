/* read - what a verified visit is shown (PORTAL-1, ATTACH-3). Each ends its
 * visit, now or later; link is the store's, with content, and valid during the
 * call alone. Inside portal only. */
#ifndef PORTAL_READ_H
#define PORTAL_READ_H

#include "portal/visit.h"

struct mail_part;

void read_message(struct visit *visit, const struct portal_link *link);
void read_html(struct visit *visit, const struct portal_link *link);
/* of_page: the attachment's own page; else its octets. */
void read_attachment(struct visit *visit, const struct portal_link *link,
                     bool of_page);

/* read_part - visit->download, with the fields of a download; false: there is
 * no such part, or it cannot be read. */
bool read_part(struct visit *visit, const struct portal_link *link,
               unsigned long number);

/* read_served - `opened` first, if this is the first time, then what is ready
 * is sent. */
void read_served(struct visit *visit, const struct portal_link *link);

#endif

/* download - the octets of an attachment, decoded piece by piece while they are
 * sent: however large it is, a piece is all that it costs, and other visitors
 * are served between two. Inside portal only. */
#ifndef PORTAL_DOWNLOAD_H
#define PORTAL_DOWNLOAD_H

#include "mail/parts.h"
#include "store/portal.h"

struct download;

/* download_create - of a part of the link's content, which may go afterwards.
 * NULL: the content cannot be read. */
struct download *download_create(struct store *store,
                                 const struct portal_link *link,
                                 const struct mail_part *part);
void download_destroy(void *download);
/* download_pull - as web_answer wants it. */
bool download_pull(void *download, struct slice *piece);

#endif

/* render - what a verified visit is shown is made off the loop (CONN-11): a
 * large message takes its time to be looked through, converted and written as a
 * page. The visit waits meanwhile. Inside portal only. */
#ifndef PORTAL_RENDER_H
#define PORTAL_RENDER_H

#include "portal/visit.h"

typedef void render_fn(struct visit *visit, const struct portal_link *links,
                       size_t count);

/* render_links - make runs on a thread and has the visit for itself: it fills
 * ready, download and whatever is its own, and answers nothing. done ends the
 * visit, on the loop. links: the store's; both get copies with content, good
 * until the visit's end. */
void render_links(struct visit *visit, const struct portal_link *links,
                  size_t count, render_fn *make, render_fn *done);

/* render_keep - a copy of a link without content, in the visit's arena. */
void render_keep(struct visit *visit, const struct portal_link *link,
                 struct portal_link *out);

#endif

/* portal_words - whether a link is as the gateway wrote it (KEEP-4): no page is
 * made, and nothing is opened, by a word that nobody knows. Inside store only.
 */
#ifndef STORE_PORTAL_WORDS_H
#define STORE_PORTAL_WORDS_H

#include "store/portal.h"

/* errors  ST_TEMP: which column, what was met */
enum status portal_words_check(const struct portal_link *link,
                               struct err *err) MUST_USE;

#endif

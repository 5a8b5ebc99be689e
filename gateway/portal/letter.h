/* letter - what a reader sees of a stored message: who wrote, when, to whom,
 * and its parts (PORTAL-4). Pure; for the pages and for mail clients. */
#ifndef PORTAL_LETTER_H
#define PORTAL_LETTER_H

#include "mail/parts.h"
#include "store/portal.h"

struct letter {
    const char *subject;   /* UTF-8; "" where there is none */
    const char *from_name; /* "" where there is none */
    const char *from_address;
    int64_t date_s; /* of acceptance */
    /* To and Cc as the header has them, for a Bcc recipient; NULL for others,
     * and then everybody in To and Cc who is a recipient. */
    const char *to, *cc;
    const char *const *participants;
    size_t participant_count;
    struct mail_part_list parts;
    bool has_html;
};

/* What is shown of the plain texts, and of those in HTML, in octets of the
 * message: the whole of each that fits. */
enum { LETTER_TEXT_MAX = 4 << 20 };

/* letter_read - texts are in the arena, parts point into the link's content. */
void letter_read(struct arena *arena, const struct portal_link *link,
                 struct letter *out);

/* letter_listed - by part: it is handed out as a file: an attachment, and a
 * text that would make a page longer than LETTER_TEXT_MAX. */
const bool *letter_listed(struct arena *arena,
                          const struct mail_part_list *parts);

/* letter_file_name - under which name. */
const char *letter_file_name(struct arena *arena, const struct mail_part *part);

/* letter_name - how the sender calls this address in To or Cc, on one line of
 * UTF-8; "" where he gives no name. */
const char *letter_name(struct arena *arena, struct slice content,
                        const char *address);

#endif

/* insert - a notice put behind a text that is in some charset and some transfer
 * encoding, by a change to its raw octets: before the end of an HTML body, else
 * at the end. */
#ifndef MAIL_INSERT_H
#define MAIL_INSERT_H

#include "mail/edit.h"
#include "mail/parts.h"

/* insert_is_possible - false: in this charset and encoding there is no place
 * for it (UTF-16 in 8bit), or readers see nothing of the text (UTF-7). */
bool insert_is_possible(const struct mail_part *part);
/* insert_notice - notice: UTF-8, LF, ends with a line end; HTML where the part
 * is HTML. at counts from the beginning of the content. */
struct mail_edit insert_notice(struct arena *arena,
                               const struct mail_part *part,
                               const char *notice);

#endif

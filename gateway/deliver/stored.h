/* stored - whether what the database says of an item can be worked with: a
 * word, number or text that the gateway never wrote must not get any further
 * (KEEP-4). */
#ifndef DELIVER_STORED_H
#define DELIVER_STORED_H

#include "store/store.h"

/* stored_check - a recipient with his message, or a status notification.
 *
 * errors  ST_INVAL: which column, what was met, what was expected
 */
enum status stored_check(const struct store_item *item,
                         struct err *err) MUST_USE;

/* stored_is_usable - the same, told in the log. A
 * time that was never a clock's is put right: it is deferred by it. */
bool stored_is_usable(struct store_item *item);

/* stored_can_tell - what a status notification about the recipient is made of
 * is right, whatever else is not. */
bool stored_can_tell(const struct store_item *item);

#endif

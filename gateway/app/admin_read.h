/* admin_read - what queue, conversations and explain have in common. */
#ifndef APP_ADMIN_READ_H
#define APP_ADMIN_READ_H

#include "app/admin.h"
#include "store/reader.h"

/* One more object in rows, a JSON array. */
void admin_row(void *rows, const struct store_row *row);
/* A line on stderr; returns ADMIN_ENVIRONMENT. */
int admin_unreadable(const struct err *err);

/* The action of `explain`. */
int admin_explain(struct admin *admin);

#endif

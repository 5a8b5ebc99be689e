/* admin_queue - `queue release`: what was set aside is processed again. */
#ifndef APP_ADMIN_QUEUE_H
#define APP_ADMIN_QUEUE_H

#include "app/admin.h"

/* The message is admin->args[1]. A gateway that runs does it, asked over its
 * control socket; without one it must be stopped first. */
int admin_queue_release(struct admin *admin);

#endif

/* gateway - all rooms wired together, from the configuration to the end. */
#ifndef APP_GATEWAY_H
#define APP_GATEWAY_H

#include "app/config.h"

/* gateway_serve - until SIGTERM or SIGINT.
 *
 * errors  what kept it from starting
 */
enum status gateway_serve(const struct config *config,
                          struct err *err) MUST_USE;

#endif

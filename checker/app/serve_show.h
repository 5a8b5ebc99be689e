/* serve_show - what a served world tells: where it is, who is in it, and how
 * real programs are set up against it. */
#ifndef KIT_SERVE_SHOW_H
#define KIT_SERVE_SHOW_H

#include <stdio.h>

#include "engine/engine.h"

/* Addresses, credentials, accounts, recipients and the recipes of a folder; ca:
 * where the CA was exported to, or NULL. */
enum status serve_show(FILE *to, const struct engine_service *service,
                       const char *recipes, const char *ca,
                       struct err *err) MUST_USE;

/* serve_write_ready - assignments that a shell can read, in a file that appears
 * whole or not at all; a FIFO is written as it is, its reader waits. */
enum status serve_write_ready(const struct engine_service *service,
                              const char *path, struct err *err) MUST_USE;
bool serve_is_fifo(const char *path);

/* serve_write_ca - a copy of the CA, in PEM, whole or not at all. */
enum status serve_write_ca(const struct engine_service *service,
                           const char *path, struct err *err) MUST_USE;

#endif

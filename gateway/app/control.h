/* control - a Unix socket for whoever runs the gateway: a line each way.
 *
 *     poke   the clock was moved: take up what is due; "poked <now_s>"
 *     now    "now <now_s>" */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "base/status.h"

struct control;
struct loop;

enum status control_create(struct loop *loop, const char *path,
                           void (*on_poke)(void *ctx), void *ctx,
                           struct control **out, struct err *err) MUST_USE;
void control_destroy(struct control **control); /* NULL is fine */

#endif

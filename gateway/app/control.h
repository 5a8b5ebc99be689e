/* control - a Unix socket for whoever runs the gateway: a line each way.
 *
 *     poke          the clock was moved: take up what is due; "poked <now_s>"
 *     now           "now <now_s>"
 *     release ID    a message that was set aside is processed again (KEEP-4):
 *                   "released", "nothing" of it is set aside, or "fault", each
 *                   with <now_s> */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "base/status.h"

struct control;
struct loop;
struct store;

struct control_settings {
    struct loop *loop;
    const char *path;
    struct store *store;
    void (*on_poke)(void *ctx);
    void *ctx;
};

enum status control_create(const struct control_settings *settings,
                           struct control **out, struct err *err) MUST_USE;
void control_destroy(struct control **control); /* NULL is fine */

#endif
